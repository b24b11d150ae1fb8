"""A lead on the wire, and what is said when one is given up or converted."""

from __future__ import annotations

from decimal import Decimal

from marshmallow import fields, validate

from sparx_core import (
    Choice,
    Currency,
    CustomFields,
    Email,
    Flag,
    ListOf,
    Money,
    ObjectSchema,
    Phone,
    Related,
    RelatedList,
    ResourceSchema,
    Text,
    Timestamp,
)
from sparx_crm.models.leads import LEAD_MACHINE


class LeadSchema(ResourceSchema):
    """Somebody who may become a customer. An e-mail may come in as a lead any number of times."""

    name = Text(required=True, metadata={"example": "Ann Lindgren"})
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)
    company = Text(allow_none=True, metadata={"example": "Lindgren Diesel Service"})
    job_title = Text(allow_none=True, metadata={"example": "Workshop manager"})
    source = Text(120, allow_none=True, metadata={"example": "trade fair"})
    owner = Related("core.members", allow_none=True)
    status = Choice(*LEAD_MACHINE.states, dump_only=True)
    allowed_transitions = LEAD_MACHINE.allowed()
    value = Money(allow_none=True, metadata={"example": Decimal("12000.00")})
    currency = Currency()
    tags = ListOf(
        fields.String(validate=validate.Regexp(r"[A-Za-z0-9_-]{1,63}\Z")),
        maximum=50,
        metadata={"example": ["injectors"]},
    )
    notes = Text(10_000, allow_none=True, metadata={"example": "Met at the fair in Gothenburg."})
    disqualified_reason = Text(500, dump_only=True, metadata={"example": "no budget"})
    contacted_at = Timestamp(dump_only=True)
    qualified_at = Timestamp(dump_only=True)
    disqualified_at = Timestamp(dump_only=True)
    converted_at = Timestamp(dump_only=True)
    customer = Related("crm.customers", dump_only=True)
    account = Related("crm.accounts", dump_only=True)
    deal = Related("crm.deals", dump_only=True)
    timeline = RelatedList("crm.activities", by="lead", sort="-occurredAt")
    custom = CustomFields()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class DisqualificationSchema(ObjectSchema):
    """Why a lead is given up."""

    reason = Text(500, required=True, metadata={"example": "no budget"})


class ConversionSchema(ObjectSchema):
    """What a lead is converted to, where that is not to be found out.

    Without `customerId` it is the customer with the lead's e-mail, or a new one; without
    `accountId` the account of the lead's company, or a new one, unless `createAccount` is false. A
    deal is made if `createDeal` is true, or `pipelineId` or `dealTitle` is given.
    """

    customer = Related("crm.customers")
    account = Related("crm.accounts")
    create_account = Flag()
    create_deal = Flag()
    pipeline = Related("crm.pipelines")
    deal_title = Text(metadata={"example": "Injectors for the workshop"})
