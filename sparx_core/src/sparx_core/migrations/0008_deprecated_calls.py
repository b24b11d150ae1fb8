"""Who uses parts of the API that go away."""

from typing import Any

from peewee import BigIntegerField, Database, DateField, TextField

from sparx_core.db.fields import Reference
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class DeprecatedCall(TenantModel):
    api_key = Reference("core.api_keys", on_delete="CASCADE")
    operation = TextField()
    part = TextField()
    day = DateField()
    calls = BigIntegerField()

    class Meta:
        schema = "core"
        table_name = "deprecated_calls"
        indexes = ((("api_key", "operation", "part", "day"), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [DeprecatedCall])
