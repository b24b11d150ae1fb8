"""Sandboxes: tenants that belong to a live one."""

from typing import Any

from peewee import Database

COLUMNS = """
ALTER TABLE core.tenants
    ADD COLUMN IF NOT EXISTS live_id uuid UNIQUE REFERENCES core.tenants (id),
    ADD COLUMN IF NOT EXISTS reset_at timestamptz;
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(COLUMNS)
