"""Connections: one a thread, kept open, replaced when it breaks."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from functools import partial
from itertools import count
from threading import local
from time import monotonic
from typing import Any

import psycopg2
import psycopg2.extras
from peewee import InterfaceError, OperationalError, PeeweeException, PostgresqlDatabase
from psycopg2.extensions import TRANSACTION_STATUS_INERROR

from sparx_core.db.injection import is_one_statement
from sparx_core.errors import Unavailable

# Numbers in documents are exact: what was read and is written again stays what it was.
psycopg2.extras.register_default_jsonb(
    globally=True, loads=partial(json.loads, parse_float=Decimal)
)

#: Prepared statements of one connection. Each holds about 130 kB of its server process, and a
#: client that sends every combination of optional fields could ask for hundreds.
MAX_PREPARED = 100
#: Characters of a statement that is prepared: what a client can make longer is not asked again.
MAX_PREPARED_CHARACTERS = 65_536

#: Ends a transaction in which a module sent SQL of its own. What injected SQL may have left in
#: the session - a setting, a channel, a lock - is gone before the next tenant comes.
_WIPE = "; CLOSE ALL; UNLISTEN *; RESET ALL; SELECT pg_advisory_unlock_all()"
#: The same of statements that it may have prepared under our names.
_UNPREPARE = "; DEALLOCATE ALL"

#: A connection that takes longer to turn out broken was not closed by the server.
_RETRY_SECONDS = 1.0

#: A placeholder, or a percent sign.
_PERCENT = re.compile("%%|%s")


class Database(PostgresqlDatabase):
    """A PostgreSQL login. Each thread that uses it keeps one connection of its own.

    Transactions are opened by :meth:`transaction` alone; ``atomic`` is refused, because a
    nested block of peewee's would commit what is not its own to commit. Statements whose plan
    does not depend on the tenant are prepared on the server, which halves what an order costs
    there; not behind a pooler, where nothing may outlive a transaction, and not with
    ``prepare=False``, for connections on which modules' own SQL is the rule. After ``seconds`` a
    transaction sends nothing more and is rolled back, with ``Unavailable``.
    """

    def __init__(self, dsn: str, *, prepare: bool = True, seconds: float | None = None) -> None:
        super().__init__(dsn, autorollback=False)
        # peewee lets one thread connect at a time. The state is each thread's own, so the lock
        # guards nothing, and while the server is away every thread would wait for all others.
        self._lock = nullcontext()
        self._seconds = seconds
        self._prepared = Prepared(prepare, seconds)

    @contextmanager
    def transaction(  # type: ignore[override]
        self, entry: str, parameters: Sequence[Any] = (), *, read_only: bool = False
    ) -> Iterator[tuple[Any, ...] | None]:
        """One transaction, entered with a statement whose first row is yielded.

        BEGIN and the statement share a round trip. Commits at the end of the block, rolls back
        when it raises. ``Unavailable`` if the server cannot be reached: a connection that broke
        while idle is replaced once, since nothing was written through it.
        """
        begin = "BEGIN READ ONLY; " if read_only else "BEGIN; "
        try:
            entered = self._enter(begin, entry, parameters)
            if self._seconds is not None:
                self._prepared.deadline = monotonic() + self._seconds
            try:
                yield entered.fetchone()
                self._commit()
            except BaseException:
                self._roll_back()
                raise
        except PeeweeException as error:
            if is_outage(error):
                raise Unavailable from error
            raise

    def read(self, entry: str, statement: str, parameters: Sequence[Any], *, prepare: bool) -> Any:
        """A READ ONLY transaction of two statements in one round trip; the second's first row.

        PostgreSQL takes the statements of one message for one transaction. ``parameters`` are
        those of both. Raises ``Unavailable`` as :meth:`transaction` does.
        """
        try:
            found = self._enter(
                "SET TRANSACTION READ ONLY; ", entry, parameters, statement, prepare=prepare
            )
        except PeeweeException as error:
            if is_outage(error):
                raise Unavailable from error
            raise
        return found.fetchone()

    def call(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement that is a transaction by itself, in one round trip; its rows.

        Raises ``Unavailable`` as :meth:`transaction` does.
        """
        try:
            rows: list[tuple[Any, ...]] = self._enter("", statement, parameters).fetchall()
        except PeeweeException as error:
            if is_outage(error):
                raise Unavailable from error
            raise
        return rows

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None) -> Any:
        """Execute SQL; the cursor. All that this login does goes through here."""
        if self._prepared.deadline is not None and monotonic() > self._prepared.deadline:
            raise Unavailable
        if self._prepared.foreign:
            self._prepared.touched = True
            self._prepared.distrusted |= not is_one_statement(sql, params or ())
        return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]

    def before_commit(self, sql: str, parameters: Sequence[Any]) -> None:
        """Execute a statement in the message that commits the open transaction."""
        self._prepared.closing = (sql, parameters)

    def run(self, query: Any) -> Any:
        """What a peewee query answers that the core did not compile. At the end of the transaction
        the session is wiped of what it may have left.
        """
        self._prepared.foreign = True
        try:
            return query.execute(self)
        finally:
            self._prepared.foreign = False

    def execute_statement(self, sql: str, parameters: Sequence[Any]) -> Any:
        """Execute a compiled statement, prepared where the connection allows it."""
        return self.execute_sql(self._prepare(sql), parameters)

    def _connect(self) -> Any:
        connection = super()._connect()  # type: ignore[misc]
        self._prepared.start(connection)
        return connection

    def _prepare(self, sql: str) -> str:
        """``EXECUTE name (...)`` for ``sql``, or ``sql`` itself behind a pooler."""
        if self.is_closed():
            self.connect()
        if not self._prepared.direct or len(sql) > MAX_PREPARED_CHARACTERS:
            return sql
        call = self._prepared.find(sql)
        if call is None:
            call, definition = self._prepared.define(sql)
            self.execute_sql(definition)
            self._prepared.calls[sql] = call
        return call

    def _enter(
        self,
        begin: str,
        entry: str,
        parameters: Sequence[Any],
        statement: str = "",
        *,
        prepare: bool = True,
    ) -> Any:
        began = monotonic()
        for fresh in (self.is_closed(), True):
            try:
                following = self._prepare(statement) if statement and prepare else statement
                entering = self._prepare(entry)
                limit = self._prepared.limit if begin.startswith("BEGIN") else ""
                sql = f"{begin}{limit}{entering}{'; ' if following else ''}{following}"
                return self.execute_sql(sql, parameters)
            except PeeweeException:
                # Whatever went wrong, a connection in an unknown state is of no use.
                self._discard()
                # Who has waited for a network that is gone need not wait for it once more.
                if fresh or monotonic() - began > _RETRY_SECONDS:
                    raise
        raise AssertionError("the second attempt returns or raises")

    def _commit(self) -> None:
        # COMMIT after a statement that failed rolls back, and does not call that an error.
        status = self.connection().info.transaction_status  # type: ignore[no-untyped-call]
        if status == TRANSACTION_STATUS_INERROR:
            raise RuntimeError("a statement failed, its error was swallowed, and nothing is stored")
        if self._prepared.closing is None:
            self._end("COMMIT")
            return
        sql, parameters = self._prepared.closing
        # What a module's SQL left under one of our names must not be executed.
        closing = sql if self._prepared.distrusted else self._prepare(sql)
        self._end(f"{closing}; COMMIT", parameters)

    def _end(self, command: str, parameters: Sequence[Any] = ()) -> None:
        touched, distrusted = self._prepared.touched, self._prepared.distrusted
        wiping = (_WIPE if touched else "") + (_UNPREPARE if distrusted else "")
        self.execute_sql(command + wiping, parameters)
        self._prepared.closing = self._prepared.deadline = None
        self._prepared.touched = False
        if distrusted:
            self._prepared.forget()

    def _roll_back(self) -> None:
        self._prepared.closing = self._prepared.deadline = None
        try:
            self._end("ROLLBACK")
        except PeeweeException:
            self._discard()

    def _discard(self) -> None:
        """Close this thread's connection, whatever state it is in."""
        try:
            self.close()
        except (PeeweeException, psycopg2.Error):
            self._state.reset()  # type: ignore[attr-defined]

    def atomic(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a transaction is opened and committed at the edge, by the core only")


class Prepared(local):
    """The prepared statements of this thread's connection: SQL to the text that runs it."""

    def __init__(self, wanted: bool, seconds: float | None = None) -> None:
        self.wanted = wanted
        self.seconds = seconds
        #: When the open transaction has to be over, and what tells the server so.
        self.deadline: float | None = None
        self.limit = ""
        self.direct = False
        #: Whether SQL is running that the core did not compile, did in the open transaction, and
        #: may have prepared statements there.
        self.foreign = self.touched = self.distrusted = False
        #: What is to be executed at the commit.
        self.closing: tuple[str, Sequence[Any]] | None = None
        self.calls: OrderedDict[str, str] = OrderedDict()
        self._made = 0

    def start(self, connection: Any) -> None:
        """A new connection has none. A pooler announces a backend that is not the server's."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            direct = cursor.fetchone()[0] == connection.info.backend_pid
        self.direct = direct and self.wanted
        if self.seconds is not None and connection.info.server_version >= 170_000:
            self.limit = f"SET LOCAL transaction_timeout = {int(self.seconds * 1000)}; "
        self.forget()

    def forget(self) -> None:
        """The session holds nothing any more."""
        self.touched = self.distrusted = False
        self.calls.clear()

    def find(self, sql: str) -> str | None:
        """The call for ``sql``, if it is prepared."""
        call = self.calls.get(sql)
        if call is not None:
            self.calls.move_to_end(sql)
        return call

    def define(self, sql: str) -> tuple[str, str]:
        """The call for ``sql``, and what has to be executed before it: the one used longest ago
        gives way when there are many."""
        numbers = count(1)
        numbered = _PERCENT.sub(
            lambda found: "%%" if found[0] == "%%" else f"${next(numbers)}", sql
        )
        arguments = ", ".join(["%s"] * (next(numbers) - 1))
        arguments = f" ({arguments})" if arguments else ""
        self._made += 1
        name, drop = f"s{self._made}", ""
        if len(self.calls) >= MAX_PREPARED:
            _, oldest = self.calls.popitem(last=False)
            drop = f"DEALLOCATE {oldest.split()[1]}; "
        return f"EXECUTE {name}{arguments}", f"{drop}PREPARE {name} AS {numbered}"


def original(error: PeeweeException) -> psycopg2.Error | None:
    """The driver's error inside one of peewee's, which carries SQLSTATE and diagnostics."""
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, psycopg2.Error) else None


#: SQLSTATE classes and codes that say "not now" rather than "wrong": connection exceptions,
#: no resources, operator intervention; cancelled by a deadline; lock not available; deadlock.
_OUTAGES = ("08", "53", "57", "55P03", "40P01", "40001", "25P03", "25P04")


def is_outage(error: PeeweeException) -> bool:
    """Whether the same request may succeed a moment later."""
    inner = original(error)
    state = inner.pgcode if inner is not None else None
    if state is None:
        # No SQLSTATE: the server was not reached, or hung up.
        return isinstance(error, OperationalError | InterfaceError)
    return str(state).startswith(_OUTAGES)
