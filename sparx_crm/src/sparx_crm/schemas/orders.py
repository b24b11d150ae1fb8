"""An order on the wire: what a client sends, and what the server computes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from peewee import SQL, Expression, Function, NodeList

from sparx_core import (
    Choice,
    Computed,
    Currency,
    CustomFields,
    Document,
    Embedded,
    Id,
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
    WholeNumber,
)
from sparx_crm.models.orders import (
    FULFILLMENT_STATUSES,
    ORDER_STATUSES,
    PAYMENT_STATUSES,
    OrderItem,
)
from sparx_crm.schemas.contacts import Address
from sparx_crm.schemas.lines import (
    MAX_ITEMS,
    LineSchema,
    TaxSchema,
    priced_fields,
)
from sparx_crm.schemas.lines import shipping_lines as shipping_lines_field

__all__ = ["MAX_ITEMS", "OrderItemSchema", "OrderSchema", "PlacingSchema", "machine"]
_DETAIL: dict[str, Any] = {"detail": True}


def _nothing_left(order: Scope) -> Any:
    return Expression(order.column("amount_paid"), "=", order.column("amount_refunded"))


def _can_be_cancelled(order: Scope) -> Any:
    unshipped = Expression(order.column("fulfillment_status"), "=", SQL("'unfulfilled'"))
    return Expression(unshipped, "AND", _nothing_left(order))


def _can_be_refunded(order: Scope) -> Any:
    paid = Expression(order.column("amount_paid"), ">", SQL("0"))
    return Expression(paid, "AND", _nothing_left(order))


machine = Machine(
    "status",
    {
        "fulfill": Transition(("placed",), "fulfilled"),
        "deliver": Transition(("fulfilled",), "delivered"),
        "cancel": Transition(("placed",), "cancelled", when=_can_be_cancelled),
        "refund": Transition(
            ("placed", "fulfilled", "delivered"), "refunded", when=_can_be_refunded
        ),
    },
)


def _due(order: Scope) -> Any:
    over = Expression(order.column("status"), "IN", SQL("('cancelled', 'refunded')"))
    left = Expression(order.column("total"), "-", order.column("amount_paid"))
    due = Function("greatest", (left, SQL("0")))
    return NodeList((SQL("CASE WHEN"), over, SQL("THEN 0 ELSE"), due, SQL("END")))


def _owed(order: Scope) -> Any:
    kept = Expression(order.column("amount_paid"), "-", order.column("amount_refunded"))
    return Function("greatest", (Expression(kept, "-", order.column("total")), SQL("0")))


def _told(description: str | None = None, example: Any = None) -> dict[str, Any]:
    found = {"description": description, "example": example}
    return {**_DETAIL, **{name: value for name, value in found.items() if value is not None}}


def _sum(example: str, description: str | None = None) -> Money:
    return Money(dump_only=True, metadata=_told(description, Decimal(example)))


def _pieces(description: str) -> WholeNumber:
    return WholeNumber(dump_only=True, metadata=_told(description, 0))


def _time() -> Timestamp:
    return Timestamp(dump_only=True, allow_none=True, metadata=_DETAIL)


class OrderItemSchema(LineSchema):
    """A line of an order."""

    id = Id(dump_only=True, metadata=_DETAIL)
    locals().update(priced_fields("order", **_DETAIL))
    quantity_assigned = _pieces("In fulfilments that were not cancelled.")
    quantity_shipped = _pieces("On their way, or delivered.")
    quantity_cancelled = _pieces("Not to be sent any more.")
    quantity_returning = _pieces("In returns that were not cancelled.")
    quantity_returned = _pieces("Come back.")
    quantity_refunded = _pieces("Refunded, or about to be.")
    amount_refunded = Money(
        currency="order.currency", dump_only=True, metadata=_told(None, Decimal("0.00"))
    )


class OrderSchema(ResourceSchema):
    """An order. The totals are computed from the items, in units of ``currency``:
    subtotal - discountTotal + shippingTotal + taxTotal - includedTaxTotal = total.
    """

    # Its wire form is fixed to the byte; `ETag` tells the version as well.
    version = WholeNumber(
        1,
        dump_only=True,
        metadata={"on_request": True, "description": "Shown with `fields=*,version`."},
    )
    order_number = SequenceNumber(attribute="number")
    status = Choice(*ORDER_STATUSES, dump_only=True)
    payment_status = Choice(*PAYMENT_STATUSES, dump_only=True)
    fulfillment_status = Choice(*FULFILLMENT_STATUSES, dump_only=True, metadata=_DETAIL)
    allowed_transitions = machine.allowed(detail=True)
    customer = Related("crm.customers", required=True)
    account = Related("crm.accounts", allow_none=True, metadata=_DETAIL)
    deal = Related("crm.deals", allow_none=True, metadata=_DETAIL)
    quote = Related("crm.quotes", dump_only=True, allow_none=True, metadata=_DETAIL)
    currency = Currency()
    subtotal = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    discount_amount = Money(
        metadata=_told("Off the items together; at most what they come to.", Decimal("0.00"))
    )
    discount_code = Text(64, allow_none=True, metadata=_told(None, "WELCOME10"))
    discount_label = Text(allow_none=True, metadata=_told(None, "Ten percent off the first order"))
    discount_total = _sum("0.00", "Discounts of the items and of the whole.")
    shipping_total = _sum("0.00")
    tax_total = _sum("205.55")
    included_tax_total = _sum("0.00", "Taxes that prices have in them.")
    total = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    amount_paid = _sum("0.00", "Captured of its payments.")
    amount_refunded = _sum("0.00", "Of what was captured, back with the customer.")
    amount_refunding = _sum("0.00", "In refunds that are pending.")
    balance_due = Computed(
        Money(),
        _due,
        metadata={**_told("Still to be captured.", Decimal("2316.00")), "nullable": False},
    )
    credit_owed = Computed(
        Money(),
        _owed,
        metadata={**_told("Paid beyond the total, and kept.", Decimal("0.00")), "nullable": False},
    )
    items = Many(
        OrderItemSchema,
        OrderItem,
        by="order",
        order_by="position",
        minimum=1,
        maximum=MAX_ITEMS,
        required=True,
    )
    shipping_lines = shipping_lines_field(**_DETAIL)
    tax_lines = Embedded(TaxSchema, dump_only=True, metadata=_told("Taxes over all lines."))
    billing_address = Address(allow_none=True, metadata=_DETAIL)
    shipping_address = Address(allow_none=True, metadata=_DETAIL)
    customer_note = Text(10_000, allow_none=True, metadata=_told(None, "Leave at the gate."))
    internal_note = Text(10_000, allow_none=True, metadata=_told(None, "Pays late."))
    channel = Text(63, allow_none=True, metadata=_told("Where it was placed.", "storefront"))
    source = Text(63, allow_none=True, metadata=_told("What brought it.", "newsletter"))
    metadata = Document(metadata=_told(None, {"erpNumber": "A-77"}))
    payments = RelatedList(
        "crm.payments", by="order", sort="createdAt", limit=100, metadata=_DETAIL
    )
    refunds = RelatedList("crm.refunds", by="order", sort="createdAt", limit=100, metadata=_DETAIL)
    fulfillments = RelatedList(
        "crm.fulfillments", by="order", sort="createdAt", limit=100, metadata=_DETAIL
    )
    returns = RelatedList("crm.returns", by="order", sort="createdAt", limit=100, metadata=_DETAIL)
    timeline = RelatedList("crm.activities", by="order", sort="-occurredAt")
    placed_at = Timestamp(metadata=_told("Now, unless it is told."))
    paid_at = _time()
    fulfilled_at = _time()
    delivered_at = _time()
    cancelled_at = _time()
    cancel_reason = Text(500, dump_only=True, allow_none=True, metadata=_DETAIL)
    refunded_at = _time()
    custom = CustomFields(metadata={"detail": True})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True, metadata=_DETAIL)


class PlacingSchema(OrderSchema):
    """What an order is placed with. Totals that you send have to be those that come out."""

    subtotal = Money(metadata={"example": Decimal("2316.00")})
    discount_total = Money(metadata=_told(None, Decimal("16.00")))
    shipping_total = Money(metadata=_told(None, Decimal("12.00")))
    tax_total = Money(metadata=_told(None, Decimal("205.20")))
    total = Money(metadata={"example": Decimal("2517.20")})


class OrderChangesSchema(ObjectSchema):
    """What can be changed of an order whenever, as it changes nothing that it costs."""

    account = Related("crm.accounts", allow_none=True)
    deal = Related("crm.deals", allow_none=True)
    billing_address = Address(allow_none=True)
    shipping_address = Address(allow_none=True)
    customer_note = Text(10_000, allow_none=True)
    internal_note = Text(10_000, allow_none=True)
    channel = Text(63, allow_none=True)
    source = Text(63, allow_none=True)
    custom = CustomFields()
    metadata = Document()


class EditedItemSchema(OrderItemSchema):
    """A line of an edited order: one that there is, by its `id`, or another."""

    id = Id()


class EditSchema(ObjectSchema):
    """What is ordered instead. `items` are all items: those that are left out are removed. Absent
    fields stay as they are.
    """

    items = Many(
        EditedItemSchema, OrderItem, by="order", order_by="position", minimum=1, maximum=MAX_ITEMS
    )
    discount_amount = Money()
    discount_code = Text(64, allow_none=True)
    discount_label = Text(allow_none=True)
    shipping_lines = shipping_lines_field()


class CancelSchema(ObjectSchema):
    """Why an order is cancelled."""

    reason = Text(500, metadata={"example": "Ordered twice."})
