"""The table of the module."""

from peewee import TextField

from sparx_core import TenantModel, create_tables


class Yard(TenantModel):
    name = TextField()

    class Meta:
        schema = "yard"
        table_name = "yards"


def up(migrator, db):
    create_tables(db, [Yard])
