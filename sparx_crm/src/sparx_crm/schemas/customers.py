"""A customer on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate

from sparx_core import (
    Choice,
    Computed,
    Currency,
    CustomFields,
    Document,
    Email,
    Embedded,
    Flag,
    ListOf,
    Many,
    Money,
    ObjectSchema,
    Phone,
    Related,
    RelatedList,
    ResourceSchema,
    Text,
    Timestamp,
    TimeZone,
    json_schema,
)
from sparx_crm.models.customers import (
    CONTACT_METHODS,
    CUSTOMER_TYPES,
    LIFECYCLE_STAGES,
    Consent,
    Customer,
    CustomerEmail,
    CustomerPhone,
)
from sparx_crm.schemas.consents import CurrentConsentSchema, current_consents
from sparx_crm.schemas.contacts import AddressSchema
from sparx_crm.schemas.merges import merged_ids

TAG = re.compile(r"[A-Za-z0-9_-]{1,63}")
_LOCALE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
MAX_CONTACTS = 20


class Locale(fields.String):
    """A language tag: ``en``, ``de-AT``, ``zh-Hant``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _LOCALE.fullmatch(value):
            raise ValidationError("Not a language tag such as en or de-AT.")
        return value


@json_schema.register
def _(field: Locale) -> dict[str, Any]:
    told = "A language tag, with its script and region if it has them."
    pattern = f"^(?:{_LOCALE.pattern})$"
    return {"type": "string", "description": told, "pattern": pattern, "examples": ["en-GB"]}


def tags(**more: Any) -> ListOf:
    """The field of tags, the same for all that have them."""
    entry = fields.String(validate=validate.Regexp(TAG.pattern + r"\Z"))
    return ListOf(entry, maximum=50, metadata={"example": ["workshop"]}, **more)


class CustomerEmailSchema(ObjectSchema):
    """A further e-mail address."""

    email = Email(required=True, metadata={"example": "ann.private@example.com"})
    label = Text(63, allow_none=True, metadata={"example": "private"})


class CustomerPhoneSchema(ObjectSchema):
    """A further phone number."""

    phone = Phone(required=True, metadata={"example": "+14155552672"})
    label = Text(63, allow_none=True, metadata={"example": "mobile"})


class CustomerSchema(ResourceSchema):
    """A person or company that buys, or may. The e-mail is unique in the tenant."""

    name = Text(required=True, metadata={"example": "Ann Lindgren"})
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)
    company = Text(allow_none=True, metadata={"example": "Lindgren Diesel Service"})
    type = Choice(*CUSTOMER_TYPES)
    tags = tags()
    addresses = Embedded(AddressSchema, maximum=20)
    metadata = Document(metadata={"example": {"erpNumber": "K-1007"}})
    do_not_contact = Flag()
    notes = Text(10_000, allow_none=True, metadata={"example": "Call before delivery."})
    first_name = Text(allow_none=True, metadata={"example": "Ann"})
    last_name = Text(allow_none=True, metadata={"example": "Lindgren"})
    job_title = Text(allow_none=True, metadata={"example": "Purchasing manager"})
    lifecycle_stage = Choice(*LIFECYCLE_STAGES, allow_none=True)
    owner = Related("core.members", allow_none=True)
    account = Related("crm.accounts", dump_only=True)
    locale = Locale(allow_none=True)
    timezone = TimeZone(allow_none=True)
    preferred_contact_method = Choice(*CONTACT_METHODS, allow_none=True)
    other_emails = Many(
        CustomerEmailSchema,
        CustomerEmail,
        by="customer",
        order_by="position",
        maximum=MAX_CONTACTS,
        metadata={"detail": True},
    )
    other_phones = Many(
        CustomerPhoneSchema,
        CustomerPhone,
        by="customer",
        order_by="position",
        maximum=MAX_CONTACTS,
        metadata={"detail": True},
    )
    consent = Computed(
        Embedded(CurrentConsentSchema),
        current_consents,
        reads=[Consent],
        metadata={"detail": True, "nullable": False},
    )
    order_count = fields.Integer(dump_only=True, metadata={"example": 0})
    total_spent = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    currency = Currency(dump_only=True)
    first_order_at = Timestamp(dump_only=True)
    last_order_at = Timestamp(dump_only=True)
    orders = RelatedList("crm.orders", by="customer")
    memberships = RelatedList("crm.memberships", by="customer", limit=25)
    consents = RelatedList("crm.consents", by="customer", limit=25)
    timeline = RelatedList("crm.activities", by="customer", sort="-occurredAt")
    tasks = RelatedList("crm.tasks", by="customer", sort="-createdAt")
    deleted_at = Timestamp(dump_only=True, metadata={"on_request": True})
    merged_ids = merged_ids(Customer)
    custom = CustomFields()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


def joined(first: Any, last: Any) -> str:
    """The name that the parts of one make."""
    parts = (one.strip() for one in (first, last) if isinstance(one, str))
    return " ".join(one for one in parts if one)[:255].strip()


class NewCustomerSchema(CustomerSchema):
    """A customer to be created. Without a name it has that which its parts make."""

    @pre_load
    def _take_name_of_parts(self, data: Any, **kwargs: Any) -> Any:
        if not isinstance(data, Mapping) or "name" in data:
            return data
        name = joined(data.get("firstName"), data.get("lastName"))
        return {**data, "name": name} if name else data

    allow_duplicate = Flag(
        load_only=True,
        metadata={
            "description": "Create it although others have one of its further e-mails, its phone"
            " number, or its e-mail among their further ones."
        },
    )
