"""Segments follow what happens to customers and their accounts."""

from __future__ import annotations

from uuid import UUID

from sparx_core import Context, Occurrence, on
from sparx_crm.models.customers import Customer
from sparx_crm.segments.reconsidering import reconsider

#: Customers of one account that are looked at soon after it changed; others within the hour.
MOST = 200


@on("customer.*")
def reconsider_changed_customer(ctx: Context, event: Occurrence) -> None:
    """Look at a customer again soon. Scheduling is done once for many changes."""
    reconsider(ctx, UUID(str(event.data.get("customerId", event.aggregate_id))))


@on("account.*")
def reconsider_customers_of_account(ctx: Context, event: Occurrence) -> None:
    """Look again at the customers who work above all for an account that changed, and at one who
    began or ended to work for it.
    """
    member = event.data.get("customerId")
    if member is not None:
        reconsider(ctx, UUID(str(member)))
        return
    of_account = Customer.select(Customer.id).where(Customer.account == event.aggregate_id)
    found = ctx.all(of_account.order_by(Customer.id.desc()).limit(MOST))
    reconsider(ctx, *(one.id for one in found))
