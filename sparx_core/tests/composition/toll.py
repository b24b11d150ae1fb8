"""A module that takes part in the stall's business, and in that of a module that may be absent."""

from __future__ import annotations

import sys
from typing import Any

from peewee import IntegerField, TextField, fn

from sparx_core import (
    ApiError,
    Computed,
    Context,
    Event,
    Extension,
    Guard,
    Handler,
    ObjectSchema,
    Occurrence,
    Periodic,
    Resource,
    ResourceSchema,
    Scope,
    TenantModel,
    Text,
    WholeNumber,
    every,
    guard,
    hookimpl,
    on,
)

from .stall import OwnModule


class Toll(TenantModel):
    """What was taken, and for what."""

    reason = TextField()
    amount = IntegerField()

    class Meta:
        schema = "toll"
        table_name = "tolls"


class TollSchema(ResourceSchema):
    """A toll that was taken."""

    reason = Text(required=True)
    amount = WholeNumber(required=True)


class Contraband(ApiError):
    """These goods may not be sold."""

    code, status, message = "contraband", 409, "These goods may not be sold."


tolls = Resource("tolls", Toll, TollSchema, filters=("reason",))


def taken_for(sale: Scope) -> Any:
    return Toll.select(fn.coalesce(fn.sum(Toll.amount), 0)).where(
        Toll.reason == sale.column("goods")
    )


class SaleTolls(ObjectSchema):
    """What a sale shows while tolls are taken."""

    tolls_taken = Computed(WholeNumber(), taken_for, reads=[Toll])


def take(ctx: Context, reason: str, amount: int) -> None:
    ctx.insert(Toll(reason=reason, amount=amount))


@guard("sale.made", raises=[Contraband])
def refuse_contraband(ctx: Context, event: Event) -> None:
    sale: Any = event.row
    if sale.goods == "rum":
        raise Contraband
    if sale.goods == "salt":
        take(ctx, "at the gate", 1)


@on("sale.made")
def take_toll(ctx: Context, event: Occurrence) -> None:
    known = ctx.first(Toll.select().where(Toll.reason == event.data["goods"]))
    if known is None:
        take(ctx, event.data["goods"], event.data["price"])


@on("caravan.arrived")
def take_toll_of_caravans(ctx: Context, event: Occurrence) -> None:
    take(ctx, "caravan", 100)


@every(hours=1)
def take_hourly_toll(ctx: Context) -> None:
    take(ctx, "hour", 1)


@hookimpl
def sparx_stall_surcharge(ctx: Context, goods: str) -> int | None:
    return 5 if goods == "silk" else None


@hookimpl(optionalhook=True)
def sparx_caravan_route(ctx: Context) -> str:
    return "through the toll gate"


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Toll]


@hookimpl
def sparx_resources() -> list[Resource]:
    return [tolls]


@hookimpl
def sparx_errors() -> list[type[ApiError]]:
    return [Contraband]


@hookimpl
def sparx_guards() -> list[Guard]:
    return [refuse_contraband]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [take_toll, take_toll_of_caravans]


@hookimpl
def sparx_periodic() -> list[Periodic]:
    return [take_hourly_toll]


@hookimpl
def sparx_extend_resource() -> list[Extension]:
    return [Extension("stall.sales", SaleTolls)]


module = OwnModule(
    key="toll",
    title="Toll",
    package="toll",
    plugin=sys.modules[__name__],
    requires=("stall",),
)
