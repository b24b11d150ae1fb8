"""What of an order is sent, parcel by parcel."""

from __future__ import annotations

from peewee import IntegerField, TextField

from sparx_core import JsonField, Reference, TenantModel, TimestampField, check, default
from sparx_crm.models.orders import one_of

FULFILLMENT_STATES = ("pending", "shipped", "delivered", "cancelled")


class Fulfillment(TenantModel):
    """Pieces of an order that are sent together. A cancelled one gives them back."""

    order = Reference("crm.orders")
    status = TextField(
        constraints=[default("'pending'"), check(one_of("status", FULFILLMENT_STATES))]
    )
    carrier = TextField(null=True)
    service = TextField(null=True)
    tracking_number = TextField(null=True)
    tracking_url = TextField(null=True)
    notes = TextField(null=True)
    shipped_at = TimestampField(null=True)
    delivered_at = TimestampField(null=True)
    cancelled_at = TimestampField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "fulfillments"
        indexes = ((("tracking_number",), False),)


class FulfillmentItem(TenantModel):
    """Pieces of a line in a fulfilment."""

    fulfillment = Reference("crm.fulfillments", on_delete="CASCADE")
    position = IntegerField()
    order_item = Reference("crm.order_items")
    quantity = IntegerField(constraints=[check("quantity > 0")])

    class Meta:
        schema = "crm"
        table_name = "fulfillment_items"
        indexes = ((("fulfillment", "position"), True),)
