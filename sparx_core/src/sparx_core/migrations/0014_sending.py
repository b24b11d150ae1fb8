"""Room for webhook rows that change often, and an index of deliveries by their age."""

from typing import Any

from peewee import Database

STATEMENTS = """
ALTER TABLE core.webhook_subscriptions
    SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE core.webhook_deliveries
    SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX webhook_deliveries_finished_idx
    ON core.webhook_deliveries (tenant_id, finished_at) WHERE finished_at IS NOT NULL;
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(STATEMENTS)
