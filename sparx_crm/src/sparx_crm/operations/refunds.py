"""Refunds: money that goes back, never more than was captured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from peewee import fn

from sparx_core import Context, Resource, ValidationFailed, Values
from sparx_crm.errors.orders import RefundExceedsCaptured
from sparx_crm.events.orders import OrderFulfilled, OrderRefunded
from sparx_crm.events.payments import RefundCreated, RefundFailed, RefundSettled
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.models.payments import Payment, Refund, RefundItem
from sparx_crm.order_lines import ZERO, chosen_lines, lines_of, order_named
from sparx_crm.order_money import check_amount, check_currency, count_money
from sparx_crm.order_parcels import fulfill_if_complete
from sparx_crm.pricing import refund_of
from sparx_crm.schemas.payments import (
    FailSchema,
    RefundingSchema,
    RefundSchema,
    SettleSchema,
)
from sparx_crm.schemas.payments import refund_machine as machine

refunds = Resource(
    "refunds",
    Refund,
    RefundSchema,
    machine=machine,
    filters=("orderId", "paymentId", "status", "amount", "createdAt"),
    sorts=("createdAt", "amount"),
    bulk=False,
)


@refunds.create(
    body=RefundingSchema,
    emits=[RefundCreated, RefundSettled, OrderRefunded, OrderFulfilled],
    raises=[ValidationFailed, RefundExceedsCaptured],
)
def create_refund(ctx: Context, data: Values) -> Refund:
    """Give money of an order back: an amount, or what pieces of its items cost, or both.

    Pieces cost what was paid for them, discounts and taxes in it, to the digit: whatever they are
    refunded in, all of them come to the line's total. One that is `pending` counts as well, until
    it is settled or fails.
    """
    order = order_named(ctx, data["order"])
    check_currency(order, data)
    chosen = _chosen(ctx, order, data.get("items"))
    costs = _costs(chosen, order.currency)
    amount = _amount(data, sum(costs, ZERO))
    check_amount(amount, order.currency)
    _check_captured(ctx, order, data.get("payment"), amount)
    settled = data.get("status", "settled") == "settled"
    values = {name: data[name] for name in ("payment", "reason", "processor_ref", "metadata")
              if name in data}  # fmt: skip
    refund = ctx.insert(
        Refund(
            order=order.id,
            status="settled" if settled else "pending",
            currency=order.currency,
            amount=amount,
            settled_at=datetime.now(UTC) if settled else None,
            **values,
        )
    )
    ctx.insert_all(
        RefundItem(
            refund=refund.id, position=place, order_item=line.id, quantity=pieces, amount=cost
        )
        for place, ((line, pieces, _), cost) in enumerate(zip(chosen, costs, strict=True))
    )
    ctx.emit(RefundSettled(refund) if settled else RefundCreated(refund))
    _count_lines(ctx, chosen, costs)
    if any(asked.get("cancel") for _, _, asked in chosen):
        fulfill_if_complete(ctx, order, lines_of(ctx, order))
    paid_back = {"refunded": amount} if settled else {"refunding": amount}
    count_money(ctx, order, **paid_back)
    return refund


@refunds.transition("settle", body=SettleSchema, emits=[RefundSettled, OrderRefunded])
def settle_refund(ctx: Context, refund: Refund, data: Values) -> Refund:
    """Say that the money of a pending refund is back with the customer."""
    order = order_named(ctx, refund.order)
    ctx.update(
        refund,
        status=machine.target("settle"),
        settled_at=datetime.now(UTC),
        processor_ref=data.get("processor_ref", refund.processor_ref),
    )
    ctx.emit(RefundSettled(refund))
    count_money(ctx, order, refunded=refund.amount, refunding=-refund.amount)
    return refund


@refunds.transition("fail", body=FailSchema, emits=[RefundFailed])
def fail_refund(ctx: Context, refund: Refund, data: Values) -> Refund:
    """Say that a pending refund failed: its amount and its pieces can be refunded again."""
    order = order_named(ctx, refund.order)
    ctx.update(
        refund,
        status=machine.target("fail"),
        failed_at=datetime.now(UTC),
        failure_reason=data.get("reason"),
    )
    ctx.emit(RefundFailed(refund))
    lines = {line.id: line for line in lines_of(ctx, order)}
    for one in ctx.all(RefundItem.select().where(RefundItem.refund == refund.id)):
        line = lines[one.order_item]
        ctx.update(
            line,
            quantity_refunded=line.quantity_refunded - one.quantity,
            amount_refunded=line.amount_refunded - one.amount,
        )
    count_money(ctx, order, refunding=-refund.amount)
    return refund


Chosen = Sequence[tuple[OrderItem, int, Values]]


def _chosen(ctx: Context, order: Order, asked: Sequence[Values] | None) -> Chosen:
    if not asked:
        return []
    lines = lines_of(ctx, order)
    chosen = chosen_lines(lines, asked, lambda line: line.quantity - line.quantity_refunded, "")
    cancelled = [one for one in asked if one.get("cancel")]
    chosen_lines(
        lines,
        cancelled,
        lambda line: line.quantity - line.quantity_assigned - line.quantity_cancelled,
        "",
    )
    if len({line.id for line, _, _ in chosen}) < len(chosen):
        raise ValidationFailed([("items", "An item is twice in the list.")])
    return chosen


def _costs(chosen: Chosen, currency: str) -> list[Decimal]:
    return [
        refund_of(
            line.total,
            line.quantity,
            pieces,
            (line.quantity_refunded, line.amount_refunded),
            currency,
        )
        for line, pieces, _ in chosen
    ]


def _amount(data: Values, pieces: Decimal) -> Decimal:
    """What is refunded: as much as the pieces cost, unless more is asked for."""
    amount: Decimal = data.get("amount", pieces)
    if "amount" not in data and not data.get("items"):
        raise ValidationFailed([("amount", "Say how much, or for which items.")])
    if amount < pieces:
        raise ValidationFailed([("amount", f"Less than the {pieces} that the items cost.")])
    return amount


def _check_captured(ctx: Context, order: Order, payment_id: object, amount: Decimal) -> None:
    """Never more goes back than was captured: of the order, and of the payment if one is named.

    The order is locked, so that nobody else refunds it meanwhile.
    """
    captured, refunded = order.amount_paid, order.amount_refunded
    if amount > captured - refunded - order.amount_refunding:
        raise RefundExceedsCaptured(captured, refunded, order.amount_refunding)
    if payment_id is None:
        return
    mine = (Payment.id == payment_id) & (Payment.order == order.id)
    payment = ctx.first(Payment.select().where(mine))
    if payment is None:
        raise ValidationFailed([("paymentId", "The order has no such payment.")])
    pending = _refunded_of(ctx, payment, "pending")
    settled = _refunded_of(ctx, payment, "settled")
    if amount > payment.captured_amount - pending - settled:
        raise RefundExceedsCaptured(payment.captured_amount, settled, pending)


def _refunded_of(ctx: Context, payment: Payment, status: str) -> Decimal:
    those = (Refund.payment == payment.id) & (Refund.status == status)
    query = Refund.select(fn.coalesce(fn.sum(Refund.amount), 0).cast("bigint").alias("units"))
    units = ctx.first(query.where(those).dicts())["units"]
    return Refund.amount.python_value(units) or ZERO


def _count_lines(ctx: Context, chosen: Chosen, costs: Sequence[Decimal]) -> None:
    for (line, pieces, asked), cost in zip(chosen, costs, strict=True):
        cancelled = pieces if asked.get("cancel") else 0
        ctx.update(
            line,
            quantity_refunded=line.quantity_refunded + pieces,
            amount_refunded=line.amount_refunded + cost,
            quantity_cancelled=line.quantity_cancelled + cancelled,
        )
