"""Payments: recorded, authorized, captured, voided, failed."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_core import Conflict, Context, InvalidTransition, Resource, ValidationFailed, Values
from sparx_crm.events.orders import OrderPaid
from sparx_crm.events.payments import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentCreated,
    PaymentFailed,
    PaymentVoided,
)
from sparx_crm.models.orders import Order
from sparx_crm.models.payments import Payment
from sparx_crm.order_lines import ZERO, order_named
from sparx_crm.order_money import check_amount, check_currency, check_due, check_open, count_money
from sparx_crm.schemas.payments import (
    CaptureSchema,
    FailSchema,
    PaymentSchema,
    RecordingSchema,
)
from sparx_crm.schemas.payments import payment_machine as machine

payments = Resource(
    "payments",
    Payment,
    PaymentSchema,
    machine=machine,
    filters=("orderId", "status", "processor", "processorRef", "amount", "createdAt"),
    sorts=("createdAt", "amount"),
    bulk=False,
)
_STATED = {
    "pending": PaymentCreated,
    "authorized": PaymentAuthorized,
    "captured": PaymentCaptured,
}


@payments.create(
    body=RecordingSchema,
    emits=[PaymentCreated, PaymentAuthorized, PaymentCaptured, OrderPaid],
    raises=[ValidationFailed, InvalidTransition, Conflict],
)
def record_payment(ctx: Context, data: Values) -> Payment:
    """Record a payment of an order: that its money arrived, or only that it was authorized.

    More than is due is refused unless `allowOverpayment` is true. A `processorRef` that there is
    already, for the same order and amount, is that payment: it is answered, and nothing happens.
    """
    order = order_named(ctx, data["order"])
    check_currency(order, data)
    amount = data["amount"]
    check_amount(amount, order.currency)
    same = _recorded(ctx, order, data)
    if same is not None:
        return same
    check_open(order)
    status = data.get("status", "captured")
    if status != "pending":
        check_due(order, amount, data)
    captured = amount if status == "captured" else ZERO
    values = {name: data[name] for name in ("processor", "processor_ref", "metadata")
              if name in data}  # fmt: skip
    payment = ctx.insert(
        Payment(
            order=order.id,
            status=status,
            currency=order.currency,
            amount=amount,
            captured_amount=captured,
            authorized_at=datetime.now(UTC) if status == "authorized" else None,
            captured_at=datetime.now(UTC) if captured else None,
            **values,
        )
    )
    ctx.emit(_STATED[status](payment))
    if captured:
        count_money(ctx, order, paid=captured)
    return payment


def _recorded(ctx: Context, order: Order, data: Values) -> Payment | None:
    """The payment that has the processor's name already; ``Conflict`` if it is another one."""
    reference = data.get("processor_ref")
    if reference is None:
        return None
    processor = data.get("processor", "manual")
    named = (Payment.processor == processor) & (Payment.processor_ref == reference)
    found: Payment | None = ctx.first(Payment.select().where(named))
    if found is None or (found.order == order.id and found.amount == data["amount"]):
        return found
    raise Conflict("Another payment has this processorRef.", details={"paymentId": str(found.id)})


@payments.transition("authorize", emits=[PaymentAuthorized])
def authorize_payment(ctx: Context, payment: Payment) -> Payment:
    """Say that the money of a pending payment is set aside."""
    check_open(order_named(ctx, payment.order))
    ctx.update(payment, status=machine.target("authorize"), authorized_at=datetime.now(UTC))
    ctx.emit(PaymentAuthorized(payment))
    return payment


@payments.transition(
    "capture",
    body=CaptureSchema,
    emits=[PaymentCaptured, OrderPaid],
    raises=[ValidationFailed],
)
def capture_payment(ctx: Context, payment: Payment, data: Values) -> Payment:
    """Take the money, or a part of it: until all is captured, more can be."""
    order = order_named(ctx, payment.order)
    check_open(order)
    left = payment.amount - payment.captured_amount
    amount = data.get("amount", left)
    check_amount(amount, order.currency)
    if amount > left:
        raise ValidationFailed([("amount", f"More than the {left} that are left of it.")])
    check_due(order, amount, data)
    captured = payment.captured_amount + amount
    ctx.update(
        payment,
        status="captured" if captured == payment.amount else "partially_captured",
        captured_amount=captured,
        captured_at=datetime.now(UTC),
        processor_ref=data.get("processor_ref", payment.processor_ref),
    )
    ctx.emit(PaymentCaptured(payment))
    count_money(ctx, order, paid=amount)
    return payment


@payments.transition("void", emits=[PaymentVoided])
def void_payment(ctx: Context, payment: Payment) -> Payment:
    """Let go what was not captured of a payment; what was, stays, and it is `captured` then."""
    release(ctx, payment)
    return payment


def release(ctx: Context, payment: Payment) -> None:
    """Void a payment that is locked and open, and say so."""
    status = "captured" if payment.captured_amount else "voided"
    ctx.update(payment, status=status, voided_at=datetime.now(UTC))
    ctx.emit(PaymentVoided(payment))


@payments.transition("fail", body=FailSchema, emits=[PaymentFailed])
def fail_payment(ctx: Context, payment: Payment, data: Values) -> Payment:
    """Say that a payment of which nothing was captured failed."""
    ctx.update(
        payment,
        status=machine.target("fail"),
        failed_at=datetime.now(UTC),
        failure_reason=data.get("reason"),
    )
    ctx.emit(PaymentFailed(payment))
    return payment
