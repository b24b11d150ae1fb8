"""Counting what is sent to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparx_core.db.connection import Database


@dataclass
class StatementLog:
    """The statements of a stretch of a test, each a round trip, the COMMIT included.

    A statement that is prepared on first use costs one more then: count the second time.
    """

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.statements)


@contextmanager
def logged_statements(database: Database) -> Iterator[StatementLog]:
    """Note every statement that ``database`` executes for this thread inside the block.

    Threads of the background, such as the one that writes when keys were used, do not count.
    """
    log = StatementLog()
    thread = get_ident()
    execute = database.execute_sql

    def noting(sql: Any, *arguments: Any, **named: Any) -> Any:
        if get_ident() == thread:
            log.statements.append(str(sql))
        return execute(sql, *arguments, **named)

    database.execute_sql = noting  # type: ignore[method-assign]
    try:
        yield log
    finally:
        del database.execute_sql
