"""The context of one transaction: who acts in which tenant, and the work done there.

An operation or handler receives a :class:`Context` and nothing else: rows are read and written
through it, events are emitted through it. It never commits; the edge does, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sparx_core.actors import (
    ALL_SCOPES,
    EVERYBODY,
    Actor,
    Tenant,
    check_owner,
    own,
    parse_modules,
    parse_sees,
)
from sparx_core.custom_fields.declared import Declared, read_declared
from sparx_core.db.models import TenantModel, TrashModel, row_of
from sparx_core.db.statements import sql_type
from sparx_core.errors import InsufficientScope, ModuleDisabled, NotFound, VersionConflict
from sparx_core.events.asking import ask_guards_of
from sparx_core.events.tasks import schedule_task, unschedule_task
from sparx_core.events.types import Event, Task
from sparx_core.read.compiler import select_matching, select_row
from sparx_core.read.view import Views
from sparx_core.storage.files import Files
from sparx_core.transaction import Answer, Rendered, Transaction
from sparx_core.write import GONE, Changed, Deleted, Inserted, Trashed, Write, fields_of

if TYPE_CHECKING:
    from sparx_core.encryption import Keyring
    from sparx_core.events.work import Work
    from sparx_core.outbound import Outbound
    from sparx_core.registry import Registry

RowT = TypeVar("RowT", bound=TenantModel)

#: PostgreSQL ends a transaction that is idle for 15 seconds, as one is that waits for a server.
CALL_SECONDS = 10.0


@dataclass(frozen=True)
class Mark:
    """How much a context had pending at a moment, and how often it had sent something."""

    writes: int
    events: int
    emitted: int
    sent: int


class Context:
    """One transaction in one tenant."""

    def __init__(
        self,
        transaction: Transaction,
        registry: Registry,
        tenant: Tenant,
        actor: Actor,
        modules: frozenset[str],
        *,
        request_id: str | None = None,
        depth: int = 0,
    ) -> None:
        self.transaction = transaction
        self.registry = registry
        self.tenant = tenant
        self.actor = actor
        self.modules = modules
        self.request_id = request_id
        #: How many events led here: 0 in a request, one more in each handler.
        self.depth = depth
        #: The delivery that is worked off here, for the core's own handlers; None in a request.
        self.work: Work | None = None
        #: The installation's client for other servers.
        self.client: Outbound | None = None
        self.files = Files(tenant.id)  # no part of the transaction: they outlive it
        #: Loads the installation's keys, for secrets that it has to read again; in requests alone.
        self.load_keyring: Callable[[], Keyring] | None = None
        #: The row of the API key that entered here, if one did.
        self.key: UUID | None = None
        #: Whether this is one of many writes of a batch or an import, which are sent together.
        self.in_bulk = False
        #: Whether the tenant has webhook subscriptions that are enabled.
        self.subscribed = False
        #: The members whose records the actor sees, its own first; None: those of everybody.
        self.sees: tuple[UUID, ...] | None = None
        #: The fields of resources that are hidden from the actor: what it is shown has none.
        self.hides: frozenset[str] = frozenset()
        #: Goes up when the tenant declares something; None where it is not known.
        self.declarations: int | None = None
        self._declared: Declared | None = None
        #: Where the request came from, if who asked has a link and no key.
        self.address: str | None = None
        #: What became of the request's idempotency key: a row of ``core.claim_key``, or nothing.
        self.claimed: tuple[Any, ...] = ()
        self.writes: list[Write] = []
        self.referred: set[UUID] = set()  # what the client sent ids of, and has a trash
        #: What is not stored yet, and all that was emitted.
        self.events: list[Event] = []
        self.emitted: list[Event] = []
        #: Pending writes by the ``id()`` of rows; of how much guards were asked; how often sent.
        self._pending: dict[int, Write] = {}
        self._asked = 0
        self._sent = 0

    @property
    def views(self) -> Views:
        """What resources look like in this tenant."""
        return self.registry.views(self.modules)

    @property
    def declared(self) -> Declared:
        """The custom fields and saved views of the tenant."""
        if self._declared is None:
            self._declared = read_declared(self)
        return self._declared

    @property
    def outbound(self) -> Outbound:
        """Sends HTTP requests to other servers, of ten seconds at most; in handlers alone.

        A request to the API waits for nobody else's server, and may be rolled back: emit an event.
        """
        if self.client is None or self.work is None:
            raise RuntimeError("a request calls no other server: emit an event, and handle it")
        return self.client.within(CALL_SECONDS)

    @property
    def keyring(self) -> Keyring:
        """What seals secrets. Raises ``EncryptionError`` on a machine without keys."""
        if self.load_keyring is None:
            raise RuntimeError("only requests seal secrets")
        return self.load_keyring()

    def check_url(self, url: str) -> str:
        """A URL that somebody wants to be called, as it will be used: to store it.

        Raises ``OutboundError``, ``invalid_url`` or ``blocked``. A name is not looked up: its
        addresses are checked whenever something is sent there.
        """
        if self.client is None:
            raise RuntimeError("this context has no client")
        return self.client.check_url(url)

    # -- what is allowed -------------------------------------------------------------------

    def require(self, module: str, scope: str | None = None) -> None:
        """Refuse unless ``module`` is active in this tenant and the actor has ``scope``."""
        if module not in self.modules:
            raise ModuleDisabled(module)
        if scope is not None and not self.actor.allows(scope):
            raise InsufficientScope(scope)

    def refresh_modules(self) -> None:
        """Take up a change of the tenant's active modules that this transaction made."""
        self.flush()
        self.modules = parse_modules(self.transaction.scalar("SELECT core.refresh_context()"))

    # -- reading ---------------------------------------------------------------------------

    def find(self, model: type[RowT], row_id: UUID, *, lock: bool = False) -> RowT | None:
        """The tenant's row with this id; ``lock`` keeps other writers away until the commit."""
        self.flush()
        found = self.transaction.fetch(
            ("row", model, lock), lambda: select_row(model, lock), {"id": str(row_id)}
        )
        return None if found is None else row_of(model, found)

    def get(self, model: type[RowT], row_id: UUID, *, lock: bool = False) -> RowT:
        """Like :meth:`find`; ``NotFound`` if there is none, or it is another tenant's."""
        row = self.find(model, row_id, lock=lock)
        if row is None:
            raise NotFound
        return row

    def lock(self, model: type[RowT], name: str, values: Sequence[Any]) -> list[RowT]:
        """The tenant's rows whose field ``name`` has one of ``values``, as they are stored, locked
        in the order of their ids.
        """
        return self.match(model, name, values, lock=True)

    def match(
        self, model: type[RowT], name: str, values: Sequence[Any], *, lock: bool = False
    ) -> list[RowT]:
        """Like :meth:`lock`, without locking: for rows that are only looked at. By a field that is
        unique outside of the trash no rows are found that are in it.
        """
        self.flush()
        if not values:
            return []
        column = fields_of(model)[name]
        found = self.transaction.fetch_all(
            ("matching", model, name, lock),
            lambda: select_matching(model, column.column_name, sql_type(column), lock=lock),
            {"values": list(dict.fromkeys(map(str, values)))},
        )
        return [row_of(model, one) for one in found]

    def first(self, query: Any) -> Any:
        """The first row of a peewee query, or None."""
        return next(iter(self.all(query)), None)

    def all(self, query: Any) -> list[Any]:
        """All rows of a peewee query; what was written before in this context is seen."""
        self.flush()
        return list(self.transaction.run(query))

    def run(self, query: Any) -> Any:
        """Execute a peewee query that changes rows; the number of rows, or those it returns."""
        self.flush()
        self._sent += 1
        return self.transaction.run(query)

    def timezone(self) -> str:
        """The tenant's time zone, by its name in the IANA database."""
        self.flush()
        return str(self.transaction.scalar("SELECT core.tenant_timezone()"))

    def today(self) -> date:
        """The day that it is for the tenant, when the transaction began."""
        self.flush()
        found: date = self.transaction.scalar("SELECT core.tenant_today()")
        return found

    # -- writing ---------------------------------------------------------------------------

    def insert(self, row: RowT) -> RowT:
        """Insert a row; it reaches the database with the next read or at the end."""
        own(row, self.sees)
        self._add(Inserted(type(row), [row]))
        return row

    def insert_all(self, rows: Iterable[RowT]) -> list[RowT]:
        """Insert rows of one model."""
        return [self.insert(row) for row in rows]

    def update(self, row: RowT, **values: Any) -> RowT:
        """Set values on a row and raise its version; nothing happens if none differs."""
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        check_owner(row, changes, self.sees)
        for name, value in changes.items():
            setattr(row, name, value)
        write = self._pending.get(id(row))
        if write is not None:
            if isinstance(write, Changed):
                write.values[0].update(changes)
            return row
        if changes:
            self._add(Changed(type(row), [row], [changes]))
        return row

    def delete(self, row: TenantModel) -> None:
        """Delete a row; ``Conflict`` at the end of the operation if others refer to it.

        One of a ``TrashModel`` is put into the trash, whatever refers to it.
        """
        if not isinstance(row, TrashModel):
            self._add(Deleted(type(row), [row]))
        elif not row.trashed:
            self._add(Trashed.now(row))

    def restore(self, row: TrashModel) -> None:
        """Take a row out of the trash; ``Conflict`` at the end if a unique value was taken."""
        self.update(row, trashed=False, deleted_at=None)

    def purge(self, row: TenantModel) -> None:
        """Delete a row for good, of a ``TrashModel``, too; ``Conflict`` if others refer to it."""
        self._add(Deleted(type(row), [row]))

    def check_version(self, row: TenantModel, expected: int | None) -> None:
        """Refuse if the client saw another version than ``row`` has now."""
        if expected is not None and row.version != expected:
            raise VersionConflict(int(row.version))

    def emit(self, event: Event) -> Event:
        """State a fact: stored with the change, in this transaction, and delivered after it."""
        self.events.append(event)
        self.emitted.append(event)
        return event

    def schedule(self, task: Task, row: TenantModel, *, at: datetime) -> None:
        """Have ``task`` done on a row at a time, if this transaction commits.

        It is pending once for a row: scheduling it again moves it. ``at`` has a time zone; a time
        that is over means at once.
        """
        known = self.registry.task(task)
        self.require(known.module)
        self._sent += 1
        schedule_task(self, known, row, at)

    def unschedule(self, task: Task, row: TenantModel) -> bool:
        """Take a task of a row back; False if none is pending: it may be running already."""
        self._sent += 1
        return unschedule_task(self, self.registry.task(task), row)

    def call_hook(self, name: str, **arguments: Any) -> list[Any]:
        """Call a hook that a module specifies; what the modules active here answer.

        Required modules come first. An implementation that raises ends the operation.
        """
        return self.registry.call_hook(name, self.modules, arguments)

    # -- in parts --------------------------------------------------------------------------

    def mark(self) -> Mark:
        """What is pending now, to :meth:`forget` what follows."""
        return Mark(len(self.writes), len(self.events), len(self.emitted), self._sent)

    def forget(self, mark: Mark) -> bool:
        """Drop what was asked for since ``mark``; False if some of it was sent already, and only
        rolling back undoes it.
        """
        if self._sent != mark.sent:
            return False
        for write in self.writes[mark.writes :]:
            for row in write.rows:
                self._pending.pop(id(row), None)
        del self.writes[mark.writes :], self.events[mark.events :], self.emitted[mark.emitted :]
        self._asked = min(self._asked, mark.emitted)
        return True

    def forget_all(self) -> None:
        """Drop all that is pending, of a part of the transaction that is rolled back."""
        self.writes, self.events, self._pending = [], [], {}
        self._asked = len(self.emitted)

    # -- at the end ------------------------------------------------------------------------

    def flush(self) -> None:
        """Send pending writes; their constraints are checked here."""
        if self.work is not None:
            self.work.check()
        if self.writes:
            writes = self._take()
            gone = {
                (write.model, row.id)
                for write in writes
                if isinstance(write, GONE)
                for row in write.rows
            }
            # The payload is the row as it was, so it is rendered while it is there.
            told = [one for one in self.events if (type(one.row), one.row.id) in gone]
            if told:
                self.events = [
                    one for one in self.events if (type(one.row), one.row.id) not in gone
                ]
            self.transaction.finish(self, writes, told, None)

    def finish(self, answer: Answer | None = None) -> Rendered | None:
        """Send what is pending with its events, and render the answer, if one is asked for.

        Guards are asked first, also about events that other guards emit.
        """
        self.ask_guards()
        writes = self._take()
        events, self.events = self.events, []
        return self.transaction.finish(self, writes, events, answer)

    def ask_guards(self) -> None:
        """Ask the guards of what was emitted and not asked about yet; one may refuse it."""
        while self._asked < len(self.emitted):
            event = self.emitted[self._asked]
            self._asked += 1
            ask_guards_of(self, event)

    def _add(self, write: Write) -> None:
        # The CTEs of one statement run in no order; different kinds of writes depend on it.
        if self.writes and type(self.writes[-1]) is not type(write):
            self.flush()
        self.writes.append(write)
        self._pending[id(write.rows[0])] = write

    def _take(self) -> list[Write]:
        """What is pending, which is sent now."""
        writes, self.writes, self._pending = self.writes, [], {}
        self._sent += bool(writes)
        return writes


__all__ = [
    "ALL_SCOPES",
    "EVERYBODY",
    "Actor",
    "Context",
    "Mark",
    "Tenant",
    "parse_modules",
    "parse_sees",
]
