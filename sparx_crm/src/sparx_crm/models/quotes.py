"""Quotes and their items: what is offered to a customer, version by version."""

from __future__ import annotations

from peewee import BooleanField, DateField, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TimestampField,
    UnitPriceField,
    check,
    default,
)

QUOTE_STATUSES = (
    "draft",
    "pending_approval",
    "approved",
    "sent",
    "accepted",
    "declined",
    "renegotiation_requested",
    "expired",
    "withdrawn",
    "superseded",
    "partially_ordered",
    "ordered",
)
_STATUSES = f"status IN ({', '.join(repr(word) for word in QUOTE_STATUSES)})"
#: What was sent says which contents: nothing is accepted that has no hash.
_FROZEN = "('draft', 'pending_approval', 'approved', 'superseded', 'withdrawn')"


class Quote(TenantModel):
    """One version of an offer. ``number`` is that of the offer, shared by its versions, and
    ``revision`` tells them apart; ``content_hash`` is of what the buyer was sent.

    ``author`` and ``submitter`` are actors, in the form that events have them in: neither approves.
    """

    number = SequenceField(start=1001)
    revision = IntegerField(constraints=[default("1"), check("revision > 0")])
    supersedes = Reference("crm.quotes", null=True)
    status = TextField(constraints=[default("'draft'"), check(_STATUSES)])
    customer = Reference(
        "crm.customers",
        null=True,
        constraints=[check("customer_id IS NOT NULL OR account_id IS NOT NULL")],
    )
    account = Reference("crm.accounts", null=True)
    deal = Reference("crm.deals", null=True, on_delete="SET NULL")
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    currency = TextField()
    subtotal = MoneyField()
    discount_amount = MoneyField(constraints=[default("0"), check("discount_amount >= 0")])
    discount_total = MoneyField(constraints=[default("0")])
    shipping_total = MoneyField(constraints=[default("0")])
    tax_total = MoneyField(constraints=[default("0")])
    included_tax_total = MoneyField(constraints=[default("0")])
    total = MoneyField(constraints=[check("total >= 0")])
    shipping_lines = JsonField(constraints=[default("'[]'")])
    terms = TextField(null=True)
    customer_note = TextField(null=True)
    internal_note = TextField(null=True)
    issue_date = DateField()
    valid_until = DateField(constraints=[check("valid_until >= issue_date")])
    author = TextField()
    submitter = TextField(null=True)
    rejection_reason = TextField(null=True)
    content_hash = TextField(
        null=True, constraints=[check(f"content_hash IS NOT NULL OR status IN {_FROZEN}")]
    )
    sent_at = TimestampField(null=True)
    viewed_at = TimestampField(null=True)
    accepted_at = TimestampField(null=True)
    signer_name = TextField(null=True)
    signer_address = TextField(null=True)
    declined_at = TimestampField(null=True)
    decline_reason = TextField(null=True)
    renegotiation_message = TextField(null=True)
    expired_at = TimestampField(null=True)
    withdrawn_at = TimestampField(null=True)
    conversions = IntegerField(constraints=[default("0")])
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "quotes"
        owned_by = "owner"
        indexes = ((("number", "revision"), True), (("supersedes",), True))


class QuoteItem(TenantModel):
    """A line of a quote, with its price as it was; what each amount is: ``sparx_crm.pricing``."""

    quote = Reference("crm.quotes", on_delete="CASCADE")
    position = IntegerField()
    sku = TextField()
    name = TextField()
    description = TextField(null=True)
    product_id = UUIDField(null=True)
    variant_id = UUIDField(null=True)
    quantity = IntegerField(constraints=[check("quantity > 0")])
    quantity_ordered = IntegerField(
        constraints=[default("0"), check("quantity_ordered BETWEEN 0 AND quantity")]
    )
    unit_price = UnitPriceField(currency="quote.currency", constraints=[check("unit_price >= 0")])
    discount_amount = MoneyField(
        currency="quote.currency", constraints=[default("0"), check("discount_amount >= 0")]
    )
    allocated_discount = MoneyField(currency="quote.currency", constraints=[default("0")])
    taxes = JsonField(constraints=[default("'[]'")])
    tax_inclusive = BooleanField(constraints=[default("false")])
    tax = MoneyField(currency="quote.currency", constraints=[default("0")])
    total = MoneyField(currency="quote.currency")
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "quote_items"
        indexes = ((("quote", "position"), True),)
