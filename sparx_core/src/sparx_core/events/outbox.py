"""The outbox: what an emitted event adds to the statement that writes its change."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import CTE, SQL, Entity, Function, NodeList, Select

from sparx_core.db.models import TenantModel
from sparx_core.db.statements import slot
from sparx_core.events.models import Delivery, EventRow
from sparx_core.events.types import Event, Handler
from sparx_core.ids import uuid7
from sparx_core.json import encode
from sparx_core.read.compiler import render
from sparx_core.read.selection import Selection
from sparx_core.read.view import Views
from sparx_core.write import NUMBER, Positions, Written, fields_of, insert_cte, recordset

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
    "public",
)
_DELIVERY_COLUMNS = ("id", "handler", "module")


@dataclass(frozen=True)
class Emission:
    """Events of one type about to be stored, with the handlers that will receive each.

    They are about rows of one model, which are written together or not at all.
    """

    type: type[Event]
    resource: Resource
    selection: Selection
    handlers: tuple[Handler, ...]
    rows: list[TenantModel] = field(default_factory=list)
    event_ids: list[UUID] = field(default_factory=list)
    delivery_ids: list[UUID] = field(default_factory=list)

    def shape(self, positions: Positions) -> Hashable:
        """What two emissions must share to share a statement."""
        many = len(self.rows) > 1
        return (self.type, positions.get(id(self.rows[0])), bool(self.handlers), many)

    def add(self, row: TenantModel) -> None:
        self.rows.append(row)
        self.event_ids.append(uuid7())
        self.delivery_ids.extend(uuid7() for _ in self.handlers)


def prepare(context: Context, events: Sequence[Event], positions: Positions) -> list[Emission]:
    """Resolve the resources and handlers of events; those of one type are stored together.

    What is told of one row stays in its order: an event that follows another about the same row
    is never put before it.
    """
    emissions: list[Emission] = []
    newest: dict[Hashable, int] = {}
    told: dict[UUID, int] = {}
    for event in events:
        kind = type(event)
        key = (kind, type(event.row), positions.get(id(event.row)))
        place = newest.get(key, -1)
        if place < told.get(event.row.id, 0) or place < 0:
            place = newest[key] = len(emissions)
            emissions.append(_emission(context, kind))
        told[event.row.id] = place
        emissions[place].add(event.row)
    return emissions


def _emission(context: Context, kind: type[Event]) -> Emission:
    resource = context.registry.resources[kind.resource]
    handlers = context.registry.handlers_of(kind.name, context.modules)
    selection = context.views.whole(resource.key, detail=kind.detail)
    return Emission(kind, resource, selection, handlers)


def emission_values(context: Context, number: int, emission: Emission) -> dict[Any, str]:
    """The parameters of :func:`emission_ctes`."""
    same = {
        "type": emission.type.name,
        "event_version": emission.type.version,
        "aggregate_type": emission.resource.key,
        "actor": str(context.actor),
        "request_id": context.request_id,
        "depth": context.depth,
        "public": emission.type.public,
    }
    told = list(zip(emission.event_ids, emission.rows, strict=True))
    events = [
        {"id": event_id, "aggregate_id": row.id, **same, NUMBER: place}
        for place, (event_id, row) in enumerate(told)
    ]
    ids = iter(emission.delivery_ids)
    deliveries = [
        {"id": next(ids), "handler": one.name, "module": one.module, "event_id": event_id}
        for event_id, _ in told
        for one in emission.handlers
    ]
    return {
        ("event", number): encode(events).decode(),
        ("aggregate", number): str(emission.rows[0].id),
        ("deliveries", number): encode(deliveries).decode(),
    }


def emission_ctes(
    number: int, emission: Emission, views: Views, written: Written, previous: CTE | None
) -> Iterator[CTE]:
    """``e<n>`` inserts the events with their payload rendered there, ``d<n>`` their deliveries.

    ``previous`` are the events emitted before: unless one asks for the other, PostgreSQL inserts
    them in any order, and their positions would not tell what came first.
    """
    resource, row, many = emission.resource, emission.rows[0], len(emission.rows) > 1
    scope = written.scope(row)
    view, sources = views.resource(resource.key), written.sources(row)
    source = slot(("event", number))
    chosen, rows = recordset(EventRow, _EVENT_COLUMNS, source, numbered=many)
    if many and isinstance(scope.source, CTE):
        told = (view, views, emission.selection, scope, sources, scope.column("id").alias("id"))
        payload = render(*told).alias("_p")
        joined = NodeList((rows, SQL("LEFT JOIN"), payload, SQL("ON _p.id = r.aggregate_id")))
        inserted = Select([joined], [*chosen, Entity("_p", "body")]).order_by(Entity("r", NUMBER))
    else:
        # Of rows in their table each is looked up by itself: a join may render all of the tenant's.
        data = render(view, views, emission.selection, scope, sources)
        told_of = Entity("r", "aggregate_id") if many else slot(("aggregate", number))
        inserted = Select([rows], [*chosen, data.where(scope.column("id") == told_of)])
        if many:
            inserted = inserted.order_by(Entity("r", NUMBER))
    if previous is not None:
        inserted = inserted.where(Function("EXISTS", (Select([previous], [SQL("1")]),)))
    event = insert_cte(
        EventRow,
        [Entity(name) for name in (*_EVENT_COLUMNS, "data")],
        inserted,
        f"e{number}",
        returning=[Entity("events", name) for name in ("id", "type", "aggregate_id", "position")],
    )
    yield event
    if emission.handlers:
        yield _deliveries_cte(number, event, many=many)


def _deliveries_cte(number: int, event: CTE, *, many: bool) -> CTE:
    read = (*_DELIVERY_COLUMNS, "event_id") if many else _DELIVERY_COLUMNS
    chosen, rows = recordset(Delivery, read, slot(("deliveries", number)))
    copied = {
        "event_id": event.c.id,
        "event_type": event.c.type,
        "aggregate_id": event.c.aggregate_id,
        "position": event.c.position,
    }
    columns = [*_DELIVERY_COLUMNS, *copied]
    names = [fields_of(Delivery)[name].column_name for name in columns]
    made = Select([rows, event], [*chosen[: len(_DELIVERY_COLUMNS)], *copied.values()])
    if many:
        made = made.where(event.c.id == Entity("r", "event_id"))
    return insert_cte(
        Delivery,
        [Entity(name) for name in names],
        made,
        f"d{number}",
        returning=[Entity("deliveries", "id")],
    )
