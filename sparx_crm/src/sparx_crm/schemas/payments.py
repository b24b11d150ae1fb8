"""Payments and refunds on the wire."""

from __future__ import annotations

from decimal import Decimal

from sparx_core import (
    Choice,
    Currency,
    Document,
    Flag,
    Id,
    Machine,
    Many,
    Money,
    ObjectSchema,
    Related,
    ResourceSchema,
    Text,
    Timestamp,
    Transition,
    WholeNumber,
)
from sparx_crm.models.payments import PAYMENT_STATES, PROCESSORS, REFUND_STATES, RefundItem
from sparx_crm.schemas.lines import MAX_ITEMS, MAX_QUANTITY

_OPEN = ("pending", "authorized", "partially_captured")
payment_machine = Machine(
    "status",
    {
        "authorize": Transition(("pending",), "authorized"),
        # How much is captured decides whether more can be.
        "capture": Transition(_OPEN, None),
        # What was captured stays captured: only the rest is let go.
        "void": Transition(_OPEN, None),
        "fail": Transition(("pending", "authorized"), "failed"),
    },
)
refund_machine = Machine(
    "status",
    {
        "settle": Transition(("pending",), "settled"),
        "fail": Transition(("pending",), "failed"),
    },
)
_REFERENCE = "The processor's own name of it. Recorded again under the same name, it is the same."


class PaymentSchema(ResourceSchema):
    """Money for an order, in the order's currency."""

    order = Related("crm.orders", required=True)
    status = Choice(*PAYMENT_STATES, dump_only=True)
    allowed_transitions = payment_machine.allowed()
    processor = Choice(*PROCESSORS)
    processor_ref = Text(
        allow_none=True, metadata={"example": "ch_3OqP4x", "description": _REFERENCE}
    )
    currency = Currency(metadata={"description": "The order's."})
    amount = Money(required=True, metadata={"example": Decimal("2316.00")})
    captured_amount = Money(dump_only=True, metadata={"example": Decimal("2316.00")})
    authorized_at = Timestamp(dump_only=True, allow_none=True)
    captured_at = Timestamp(dump_only=True, allow_none=True)
    voided_at = Timestamp(dump_only=True, allow_none=True)
    failed_at = Timestamp(dump_only=True, allow_none=True)
    failure_reason = Text(500, dump_only=True, allow_none=True)
    metadata = Document()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class RecordingSchema(PaymentSchema):
    """A payment to record, `captured` unless you say otherwise."""

    status = Choice("pending", "authorized", "captured")
    allow_overpayment = Flag(
        metadata={"description": "Record it even if it is more than the order's `balanceDue`."}
    )


class CaptureSchema(ObjectSchema):
    """How much is captured; what is left of the payment if absent."""

    amount = Money(metadata={"example": Decimal("1000.00")})
    processor_ref = Text()
    allow_overpayment = Flag()


class FailSchema(ObjectSchema):
    """Why it failed."""

    reason = Text(500, metadata={"example": "insufficient_funds"})


class RefundItemSchema(ObjectSchema):
    """Pieces of a line that money is given back for; the server computes how much."""

    order_item_id = Id(required=True, attribute="order_item", data_key="orderItemId")
    quantity = WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 1})
    amount = Money(
        currency="refund.currency", dump_only=True, metadata={"example": Decimal("289.50")}
    )


class RefundedItemSchema(RefundItemSchema):
    """Pieces of a line to give money back for."""

    cancel = Flag(metadata={"description": "They are not sent any more: they count as dealt with."})


class RefundSchema(ResourceSchema):
    """Money that goes back. With `items` it is what those pieces cost, and `amount` may be more,
    for shipping or goodwill.
    """

    order = Related("crm.orders", required=True)
    payment = Related("crm.payments", allow_none=True)
    status = Choice(*REFUND_STATES, dump_only=True)
    allowed_transitions = refund_machine.allowed()
    currency = Currency(metadata={"description": "The order's."})
    amount = Money(metadata={"example": Decimal("289.50")})
    reason = Text(500, allow_none=True, metadata={"example": "Arrived broken."})
    processor_ref = Text(allow_none=True, metadata={"example": "re_3OqP4x"})
    items = Many(RefundItemSchema, RefundItem, by="refund", order_by="position", maximum=MAX_ITEMS)
    settled_at = Timestamp(dump_only=True, allow_none=True)
    failed_at = Timestamp(dump_only=True, allow_none=True)
    failure_reason = Text(500, dump_only=True, allow_none=True)
    metadata = Document()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class RefundingSchema(RefundSchema):
    """A refund to make, `settled` unless you say that it is `pending`."""

    status = Choice("pending", "settled")
    items = Many(
        RefundedItemSchema, RefundItem, by="refund", order_by="position", maximum=MAX_ITEMS
    )


class SettleSchema(ObjectSchema):
    """What the processor calls the refund."""

    processor_ref = Text()
