"""What a customer has ordered in all."""

from __future__ import annotations

from peewee import Case, fn

from sparx_core import Context
from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order
from sparx_crm.segments.reconsidering import reconsider


def recount_orders(ctx: Context, customer: Customer) -> None:
    """Count the orders of a customer whose row is locked, and keep the result.

    Cancelled orders do not count; of others what went back does not count as spent.

    It is locked before the orders are counted, and they are counted in a statement of its own:
    whoever comes last counts what everybody before committed.
    """
    kept = fn.greatest(Order.total - Order.amount_refunded, 0)
    in_currency = Case(None, [(Order.currency == customer.currency, kept)], 0)
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
    reconsider(ctx, customer.id)
