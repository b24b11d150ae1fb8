"""Deliveries that kill their worker, that are for later, or that hold back others."""

from typing import Any

from peewee import Database

STATEMENTS = """
ALTER TABLE core.deliveries
    ADD COLUMN IF NOT EXISTS unanswered integer NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS quarantined_at timestamptz,
    ADD COLUMN IF NOT EXISTS scheduled boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS holds_back boolean NOT NULL DEFAULT false;

-- From now on every delivery that is over has it: what is kept for a time goes by it.
UPDATE core.deliveries SET finished_at = updated_at
 WHERE state IN ('dead', 'skipped') AND finished_at IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_finished_idx ON core.deliveries (tenant_id, finished_at)
    WHERE finished_at IS NOT NULL;
-- What holds back later events of its row: one look for each delivery that is claimed or swept.
CREATE INDEX IF NOT EXISTS deliveries_turn_idx
    ON core.deliveries (tenant_id, handler, aggregate_id, position)
    WHERE state IN ('pending', 'retry', 'running', 'blocked') OR holds_back;
DROP INDEX IF EXISTS core.deliveries_order_idx;
CREATE INDEX IF NOT EXISTS deliveries_dead_idx
    ON core.deliveries (tenant_id, handler, aggregate_id, position) WHERE state = 'dead';

-- A task is pending once for a row.
CREATE UNIQUE INDEX IF NOT EXISTS deliveries_scheduled_idx
    ON core.deliveries (tenant_id, handler, aggregate_id) WHERE scheduled AND state = 'pending';

-- Events are only ever added, so that they lie in the order of their time.
CREATE INDEX IF NOT EXISTS events_occurred_idx ON core.events USING brin (occurred_at);
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(STATEMENTS)
