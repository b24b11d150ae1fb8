"""Executing what a context asks for, inside the one transaction of a request or a delivery."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from peewee import CTE, SQL, IntegrityError, OperationalError, Select
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from sparx_core.db.connection import Database
from sparx_core.db.models import TenantModel
from sparx_core.db.statements import StatementCache, slot
from sparx_core.events.outbox import Emission, emission_ctes, emission_values, prepare
from sparx_core.events.types import Event
from sparx_core.read.compiler import models_read, render, select_rendered
from sparx_core.read.page import locale_slots
from sparx_core.read.selection import Selection
from sparx_core.read.view import Views
from sparx_core.references import mark_references
from sparx_core.violations import explain
from sparx_core.write import (
    GONE,
    Inserted,
    Positions,
    Write,
    Written,
    gather,
    positions_of,
    shape_of,
    values_of,
    write_cte,
)

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.resources import Resource

_TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(core.tenant_id() || %s, 0))"

AttemptT = TypeVar("AttemptT")


@dataclass(frozen=True)
class Answer:
    """A row to render at the end of a transaction, and what of it is shown."""

    resource: Resource
    row: TenantModel
    selection: Selection
    locales: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rendered:
    """A row as it will be stored: its JSON, and its version."""

    text: str
    version: int


class Transaction:
    """The statements of one open transaction, and the deliveries to ring once it committed."""

    def __init__(self, database: Database, statements: StatementCache) -> None:
        self.database = database
        self.statements = statements
        self.deliveries: list[UUID] = []
        #: Whether there may be webhook deliveries to ring for.
        self.webhooks = False

    def run(self, query: Any) -> Any:
        """Execute a peewee query of a module, or of an operation that is rare."""
        return self.database.run(query)

    def fetch(self, shape: Hashable, build: Any, slots: dict[Hashable, Any]) -> Any:
        """The first row of a statement that is compiled once for its ``shape``."""
        statement = self.statements.get(shape, build)
        cursor = self.database.execute_statement(statement.sql, statement.values(slots))
        return cursor.fetchone()

    def scalar(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row of a statement of the core's own."""
        return self.database.execute_sql(sql, parameters).fetchone()[0]

    def take_turns(self, about: str) -> None:
        """Wait until no other transaction of the tenant that takes turns ``about`` the same is
        open. What it committed is seen by the statements that follow.
        """
        self.scalar(_TAKE_TURNS, (f" {about}",))

    def attempt(self, work: Callable[[], AttemptT]) -> AttemptT:
        """What ``work`` answers. If it raises, all that it sent is rolled back, and the rest of the
        transaction stands.
        """
        self.database.execute_sql("SAVEPOINT attempt")
        rung = len(self.deliveries)
        try:
            answer = work()
        except BaseException:
            del self.deliveries[rung:]
            self.database.execute_sql("ROLLBACK TO SAVEPOINT attempt; RELEASE SAVEPOINT attempt")
            raise
        self.database.execute_sql("RELEASE SAVEPOINT attempt")
        return answer

    @property
    def failed(self) -> bool:
        """Whether a statement failed, so that nothing works until what it was a part of is
        rolled back.
        """
        status = self.database.connection().info.transaction_status  # type: ignore[no-untyped-call]
        return bool(status == TRANSACTION_STATUS_INERROR)

    def fetch_all(self, shape: Hashable, build: Any, slots: dict[Hashable, Any]) -> list[Any]:
        """Like :meth:`fetch`, all rows."""
        statement = self.statements.get(shape, build)
        values = statement.values(slots)
        rows: list[Any] = self.database.execute_statement(statement.sql, values).fetchall()
        return rows

    def render(
        self, context: Context, resource: Resource, ids: Sequence[UUID], shown: Answer
    ) -> dict[UUID, Rendered]:
        """Rows of a resource as they are now, by id; ``shown`` says what of them."""
        views = context.views
        view = views.resource(resource.key)
        locales = len(shown.locales)
        found = self.fetch_all(
            ("rendered", resource.key, views.modules, shown.selection, locales),
            lambda: select_rendered(view, views, shown.selection, locales),
            {
                "ids": [str(one) for one in ids],
                **locale_slots(shown.locales),
                **shown.selection.slots,
            },
        )
        return {row_id: Rendered(text, version) for text, row_id, version in found}

    def write(self, context: Context, writes: Sequence[Write]) -> None:
        """Send writes whose result nobody renders."""
        self._finish(context, writes, [], None)

    def finish(
        self,
        context: Context,
        writes: Sequence[Write],
        events: Sequence[Event],
        answer: Answer | None,
    ) -> Rendered | None:
        """Send writes and events and render the answer, in one statement wherever possible."""
        writes = gather(writes)
        gone = {(one.model, row.id) for one in writes if isinstance(one, GONE) for row in one.rows}
        told = [one for one in events if (type(one.row), one.row.id) in gone]
        if gone and (len(told) < len(events) or answer is not None):
            # A row that goes is rendered beside its deletion, the others after it.
            self.finish(context, writes, told, None)
            writes, events = [], [one for one in events if (type(one.row), one.row.id) not in gone]
        positions = positions_of(writes)
        emissions = prepare(context, events, positions)
        views = context.views
        rendered = [(one.resource, one.rows[0], one.selection) for one in emissions]
        if answer is not None:
            rendered.append((answer.resource, answer.row, answer.selection))
        # Many rows are rendered from their table, which has indexes; a CTE has none.
        many = any(len(one.rows) > 1 for one in emissions)
        if not gone and (many or any(_stale(views, *one, writes, positions) for one in rendered)):
            self.write(context, writes)
            writes = []
        rendered_answer = self._finish(context, writes, emissions, answer)
        for emission in emissions:
            self.deliveries.extend(emission.delivery_ids)
            self.webhooks = self.webhooks or (context.subscribed and emission.type.public)
        return rendered_answer

    def _finish(
        self,
        context: Context,
        writes: Sequence[Write],
        emissions: Sequence[Emission],
        answer: Answer | None,
    ) -> Rendered | None:
        if not writes and not emissions and answer is None:
            return None
        mark_references(context, writes)
        slots = values_of(writes)
        for number, emission in enumerate(emissions):
            slots |= emission_values(context, number, emission)
        if answer is not None:
            slots |= {"answer": str(answer.row.id), **locale_slots(answer.locales)}
            slots |= answer.selection.slots
        views = context.views
        try:
            found = self.fetch(
                (views.modules, _shape(writes, emissions, answer)),
                lambda: _build(views, writes, emissions, answer),
                slots,
            )
        except (IntegrityError, OperationalError) as error:
            explained = explain(error, context.registry.constraints, writes)
            if explained is None:
                raise
            raise explained from None
        return Rendered(*found) if answer is not None and found else None


