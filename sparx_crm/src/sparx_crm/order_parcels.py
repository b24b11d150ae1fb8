"""How much of an order is sent, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sparx_core import Context
from sparx_crm.events.orders import OrderDelivered, OrderFulfilled
from sparx_crm.models.fulfillments import Fulfillment
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.schemas.orders import machine


def free(line: OrderItem) -> int:
    """The pieces of a line that are in no parcel yet, and still wanted."""
    return int(line.quantity - line.quantity_assigned - line.quantity_cancelled)


def fulfill_if_complete(ctx: Context, order: Order, lines: Sequence[OrderItem]) -> None:
    """Keep how much of a locked order is shipped; emits ``order.fulfilled`` if now all of it is.

    Pieces that were cancelled do not have to be; an order of which nothing is sent stays as it is.
    """
    shipped = sum(line.quantity_shipped for line in lines)
    complete = all(line.quantity_shipped + line.quantity_cancelled == line.quantity
                   for line in lines)  # fmt: skip
    if not shipped:
        return
    if order.status != "placed" or not complete:
        ctx.update(order, fulfillment_status="fulfilled" if complete else "partial")
        return
    ctx.update(
        order,
        status=machine.target("fulfill"),
        fulfillment_status="fulfilled",
        fulfilled_at=datetime.now(UTC),
    )
    ctx.emit(OrderFulfilled(order))


def deliver_if_complete(ctx: Context, order: Order) -> None:
    """Emit ``order.delivered`` if the last parcel of a locked, fulfilled order has arrived."""
    if order.status != "fulfilled":
        return
    under_way = (Fulfillment.order == order.id) & (Fulfillment.status << ("pending", "shipped"))
    if ctx.first(Fulfillment.select(Fulfillment.id).where(under_way).limit(1)) is not None:
        return
    ctx.update(order, status=machine.target("deliver"), delivered_at=datetime.now(UTC))
    ctx.emit(OrderDelivered(order))
