"""Jobs of kinds that modules have."""

from typing import Any

from peewee import Database

STATEMENTS = """
ALTER TABLE core.jobs DROP CONSTRAINT IF EXISTS jobs_kind_check;
ALTER TABLE core.jobs ADD CONSTRAINT jobs_kind_check
    CHECK (kind ~ '^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)?$');
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(STATEMENTS)