def _stale(
    views: Views,
    resource: Resource,
    row: TenantModel,
    selection: Selection,
    writes: Sequence[Write],
    positions: Positions,
) -> bool:
    """Whether rendering ``row`` beside ``writes`` would miss some of them.

    A statement sees its own writes only through their CTEs: those of a row inserted here and
    of its children are, anything else of the models involved has to be sent first.
    """
    pending = positions.get(id(row))
    inserted = pending is not None and isinstance(writes[pending], Inserted)
    view = views.resource(resource.key)
    involved = models_read(view, views, selection, children=not inserted)
    if pending is None:
        involved.add(resource.model)
    return any(write.model in involved for write in writes)


def _shape(
    writes: Sequence[Write], emissions: Sequence[Emission], answer: Answer | None
) -> Hashable:
    positions = positions_of(writes)
    return (
        shape_of(writes),
        tuple(one.shape(positions) for one in emissions),
        answer
        and (
            answer.resource.key,
            positions.get(id(answer.row)),
            answer.selection,
            len(answer.locales),
        ),
    )


def _build(
    views: Views,
    writes: Sequence[Write],
    emissions: Sequence[Emission],
    answer: Answer | None,
) -> Select:
    ordered: list[CTE] = []
    by_write: dict[int, CTE] = {}
    for number, write in enumerate(writes):
        ordered.extend(write_cte(write, number))
        by_write[number] = ordered[-1]
    written = Written(by_write, writes, positions_of(writes))
    event: CTE | None = None
    for number, emission in enumerate(emissions):
        event, *deliveries = emission_ctes(number, emission, views, written, event)
        ordered += [event, *deliveries]
    if answer is None:
        final = Select([], [SQL("1")])
    else:
        scope = written.scope(answer.row, len(answer.locales))
        scope = replace(scope, lens=answer.selection.lens)
        view = views.resource(answer.resource.key)
        sources = written.sources(answer.row)
        version = scope.column("version")
        final = render(view, views, answer.selection, scope, sources, version, as_text=True)
        final = final.where(scope.column("id") == slot("answer"))
    return final.with_cte(*ordered) if ordered else final
