"""A quote on the wire: what it offers, and what became of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields
from peewee import SQL, Expression, Function

from sparx_core import (
    CalendarDate,
    Choice,
    Currency,
    CustomFields,
    Flag,
    ListOf,
    Machine,
    Many,
    Money,
    ObjectSchema,
    Related,
    RelatedList,
    ResourceSchema,
    Scope,
    SequenceNumber,
    Text,
    Timestamp,
    Transition,
    UnitPrice,
    WholeNumber,
)
from sparx_crm.models.quotes import QUOTE_STATUSES, QuoteItem
from sparx_crm.schemas.lines import MAX_ITEMS, MAX_QUANTITY, LineSchema, priced_fields
from sparx_crm.schemas.lines import shipping_lines as shipping_lines_field

_HASH = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"


def is_valid(quote: Scope) -> Any:
    """Whether the last day of a quote is not over where the tenant is."""
    today = Function("core.tenant_today", ())
    return Expression(quote.column("valid_until"), ">=", today)


def _is_open(quote: Scope) -> Any:
    return Expression(
        Expression(quote.column("status"), "=", SQL("'sent'")), "AND", is_valid(quote)
    )


machine = Machine(
    "status",
    {
        "submit": Transition(("draft",), "pending_approval"),
        "approve": Transition(("pending_approval",), "approved"),
        "reject": Transition(("pending_approval",), "draft"),
        "send": Transition(("draft", "approved"), "sent", when=is_valid),
        # Who accepts an expired one is told that it has expired.
        "accept": Transition(("sent", "expired"), "accepted", when=_is_open),
        "decline": Transition(("sent",), "declined"),
        "request_renegotiation": Transition(("sent",), "renegotiation_requested"),
        "extend": Transition(("expired",), "sent"),
        "withdraw": Transition(("approved", "sent"), "withdrawn"),
        "revise": Transition(
            ("approved", "sent", "renegotiation_requested", "expired"), "superseded"
        ),
        "convert": Transition(("accepted", "partially_ordered"), None),
    },
)


class QuoteItemSchema(LineSchema):
    """A line of a quote. Its price is what it was when it was written, whatever becomes of it."""

    unit_price = UnitPrice(
        required=True, currency="quote.currency", metadata={"example": Decimal("289.50")}
    )
    locals().update(priced_fields("quote"))
    quantity_ordered = WholeNumber(
        dump_only=True, metadata={"description": "What orders were made of.", "example": 0}
    )


class QuoteSchema(ResourceSchema):
    """One version of a quote. The totals are computed from the lines, in units of ``currency``:
    subtotal - discountTotal + shippingTotal + taxTotal - includedTaxTotal = total.
    """

    quote_number = SequenceNumber(
        attribute="number", metadata={"description": "Shared by the versions of the quote."}
    )
    revision = WholeNumber(
        1, dump_only=True, metadata={"description": "Which version of the quote it is."}
    )
    status = Choice(*QUOTE_STATUSES, dump_only=True)
    customer = Related("crm.customers", allow_none=True)
    account = Related("crm.accounts", allow_none=True)
    deal = Related("crm.deals", allow_none=True)
    owner = Related("core.members", allow_none=True)
    currency = Currency()
    subtotal = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    discount_amount = Money(
        metadata={"example": Decimal("0.00"), "description": "Off the lines together."}
    )
    discount_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    shipping_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    tax_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    included_tax_total = Money(
        dump_only=True,
        metadata={"example": Decimal("0.00"), "description": "Taxes that prices have in them."},
    )
    total = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    items = Many(
        QuoteItemSchema,
        QuoteItem,
        by="quote",
        order_by="position",
        minimum=1,
        maximum=MAX_ITEMS,
        required=True,
    )
    shipping_lines = shipping_lines_field()
    issue_date = CalendarDate(
        metadata={"example": "2026-11-26", "description": "Today, unless it is told."}
    )
    valid_until = CalendarDate(
        metadata={
            "example": "2026-12-26",
            "description": "The last day on which it can be accepted, where the tenant is; 30 days"
            " after the issue date, unless it is told.",
        }
    )
    terms = Text(10_000, allow_none=True, metadata={"example": "30 days net."})
    customer_note = Text(10_000, allow_none=True, metadata={"example": "As discussed at the fair."})
    internal_note = Text(
        10_000,
        allow_none=True,
        metadata={"example": "Do not go below 2,200.", "description": "Never shown to the buyer."},
    )
    author = Text(dump_only=True, metadata={"example": "key:018f8a52-7c1e-7b3a-9d55-3c1f0e9b2a41"})
    submitter = Text(
        dump_only=True,
        allow_none=True,
        metadata={"example": "key:018f8a52-7c1e-7b3a-9d55-3c1f0e9b2a41"},
    )
    rejection_reason = Text(2_000, dump_only=True, allow_none=True)
    content_hash = Text(
        dump_only=True,
        allow_none=True,
        metadata={
            "example": _HASH,
            "description": "Of what was sent: SHA-256 of the lines, prices, dates and texts.",
        },
    )
    sent_at = Timestamp(dump_only=True, allow_none=True)
    viewed_at = Timestamp(dump_only=True, allow_none=True)
    accepted_at = Timestamp(dump_only=True, allow_none=True)
    signer_name = Text(dump_only=True, allow_none=True, metadata={"example": "Ann Lindgren"})
    signer_address = Text(
        dump_only=True,
        allow_none=True,
        metadata={"example": "203.0.113.7", "description": "Where it was accepted from: an IP."},
    )
    declined_at = Timestamp(dump_only=True, allow_none=True)
    decline_reason = Text(2_000, dump_only=True, allow_none=True)
    renegotiation_message = Text(10_000, dump_only=True, allow_none=True)
    expired_at = Timestamp(dump_only=True, allow_none=True)
    withdrawn_at = Timestamp(dump_only=True, allow_none=True)
    supersedes = Related(
        "crm.quotes",
        dump_only=True,
        allow_none=True,
        metadata={"description": "The version that this one takes the place of."},
    )
    allowed_transitions = machine.allowed()
    orders = RelatedList("crm.orders", by="quote")
    timeline = RelatedList("crm.activities", by="quote", sort="-occurredAt")
    custom = CustomFields()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class PublicQuoteItemSchema(ObjectSchema):
    """A line of a quote, as the buyer sees it."""

    sku = Text(127, metadata={"example": "INJ-6.7-CR"})
    name = Text(metadata={"example": "6.7L Common-Rail Injector"})
    description = Text(10_000, allow_none=True)
    quantity = WholeNumber(1, MAX_QUANTITY, metadata={"example": 8})
    unit_price = UnitPrice(currency="quote.currency", metadata={"example": Decimal("289.50")})
    discount_amount = Money(currency="quote.currency", metadata={"example": Decimal("0.00")})
    allocated_discount = Money(currency="quote.currency", metadata={"example": Decimal("0.00")})
    taxes = priced_fields("quote")["taxes"]
    tax_inclusive = Flag()
    tax = Money(currency="quote.currency", metadata={"example": Decimal("0.00")})
    total = Money(currency="quote.currency", metadata={"example": Decimal("2316.00")})


class PublicQuoteSchema(ResourceSchema):
    """A quote as the buyer sees it who has the link. `contentHash` is what is accepted."""

    quote_number = SequenceNumber(attribute="number")
    revision = WholeNumber(1, dump_only=True)
    status = Choice(*QUOTE_STATUSES, dump_only=True)
    currency = Currency(dump_only=True)
    subtotal = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    discount_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    shipping_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    tax_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    included_tax_total = Money(dump_only=True, metadata={"example": Decimal("0.00")})
    total = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    items = Many(PublicQuoteItemSchema, QuoteItem, by="quote", order_by="position", dump_only=True)
    shipping_lines = shipping_lines_field()
    issue_date = CalendarDate(dump_only=True, metadata={"example": "2026-11-26"})
    valid_until = CalendarDate(dump_only=True, metadata={"example": "2026-12-26"})
    terms = Text(10_000, dump_only=True, allow_none=True)
    customer_note = Text(10_000, dump_only=True, allow_none=True)
    content_hash = Text(dump_only=True, allow_none=True, metadata={"example": _HASH})
    accepted_at = Timestamp(dump_only=True, allow_none=True)
    signer_name = Text(dump_only=True, allow_none=True, metadata={"example": "Ann Lindgren"})
    declined_at = Timestamp(dump_only=True, allow_none=True)


class ApprovalSchema(ObjectSchema):
    """Why a quote is not approved."""

    reason = Text(2_000, required=True, metadata={"example": "The discount is too high."})


class SignatureSchema(ObjectSchema):
    """Who accepts, and which contents: the `contentHash` of the quote that was looked at."""

    signer_name = Text(required=True, metadata={"example": "Ann Lindgren"})
    content_hash = Text(64, required=True, metadata={"example": _HASH})


class DeclineSchema(ObjectSchema):
    """Why a quote is declined."""

    reason = Text(2_000, required=True, metadata={"example": "Bought elsewhere."})


class RenegotiationSchema(ObjectSchema):
    """What the buyer would like to have otherwise."""

    message = Text(10_000, required=True, metadata={"example": "Could you deliver in two parts?"})


class ExtensionSchema(ObjectSchema):
    """Until when an expired quote is valid after all."""

    valid_until = CalendarDate(required=True, metadata={"example": "2027-01-31"})


class ConvertedItemSchema(ObjectSchema):
    """How many pieces of a line, told by its place in the quote from 0 on, to order now."""

    line = WholeNumber(0, MAX_ITEMS - 1, required=True, metadata={"example": 0})
    quantity = WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 4})


class ConversionSchema(ObjectSchema):
    """What to order: everything that is left, unless `items` tell. `customerId` is who orders, if
    the quote is for an account.
    """

    customer = Related("crm.customers")
    items = ListOf(
        fields.Nested(ConvertedItemSchema),
        minimum=1,
        maximum=MAX_ITEMS,
    )


class QuoteLinkedSchema(ObjectSchema):
    """The buyer's link. The token is shown this once; who lost it has another link made."""

    link_token = Text(
        dump_only=True,
        metadata={
            "sensitive": True,
            "example": "lnk_Zm9yIHRoZSBleGFtcGxlLCBhbmQgbm8gb3RoZXIgdXNlcw",
        },
    )
    link_path = Text(
        dump_only=True,
        metadata={
            "sensitive": True,
            "description": "Where the quote is shown, without a key.",
            "example": "/v1/crm/public/quotes/lnk_Zm9yIHRoZSBleGFtcGxlLCBhbmQgbm8gb3RoZXIgdXNlcw",
        },
    )
    link_expires_at = Timestamp(dump_only=True)


class ConvertedSchema(ObjectSchema):
    """The order that was made of the quote."""

    order = Related("crm.orders", dump_only=True)
