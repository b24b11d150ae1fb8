"""What was paid for an order, and what of it went back."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sparx_core import Context, InvalidTransition, Money, ValidationFailed, Values
from sparx_crm.events.orders import OrderPaid, OrderRefunded
from sparx_crm.models.orders import Order
from sparx_crm.schemas.orders import machine

ZERO = Decimal(0)
_MONEY = Money()


def payment_status(captured: Decimal, refunded: Decimal, total: Decimal) -> str:
    """What an order's payment status is: a function of what was captured and refunded of a total.

    An order that costs nothing is paid. One of which a part was refunded stays what it was.
    """
    if refunded > 0 and captured == refunded:
        return "refunded"
    if captured >= total:
        return "paid"
    return "partially_paid" if captured > 0 else "unpaid"


def count_money(
    ctx: Context,
    order: Order,
    *,
    paid: Decimal = ZERO,
    refunded: Decimal = ZERO,
    refunding: Decimal = ZERO,
    **values: Any,
) -> None:
    """Add to what was paid and refunded of a locked order, and set ``values`` on it.

    Emits ``order.paid`` if it becomes paid, ``order.refunded`` if all that was paid for one that
    is on its way went back.
    """
    new: Values = {
        "amount_paid": order.amount_paid + paid,
        "amount_refunded": order.amount_refunded + refunded,
        "amount_refunding": order.amount_refunding + refunding,
        **values,
    }
    total = values.get("total", order.total)
    status = payment_status(new["amount_paid"], new["amount_refunded"], total)
    became_paid = status == "paid" and order.payment_status != "paid"
    over = status == "refunded" and order.status in ("fulfilled", "delivered")
    new["payment_status"] = status
    if became_paid:
        new["paid_at"] = datetime.now(UTC)
    if over:
        new |= {"status": machine.target("refund"), "refunded_at": datetime.now(UTC)}
    ctx.update(order, **new)
    if became_paid:
        ctx.emit(OrderPaid(order))
    if over:
        ctx.emit(OrderRefunded(order))


def balance_due(order: Order) -> Decimal:
    """What is still to be captured, as the API shows it."""
    if order.status in ("cancelled", "refunded"):
        return ZERO
    return max(Decimal(order.total - order.amount_paid), ZERO)


def check_amount(amount: Decimal, currency: str) -> None:
    """Refuse an amount of nothing, or with more digits than the currency has."""
    problem = _MONEY.check_digits(amount, currency)
    if not amount:
        problem = "Must be more than nothing."
    if problem:
        raise ValidationFailed([("amount", problem)])


def check_due(order: Order, amount: Decimal, data: Values) -> None:
    """Refuse to take more than is due, unless the client says that it knows."""
    due = balance_due(order)
    if amount > due and not data.get("allow_overpayment", False):
        told = f"More than the {due} that is due: allowOverpayment takes it all the same."
        raise ValidationFailed([("amount", told)])


def check_currency(order: Order, data: Values) -> None:
    """Refuse a currency that is not the order's."""
    if data.get("currency", order.currency) != order.currency:
        raise ValidationFailed([("currency", f"The order is in {order.currency}.")])


def refusal(order: Order, to: str, message: str) -> InvalidTransition:
    """The error that says what the state of an order forbids that is no transition of its own."""
    allowed = machine.allowed_from(order.status)
    details = {"from": order.status, "to": to, "allowed": allowed}
    return InvalidTransition(message, details=details)


def check_open(order: Order) -> None:
    """Refuse to take money for an order that is cancelled or refunded."""
    if order.status in ("cancelled", "refunded"):
        raise refusal(order, "paid", f"The order is {order.status}.")
