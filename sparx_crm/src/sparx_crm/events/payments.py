"""What happens to payments of orders, and to refunds."""

from __future__ import annotations

from sparx_core import Event


class PaymentCreated(Event):
    """A payment was recorded that is still pending."""

    name, resource, detail = "payment.created", "crm.payments", True


class PaymentAuthorized(Event):
    """The money is set aside, and can be captured."""

    name, resource, detail = "payment.authorized", "crm.payments", True


class PaymentCaptured(Event):
    """Money arrived: all of the payment, or a part of what was authorized."""

    name, resource, detail = "payment.captured", "crm.payments", True


class PaymentVoided(Event):
    """What was not captured of a payment will not be."""

    name, resource, detail = "payment.voided", "crm.payments", True


class PaymentFailed(Event):
    """A payment failed; `failureReason` says why."""

    name, resource, detail = "payment.failed", "crm.payments", True


class RefundCreated(Event):
    """Money is to go back to a customer, and is not there yet."""

    name, resource, detail = "refund.created", "crm.refunds", True


class RefundSettled(Event):
    """Money went back to a customer."""

    name, resource, detail = "refund.settled", "crm.refunds", True


class RefundFailed(Event):
    """A refund failed: the money can be refunded again."""

    name, resource, detail = "refund.failed", "crm.refunds", True


#: All of them.
PAYMENT_EVENTS: tuple[type[Event], ...] = (
    PaymentCreated,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentVoided,
    PaymentFailed,
    RefundCreated,
    RefundSettled,
    RefundFailed,
)
