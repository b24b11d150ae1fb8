"""An order on the wire: what a client sends, and what the server computes."""

from __future__ import annotations

from decimal import Decimal

from sparx_core import (
    Choice,
    Currency,
    Many,
    Money,
    ObjectSchema,
    Related,
    ResourceSchema,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)
from sparx_crm.models.orders import ORDER_STATUSES, PAYMENT_STATUSES, OrderItem

#: Items in one order, and pieces in one line, at most.
MAX_ITEMS, MAX_QUANTITY = 1000, 1_000_000


class OrderItemSchema(ObjectSchema):
    """A line of an order."""

    sku = Text(127, required=True, metadata={"example": "INJ-6.7-CR"})
    name = Text(required=True, metadata={"example": "6.7L Common-Rail Injector"})
    quantity = WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 8})
    unit_price = UnitPrice(
        required=True, currency="order.currency", metadata={"example": Decimal("289.50")}
    )


class OrderSchema(ResourceSchema):
    """An order. The totals are computed from the items, in units of ``currency``."""

    # Its wire form is fixed to the byte; `ETag` tells the version as well.
    version = WholeNumber(
        1,
        dump_only=True,
        metadata={"on_request": True, "description": "Shown with `fields=*,version`."},
    )
    order_number = SequenceNumber(attribute="number")
    status = Choice(*ORDER_STATUSES, dump_only=True)
    payment_status = Choice(*PAYMENT_STATUSES, dump_only=True)
    customer = Related("crm.customers", required=True)
    currency = Currency()
    subtotal = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    total = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    items = Many(
        OrderItemSchema,
        OrderItem,
        by="order",
        order_by="position",
        minimum=1,
        maximum=MAX_ITEMS,
        required=True,
    )
    created_at = Timestamp(dump_only=True)
