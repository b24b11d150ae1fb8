"""What customers have ordered, counted after the fact."""

from __future__ import annotations

from uuid import UUID

from peewee import Case, fn

from sparx_core import Context, Occurrence, on
from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order


@on("order.created")
def update_customer_statistics(ctx: Context, event: Occurrence) -> None:
    """Recount the orders of the customer: the same result however often it runs.

    The customer's row is locked before the orders are counted, and counted in a statement of
    its own: whoever comes last counts what everybody before committed.
    """
    customer = ctx.find(Customer, UUID(event.data["customerId"]), lock=True)
    if customer is None:
        return
    in_currency = Case(None, [(Order.currency == customer.currency, Order.total)], 0)
    counted = ctx.first(
        Order.select(
            fn.count(Order.id).alias("order_count"),
            fn.coalesce(fn.sum(in_currency), 0).cast("bigint").alias("spent"),
            fn.min(Order.created_at).alias("first_at"),
            fn.max(Order.created_at).alias("last_at"),
        )
        .where((Order.customer == customer.id) & (Order.status != "cancelled"))
        .dicts()
    )
    ctx.update(
        customer,
        order_count=counted["order_count"],
        total_spent=Customer.total_spent.python_value(counted["spent"]),
        first_order_at=counted["first_at"],
        last_order_at=counted["last_at"],
    )
