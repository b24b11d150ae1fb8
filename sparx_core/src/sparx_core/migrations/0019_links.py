"""Links to single rows, for those who have no key."""

from typing import Any

from peewee import Database, TextField, UUIDField

from sparx_core.db.fields import TextArrayField, TimestampField
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class Link(TenantModel):
    resource = TextField()
    row_id = UUIDField()
    abilities = TextArrayField()
    expires_at = TimestampField(null=True)
    revoked_at = TimestampField(null=True)

    class Meta:
        schema = "core"
        table_name = "links"
        indexes = ((("row_id",), False),)


#: What must be found before the tenant is known: by exact digest, through core.authenticate_link.
CREDENTIALS = """
CREATE TABLE IF NOT EXISTS core.link_credentials (
    digest bytea PRIMARY KEY,
    tenant_id uuid NOT NULL,
    link_id uuid NOT NULL,
    FOREIGN KEY (tenant_id, link_id) REFERENCES core.links (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX IF NOT EXISTS link_credentials_link_id_key
    ON core.link_credentials (tenant_id, link_id);
"""


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Link])
    db.execute_sql(CREDENTIALS)
