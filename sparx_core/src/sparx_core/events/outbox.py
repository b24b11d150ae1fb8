"""The outbox: what an emitted event adds to the statement that writes its change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import CTE, SQL, Entity, Function, Select

from sparx_core.db.statements import slot
from sparx_core.events.models import Delivery, EventRow
from sparx_core.events.types import Event, Handler
from sparx_core.ids import uuid7
from sparx_core.json import encode
from sparx_core.read.compiler import render
from sparx_core.read.selection import Selection
from sparx_core.read.view import Views
from sparx_core.write import Written, fields_of, insert_cte, recordset

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.resources import Resource

_EVENT_COLUMNS = (
    "id",
    "type",
    "event_version",
    "aggregate_type",
    "aggregate_id",
    "actor",
    "request_id",
    "depth",
)
_DELIVERY_COLUMNS = ("id", "handler", "module")


@dataclass(frozen=True)
class Emission:
    """An event about to be stored, with the handlers that will receive it."""

    event: Event
    resource: Resource
    selection: Selection
    handlers: tuple[Handler, ...]
    event_id: UUID
    delivery_ids: tuple[UUID, ...]


def prepare(context: Context, events: Sequence[Event]) -> list[Emission]:
    """Resolve each event's resource and the handlers of modules active in this tenant."""
    emissions = []
    views = context.views
    for event in events:
        handlers = context.registry.handlers_of(type(event).name, context.modules)
        resource = context.registry.resources[type(event).resource]
        emissions.append(
            Emission(
                event,
                resource,
                views.whole(resource.key),
                handlers,
                uuid7(),
                tuple(uuid7() for _ in handlers),
            )
        )
    return emissions


def emission_values(context: Context, number: int, emission: Emission) -> dict[Any, str]:
    """The parameters of :func:`emission_ctes`."""
    event = emission.event
    row = {
        "id": emission.event_id,
        "type": type(event).name,
        "event_version": type(event).version,
        "aggregate_type": emission.resource.key,
        "aggregate_id": event.row.id,
        "actor": str(context.actor),
        "request_id": context.request_id,
        "depth": context.depth,
    }
    deliveries = [
        {"id": delivery_id, "handler": handler.name, "module": handler.module}
        for delivery_id, handler in zip(emission.delivery_ids, emission.handlers, strict=True)
    ]
    return {
        ("event", number): encode([row]).decode(),
        ("aggregate", number): str(event.row.id),
        ("deliveries", number): encode(deliveries).decode(),
    }


def emission_ctes(
    number: int, emission: Emission, views: Views, written: Written, previous: CTE | None
) -> Iterator[CTE]:
    """``e<n>`` inserts the event with its payload rendered there, ``d<n>`` its deliveries.

    ``previous`` is the event emitted before: unless one asks for the other, PostgreSQL inserts
    them in any order, and their positions would not tell what came first.
    """
    resource, row = emission.resource, emission.event.row
    scope = written.scope(row)
    view = views.resource(resource.key)
    payload = render(view, views, emission.selection, scope, written.sources(row))
    data = payload.where(scope.column("id") == slot(("aggregate", number)))
    chosen, rows = recordset(EventRow, _EVENT_COLUMNS, slot(("event", number)))
    columns = [*_EVENT_COLUMNS, "data"]
    inserted = Select([rows], [*chosen, data])
    if previous is not None:
        inserted = inserted.where(Function("EXISTS", (Select([previous], [SQL("1")]),)))
    event = insert_cte(
        EventRow,
        [Entity(name) for name in columns],
        inserted,
        f"e{number}",
        returning=[Entity("events", name) for name in ("id", "type", "aggregate_id", "position")],
    )
    yield event
    if emission.handlers:
        yield _deliveries_cte(number, event)


def _deliveries_cte(number: int, event: CTE) -> CTE:
    chosen, rows = recordset(Delivery, _DELIVERY_COLUMNS, slot(("deliveries", number)))
    copied = {
        "event_id": event.c.id,
        "event_type": event.c.type,
        "aggregate_id": event.c.aggregate_id,
        "position": event.c.position,
    }
    columns = [*_DELIVERY_COLUMNS, *copied]
    names = [fields_of(Delivery)[name].column_name for name in columns]
    return insert_cte(
        Delivery,
        [Entity(name) for name in names],
        Select([rows, event], [*chosen, *copied.values()]),
        f"d{number}",
        returning=[Entity("deliveries", "id")],
    )
