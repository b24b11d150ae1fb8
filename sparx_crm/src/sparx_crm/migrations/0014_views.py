"""Values of custom fields, on everything that sales people look at."""

from typing import Any

from peewee import Database

TABLES = ("customers", "accounts", "deals", "leads", "quotes", "orders")


def up(migrator: Any, db: Database) -> None:
    for table in TABLES:
        db.execute_sql(
            f"ALTER TABLE crm.{table} ADD COLUMN IF NOT EXISTS custom jsonb NOT NULL DEFAULT '{{}}'"
        )
