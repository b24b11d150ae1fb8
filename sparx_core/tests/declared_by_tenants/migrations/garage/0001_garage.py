"""The tables of the module."""

from peewee import DateField, DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TimestampField,
    create_tables,
    default,
)


class Owner(TenantModel):
    name = TextField()
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "garage"
        table_name = "owners"


class Car(TenantModel):
    name = TextField()
    owner = Reference("garage.owners", null=True)
    state = TextField(constraints=[default("'new'")])
    seats = IntegerField(null=True)
    weight = DecimalField(max_digits=20, decimal_places=4, null=True)
    price = MoneyField(null=True)
    currency = TextField()
    sold_on = DateField(null=True)
    sold_at = TimestampField(null=True)
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "garage"
        table_name = "cars"


def up(migrator, db):
    create_tables(db, [Owner, Car])
