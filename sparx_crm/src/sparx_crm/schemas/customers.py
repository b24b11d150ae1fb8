"""A customer on the wire."""

from __future__ import annotations

import re
from decimal import Decimal

from marshmallow import fields, validate

from sparx_core import (
    Choice,
    Currency,
    Document,
    Email,
    Embedded,
    Flag,
    ListOf,
    Money,
    Phone,
    RelatedList,
    ResourceSchema,
    Text,
    Timestamp,
)
from sparx_crm.models.customers import CUSTOMER_TYPES
from sparx_crm.schemas.contacts import AddressSchema

_TAG = re.compile(r"[A-Za-z0-9_-]{1,63}")


class CustomerSchema(ResourceSchema):
    """A person or company that buys, or may. The e-mail is unique in the tenant."""

    name = Text(required=True, metadata={"example": "Ann Lindgren"})
    email = Email(allow_none=True)
    phone = Phone(allow_none=True)
    company = Text(allow_none=True, metadata={"example": "Lindgren Diesel Service"})
    type = Choice(*CUSTOMER_TYPES)
    tags = ListOf(
        fields.String(validate=validate.Regexp(_TAG.pattern + r"\Z")),
        maximum=50,
        metadata={"example": ["workshop"]},
    )
    addresses = Embedded(AddressSchema, maximum=20)
    metadata = Document(metadata={"example": {"erpNumber": "K-1007"}})
    do_not_contact = Flag()
    notes = Text(10_000, allow_none=True, metadata={"example": "Call before delivery."})
    order_count = fields.Integer(dump_only=True, metadata={"example": 0})
    total_spent = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    currency = Currency(dump_only=True)
    first_order_at = Timestamp(dump_only=True)
    last_order_at = Timestamp(dump_only=True)
    orders = RelatedList("crm.orders", by="customer")
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
