"""Orders: placed, changed, cancelled, delivered, refunded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.errors.orders import AlreadyShipped, RefundRequired
from sparx_crm.events.orders import (
    OrderCancelled,
    OrderCreated,
    OrderDelivered,
    OrderRefunded,
    OrderUpdated,
)
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.order_lines import line_columns, total_columns
from sparx_crm.order_money import payment_status
from sparx_crm.pricing import PricedOrder, price_body
from sparx_crm.schemas.orders import (
    CancelSchema,
    OrderChangesSchema,
    OrderSchema,
    PlacingSchema,
    machine,
)

orders = Resource(
    "orders",
    Order,
    OrderSchema,
    machine=machine,
    search=("orderNumber", "customer"),
    filters=(
        *("customerId", "accountId", "dealId", "quoteId", "orderNumber", "status"),
        *("paymentStatus", "fulfillmentStatus", "channel", "source", "total", "placedAt"),
        "createdAt",
    ),
    # Asked together with a customer or a status, if at all.
    scanned=("channel", "source", "fulfillmentStatus"),
    sorts=("createdAt", "orderNumber", "total", "placedAt"),
    custom_fields=True,
)

#: What an order is told, and keeps as it is; ``quote`` and its conversion only by other modules.
_KEPT = (
    *("account", "deal", "quote", "quote_conversion", "discount_amount", "discount_code"),
    *("discount_label", "billing_address", "shipping_address", "customer_note", "internal_note"),
    *("channel", "source", "metadata", "placed_at", "custom"),
)
#: Totals that may be sent, by their names on the wire.
_TOTALS = {
    "subtotal": "subtotal",
    "discountTotal": "discount_total",
    "shippingTotal": "shipping_total",
    "taxTotal": "tax_total",
    "total": "total",
}


@orders.create(body=PlacingSchema, emits=[OrderCreated], raises=[ValidationFailed])
def place_order(ctx: Context, data: Values) -> Order:
    """Place an order for a customer; the server computes the totals and gives the number.

    ``currency`` is the tenant's if absent. Totals that are sent are compared with those that come
    out, and refused if they differ: nobody pays what was not shown.
    """
    currency = data.get("currency", ctx.tenant.currency)
    priced = price_order_lines(ctx, {**data, "currency": currency})
    _check_totals(data, priced)
    values = {name: data[name] for name in _KEPT if name in data}
    if not priced.total:
        values["payment_status"] = payment_status(priced.total, priced.total, priced.total)
    order = ctx.insert(
        Order(
            customer=data["customer"],
            currency=currency,
            **values,
            **total_columns(priced, currency),
        )
    )
    ctx.insert_all(
        OrderItem(order=order.id, position=position, **line_columns(item, line))
        for position, (item, line) in enumerate(zip(data["items"], priced.lines, strict=True))
    )
    ctx.emit(OrderCreated(order))
    return order


def price_order_lines(ctx: Context, data: Values) -> PricedOrder:
    """What an order would cost: ``items``, ``discount_amount`` and ``shipping_lines`` as the API
    takes them, in ``currency`` or the tenant's. Nothing is written.

    An item without a ``unit_price`` is given one by the hook ``sparx_crm_price_item``, in place;
    ``ValidationFailed`` if no module that is active has one.
    """
    currency = data.get("currency", ctx.tenant.currency)
    problems = []
    for number, item in enumerate(data["items"]):
        if "unit_price" not in item:
            asked: dict[str, Any] = {
                "ctx": ctx,
                "customer_id": data.get("customer"),
                "currency": currency,
                "item": item,
            }
            answers = ctx.call_hook("sparx_crm_price_item", **asked)
            prices = [price for price in answers if price is not None]
            if prices:
                item["unit_price"] = prices[-1]
            else:
                problems.append((f"items[{number}].unitPrice", "There is no price for it."))
    if problems:
        raise ValidationFailed(problems)
    return price_body(currency, data)


def _check_totals(data: Values, priced: PricedOrder) -> None:
    wrong = [
        (shown, f"Comes to {getattr(priced, name)}.")
        for shown, name in _TOTALS.items()
        if name in data and data[name] != getattr(priced, name)
    ]
    if wrong:
        raise ValidationFailed(wrong)


@orders.update(body=OrderChangesSchema, emits=[OrderUpdated], raises=[])
def update_order(ctx: Context, order: Order, data: Values) -> Order:
    """Change addresses, notes and the like of an order: nothing that it costs, in any status.

    What was ordered is changed by `edit`.
    """
    changes = any(getattr(order, name) != value for name, value in data.items())
    ctx.update(order, **data)
    if changes:
        ctx.emit(OrderUpdated(order))
    return order


@orders.transition(
    "cancel",
    body=CancelSchema,
    emits=[OrderCancelled],
    raises=[AlreadyShipped, RefundRequired],
)
def cancel_order(ctx: Context, order: Order, data: Values) -> Order:
    """Cancel an order of which nothing was shipped. What was captured for it has to be refunded
    first.

    A worker voids what is authorized, and cancels parcels that wait.
    """
    if order.fulfillment_status != "unfulfilled":
        raise AlreadyShipped(fulfillmentStatus=order.fulfillment_status)
    if order.amount_paid != order.amount_refunded:
        raise _to_refund(order)
    ctx.update(
        order,
        status=machine.target("cancel"),
        cancelled_at=datetime.now(UTC),
        cancel_reason=data.get("reason"),
    )
    ctx.emit(OrderCancelled(order))
    return order


@orders.transition("deliver", emits=[OrderDelivered])
def deliver_order(ctx: Context, order: Order) -> Order:
    """Say that all pieces of a fulfilled order have arrived. A worker marks its parcels."""
    ctx.update(order, status=machine.target("deliver"), delivered_at=datetime.now(UTC))
    ctx.emit(OrderDelivered(order))
    return order


@orders.transition("refund", emits=[OrderRefunded], raises=[RefundRequired])
def refund_order(ctx: Context, order: Order) -> Order:
    """Say that an order is over because all that was paid for it went back.

    One that is shipped comes here by itself, with the refund that is the last. Money goes back by
    a refund of its own.
    """
    if not order.amount_paid or order.amount_paid != order.amount_refunded:
        raise _to_refund(order)
    ctx.update(order, status=machine.target("refund"), refunded_at=datetime.now(UTC))
    ctx.emit(OrderRefunded(order))
    return order


def _to_refund(order: Order) -> RefundRequired:
    return RefundRequired(
        details={
            "captured": order.amount_paid,
            "refunded": order.amount_refunded,
            "pending": order.amount_refunding,
        }
    )
