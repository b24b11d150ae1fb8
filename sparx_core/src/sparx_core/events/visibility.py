"""Which events and deliveries a key sees: those of modules that are active and that it may read."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Cast, Expression, Function, Select

from sparx_core.context import Context
from sparx_core.read.wire import Scope

#: Notes of the engine to itself, about nothing that a client could look at.
_ENGINE = "task.scheduled", "schedule.due"


def visible_events(events: Scope) -> Any:
    """Events about resources of modules that the reader may read."""
    module = Function("split_part", (events.column("aggregate_type"), ".", 1))
    own = Expression(events.column("type"), "<>", Function("ALL", (_texts(*_ENGINE),)))
    return Expression(module, "=", Function("ANY", (_readable(),))) & own


def visible_deliveries(deliveries: Scope) -> Any:
    """Deliveries to handlers of modules that the reader may read: what went wrong there may tell of
    their rows.
    """
    return Expression(deliveries.column("module"), "=", Function("ANY", (_readable(),)))


def readable_modules(ctx: Context) -> frozenset[str]:
    """The same, for an operation that looks itself."""
    return frozenset(one for one in ctx.modules if ctx.actor.allows(f"read:{one}"))


def _readable() -> Any:
    # In a sub-select, so that it is asked once a statement.
    asked = Select([], [Function("core.readable_modules", ())])
    return Cast(asked, "text[]")


def _texts(*words: str) -> SQL:
    return SQL(f"ARRAY[{', '.join(repr(one) for one in words)}]")
