"""Which events and deliveries a key sees: those of modules that are active and that it may read."""

from __future__ import annotations

from typing import Any

from peewee import SQL, Cast, Expression, Function, Select

from sparx_core.context import Context
from sparx_core.read.scopes import holds_scope
from sparx_core.read.wire import Scope

#: Notes of the engine to itself, about nothing that a client could look at.
_ENGINE = "task.scheduled", "schedule.due"
#: Resources that take another scope to read than their module, with that scope: as declared.
_NARROWER: dict[str, str] = {}


def note_read_scope(resource: str, module: str, scope: str) -> None:
    """Have events about a resource be for those who may read it."""
    if scope != f"read:{module}":
        _NARROWER[resource] = scope
    else:
        _NARROWER.pop(resource, None)


def visible_events(events: Scope) -> Any:
    """Events about resources that the reader may read, of modules that he may read."""
    resource = events.column("aggregate_type")
    module = Function("split_part", (resource, ".", 1))
    own = Expression(events.column("type"), "<>", Function("ALL", (_texts(*_ENGINE),)))
    seen = Expression(module, "=", Function("ANY", (_readable(),))) & own
    for scope in sorted(set(_NARROWER.values())):
        narrower = _texts(*(one for one, needed in _NARROWER.items() if needed == scope))
        others = Expression(resource, "<>", Function("ALL", (narrower,)))
        seen = seen & Expression(others, "OR", holds_scope(scope))
    return seen


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
