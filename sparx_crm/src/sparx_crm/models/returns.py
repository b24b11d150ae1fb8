"""What of an order comes back."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import JsonField, Reference, TenantModel, TimestampField, check, default
from sparx_crm.models.orders import one_of

RETURN_STATES = ("requested", "partially_received", "received", "cancelled")


class OrderReturn(TenantModel):
    """Pieces of an order that a customer sends back."""

    order = Reference("crm.orders")
    status = TextField(constraints=[default("'requested'"), check(one_of("status", RETURN_STATES))])
    reason = TextField(null=True)
    note = TextField(null=True)
    received_at = TimestampField(null=True)
    cancelled_at = TimestampField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "returns"


class ReturnItem(TenantModel):
    """Pieces of a line in a return; ``restock`` says whether they can be sold again."""

    parcel = Reference("crm.returns", on_delete="CASCADE", column_name="return_id")
    position = IntegerField()
    order_item = Reference("crm.order_items")
    quantity = IntegerField(constraints=[check("quantity > 0")])
    quantity_received = IntegerField(
        constraints=[default("0"), check("quantity_received BETWEEN 0 AND quantity")]
    )
    reason = TextField(null=True)
    restock = BooleanField(constraints=[default("true")])

    class Meta:
        schema = "crm"
        table_name = "return_items"
        indexes = ((("parcel", "position"), True),)
