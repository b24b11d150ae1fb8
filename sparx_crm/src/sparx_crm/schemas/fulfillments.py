"""What is sent, and what comes back, on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from sparx_core import (
    Choice,
    Document,
    Flag,
    Id,
    ListOf,
    Machine,
    Many,
    ObjectSchema,
    Related,
    ResourceSchema,
    Text,
    Timestamp,
    Transition,
    WholeNumber,
)
from sparx_crm.models.fulfillments import FULFILLMENT_STATES, FulfillmentItem
from sparx_crm.models.returns import RETURN_STATES, ReturnItem
from sparx_crm.schemas.lines import MAX_ITEMS, MAX_QUANTITY

fulfillment_machine = Machine(
    "status",
    {
        "ship": Transition(("pending",), "shipped"),
        "deliver": Transition(("shipped",), "delivered"),
        "cancel": Transition(("pending",), "cancelled"),
    },
)
return_machine = Machine(
    "status",
    {
        # How much is received decides whether more is awaited.
        "receive": Transition(("requested", "partially_received"), None),
        "cancel": Transition(("requested",), "cancelled"),
    },
)
_URL = validate.Regexp(r"https?://[^\s<>\"]+\Z", error="Not an http or https URL.")


def _order_item() -> Id:
    return Id(required=True, attribute="order_item", data_key="orderItemId")


def _quantity() -> WholeNumber:
    return WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 4})


class TrackingSchema(ObjectSchema):
    """Who carries a parcel, and how it is followed."""

    carrier = Text(63, allow_none=True, metadata={"example": "ups"})
    service = Text(63, allow_none=True, metadata={"example": "Ground"})
    tracking_number = Text(127, allow_none=True, metadata={"example": "1Z999AA10123456784"})
    tracking_url = Text(
        2048,
        allow_none=True,
        validate=_URL,
        metadata={"example": "https://www.ups.com/track?tracknum=1Z999AA10123456784"},
    )
    notes = Text(2_000, allow_none=True)
    metadata = Document()


class FulfillmentItemSchema(ObjectSchema):
    """Pieces of a line."""

    order_item_id = _order_item()
    quantity = _quantity()


class FulfillmentSchema(TrackingSchema, ResourceSchema):
    """A parcel: pieces of an order that are sent together. All that is left, if `items` is absent.

    Pieces of a parcel that is `pending` are set aside already; one that is cancelled gives them
    back.
    """

    order = Related("crm.orders", required=True)
    status = Choice(*FULFILLMENT_STATES, dump_only=True)
    allowed_transitions = fulfillment_machine.allowed()
    items = Many(
        FulfillmentItemSchema,
        FulfillmentItem,
        by="fulfillment",
        order_by="position",
        minimum=1,
        maximum=MAX_ITEMS,
    )
    shipped_at = Timestamp(dump_only=True, allow_none=True)
    delivered_at = Timestamp(dump_only=True, allow_none=True)
    cancelled_at = Timestamp(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ReturnItemSchema(ObjectSchema):
    """Pieces of a line that come back."""

    order_item_id = _order_item()
    quantity = _quantity()
    quantity_received = WholeNumber(dump_only=True, metadata={"example": 0})
    reason = Text(500, allow_none=True, metadata={"example": "Wrong size."})
    restock = Flag(metadata={"description": "Whether they can be sold again; true if absent."})


class ReturnSchema(ResourceSchema):
    """Pieces of an order that a customer sends back. What is refunded for them is a refund."""

    order = Related("crm.orders", required=True)
    status = Choice(*RETURN_STATES, dump_only=True)
    allowed_transitions = return_machine.allowed()
    reason = Text(500, allow_none=True, metadata={"example": "Ordered too many."})
    note = Text(2_000, allow_none=True)
    items = Many(
        ReturnItemSchema,
        ReturnItem,
        by="parcel",
        order_by="position",
        minimum=1,
        maximum=MAX_ITEMS,
        required=True,
    )
    received_at = Timestamp(dump_only=True, allow_none=True)
    cancelled_at = Timestamp(dump_only=True, allow_none=True)
    metadata = Document()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ReceivedItemSchema(ObjectSchema):
    """Pieces of a line that came back now."""

    order_item_id = _order_item()
    quantity = _quantity()
    restock = Flag()


class ReceiveSchema(ObjectSchema):
    """What came back; all that is awaited, if `items` is absent."""

    items = ListOf(fields.Nested(ReceivedItemSchema), minimum=1, maximum=MAX_ITEMS)
