"""The tables of the module."""

from peewee import IntegerField, TextField

from sparx_core import Reference, TenantModel, create_tables, default


class Perk(TenantModel):
    product = Reference("shop.products", on_delete="CASCADE")
    safe = Reference("vault.safes", null=True)
    name = TextField()
    points = IntegerField(constraints=[default("1")])

    class Meta:
        schema = "perks"
        table_name = "perks"


def up(migrator, db):
    create_tables(db, [Perk])
