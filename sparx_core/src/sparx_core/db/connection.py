"""Connections: one a thread, kept open, replaced when it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
from peewee import InterfaceError, OperationalError, PeeweeException, PostgresqlDatabase

from sparx_core.errors import Unavailable


class Database(PostgresqlDatabase):
    """A PostgreSQL login. Each thread that uses it keeps one connection of its own.

    Transactions are opened by :meth:`transaction` alone; ``atomic`` is refused, because a
    nested block of peewee's would commit what is not its own to commit.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn, autorollback=False)

    @contextmanager
    def transaction(  # type: ignore[override]
        self, entry: str, parameters: Sequence[Any] = (), *, read_only: bool = False
    ) -> Iterator[tuple[Any, ...] | None]:
        """One transaction, entered with a statement whose first row is yielded.

        BEGIN and the statement share a round trip. Commits at the end of the block, rolls back
        when it raises. ``Unavailable`` if the server cannot be reached: a connection that broke
        while idle is replaced once, since nothing was written through it.
        """
        begin = "BEGIN READ ONLY" if read_only else "BEGIN"
        row = self._enter(f"{begin}; {entry}", parameters)
        try:
            yield row
            self._end("COMMIT")
        except BaseException as error:
            self._roll_back()
            if isinstance(error, PeeweeException) and is_outage(error):
                raise Unavailable from error
            raise

    def _enter(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        fresh = self.is_closed()
        try:
            return self._first_row(sql, parameters)
        except (OperationalError, InterfaceError) as error:
            self._discard()
            if fresh or not is_outage(error):
                raise Unavailable from error
        try:
            return self._first_row(sql, parameters)
        except (OperationalError, InterfaceError) as error:
            self._discard()
            raise Unavailable from error

    def _first_row(self, sql: str, parameters: Sequence[Any]) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self.execute_sql(sql, parameters).fetchone()
        return found

    def _end(self, command: str) -> None:
        self.execute_sql(command)

    def _roll_back(self) -> None:
        try:
            self._end("ROLLBACK")
        except PeeweeException:
            self._discard()

    def _discard(self) -> None:
        """Close this thread's connection, whatever state it is in."""
        try:
            self.close()
        except (PeeweeException, psycopg2.Error):
            self._state.reset()

    def atomic(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("a transaction is opened and committed at the edge, by the core only")


def original(error: PeeweeException) -> psycopg2.Error | None:
    """The driver's error inside one of peewee's, which carries SQLSTATE and diagnostics."""
    inner = getattr(error, "orig", None)
    return inner if isinstance(inner, psycopg2.Error) else None


#: SQLSTATE classes and codes that say "not now" rather than "wrong": connection exceptions,
#: no resources, operator intervention; cancelled by a deadline; lock not available; deadlock.
_OUTAGES = ("08", "53", "57", "55P03", "40P01", "40001", "25P03")


def is_outage(error: PeeweeException) -> bool:
    """Whether the same request may succeed a moment later."""
    inner = original(error)
    state = getattr(inner, "pgcode", None)
    if state is None:
        # No SQLSTATE: the server was not reached, or hung up.
        return isinstance(error, OperationalError | InterfaceError)
    return state.startswith(_OUTAGES)
