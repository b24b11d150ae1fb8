"""Payments of orders, and refunds: money that goes back."""

from __future__ import annotations

from peewee import IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TimestampField,
    check,
    default,
)
from sparx_crm.models.orders import one_of

PAYMENT_STATES = ("pending", "authorized", "partially_captured", "captured", "voided", "failed")
REFUND_STATES = ("pending", "settled", "failed")
PROCESSORS = ("manual", "stripe", "paypal", "check", "wire", "net_terms", "other")


class Payment(TenantModel):
    """Money for an order: ``amount`` of it was asked for, ``captured_amount`` is there.

    The processor's own name of it, ``processor_ref``, is unique, so that its notice may come twice.
    """

    order = Reference("crm.orders")
    status = TextField(constraints=[check(one_of("status", PAYMENT_STATES))])
    processor = TextField(constraints=[default("'manual'"), check(one_of("processor", PROCESSORS))])
    processor_ref = TextField(null=True)
    currency = TextField()
    amount = MoneyField(constraints=[check("amount > 0")])
    captured_amount = MoneyField(
        constraints=[default("0"), check("captured_amount BETWEEN 0 AND amount")]
    )
    authorized_at = TimestampField(null=True)
    captured_at = TimestampField(null=True)
    voided_at = TimestampField(null=True)
    failed_at = TimestampField(null=True)
    failure_reason = TextField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "payments"
        indexes = ((("processor", "processor_ref"), True),)


class Refund(TenantModel):
    """Money that goes back to the customer; one that is ``pending`` counts until it fails."""

    order = Reference("crm.orders")
    payment = Reference("crm.payments", null=True)
    status = TextField(constraints=[check(one_of("status", REFUND_STATES))])
    currency = TextField()
    amount = MoneyField(constraints=[check("amount > 0")])
    reason = TextField(null=True)
    processor_ref = TextField(null=True)
    settled_at = TimestampField(null=True)
    failed_at = TimestampField(null=True)
    failure_reason = TextField(null=True)
    metadata = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "refunds"


class RefundItem(TenantModel):
    """Pieces of a line that a refund is for, and what is given back for them."""

    refund = Reference("crm.refunds", on_delete="CASCADE")
    position = IntegerField()
    order_item = Reference("crm.order_items")
    quantity = IntegerField(constraints=[check("quantity > 0")])
    amount = MoneyField(currency="refund.currency", constraints=[check("amount >= 0")])

    class Meta:
        schema = "crm"
        table_name = "refund_items"
        indexes = ((("refund", "position"), True),)
