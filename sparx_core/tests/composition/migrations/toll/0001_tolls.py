"""The table of the module."""

from peewee import IntegerField, TextField

from sparx_core import TenantModel, create_tables


class Toll(TenantModel):
    reason = TextField()
    amount = IntegerField()

    class Meta:
        schema = "toll"
        table_name = "tolls"


def up(migrator, db):
    create_tables(db, [Toll])
