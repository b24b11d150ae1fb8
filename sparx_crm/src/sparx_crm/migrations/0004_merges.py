"""Merges of customers and accounts."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)


class Merge(TenantModel):
    resource = TextField(constraints=[check("resource IN ('customers', 'accounts')")])
    primary = UUIDField(column_name="primary_id")
    duplicates = TextArrayField()
    status = TextField(constraints=[default("'merged'"), check("status IN ('merged', 'undone')")])
    moved = JsonField(constraints=[default("'{}'")])
    removed = JsonField(constraints=[default("'{}'")])
    changed_fields = TextArrayField(constraints=[default("'{}'")])
    changes = JsonField(constraints=[default("'{}'")])
    actor = TextField()
    undone_at = TimestampField(
        null=True, constraints=[check("(status = 'undone') = (undone_at IS NOT NULL)")]
    )
    erased = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "crm"
        table_name = "merges"
        indexes = ((("primary",), False),)


class MergeStep(TenantModel):
    merge = Reference("crm.merges", on_delete="CASCADE")
    position = IntegerField()
    kind = TextField(constraints=[check("kind IN ('moved', 'removed', 'flagged', 'added')")])
    subject = TextField()
    column = TextField(null=True)
    before = UUIDField(null=True)
    after = UUIDField(null=True)
    flag = BooleanField(null=True)
    rows = TextArrayField(constraints=[default("'{}'")])
    removed = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "merge_steps"
        indexes = ((("merge", "position"), True),)


_KNOWN = "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Merge, MergeStep])
    for name in ("customers", "accounts"):
        table, key = f"crm.{name}", f"{name}_merged_into_id_fkey"
        db.execute_sql(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS merged_into_id uuid")
        if db.execute_sql(_KNOWN, (table, key)).fetchone() is None:
            db.execute_sql(
                f"ALTER TABLE {table} ADD CONSTRAINT {key} FOREIGN KEY (tenant_id, merged_into_id)"
                f" REFERENCES {table} (tenant_id, id) ON DELETE SET NULL (merged_into_id)"
            )
        db.execute_sql(
            f"CREATE INDEX IF NOT EXISTS {name}_merged_into_id_idx"
            f" ON {table} (tenant_id, merged_into_id, id)"
        )
