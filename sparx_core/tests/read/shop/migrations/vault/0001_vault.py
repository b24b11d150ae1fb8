"""The tables of the module."""

from peewee import TextField

from sparx_core import TenantModel, create_tables


class Safe(TenantModel):
    code = TextField()

    class Meta:
        schema = "vault"
        table_name = "safes"


def up(migrator, db):
    create_tables(db, [Safe])
