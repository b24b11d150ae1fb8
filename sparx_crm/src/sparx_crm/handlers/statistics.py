"""What customers have ordered, counted after the fact."""

from __future__ import annotations

from uuid import UUID

from sparx_core import Context, Occurrence, on
from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order
from sparx_crm.operations.lifecycle import advance_stage
from sparx_crm.operations.statistics import recount_orders


@on("order.created")
def update_customer_statistics(ctx: Context, event: Occurrence) -> None:
    """Recount the orders of the customer, who has become one with the first of them: the same
    result however often it runs.

    Whose the order is now is counted: customers may have become one since.
    """
    order = ctx.find(Order, event.aggregate_id)
    whose = UUID(event.data["customerId"]) if order is None else order.customer
    customer = ctx.find(Customer, whose, lock=True)
    if customer is not None:
        recount_orders(ctx, customer)
        advance_stage(ctx, customer, "customer")
