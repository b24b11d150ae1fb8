"""Modules on their way: more states, how far the work is, and the archive of their rows."""

from typing import Any

from peewee import BigIntegerField, BlobField, BooleanField, Database, IntegerField, TextField

from sparx_core.db.fields import TextArrayField, default
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class Archive(TenantModel):
    module = TextField()
    release = TextField()
    table_name = TextField()
    columns = TextArrayField()
    position = BigIntegerField()
    row_count = IntegerField()
    data = BlobField()
    checksum = TextField()
    held = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "archives"
        indexes = ((("module", "position"), True),)


CHANGES = """
ALTER TABLE core.activations
    DROP CONSTRAINT IF EXISTS activations_state_check,
    ADD CONSTRAINT activations_state_check
        CHECK (state IN ('inactive', 'activating', 'active', 'deactivating')),
    ADD COLUMN IF NOT EXISTS purge boolean NOT NULL DEFAULT false,
    ADD COLUMN IF NOT EXISTS archived_rows bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS restored jsonb;

ALTER TABLE core.deliveries
    ADD COLUMN IF NOT EXISTS rows_done bigint,
    ADD COLUMN IF NOT EXISTS rows_total bigint;

-- The deliveries of the core itself, which tell how far a module is on its way: few among many.
CREATE INDEX IF NOT EXISTS deliveries_core_idx
    ON core.deliveries (tenant_id, aggregate_id, position) WHERE module = 'core';

-- It is compressed already.
ALTER TABLE core.archives ALTER COLUMN data SET STORAGE EXTERNAL;
"""

# Up to now the rows of a module stayed in its tables when it was deactivated. A worker archives
# those too: it is told in the same way as of a module that is deactivated from now on.
OLD_ROWS = """
WITH fact AS (
    INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,
                             actor, depth, data)
    SELECT a.tenant_id, gen_random_uuid(), 'module.stopped', 1, 'core.activations', a.id,
           'migration', 0, json_build_object('id', a.id, 'module', a.module, 'state', a.state)
      FROM core.activations a WHERE a.state = 'inactive'
    RETURNING tenant_id, id, type, aggregate_id, position)
INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type, aggregate_id,
                             position)
SELECT tenant_id, gen_random_uuid(), 'core.archive_module', 'core', id, type, aggregate_id, position
  FROM fact
"""


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Archive])
    db.execute_sql(CHANGES)
    db.execute_sql(OLD_ROWS)
