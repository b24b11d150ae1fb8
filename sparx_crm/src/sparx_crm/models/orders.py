"""Orders and their items."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TimestampField,
    UnitPriceField,
    check,
    default,
)

ORDER_STATUSES = ("placed", "fulfilled", "delivered", "cancelled", "refunded")
PAYMENT_STATUSES = ("unpaid", "partially_paid", "paid", "refunded")
FULFILLMENT_STATUSES = ("unfulfilled", "partial", "fulfilled")


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The condition of a column that has one of a few words in it."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def _amount(column: str) -> MoneyField:
    return MoneyField(constraints=[default("0"), check(f"{column} >= 0")])


def _line_amount(column: str) -> MoneyField:
    return MoneyField(
        currency="order.currency", constraints=[default("0"), check(f"{column} >= 0")]
    )


def _pieces(column: str) -> IntegerField:
    return IntegerField(constraints=[default("0"), check(f"{column} BETWEEN 0 AND quantity")])


class Order(TenantModel):
    """What a customer ordered. ``number`` is what people call it.

    What its amounts are is said in :mod:`sparx_crm.pricing`. ``amount_paid`` is what was captured
    of its payments, ``amount_refunded`` what of that went back; ``amount_refunding`` is on the way
    back and may yet fail. Addresses are copies: nothing changes them but a change of the order.
    """

    customer = Reference("crm.customers")
    number = SequenceField(start=1001)
    status = TextField(constraints=[default("'placed'"), check(one_of("status", ORDER_STATUSES))])
    payment_status = TextField(
        constraints=[default("'unpaid'"), check(one_of("payment_status", PAYMENT_STATUSES))]
    )
    fulfillment_status = TextField(
        constraints=[
            default("'unfulfilled'"),
            check(one_of("fulfillment_status", FULFILLMENT_STATUSES)),
        ]
    )
    account = Reference("crm.accounts", null=True)
    deal = Reference("crm.deals", null=True, on_delete="SET NULL")
    quote = Reference("crm.quotes", null=True)
    quote_conversion = IntegerField(null=True)
    currency = TextField()
    subtotal = MoneyField()
    discount_amount = _amount("discount_amount")
    discount_code = TextField(null=True)
    discount_label = TextField(null=True)
    discount_total = _amount("discount_total")
    shipping_lines = JsonField(constraints=[default("'[]'")])
    shipping_total = _amount("shipping_total")
    tax_lines = JsonField(constraints=[default("'[]'")])
    tax_total = _amount("tax_total")
    included_tax_total = _amount("included_tax_total")
    total = MoneyField()
    amount_paid = _amount("amount_paid")
    amount_refunded = _amount("amount_refunded")
    amount_refunding = MoneyField(
        constraints=[
            default("0"),
            check("amount_refunding >= 0 AND amount_refunded + amount_refunding <= amount_paid"),
        ]
    )
    billing_address = JsonField(null=True)
    shipping_address = JsonField(null=True)
    customer_note = TextField(null=True)
    internal_note = TextField(null=True)
    channel = TextField(null=True)
    source = TextField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])
    placed_at = TimestampField(constraints=[default("now()")])
    paid_at = TimestampField(null=True)
    fulfilled_at = TimestampField(null=True)
    delivered_at = TimestampField(null=True)
    cancelled_at = TimestampField(null=True)
    cancel_reason = TextField(null=True)
    refunded_at = TimestampField(null=True)
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "orders"
        indexes = (
            (("number",), True),
            (("status",), False),
            (("quote", "quote_conversion"), True),
        )


class OrderItem(TenantModel):
    """A line of an order, with its price as it was; ``total`` is what it costs, taxes and all.

    ``quantity_assigned`` pieces are in fulfilments that were not cancelled, and
    ``quantity_shipped`` of them on their way; ``quantity_cancelled`` will not be sent, because they
    were refunded before; ``quantity_returning`` are in returns that were not
    cancelled, and ``quantity_returned`` of them are back. ``quantity_refunded`` and
    ``amount_refunded`` count the refunds that did not fail.
    """

    order = Reference("crm.orders", on_delete="CASCADE")
    position = IntegerField()
    sku = TextField()
    name = TextField()
    description = TextField(null=True)
    product_id = UUIDField(null=True)
    variant_id = UUIDField(null=True)
    quantity = IntegerField(constraints=[check("quantity > 0")])
    unit_price = UnitPriceField(currency="order.currency")
    discount_amount = _line_amount("discount_amount")
    allocated_discount = _line_amount("allocated_discount")
    taxes = JsonField(constraints=[default("'[]'")])
    tax_inclusive = BooleanField(constraints=[default("false")])
    tax = _line_amount("tax")
    total = MoneyField(currency="order.currency")
    metadata = JsonField(constraints=[default("'{}'")])
    quantity_assigned = _pieces("quantity_assigned")
    quantity_shipped = _pieces("quantity_shipped")
    quantity_cancelled = IntegerField(
        constraints=[
            default("0"),
            check("quantity_cancelled >= 0 AND quantity_assigned + quantity_cancelled <= quantity"),
        ]
    )
    quantity_returning = _pieces("quantity_returning")
    quantity_returned = _pieces("quantity_returned")
    quantity_refunded = _pieces("quantity_refunded")
    amount_refunded = _line_amount("amount_refunded")

    class Meta:
        schema = "crm"
        table_name = "order_items"
        indexes = ((("order", "position"), True),)
