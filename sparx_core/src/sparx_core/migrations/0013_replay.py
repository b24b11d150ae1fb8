"""Deliveries that were asked for again, jobs that ask for them, and what went wrong."""

from typing import Any

from peewee import Database

STATEMENTS = """
ALTER TABLE core.deliveries ADD COLUMN IF NOT EXISTS replay_id uuid;
ALTER TABLE core.activations ADD COLUMN IF NOT EXISTS backfill_from timestamptz;
ALTER TABLE core.jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE core.jobs ADD CONSTRAINT jobs_kind_check
    CHECK (kind IN ('import', 'export', 'undo', 'replay'));

-- An event is replayed once to each handler, and to each subscription.
CREATE UNIQUE INDEX IF NOT EXISTS deliveries_replay_key
    ON core.deliveries (tenant_id, replay_id, handler, event_id) WHERE replay_id IS NOT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS webhook_deliveries_replay_key
    ON core.webhook_deliveries (tenant_id, replay_id, subscription_id, event_id)
    WHERE replay_id IS NOT NULL;

-- What somebody has to look at, newest first; the many that are done are in no index of states.
CREATE INDEX IF NOT EXISTS deliveries_failed_idx ON core.deliveries (tenant_id, id)
    WHERE state IN ('dead', 'blocked');
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(STATEMENTS)
