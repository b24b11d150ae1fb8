"""Which modules have to be on, or off, before another one is."""

from __future__ import annotations

from collections.abc import Iterable

from sparx_core.activation.layout import referring_schemas
from sparx_core.activation.models import ACTIVE, DEACTIVATING, INACTIVE, Activation
from sparx_core.activation.progress import ARCHIVE, UNFINISHED
from sparx_core.context import Context
from sparx_core.db.models import table_of
from sparx_core.events.models import Delivery
from sparx_core.registry import Registry
from sparx_core.resources import CORE


def tables_of_module(registry: Registry, key: str) -> list[str]:
    return [table_of(model) for owner, model in registry.models.values() if owner == key]


def not_active(ctx: Context, key: str) -> list[str]:
    """The modules that ``key`` requires and that are not active yet."""
    required = dict.fromkeys(ctx.registry.requires(key))
    states = _states(ctx, required)
    return [one for one in required if states.get(one) != ACTIVE]


def not_put_away(ctx: Context, key: str) -> list[str]:
    """The modules that may have rows which refer to those of ``key``.

    Of one that is inactive a worker may be looking still for what requests left behind.
    """
    dependants = _dependants(ctx, key)
    if not dependants:
        return []
    looking = ctx.all(
        Activation.select(Activation.module)
        .join(Delivery, on=Delivery.aggregate_id == Activation.id)
        .where(
            Activation.module.in_(dependants),
            Delivery.module == CORE,
            Delivery.handler == ARCHIVE,
            Delivery.state.in_(UNFINISHED),
        )
    )
    waiting = {row.module for row in looking}
    states = _states(ctx, dependants)
    return [one for one, state in states.items() if state != INACTIVE or one in waiting]


def blocking(ctx: Context, key: str) -> list[str]:
    """The modules that have to be deactivated before ``key``.

    One that is not installed here cannot follow, so that it blocks until it has no rows any more.
    """
    states = _states(ctx, _dependants(ctx, key))
    return [
        one
        for one, state in states.items()
        if state != INACTIVE and (state != DEACTIVATING or one not in ctx.registry.modules)
    ]


def _dependants(ctx: Context, key: str) -> list[str]:
    tables = tables_of_module(ctx.registry, key)
    # Those that are not installed here are known by their tables.
    referring = referring_schemas(ctx.transaction.database, tables, key)
    return list(dict.fromkeys([*ctx.registry.dependants(key), *referring]))


def _states(ctx: Context, keys: Iterable[str]) -> dict[str, str]:
    """The states of those of these modules that the tenant has, or had; in this order."""
    wanted = list(keys)
    if not wanted:
        return {}
    rows = ctx.all(Activation.select().where(Activation.module.in_(wanted)))
    found = {row.module: str(row.state) for row in rows}
    return {key: found[key] for key in wanted if key in found}
