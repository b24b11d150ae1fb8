"""Customers, orders and their items."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    check,
    create_tables,
    default,
)


class Customer(TenantModel):
    name = TextField()
    email = TextField(null=True)
    phone = TextField(null=True)
    company = TextField(null=True)
    type = TextField(
        constraints=[default("'prospect'"), check("type IN ('prospect', 'retail', 'b2b')")]
    )
    tags = TextArrayField(constraints=[default("'{}'")])
    addresses = JsonField(constraints=[default("'[]'")])
    metadata = JsonField(constraints=[default("'{}'")])
    do_not_contact = BooleanField(constraints=[default("false")])
    notes = TextField(null=True)
    currency = TextField()
    order_count = IntegerField(constraints=[default("0")])
    total_spent = MoneyField(constraints=[default("0")])
    first_order_at = TimestampField(null=True)
    last_order_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customers"
        indexes = ((("email",), True), (("type",), False))


class Order(TenantModel):
    customer = Reference("crm.customers")
    number = SequenceField(start=1001)
    status = TextField(
        constraints=[
            default("'placed'"),
            check("status IN ('placed', 'fulfilled', 'delivered', 'cancelled', 'refunded')"),
        ]
    )
    payment_status = TextField(
        constraints=[
            default("'unpaid'"),
            check("payment_status IN ('unpaid', 'partially_paid', 'paid', 'refunded')"),
        ]
    )
    currency = TextField()
    subtotal = MoneyField()
    total = MoneyField()

    class Meta:
        schema = "crm"
        table_name = "orders"
        indexes = ((("number",), True), (("status",), False))


class OrderItem(TenantModel):
    order = Reference("crm.orders", on_delete="CASCADE")
    position = IntegerField()
    sku = TextField()
    name = TextField()
    quantity = IntegerField(constraints=[check("quantity > 0")])
    unit_price = UnitPriceField(currency="order.currency")
    total = MoneyField(currency="order.currency")

    class Meta:
        schema = "crm"
        table_name = "order_items"
        indexes = ((("order", "position"), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Customer, Order, OrderItem])
