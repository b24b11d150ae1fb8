"""Orders: placed."""

from __future__ import annotations

from sparx_core import Context, Resource, Values
from sparx_crm.events.orders import OrderCreated
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.pricing import price_items
from sparx_crm.schemas.orders import OrderSchema

orders = Resource(
    "orders",
    Order,
    OrderSchema,
    search=("orderNumber", "customer"),
    filters=("customerId", "orderNumber", "status", "paymentStatus", "total", "createdAt"),
    sorts=("createdAt", "orderNumber", "total"),
)


@orders.create(emits=[OrderCreated])
def place_order(ctx: Context, data: Values) -> Order:
    """Place an order for a customer; the server computes the totals and gives the number.

    ``currency`` is the tenant's if absent.
    """
    currency = data.get("currency", ctx.tenant.currency)
    priced = price_items(currency, data["items"])
    order = ctx.insert(
        Order(
            customer=data["customer"],
            currency=currency,
            subtotal=priced.subtotal,
            total=priced.subtotal,
        )
    )
    ctx.insert_all(
        OrderItem(order=order.id, position=position, total=total, **item)
        for position, (item, total) in enumerate(zip(data["items"], priced.lines, strict=True))
    )
    ctx.emit(OrderCreated(order))
    return order
