"""The web origins that tenants allow."""

from typing import Any

from peewee import Database, TextField

from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class Origin(TenantModel):
    origin = TextField()

    class Meta:
        schema = "core"
        table_name = "origins"
        indexes = ((("origin",), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Origin])
    # Whether any tenant has an origin is asked without knowing a tenant, of the owner's function.
    db.execute_sql(
        "CREATE INDEX IF NOT EXISTS origins_origin_idx ON core.origins USING spgist (origin)"
    )
