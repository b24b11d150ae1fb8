"""Returns: requested, received in one parcel or in several, cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.events.fulfillments import ReturnCancelled, ReturnReceived, ReturnRequested
from sparx_crm.models.orders import OrderItem
from sparx_crm.models.returns import OrderReturn, ReturnItem
from sparx_crm.order_lines import chosen_lines, lines_of, order_named
from sparx_crm.schemas.fulfillments import ReceiveSchema, ReturnSchema
from sparx_crm.schemas.fulfillments import return_machine as machine

returns = Resource(
    "returns",
    OrderReturn,
    ReturnSchema,
    machine=machine,
    filters=("orderId", "status", "createdAt"),
    sorts=("createdAt",),
    bulk=False,
)


@returns.create(emits=[ReturnRequested], raises=[ValidationFailed])
def request_return(ctx: Context, data: Values) -> OrderReturn:
    """Ask for pieces of an order back that were shipped, and are in no other return."""
    order = order_named(ctx, data["order"])
    chosen = chosen_lines(lines_of(ctx, order), data["items"], _returnable, "")
    if len({line.id for line, _, _ in chosen}) < len(chosen):
        raise ValidationFailed([("items", "An item is twice in the list.")])
    values = {name: data[name] for name in ("reason", "note", "metadata") if name in data}
    parcel = ctx.insert(OrderReturn(order=order.id, **values))
    ctx.insert_all(
        ReturnItem(
            parcel=parcel.id,
            position=place,
            order_item=line.id,
            quantity=pieces,
            reason=asked.get("reason"),
            restock=asked.get("restock", True),
        )
        for place, (line, pieces, asked) in enumerate(chosen)
    )
    for line, pieces, _ in chosen:
        ctx.update(line, quantity_returning=line.quantity_returning + pieces)
    ctx.emit(ReturnRequested(parcel))
    return parcel


@returns.transition(
    "receive", body=ReceiveSchema, emits=[ReturnReceived], raises=[ValidationFailed]
)
def receive_return(ctx: Context, parcel: OrderReturn, data: Values) -> OrderReturn:
    """Say what came back: all that is awaited, or some of it. `restock` tells of those pieces
    whether they can be sold again.
    """
    order = order_named(ctx, parcel.order)
    known = {line.id: line for line in lines_of(ctx, order)}
    awaited = {one.order_item: one for one in _contents(ctx, parcel)}
    for one, pieces, restock in _received(awaited, data.get("items")):
        line = known[one.order_item]
        ctx.update(
            one,
            quantity_received=one.quantity_received + pieces,
            restock=one.restock if restock is None else restock,
        )
        ctx.update(line, quantity_returned=line.quantity_returned + pieces)
    complete = all(one.quantity_received == one.quantity for one in awaited.values())
    ctx.update(
        parcel,
        status="received" if complete else "partially_received",
        received_at=datetime.now(UTC),
    )
    ctx.emit(ReturnReceived(parcel))
    return parcel


@returns.transition("cancel", emits=[ReturnCancelled])
def cancel_return(ctx: Context, parcel: OrderReturn) -> OrderReturn:
    """Give up a return of which nothing came back."""
    order = order_named(ctx, parcel.order)
    known = {line.id: line for line in lines_of(ctx, order)}
    for one in _contents(ctx, parcel):
        line = known[one.order_item]
        ctx.update(line, quantity_returning=line.quantity_returning - one.quantity)
    ctx.update(parcel, status=machine.target("cancel"), cancelled_at=datetime.now(UTC))
    ctx.emit(ReturnCancelled(parcel))
    return parcel


def _returnable(line: OrderItem) -> int:
    return int(line.quantity_shipped - line.quantity_returning)


def _contents(ctx: Context, parcel: OrderReturn) -> list[ReturnItem]:
    query = ReturnItem.select().where(ReturnItem.parcel == parcel.id)
    return ctx.all(query.order_by(ReturnItem.position))


Received = list[tuple[ReturnItem, int, bool | None]]


def _received(awaited: dict[UUID, ReturnItem], asked: Sequence[Values] | None) -> Received:
    """(line of the return, pieces, whether they can be sold again) of what came back now."""
    if asked is None:
        left = ((one, one.quantity - one.quantity_received, None) for one in awaited.values())
        return [found for found in left if found[1]]
    problems: list[tuple[str, str]] = []
    found: Received = []
    seen: set[UUID] = set()
    for number, one in enumerate(asked):
        line = awaited.get(one["order_item"])
        place = f"items[{number}]"
        if line is None or line.order_item in seen:
            told = "Twice in the list." if line else "The return has no such item."
            problems.append((f"{place}.orderItemId", told))
            continue
        seen.add(line.order_item)
        left_of = line.quantity - line.quantity_received
        if one["quantity"] > left_of:
            problems.append((f"{place}.quantity", f"More than the {left_of} that are awaited."))
        found.append((line, one["quantity"], one.get("restock")))
    if problems:
        raise ValidationFailed(problems)
    return found
