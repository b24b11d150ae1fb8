"""Orders: what was ordered is changed before any of it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sparx_core import Context, InvalidTransition, ValidationFailed, Values
from sparx_crm.errors.orders import OrderNotEditable
from sparx_crm.events.orders import OrderEdited, OrderPaid
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.operations.orders import orders
from sparx_crm.order_lines import ZERO, line_columns, lines_of, total_columns
from sparx_crm.order_money import count_money, refusal
from sparx_crm.pricing import PricedLine, price_body
from sparx_crm.schemas.orders import EditSchema

#: What a line is compared by: the columns that an edit may set.
_LINE = (
    *("sku", "name", "description", "product_id", "variant_id", "quantity", "unit_price"),
    *("discount_amount", "allocated_discount", "taxes", "tax_inclusive", "tax", "total"),
    "metadata",
)
_BLANK: Values = {
    "description": None,
    "product_id": None,
    "variant_id": None,
    "discount_amount": ZERO,
    "allocated_discount": ZERO,
    "tax": ZERO,
    "taxes": [],
    "tax_inclusive": False,
    "metadata": {},
}


@orders.action(
    "edit",
    body=EditSchema,
    emits=[OrderEdited, OrderPaid],
    raises=[ValidationFailed, InvalidTransition, OrderNotEditable],
)
def edit_order(ctx: Context, order: Order, data: Values) -> Order:
    """Change what was ordered: items, discounts, shipping. The totals are computed anew; what was
    paid stays, and may be too little now, or too much.

    Only while the order is `placed`, none of it is in a parcel and none of it was refunded.
    """
    if order.status != "placed":
        raise refusal(order, "edited", f"The order is {order.status}.")
    stored = lines_of(ctx, order)
    _check_editable(order, stored)
    items = data.get("items", [_said(line) for line in stored])
    known: dict[UUID, OrderItem] = {line.id: line for line in stored}
    _check_ids(items, known)
    priced = price_body(
        order.currency,
        {
            "items": items,
            "discount_amount": data.get("discount_amount", order.discount_amount),
            "shipping_lines": data.get("shipping_lines", order.shipping_lines),
        },
    )
    edited = _write_lines(ctx, order, known, items, priced.lines)
    labels: Values = {
        name: data[name]
        for name in ("discount_amount", "discount_code", "discount_label")
        if name in data
    }
    columns = {**labels, **total_columns(priced, order.currency, whole=True)}
    if edited or any(getattr(order, name) != value for name, value in columns.items()):
        ctx.emit(OrderEdited(order))
        count_money(ctx, order, **columns)
    return order


def _check_editable(order: Order, lines: Sequence[OrderItem]) -> None:
    if any(line.quantity_assigned for line in lines):
        raise OrderNotEditable("fulfillments", "Pieces of the order are in a parcel.")
    if order.amount_refunded or order.amount_refunding:
        raise OrderNotEditable("refunds", "Money was refunded for the order.")


def _check_ids(items: Sequence[Values], known: Mapping[UUID, OrderItem]) -> None:
    seen: set[UUID] = set()
    problems = []
    for number, item in enumerate(items):
        line = item.get("id")
        if line is None:
            continue
        if line not in known:
            problems.append((f"items[{number}].id", "The order has no such item."))
        if line in seen:
            problems.append((f"items[{number}].id", "Twice in the list."))
        seen.add(line)
    if problems:
        raise ValidationFailed(problems)


def _said(line: OrderItem) -> Values:
    """A stored line as a body would have it."""
    return {"id": line.id, **{name: getattr(line, name) for name in _LINE}}


def _write_lines(
    ctx: Context,
    order: Order,
    known: Mapping[UUID, OrderItem],
    items: Sequence[Values],
    priced: Sequence[PricedLine],
) -> bool:
    """Remove, change and add lines; whether any differs from what it was.

    Lines keep their places unless their order changes: then they go behind the last place, because
    no two may have the same one even for a moment.
    """
    kept = [known[item["id"]] for item in items if "id" in item]
    gone = [line for line in known.values() if line not in kept]
    places = [line.position for line in kept]
    first = max((line.position for line in known.values()), default=-1) + 1
    added = [number for number, item in enumerate(items) if "id" not in item]
    stays = places == sorted(places) and all(number >= len(kept) for number in added)
    edited = bool(gone or added or not stays)
    for line in gone:
        ctx.delete(line)
    new = []
    for number, (item, money) in enumerate(zip(items, priced, strict=True)):
        columns = {**_BLANK, **line_columns(item, money)}
        if "id" not in item:
            new.append(OrderItem(order=order.id, position=first + number, **columns))
            continue
        line = known[item["id"]]
        edited = edited or any(getattr(line, name) != columns[name] for name in _LINE)
        moved = {} if stays else {"position": first + number}
        ctx.update(line, **columns, **moved)
    ctx.insert_all(new)
    return edited
