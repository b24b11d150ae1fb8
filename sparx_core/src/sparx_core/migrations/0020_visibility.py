"""Keys that see the records of certain members alone."""

from typing import Any

from peewee import Database

COLUMNS = """
ALTER TABLE core.api_keys
    ADD COLUMN IF NOT EXISTS member_id uuid,
    ADD COLUMN IF NOT EXISTS hidden_fields text[] NOT NULL DEFAULT '{}',
    ADD COLUMN IF NOT EXISTS visibility text COLLATE "C" NOT NULL DEFAULT 'all'
        CHECK (visibility IN ('all', 'team', 'own')),
    DROP CONSTRAINT IF EXISTS api_keys_member_id_fkey;
ALTER TABLE core.api_keys
    ADD CONSTRAINT api_keys_member_id_fkey FOREIGN KEY (tenant_id, member_id)
        REFERENCES core.members (tenant_id, id) ON DELETE RESTRICT,
    DROP CONSTRAINT IF EXISTS api_keys_visibility_member_check,
    ADD CONSTRAINT api_keys_visibility_member_check
        CHECK (visibility = 'all' OR member_id IS NOT NULL);
CREATE INDEX IF NOT EXISTS api_keys_member_id_idx ON core.api_keys (tenant_id, member_id, id);
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql(COLUMNS)
