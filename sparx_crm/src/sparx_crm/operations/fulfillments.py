"""Fulfilments: parcels that are made, shipped, delivered, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_core import Context, InvalidTransition, Resource, ValidationFailed, Values
from sparx_crm.events.fulfillments import (
    FulfillmentCancelled,
    FulfillmentCreated,
    FulfillmentDelivered,
    FulfillmentShipped,
    FulfillmentUpdated,
)
from sparx_crm.events.orders import OrderDelivered, OrderFulfilled
from sparx_crm.models.fulfillments import Fulfillment, FulfillmentItem
from sparx_crm.models.orders import Order
from sparx_crm.operations.orders import orders
from sparx_crm.order_lines import Chosen, chosen_lines, lines_of, order_named
from sparx_crm.order_parcels import deliver_if_complete, free, fulfill_if_complete
from sparx_crm.schemas.fulfillments import FulfillmentSchema, TrackingSchema
from sparx_crm.schemas.fulfillments import fulfillment_machine as machine
from sparx_crm.schemas.orders import machine as order_machine

fulfillments = Resource(
    "fulfillments",
    Fulfillment,
    FulfillmentSchema,
    machine=machine,
    filters=("orderId", "status", "carrier", "trackingNumber", "createdAt"),
    scanned=("carrier",),
    sorts=("createdAt",),
    bulk=False,
)
_NOTHING = "Nothing of the order is left to be sent."


@fulfillments.create(emits=[FulfillmentCreated], raises=[ValidationFailed, InvalidTransition])
def create_fulfillment(ctx: Context, data: Values) -> Fulfillment:
    """Put pieces of an order into a parcel, which is `pending` until it is shipped."""
    order = order_named(ctx, data["order"])
    order_machine.check(order, "fulfill")
    chosen = chosen_lines(lines_of(ctx, order), data.get("items"), free, _NOTHING)
    fulfillment = _pack(ctx, order, chosen, _tracking(data))
    for line, pieces, _ in chosen:
        ctx.update(line, quantity_assigned=line.quantity_assigned + pieces)
    ctx.emit(FulfillmentCreated(fulfillment))
    return fulfillment


@fulfillments.update(body=TrackingSchema, emits=[FulfillmentUpdated], raises=[])
def update_fulfillment(ctx: Context, fulfillment: Fulfillment, data: Values) -> Fulfillment:
    """Change carrier, tracking or notes of a parcel."""
    changes = any(getattr(fulfillment, name) != value for name, value in data.items())
    ctx.update(fulfillment, **data)
    if changes:
        ctx.emit(FulfillmentUpdated(fulfillment))
    return fulfillment


@fulfillments.transition("ship", body=TrackingSchema, emits=[FulfillmentShipped, OrderFulfilled])
def ship_fulfillment(ctx: Context, fulfillment: Fulfillment, data: Values) -> Fulfillment:
    """Send a parcel. With the last piece of the order the order is fulfilled."""
    order = order_named(ctx, fulfillment.order)
    order_machine.check(order, "fulfill")
    lines = lines_of(ctx, order)
    known = {line.id: line for line in lines}
    for one in _contents(ctx, fulfillment):
        line = known[one.order_item]
        ctx.update(line, quantity_shipped=line.quantity_shipped + one.quantity)
    now = datetime.now(UTC)
    ctx.update(fulfillment, status=machine.target("ship"), shipped_at=now, **data)
    ctx.emit(FulfillmentShipped(fulfillment))
    fulfill_if_complete(ctx, order, lines)
    return fulfillment


@fulfillments.transition("deliver", emits=[FulfillmentDelivered, OrderDelivered])
def deliver_fulfillment(ctx: Context, fulfillment: Fulfillment) -> Fulfillment:
    """Say that a parcel has arrived. With the last one the order is delivered."""
    order = order_named(ctx, fulfillment.order)
    deliver_parcel(ctx, fulfillment)
    deliver_if_complete(ctx, order)
    return fulfillment


@fulfillments.transition("cancel", emits=[FulfillmentCancelled])
def cancel_fulfillment(ctx: Context, fulfillment: Fulfillment) -> Fulfillment:
    """Give up a parcel that was not shipped: its pieces can be put into another."""
    unpack(ctx, order_named(ctx, fulfillment.order), fulfillment)
    return fulfillment


@orders.transition(
    "fulfill",
    body=TrackingSchema,
    emits=[FulfillmentShipped, OrderFulfilled],
    raises=[ValidationFailed],
)
def fulfill_order(ctx: Context, order: Order, data: Values) -> Order:
    """Ship all that is left of an order in one parcel. Parcels that wait have to be shipped, or
    cancelled, first.
    """
    lines = lines_of(ctx, order)
    if any(line.quantity_assigned > line.quantity_shipped for line in lines):
        raise order_machine.refusal(order, "fulfill", "Parcels of the order wait to be shipped.")
    chosen = chosen_lines(lines, None, free, _NOTHING)
    shipped = {"status": "shipped", "shipped_at": datetime.now(UTC)}
    fulfillment = _pack(ctx, order, chosen, {**_tracking(data), **shipped})
    for line, pieces, _ in chosen:
        ctx.update(
            line,
            quantity_assigned=line.quantity_assigned + pieces,
            quantity_shipped=line.quantity_shipped + pieces,
        )
    ctx.emit(FulfillmentShipped(fulfillment))
    fulfill_if_complete(ctx, order, lines)
    return order


def deliver_parcel(ctx: Context, fulfillment: Fulfillment) -> None:
    """Mark a locked, shipped parcel as delivered, and say so."""
    now = datetime.now(UTC)
    ctx.update(fulfillment, status=machine.target("deliver"), delivered_at=now)
    ctx.emit(FulfillmentDelivered(fulfillment))


def unpack(ctx: Context, order: Order, fulfillment: Fulfillment) -> None:
    """Cancel a pending parcel and give its pieces back to the order; both are locked."""
    known = {line.id: line for line in lines_of(ctx, order)}
    for one in _contents(ctx, fulfillment):
        line = known[one.order_item]
        ctx.update(line, quantity_assigned=line.quantity_assigned - one.quantity)
    now = datetime.now(UTC)
    ctx.update(fulfillment, status=machine.target("cancel"), cancelled_at=now)
    ctx.emit(FulfillmentCancelled(fulfillment))


def _tracking(data: Values) -> Values:
    return {name: value for name, value in data.items() if name not in ("order", "items")}


def _pack(ctx: Context, order: Order, chosen: Chosen, values: Values) -> Fulfillment:
    fulfillment = ctx.insert(Fulfillment(order=order.id, **values))
    ctx.insert_all(
        FulfillmentItem(
            fulfillment=fulfillment.id, position=place, order_item=line.id, quantity=pieces
        )
        for place, (line, pieces, _) in enumerate(chosen)
    )
    return fulfillment


def _contents(ctx: Context, fulfillment: Fulfillment) -> list[FulfillmentItem]:
    query = FulfillmentItem.select().where(FulfillmentItem.fulfillment == fulfillment.id)
    return ctx.all(query.order_by(FulfillmentItem.position))
