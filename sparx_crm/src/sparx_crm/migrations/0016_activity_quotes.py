"""Activities and tasks of quotes."""

from typing import Any

from peewee import Database

#: The tables, and whether their rows are found by quote through an index of this migration: a
#: timeline has one of its own, made after the migrations.
TABLES = {"activities": False, "tasks": True}

_KNOWN = "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"


def up(migrator: Any, db: Database) -> None:
    for table, indexed in TABLES.items():
        db.execute_sql(f"ALTER TABLE crm.{table} ADD COLUMN IF NOT EXISTS quote_id uuid")
        key = f"{table}_quote_id_fkey"
        if db.execute_sql(_KNOWN, (f"crm.{table}", key)).fetchone() is None:
            db.execute_sql(
                f"ALTER TABLE crm.{table} ADD CONSTRAINT {key} FOREIGN KEY (tenant_id, quote_id)"
                " REFERENCES crm.quotes (tenant_id, id) ON DELETE SET NULL (quote_id)"
            )
        if indexed:
            db.execute_sql(
                f"CREATE INDEX IF NOT EXISTS {table}_quote_id_idx"
                f" ON crm.{table} (tenant_id, quote_id, id)"
            )
