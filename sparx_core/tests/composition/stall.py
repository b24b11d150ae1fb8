"""A module that others can extend: it specifies a hook, and knows nobody who implements it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from peewee import IntegerField, TextField

from sparx_core import (
    Context,
    Event,
    Module,
    Resource,
    ResourceSchema,
    TenantModel,
    Text,
    WholeNumber,
    hookimpl,
    hookspec,
)


class Sale(TenantModel):
    """A sale at the stall."""

    goods = TextField()
    price = IntegerField()

    class Meta:
        schema = "stall"
        table_name = "sales"


class SaleSchema(ResourceSchema):
    """A sale at the stall."""

    goods = Text(40, required=True)
    price = WholeNumber(required=True)


class SaleMade(Event):
    """Something was sold."""

    name, resource = "sale.made", "stall.sales"


class Hooks:
    """What other modules may implement for the stall."""

    @hookspec
    def sparx_stall_surcharge(self, ctx: Context, goods: str) -> int | None:
        """What a module adds to the price of goods, or None."""


sales = Resource("sales", Sale, SaleSchema)


@sales.create(emits=[SaleMade])
def sell(ctx: Context, data: dict[str, Any]) -> Sale:
    """Sell something; other modules may add to its price."""
    surcharges = ctx.call_hook("sparx_stall_surcharge", ctx=ctx, goods=data["goods"])
    sale = ctx.insert(Sale(goods=data["goods"], price=data["price"] + sum(surcharges)))
    ctx.emit(SaleMade(sale))
    return sale


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Sale]


@hookimpl
def sparx_resources() -> list[Resource]:
    return [sales]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [SaleMade]


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


module = OwnModule(
    key="stall",
    title="Stall",
    package="stall",
    plugin=sys.modules[__name__],
    hookspecs=Hooks,
)
