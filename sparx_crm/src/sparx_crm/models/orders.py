"""Orders and their items."""

from __future__ import annotations

from peewee import IntegerField, TextField

from sparx_core import (
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    UnitPriceField,
    check,
    default,
)

ORDER_STATUSES = ("placed", "fulfilled", "delivered", "cancelled", "refunded")
PAYMENT_STATUSES = ("unpaid", "partially_paid", "paid", "refunded")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Order(TenantModel):
    """What a customer ordered. ``number`` is what people call it."""

    customer = Reference("crm.customers")
    number = SequenceField(start=1001)
    status = TextField(constraints=[default("'placed'"), check(_one_of("status", ORDER_STATUSES))])
    payment_status = TextField(
        constraints=[default("'unpaid'"), check(_one_of("payment_status", PAYMENT_STATUSES))]
    )
    currency = TextField()
    subtotal = MoneyField()
    total = MoneyField()

    class Meta:
        schema = "crm"
        table_name = "orders"
        indexes = ((("number",), True), (("status",), False))


class OrderItem(TenantModel):
    """A line of an order, with its price as it was; ``total`` is rounded once, here."""

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
