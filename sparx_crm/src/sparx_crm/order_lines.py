"""Priced lines as columns, and the lines of an order that a request is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sparx_core import Context, ValidationFailed, Values
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.pricing import PricedLine, PricedOrder, stored_shipping, stored_taxes

ZERO = Decimal(0)
#: What a line says of itself, beside what is computed of it.
_SAID = (
    *("sku", "name", "description", "product_id", "variant_id", "quantity", "unit_price"),
    *("discount_amount", "tax_inclusive", "metadata"),
)


def line_columns(item: Mapping[str, Any], line: PricedLine) -> Values:
    """The columns of a line, without those that are as the database has them by itself."""
    found = {name: item[name] for name in _SAID if name in item}
    if line.allocated:
        found["allocated_discount"] = line.allocated
    if line.taxes:
        found["taxes"] = stored_taxes(line.taxes)
        found["tax"] = line.tax
    return {**found, "total": line.total}


def total_columns(priced: PricedOrder, currency: str, *, whole: bool = False) -> Values:
    """The columns of the totals; unless ``whole``, without those that are nothing."""
    extra = {
        "discount_total": priced.discount_total,
        "shipping_total": priced.shipping_total,
        "tax_total": priced.tax_total,
        "included_tax_total": priced.included_tax_total,
        "shipping_lines": stored_shipping(priced.shipping, currency),
        "tax_lines": stored_taxes(priced.tax_lines),
    }
    if not whole:
        extra = {name: value for name, value in extra.items() if value}
    return {"subtotal": priced.subtotal, "total": priced.total, **extra}


def lines_of(ctx: Context, order: Order) -> list[OrderItem]:
    """The lines of an order whose row is locked, which locks them as well."""
    query = OrderItem.select().where(OrderItem.order == order.id).order_by(OrderItem.position)
    return ctx.all(query)


def order_named(ctx: Context, order_id: UUID) -> Order:
    """The order that a body names, locked."""
    order = ctx.find(Order, order_id, lock=True)
    if order is None:
        raise ValidationFailed([("orderId", "There is no such row.")])
    return order


Chosen = list[tuple[OrderItem, int, Values]]


def chosen_lines(
    lines: Sequence[OrderItem],
    asked: Sequence[Values] | None,
    left: Callable[[OrderItem], int],
    nothing: str,
) -> Chosen:
    """(line, pieces, what was asked) of the lines that a body names, or all that is ``left``.

    ``ValidationFailed`` for lines that the order does not have and for more pieces than are left,
    of all entries about a line together.
    """
    if asked is None:
        found: Chosen = [(line, left(line), {}) for line in lines if left(line) > 0]
        if not found:
            raise ValidationFailed([("items", nothing)])
        return found
    known: dict[UUID, OrderItem] = {line.id: line for line in lines}
    return list(_asked(known, asked, left))


def _asked(
    known: Mapping[UUID, OrderItem], asked: Sequence[Values], left: Callable[[OrderItem], int]
) -> Iterable[tuple[OrderItem, int, Values]]:
    taken: dict[UUID, int] = {}
    problems: list[tuple[str, str]] = []
    found: Chosen = []
    for number, one in enumerate(asked):
        line = known.get(one["order_item"])
        if line is None:
            problems.append((f"items[{number}].orderItemId", "The order has no such item."))
            continue
        taken[line.id] = taken.get(line.id, 0) + one["quantity"]
        if taken[line.id] > left(line):
            told = f"More than the {left(line)} that are left."
            problems.append((f"items[{number}].quantity", told))
        found.append((line, one["quantity"], one))
    if problems:
        raise ValidationFailed(problems)
    return found
