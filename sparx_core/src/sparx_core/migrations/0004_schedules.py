"""When the periodic work of modules is due in each tenant."""

from typing import Any

from peewee import Database, TextField

from sparx_core.db.fields import TimestampField
from sparx_core.db.models import TenantModel
from sparx_core.db.tables import create_tables


class Schedule(TenantModel):
    task = TextField()
    module = TextField()
    due_at = TimestampField()

    class Meta:
        schema = "core"
        table_name = "schedules"
        indexes = ((("task",), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Schedule])
