"""Columns as lists compare them: what an index holds and a query asks for must be one expression.

Only comparisons that PostgreSQL calls leakproof use an index under row-level security: those of
text, whole numbers, ids, times and booleans, and neither of NUMERIC nor of enums, JSON or arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from peewee import SQL, NodeList

from sparx_core.db.statements import sql_type
from sparx_core.read.wire import Scope

#: For each comparable type the value that stands for NULL where rows are sorted: the smallest.
#: With it one range of one index holds what follows a row, in either direction.
_LEAST = {
    "TEXT": "''",
    "BIGINT": "'-9223372036854775808'::bigint",
    "INTEGER": "'-2147483648'::integer",
    "SMALLINT": "'-32768'::smallint",
    "UUID": "'00000000-0000-0000-0000-000000000000'::uuid",
    "TIMESTAMPTZ": "'-infinity'::timestamptz",
    "DATE": "'-infinity'::date",
}


#: Whole numbers by type: from -bound, and below it.
BOUNDS = {"SMALLINT": 2**15, "INTEGER": 2**31, "BIGINT": 2**63}


@dataclass(frozen=True)
class Comparable:
    """A column that lists are filtered or sorted by.

    ``filled``: a column that may be NULL, compared as the least value instead, because lists are
    sorted by it. ``spare``: that value is none that the column may hold.
    """

    column: Any
    filled: bool = False
    spare: bool = True

    #: Whether an index holds it, so that one plan is the best for every tenant.
    steady: ClassVar[bool] = True

    @property
    def name(self) -> str:
        return str(self.column.column_name)

    @property
    def type(self) -> str:
        """The SQL type, such as ``BIGINT``."""
        return sql_type(self.column)

    @property
    def least(self) -> SQL:
        """The value that stands for NULL."""
        return SQL(_LEAST[self.type])

    def of(self, scope: Scope) -> Any:
        """The SQL to compare."""
        column = scope.column(self.name)
        if not self.filled:
            return column
        # Not coalesce, which PostgreSQL does not know for leakproof.
        parts = (SQL("CASE WHEN"), column, SQL("IS NULL THEN"), self.least, SQL("ELSE"), column)
        return NodeList((*parts, SQL("END")))

    def mark(self, scope: Scope) -> Any:
        """The same in a form that JSON holds exactly."""
        return self.of(scope)

    def indexed(self) -> str:
        """The same as an index holds it."""
        if not self.filled:
            return self.name
        return f"(CASE WHEN {self.name} IS NULL THEN {_LEAST[self.type]} ELSE {self.name} END)"


def is_comparable(column: Any) -> bool:
    """Whether a comparison with this column can use an index under row-level security."""
    return sql_type(column) in _LEAST or sql_type(column) == "BOOLEAN"


def is_sortable(column: Any) -> bool:
    """Whether lists can be sorted by it. A boolean has no value to spare that stands for NULL."""
    return sql_type(column) in _LEAST or not column.null
