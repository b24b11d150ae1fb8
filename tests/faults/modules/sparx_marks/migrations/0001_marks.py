"""The table of marks. Nothing in it keeps a second mark of the same event out."""

from typing import Any

from peewee import BigIntegerField, UUIDField

from sparx_core import TenantModel, create_tables


class Mark(TenantModel):
    event_id = UUIDField()
    row = UUIDField()
    number = BigIntegerField()

    class Meta:
        schema = "marks"
        table_name = "marks"


def up(migrator: Any, db: Any) -> None:
    create_tables(db, [Mark])
