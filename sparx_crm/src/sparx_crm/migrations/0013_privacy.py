"""Erasures, and when a customer was erased."""

from typing import Any

from peewee import Database, IntegerField, TextField, UUIDField

from sparx_core import Reference, TenantModel, check, create_tables


class Erasure(TenantModel):
    customer = UUIDField(column_name="customer_id")
    actor = TextField()
    rows_removed = IntegerField(constraints=[check("rows_removed >= 0")])
    rows_blanked = IntegerField(constraints=[check("rows_blanked >= 0")])

    class Meta:
        schema = "crm"
        table_name = "erasures"
        indexes = ((("customer",), True),)


class ErasedEmail(TenantModel):
    erasure = Reference("crm.erasures", on_delete="CASCADE")
    digest = TextField()

    class Meta:
        schema = "crm"
        table_name = "erased_emails"
        indexes = ((("digest",), False),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Erasure, ErasedEmail])
    db.execute_sql("ALTER TABLE crm.customers ADD COLUMN IF NOT EXISTS erased_at timestamptz")
