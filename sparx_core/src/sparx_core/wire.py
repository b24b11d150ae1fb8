"""The wire form of a field, as SQL: PostgreSQL renders what the API answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from marshmallow import fields
from peewee import SQL, Cast, ColumnBase, Function

from sparx_core.fields import Money, SequenceNumber, Timestamp, UnitPrice


@dataclass(frozen=True)
class Scope:
    """The rows that an expression reads, and those of the parent that they belong to."""

    source: Any
    parent: Scope | None = None
    parent_name: str | None = None

    def column(self, path: str) -> ColumnBase:
        """A column of these rows; ``order.currency`` is one of the parent called ``order``."""
        owner, dot, name = path.rpartition(".")
        if dot:
            if owner != self.parent_name or self.parent is None:
                raise LookupError(f"there is no parent called {owner!r} here")
            return self.parent.column(name)
        column: ColumnBase = getattr(self.source.c, path)
        return column


@singledispatch
def wire_expression(field: fields.Field[Any], scope: Scope, column: str) -> ColumnBase:
    """The SQL whose JSON is the field's wire form.

    Module authors register their own field classes with ``@wire_expression.register``.
    """
    return scope.column(column)


@wire_expression.register
def _(field: Money, scope: Scope, column: str) -> ColumnBase:
    return Function("core.amount", (scope.column(column), scope.column(field.currency)))


@wire_expression.register
def _(field: UnitPrice, scope: Scope, column: str) -> ColumnBase:
    return Function("core.unit_price", (scope.column(column), scope.column(field.currency)))


@wire_expression.register
def _(field: SequenceNumber, scope: Scope, column: str) -> ColumnBase:
    return Cast(scope.column(column), "text")


@wire_expression.register
def _(field: Timestamp, scope: Scope, column: str) -> ColumnBase:
    utc = Function("timezone", (SQL("'UTC'"), scope.column(column)))
    return Function("to_char", (utc, SQL('\'YYYY-MM-DD"T"HH24:MI:SS"Z"\'')))
