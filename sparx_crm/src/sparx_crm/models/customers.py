"""Customers: people and companies that buy, or may."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    default,
)

CUSTOMER_TYPES = ("prospect", "retail", "b2b")
_TYPES = f"type IN ({', '.join(repr(word) for word in CUSTOMER_TYPES)})"


class Customer(TenantModel):
    """A customer. The statistics are kept by a handler of ``order.created``.

    ``total_spent`` counts the orders in ``currency``, the tenant's at the time the customer
    was made: sums never mix currencies.
    """

    name = TextField()
    email = TextField(null=True)
    phone = TextField(null=True)
    company = TextField(null=True)
    type = TextField(constraints=[default("'prospect'"), check(_TYPES)])
    tags = TextArrayField(constraints=[default("'{}'")])
    addresses = JsonField(constraints=[default("'[]'")])
    metadata = JsonField(constraints=[default("'{}'")])
    do_not_contact = BooleanField(constraints=[default("false")])
    notes = TextField(null=True)
    currency = TextField()
    order_count = IntegerField(constraints=[default("0")])
    total_spent = MoneyField(constraints=[default("0")])
    first_order_at = TimestampField(null=True)
    last_order_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customers"
        indexes = ((("email",), True), (("type",), False))
