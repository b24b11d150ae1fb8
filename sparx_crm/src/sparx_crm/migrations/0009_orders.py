"""What orders gain: taxes, discounts, shipping, addresses; payments, refunds, fulfilments."""

from typing import Any

from peewee import Database, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TimestampField,
    check,
    create_tables,
    default,
)

_TEXT = 'text COLLATE "C"'
_AMOUNT = "bigint NOT NULL DEFAULT 0 CHECK ({0} >= 0)"
_PIECES = "integer NOT NULL DEFAULT 0 CHECK ({0} BETWEEN 0 AND quantity)"

#: What orders gain, by column; ``{0}`` is its name.
ORDERS = {
    "fulfillment_status": f"{_TEXT} NOT NULL DEFAULT 'unfulfilled'"
    " CHECK ({0} IN ('unfulfilled', 'partial', 'fulfilled'))",
    "account_id": "uuid",
    "deal_id": "uuid",
    "quote_id": "uuid",
    "quote_conversion": "integer",
    "discount_amount": _AMOUNT,
    "discount_code": _TEXT,
    "discount_label": _TEXT,
    "discount_total": _AMOUNT,
    "shipping_lines": "jsonb NOT NULL DEFAULT '[]'",
    "shipping_total": _AMOUNT,
    "tax_lines": "jsonb NOT NULL DEFAULT '[]'",
    "tax_total": _AMOUNT,
    "included_tax_total": _AMOUNT,
    "amount_paid": _AMOUNT,
    "amount_refunded": _AMOUNT,
    "amount_refunding": "bigint NOT NULL DEFAULT 0"
    " CHECK ({0} >= 0 AND amount_refunded + amount_refunding <= amount_paid)",
    "billing_address": "jsonb",
    "shipping_address": "jsonb",
    "customer_note": _TEXT,
    "internal_note": _TEXT,
    "channel": _TEXT,
    "source": _TEXT,
    "metadata": "jsonb NOT NULL DEFAULT '{{}}'",
    "paid_at": "timestamptz",
    "fulfilled_at": "timestamptz",
    "delivered_at": "timestamptz",
    "cancelled_at": "timestamptz",
    "cancel_reason": _TEXT,
    "refunded_at": "timestamptz",
}
#: What their items gain.
ITEMS = {
    "description": _TEXT,
    "product_id": "uuid",
    "variant_id": "uuid",
    "discount_amount": _AMOUNT,
    "allocated_discount": _AMOUNT,
    "taxes": "jsonb NOT NULL DEFAULT '[]'",
    "tax_inclusive": "boolean NOT NULL DEFAULT false",
    "tax": _AMOUNT,
    "metadata": "jsonb NOT NULL DEFAULT '{{}}'",
    "quantity_assigned": _PIECES,
    "quantity_shipped": _PIECES,
    "quantity_cancelled": "integer NOT NULL DEFAULT 0"
    " CHECK ({0} >= 0 AND quantity_assigned + {0} <= quantity)",
    "quantity_returning": _PIECES,
    "quantity_returned": _PIECES,
    "quantity_refunded": _PIECES,
    "amount_refunded": _AMOUNT,
}
REFERENCES = {
    "account_id": "crm.accounts (tenant_id, id) ON DELETE RESTRICT",
    "deal_id": "crm.deals (tenant_id, id) ON DELETE SET NULL (deal_id)",
    "quote_id": "crm.quotes (tenant_id, id) ON DELETE RESTRICT",
}
INDEXES = (
    "CREATE INDEX IF NOT EXISTS orders_account_id_idx ON crm.orders (tenant_id, account_id, id)",
    "CREATE INDEX IF NOT EXISTS orders_deal_id_idx ON crm.orders (tenant_id, deal_id, id)",
    "CREATE UNIQUE INDEX IF NOT EXISTS orders_quote_id_quote_conversion_key"
    " ON crm.orders (tenant_id, quote_id, quote_conversion)",
)
_COLUMN = (
    "SELECT 1 FROM pg_attribute WHERE attrelid = 'crm.orders'::regclass AND attname = 'placed_at'"
)
#: Orders that there are were placed when they were stored. The owner of a table is held to its
#: policy as well, and nobody is to be told of this: it changes nothing that was shown before.
_PLACED = (
    "ALTER TABLE crm.orders ADD COLUMN placed_at timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE crm.orders NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE crm.orders DISABLE TRIGGER USER",
    "UPDATE crm.orders SET placed_at = created_at",
    "ALTER TABLE crm.orders ENABLE TRIGGER USER",
    "ALTER TABLE crm.orders FORCE ROW LEVEL SECURITY",
)


class Payment(TenantModel):
    order = Reference("crm.orders")
    status = TextField(
        constraints=[
            check(
                "status IN ('pending', 'authorized', 'partially_captured', 'captured', 'voided',"
                " 'failed')"
            )
        ]
    )
    processor = TextField(
        constraints=[
            default("'manual'"),
            check(
                "processor IN ('manual', 'stripe', 'paypal', 'check', 'wire', 'net_terms', 'other')"
            ),
        ]
    )
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
    order = Reference("crm.orders")
    payment = Reference("crm.payments", null=True)
    status = TextField(constraints=[check("status IN ('pending', 'settled', 'failed')")])
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
    refund = Reference("crm.refunds", on_delete="CASCADE")
    position = IntegerField()
    order_item = Reference("crm.order_items")
    quantity = IntegerField(constraints=[check("quantity > 0")])
    amount = MoneyField(currency="refund.currency", constraints=[check("amount >= 0")])

    class Meta:
        schema = "crm"
        table_name = "refund_items"
        indexes = ((("refund", "position"), True),)


class Fulfillment(TenantModel):
    order = Reference("crm.orders")
    status = TextField(
        constraints=[
            default("'pending'"),
            check("status IN ('pending', 'shipped', 'delivered', 'cancelled')"),
        ]
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
    fulfillment = Reference("crm.fulfillments", on_delete="CASCADE")
    position = IntegerField()
    order_item = Reference("crm.order_items")
    quantity = IntegerField(constraints=[check("quantity > 0")])

    class Meta:
        schema = "crm"
        table_name = "fulfillment_items"
        indexes = ((("fulfillment", "position"), True),)


def up(migrator: Any, db: Database) -> None:
    for table, columns in (("orders", ORDERS), ("order_items", ITEMS)):
        for column, kind in columns.items():
            told = kind.format(column)
            db.execute_sql(f"ALTER TABLE crm.{table} ADD COLUMN IF NOT EXISTS {column} {told}")
    if not db.execute_sql(_COLUMN).fetchone():
        for statement in _PLACED:
            db.execute_sql(statement)
    for column, target in REFERENCES.items():
        name = f"orders_{column}_fkey"
        if not db.execute_sql("SELECT 1 FROM pg_constraint WHERE conname = %s", (name,)).fetchone():
            db.execute_sql(
                f"ALTER TABLE crm.orders ADD CONSTRAINT {name}"
                f" FOREIGN KEY (tenant_id, {column}) REFERENCES {target}"
            )
    for statement in INDEXES:
        db.execute_sql(statement)
    create_tables(db, [Payment, Refund, RefundItem, Fulfillment, FulfillmentItem])
