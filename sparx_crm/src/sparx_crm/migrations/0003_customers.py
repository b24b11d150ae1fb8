"""Accounts, and what customers gain."""

from typing import Any

from peewee import Database, IntegerField, TextField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    TrashModel,
    check,
    create_tables,
    default,
)

_STAGES = (
    "'subscriber', 'lead', 'marketing_qualified', 'sales_qualified', 'opportunity', 'customer',"
    " 'evangelist'"
)


class Account(TrashModel):
    name = TextField()
    domain = TextField(null=True)
    parent = Reference("crm.accounts", null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    tax_id = TextField(null=True)
    website = TextField(null=True)
    phone = TextField(null=True)
    industry = TextField(null=True)
    employees = IntegerField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    addresses = JsonField(constraints=[default("'[]'")])
    metadata = JsonField(constraints=[default("'{}'")])
    notes = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "accounts"
        indexes = ((("domain",), False),)


class AccountDomain(TenantModel):
    account = Reference("crm.accounts", on_delete="CASCADE")
    position = IntegerField()
    domain = TextField()

    class Meta:
        schema = "crm"
        table_name = "account_domains"
        indexes = ((("account", "position"), False), (("domain",), False))


class Membership(TenantModel):
    customer = Reference("crm.customers", on_delete="CASCADE")
    account = Reference("crm.accounts", on_delete="CASCADE")
    role = TextField(
        constraints=[
            default("'member'"),
            check(
                "role IN ('member', 'buyer', 'approver', 'decision_maker', 'billing', 'technical',"
                " 'admin')"
            ),
        ]
    )

    class Meta:
        schema = "crm"
        table_name = "memberships"
        indexes = ((("customer", "account"), True),)


class CustomerEmail(TenantModel):
    customer = Reference("crm.customers", on_delete="CASCADE")
    position = IntegerField()
    email = TextField()
    label = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customer_emails"
        indexes = ((("customer", "position"), False), (("email",), False))


class CustomerPhone(TenantModel):
    customer = Reference("crm.customers", on_delete="CASCADE")
    position = IntegerField()
    phone = TextField()
    label = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customer_phones"
        indexes = ((("customer", "position"), False), (("phone",), False))


class Consent(TenantModel):
    customer = Reference("crm.customers", on_delete="CASCADE")
    channel = TextField(constraints=[check("channel IN ('email', 'sms', 'phone', 'post', 'push')")])
    purpose = TextField(
        constraints=[check("purpose IN ('marketing', 'transactional', 'profiling')")]
    )
    state = TextField(constraints=[check("state IN ('granted', 'withdrawn')")])
    source = TextField(
        constraints=[check("source IN ('signup', 'checkout', 'import', 'admin', 'api')")]
    )
    occurred_at = TimestampField(constraints=[default("now()")])
    ip_address = TextField(null=True)
    note = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "consents"
        indexes = ((("customer", "occurred_at"), False),)


#: What customers gain, by column.
GAINED = {
    "trashed": "boolean NOT NULL DEFAULT false",
    "deleted_at": "timestamptz CHECK (trashed = (deleted_at IS NOT NULL))",
    "first_name": 'text COLLATE "C"',
    "last_name": 'text COLLATE "C"',
    "job_title": 'text COLLATE "C"',
    "lifecycle_stage": f'text COLLATE "C" CHECK (lifecycle_stage IN ({_STAGES}))',
    "owner_id": "uuid",
    "account_id": "uuid",
    "locale": 'text COLLATE "C"',
    "timezone": 'text COLLATE "C"',
    "preferred_contact_method": 'text COLLATE "C"'
    " CHECK (preferred_contact_method IN ('email', 'phone', 'sms'))",
}
REFERENCES = {"owner_id": "core.members", "account_id": "crm.accounts"}
_IS_THERE = "SELECT 1 FROM pg_constraint WHERE conname = %s"
#: A unique e-mail binds only customers that are not in the trash.
INDEXES = (
    "DROP INDEX IF EXISTS crm.customers_email_key",
    "CREATE UNIQUE INDEX customers_email_key ON crm.customers (tenant_id, email) WHERE NOT trashed",
    "CREATE INDEX IF NOT EXISTS customers_trashed_idx ON crm.customers (tenant_id, id)"
    " WHERE trashed",
    "CREATE INDEX IF NOT EXISTS customers_phone_idx ON crm.customers (tenant_id, phone, id)",
    "CREATE INDEX IF NOT EXISTS customers_owner_id_idx ON crm.customers (tenant_id, owner_id, id)",
    "CREATE INDEX IF NOT EXISTS customers_account_id_idx"
    " ON crm.customers (tenant_id, account_id, id)",
)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Account, AccountDomain, Membership, CustomerEmail, CustomerPhone, Consent])
    for column, kind in GAINED.items():
        db.execute_sql(f"ALTER TABLE crm.customers ADD COLUMN IF NOT EXISTS {column} {kind}")
    for column, target in REFERENCES.items():
        name = f"customers_{column}_fkey"
        if not db.execute_sql(_IS_THERE, (name,)).fetchone():
            db.execute_sql(
                f"ALTER TABLE crm.customers ADD CONSTRAINT {name}"
                f" FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)"
                f" ON DELETE SET NULL ({column})"
            )
    for statement in INDEXES:
        db.execute_sql(statement)
