"""Compiled statements: peewee builds the SQL of a shape once, then only values travel.

Building a statement costs milliseconds, looking one up microseconds; so whatever runs for
each request is compiled under a key that describes its shape.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any
from uuid import UUID

from peewee import AsIs, ColumnBase, Node, PostgresqlDatabase
from psycopg2.extensions import adapt


@dataclass(frozen=True)
class Slot:
    """Where a value goes that differs from one execution to the next."""

    name: Hashable


def slot(name: Hashable) -> ColumnBase:
    """A placeholder to build a query with; its value is given at each execution."""
    node: ColumnBase = AsIs(Slot(name), converter=False)
    return node


@dataclass(frozen=True)
class Statement:
    """SQL with a ``%s`` for each slot, in order; any other percent sign is doubled."""

    sql: str
    slots: tuple[Slot, ...]

    def values(self, slots: Mapping[Hashable, Any]) -> list[Any]:
        return [slots[slot.name] for slot in self.slots]


class StatementCache:
    """The statements of one process, by shape; the least recently used give way: where there are
    more than ``size``, or longer ones than ``characters`` in all.
    """

    def __init__(self, size: int = 1000, characters: int = 2**25) -> None:
        self.size, self.characters = size, characters
        self.hits = 0
        self.misses = 0
        self._statements: OrderedDict[Hashable, Statement] = OrderedDict()
        self._lock = Lock()
        self._held = 0

    def get(self, shape: Hashable, build: Callable[[], Node]) -> Statement:
        """The statement of ``shape``, built if it is not there yet."""
        try:
            statement = self._statements[shape]
            self._statements.move_to_end(shape)
            self.hits += 1
            return statement
        except KeyError:
            pass
        statement = compile_statement(build())
        with self._lock:
            self.misses += 1
            if shape not in self._statements:
                self._held += len(statement.sql)
            self._statements[shape] = statement
            while len(self._statements) > self.size or self._held > self.characters:
                _, gone = self._statements.popitem(last=False)
                self._held -= len(gone.sql)
        return statement


_dialect = PostgresqlDatabase(None)


@cache
def sql_type(column: Any) -> str:
    """The SQL type of a model's column, in upper case: ``BIGINT``, ``TIMESTAMPTZ``."""
    sql, _ = _dialect.get_sql_context().sql(column.ddl_datatype(_dialect.get_sql_context())).query()
    return str(sql).upper()


def compile_statement(query: Node) -> Statement:
    """The SQL of a peewee query in PostgreSQL's dialect.

    Constants become literals: a parameter has no type of its own, and PREPARE would guess one
    where a literal has it.
    """
    sql, parameters = _dialect.get_sql_context().sql(query).query()
    first, *rest = sql.split("%s")
    parts, slots = [first.replace("%", "%%")], []
    for parameter, part in zip(parameters, rest, strict=True):
        if isinstance(parameter, Slot):
            slots.append(parameter)
            parts.append("%s")
        else:
            parts.append(_literal(parameter).replace("%", "%%"))
        parts.append(part.replace("%", "%%"))
    return Statement("".join(parts), tuple(slots))


def _literal(value: Any) -> str:
    """A constant as SQL.

    Text is quoted here: without a connection psycopg2 knows neither the server's encoding nor
    what a backslash means there.
    """
    if isinstance(value, str | UUID):
        text = str(value).replace("\\", "\\\\").replace("'", "''")
        return f"{'E' if chr(92) in text else ''}'{text}'"
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(_literal(one) for one in value)}]"
    quoted: bytes = adapt(value).getquoted()
    return quoted.decode()
