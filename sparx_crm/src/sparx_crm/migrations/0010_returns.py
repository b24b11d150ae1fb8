"""Returns."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TimestampField,
    check,
    create_tables,
    default,
)

_STATES = "status IN ('requested', 'partially_received', 'received', 'cancelled')"


class OrderReturn(TenantModel):
    order = Reference("crm.orders")
    status = TextField(constraints=[default("'requested'"), check(_STATES)])
    reason = TextField(null=True)
    note = TextField(null=True)
    received_at = TimestampField(null=True)
    cancelled_at = TimestampField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "returns"


class ReturnItem(TenantModel):
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


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [OrderReturn, ReturnItem])
