"""What follows for payments and parcels when an order is over or delivered.

Operations on a payment or a parcel lock that first and its order then. An operation on an order
has the order already: so what it means for them is done here, in their order of locks.
"""

from __future__ import annotations

from uuid import UUID

from sparx_core import Context, Handler, Occurrence, on
from sparx_crm.models.customers import Customer
from sparx_crm.models.fulfillments import Fulfillment
from sparx_crm.models.orders import Order
from sparx_crm.models.payments import Payment
from sparx_crm.operations.fulfillments import deliver_parcel, unpack
from sparx_crm.operations.payments import release
from sparx_crm.operations.statistics import recount_orders
from sparx_crm.schemas.payments import payment_machine


@on("order.cancelled")
def release_cancelled_order(ctx: Context, event: Occurrence) -> None:
    """Void what is authorized for a cancelled order, and cancel parcels that wait."""
    _release(ctx, event.aggregate_id)
    _recount(ctx, event.aggregate_id)


@on("order.refunded")
def release_refunded_order(ctx: Context, event: Occurrence) -> None:
    """Void what is authorized for a refunded order, and cancel parcels that wait."""
    _release(ctx, event.aggregate_id)
    _recount(ctx, event.aggregate_id)


@on("order.delivered")
def deliver_parcels(ctx: Context, event: Occurrence) -> None:
    """Mark the parcels of a delivered order that are on their way as delivered."""
    for parcel in ctx.lock(Fulfillment, "order", [event.aggregate_id]):
        if parcel.status == "shipped":
            deliver_parcel(ctx, parcel)


@on("order.edited")
def recount_edited_order(ctx: Context, event: Occurrence) -> None:
    """Recount what the customer ordered: the order comes to something else."""
    _recount(ctx, event.aggregate_id)


@on("refund.settled")
def recount_refunded_order(ctx: Context, event: Occurrence) -> None:
    """Recount what the customer spent: some of it went back."""
    _recount(ctx, UUID(event.data["orderId"]))


def _release(ctx: Context, order_id: UUID) -> None:
    payments = ctx.lock(Payment, "order", [order_id])
    parcels = ctx.lock(Fulfillment, "order", [order_id])
    order = ctx.find(Order, order_id, lock=True)
    if order is None:
        return
    for payment in payments:
        if "void" in payment_machine.allowed_from(payment.status):
            release(ctx, payment)
    for parcel in parcels:
        if parcel.status == "pending":
            unpack(ctx, order, parcel)


def _recount(ctx: Context, order_id: UUID) -> None:
    order = ctx.find(Order, order_id)
    customer = None if order is None else ctx.find(Customer, order.customer, lock=True)
    if customer is not None:
        recount_orders(ctx, customer)


#: All of them.
ORDER_HANDLERS: tuple[Handler, ...] = (
    release_cancelled_order,
    release_refunded_order,
    deliver_parcels,
    recount_edited_order,
    recount_refunded_order,
)
