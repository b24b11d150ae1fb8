"""Executing what a context asks for, inside the one transaction of a request or a delivery."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import CTE, SQL, IntegrityError, Select

from sparx_core.db.connection import Database
from sparx_core.db.models import TenantModel
from sparx_core.db.statements import StatementCache, slot
from sparx_core.events.outbox import Emission, emission_ctes, emission_values, prepare
from sparx_core.events.types import Event
from sparx_core.fields import Many
from sparx_core.read import json_of, schema_instance, select_resource
from sparx_core.violations import explain
from sparx_core.write import Inserted, Write, Written, find_write, shape_of, values_of, write_cte

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.resources import Resource

Answer = tuple["Resource", TenantModel]


class Transaction:
    """The statements of one open transaction, and the deliveries to ring once it committed."""

    def __init__(self, database: Database, statements: StatementCache) -> None:
        self.database = database
        self.statements = statements
        self.deliveries: list[UUID] = []

    def run(self, query: Any) -> Any:
        """Execute a peewee query of a module, or of an operation that is rare."""
        self.database.distrust()
        return query.execute(self.database)

    def fetch(
        self,
        shape: Hashable,
        build: Any,
        slots: dict[Hashable, Any],
        *,
        planned_per_tenant: bool = False,
    ) -> Any:
        """The first row of a statement that is compiled once for its ``shape``.

        ``planned_per_tenant`` for one whose best plan depends on how many rows a tenant has:
        a prepared statement would go on with the plan of whoever came first.
        """
        statement = self.statements.get(shape, build)
        execute = (
            self.database.execute_sql if planned_per_tenant else self.database.execute_statement
        )
        return execute(statement.sql, statement.values(slots)).fetchone()

    def scalar(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a statement of the core's own."""
        return self.database.execute_sql(sql, parameters).fetchone()[0]

    def write(self, context: Context, writes: Sequence[Write]) -> None:
        """Send writes whose result nobody renders."""
        self._finish(context, writes, [], None)

    def finish(
        self,
        context: Context,
        writes: Sequence[Write],
        events: Sequence[Event],
        answer: Answer | None,
    ) -> str | None:
        """Send writes and events and render the answer, in one statement wherever possible."""
        emissions = prepare(context, events)
        rendered = [(emission.resource, emission.event.row) for emission in emissions]
        if any(_stale(resource, row, writes) for resource, row in [*rendered, *_listed(answer)]):
            self.write(context, writes)
            writes = []
        text = self._finish(context, writes, emissions, answer)
        for emission in emissions:
            self.deliveries.extend(emission.delivery_ids)
        return text

    def _finish(
        self,
        context: Context,
        writes: Sequence[Write],
        emissions: Sequence[Emission],
        answer: Answer | None,
    ) -> str | None:
        if not writes and not emissions and answer is None:
            return None
        slots = values_of(writes)
        for number, emission in enumerate(emissions):
            slots |= emission_values(context, number, emission)
        if answer is not None:
            slots["answer"] = str(answer[1].id)
        try:
            found = self.fetch(
                _shape(writes, emissions, answer),
                lambda: _build(writes, emissions, answer),
                slots,
            )
        except IntegrityError as error:
            explained = explain(error, context.registry.constraints, writes)
            if explained is None:
                raise
            raise explained from None
        return str(found[0]) if answer is not None and found else None


def _listed(answer: Answer | None) -> list[Answer]:
    return [] if answer is None else [answer]


def _stale(resource: Resource, row: TenantModel, writes: Sequence[Write]) -> bool:
    """Whether rendering ``row`` beside ``writes`` would miss some of them.

    A statement sees its own writes only through their CTEs: those of a row inserted here and
    of its children are, anything else of the models involved has to be sent first.
    """
    pending = find_write(writes, row)
    if pending is not None and isinstance(writes[pending], Inserted):
        return False
    schema = schema_instance(resource.schema)
    involved = {field.model for field in schema.dump_fields.values() if isinstance(field, Many)}
    if pending is None:
        involved.add(resource.model)
    return any(
        (write.model if isinstance(write, Inserted) else type(write.row)) in involved
        for write in writes
    )


def _shape(
    writes: Sequence[Write], emissions: Sequence[Emission], answer: Answer | None
) -> Hashable:
    return (
        shape_of(writes),
        tuple(
            (type(one.event), find_write(writes, one.event.row), bool(one.handlers))
            for one in emissions
        ),
        answer and (answer[0].key, find_write(writes, answer[1])),
    )


def _build(writes: Sequence[Write], emissions: Sequence[Emission], answer: Answer | None) -> Select:
    ordered: list[CTE] = []
    by_write: dict[int, CTE] = {}
    for number, write in enumerate(writes):
        ordered.extend(write_cte(write, number))
        by_write[number] = ordered[-1]
    written = Written(by_write, writes)
    event: CTE | None = None
    for number, emission in enumerate(emissions):
        event, *deliveries = emission_ctes(number, emission, written, event)
        ordered += [event, *deliveries]
    if answer is None:
        final = Select([], [SQL("1")])
    else:
        resource, row = answer
        scope = written.scope(row)
        shown = select_resource(resource.schema, resource.model, scope, written.sources(row))
        final = json_of(shown.where(scope.column("id") == slot("answer")))
    return final.with_cte(*ordered) if ordered else final
