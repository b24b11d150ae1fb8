"""The table of things."""

from typing import Any

from peewee import Database, IntegerField, TextField

from sparx_core import Reference, TenantModel, create_tables


class Thing(TenantModel):
    name = TextField()
    nickname = TextField(null=True)
    twin = Reference("fading.things", null=True)
    size = IntegerField()

    class Meta:
        schema = "fading"
        table_name = "things"


class Part(TenantModel):
    thing = Reference("fading.things", on_delete="CASCADE")
    position = IntegerField()
    label = TextField()
    tag = TextField(null=True)

    class Meta:
        schema = "fading"
        table_name = "parts"
        indexes = ((("thing", "position"), True),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Thing, Part])
