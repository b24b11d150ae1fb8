"""A module whose cars have fields that tenants define."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

from peewee import DateField, DecimalField, IntegerField, TextField

from sparx_core import (
    CalendarDate,
    Choice,
    Currency,
    CustomFields,
    DecimalNumber,
    Event,
    JsonField,
    Module,
    Money,
    MoneyField,
    Reference,
    Related,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    Timestamp,
    TimestampField,
    WholeNumber,
    default,
    hookimpl,
)
from sparx_core.modules import Installed


class Owner(TenantModel):
    """Somebody with cars."""

    name = TextField()
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "garage"
        table_name = "owners"


class Car(TenantModel):
    """A row with a value of each kind."""

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


class OwnerSchema(ResourceSchema):
    """An owner."""

    name = Text(required=True)
    custom = CustomFields()


class CarSchema(ResourceSchema):
    """A car."""

    name = Text(required=True)
    owner = Related("garage.owners", allow_none=True)
    state = Choice("new", "sold")
    seats = WholeNumber(allow_none=True)
    weight = DecimalNumber(allow_none=True)
    price = Money(allow_none=True)
    currency = Currency(required=True)
    sold_on = CalendarDate(allow_none=True)
    sold_at = Timestamp(allow_none=True)
    custom = CustomFields()


class OwnerCreated(Event):
    """An owner came."""

    name, resource = "owner.created", "garage.owners"


class CarCreated(Event):
    """A car came."""

    name, resource = "car.created", "garage.cars"


class CarUpdated(Event):
    """A car was changed."""

    name, resource = "car.updated", "garage.cars"


class CarDeleted(Event):
    """A car went."""

    name, resource = "car.deleted", "garage.cars"


owners = Resource("owners", Owner, OwnerSchema, custom_fields=True)
owners.derive(created=OwnerCreated)
cars = Resource(
    "cars",
    Car,
    CarSchema,
    search=("name",),
    filters=("name", "state", "seats", "soldAt"),
    sorts=("name",),
    custom_fields=True,
)
cars.derive(created=CarCreated, updated=CarUpdated, deleted=CarDeleted)


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


_HOOKS = {
    "sparx_models": lambda: [Owner, Car],
    "sparx_resources": lambda: [owners, cars],
    "sparx_events": lambda: [OwnerCreated, CarCreated, CarUpdated, CarDeleted],
}
garage = OwnModule(
    key="garage",
    title="Garage",
    package="garage",
    plugin=types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in _HOOKS.items()}),
)
INSTALLED = [Installed(garage, "sparx-garage", "1.0.0")]
