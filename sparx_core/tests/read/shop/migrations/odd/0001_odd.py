"""The table of the module."""

from peewee import BigIntegerField, DateField, IntegerField, SmallIntegerField, TextField

from sparx_core import TenantModel, TextArrayField, create_tables, default


class Thing(TenantModel):
    name = TextField()
    note = TextField(null=True)
    small = SmallIntegerField(null=True)
    middle = IntegerField(null=True)
    large = BigIntegerField(null=True)
    day = DateField(null=True)
    pair = TextArrayField(constraints=[default("'{}'")])

    class Meta:
        schema = "odd"
        table_name = "things"


def up(migrator, db):
    create_tables(db, [Thing])
