"""The table of the module."""

from peewee import IntegerField, TextField

from sparx_core import TenantModel, create_tables


class Sale(TenantModel):
    goods = TextField()
    price = IntegerField()

    class Meta:
        schema = "stall"
        table_name = "sales"


def up(migrator, db):
    create_tables(db, [Sale])
