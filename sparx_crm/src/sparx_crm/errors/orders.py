"""What is refused of orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sparx_core import ApiError


class RefundRequired(ApiError):
    """Money was captured for the order and has not gone back, as `details` tells: refund it first,
    and wait until the refund is settled.
    """

    code, status = "refund_required", 409
    message = "Money that was captured for the order has to be refunded first."


class RefundExceedsCaptured(ApiError):
    """The refund is more than what was captured and not refunded yet; `details.available` is what
    may still go back. Refunds that are pending count.
    """

    code, status = "refund_exceeds_captured", 422
    message = "More than what was captured, and not refunded yet."

    def __init__(self, captured: Decimal, refunded: Decimal, pending: Decimal) -> None:
        available = captured - refunded - pending
        super().__init__(
            details={
                "captured": captured,
                "refunded": refunded,
                "pending": pending,
                "available": available,
            }
        )


class OrderNotEditable(ApiError):
    """Pieces of the order are on their way or money went back; `details.reason` says which:
    `fulfillments` or `refunds`.
    """

    code, status = "order_not_editable", 409
    message = "The order can be edited no more."

    def __init__(self, reason: str, message: str | None = None) -> None:
        super().__init__(message, details={"reason": reason})


class AlreadyShipped(ApiError):
    """Pieces of the order were shipped, so that it cannot be cancelled; they can be returned."""

    code, status = "already_shipped", 409
    message = "Pieces of the order were shipped."

    def __init__(self, **details: Any) -> None:
        super().__init__(details=details)


#: All of them.
ORDER_ERRORS: tuple[type[ApiError], ...] = (
    RefundRequired,
    RefundExceedsCaptured,
    OrderNotEditable,
    AlreadyShipped,
)
