"""What readers of all events, and webhooks, need to know of each."""

from typing import Any

from peewee import Database

STATEMENTS = """
ALTER TABLE core.events
    ADD COLUMN public boolean NOT NULL DEFAULT false,
    ADD COLUMN test boolean NOT NULL DEFAULT false,
    ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX events_xid_position_idx ON core.events (tenant_id, xid, position);
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(STATEMENTS)
