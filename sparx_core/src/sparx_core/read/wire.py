"""The wire form of a field, as SQL: PostgreSQL renders what the API answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from marshmallow import fields
from peewee import SQL, Cast, ColumnBase, Expression, Function

from sparx_core.db.statements import slot
from sparx_core.fields import (
    DecimalNumber,
    LocalizedText,
    Money,
    SequenceNumber,
    Timestamp,
    UnitPrice,
)

if TYPE_CHECKING:
    from sparx_core.read.kinds import Lens


@dataclass(frozen=True)
class Scope:
    """The rows that an expression reads, and those of the parent that they belong to.

    ``locales`` is how many languages the reader asked for, in order of preference; none means
    that localized text is shown in all its languages. ``lens`` is how rows of kinds that tenants
    declare are looked at, if the reader says it.
    """

    source: Any
    parent: Scope | None = None
    parent_name: str | None = None
    locales: int = 0
    lens: Lens | None = None

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
def wire_expression(field: fields.Field[Any], value: Any, scope: Scope) -> Any:
    """The SQL whose JSON is the wire form of ``value``, itself the SQL of what is stored.

    Module authors register their own field classes with ``@wire_expression.register``.
    """
    return value


@wire_expression.register
def _(field: Money, value: Any, scope: Scope) -> Any:
    return Function("core.amount", (value, scope.column(field.currency)))


@wire_expression.register
def _(field: UnitPrice, value: Any, scope: Scope) -> Any:
    return Function("core.unit_price", (value, scope.column(field.currency)))


@wire_expression.register
def _(field: SequenceNumber, value: Any, scope: Scope) -> Any:
    return Cast(value, "text")


@wire_expression.register
def _(field: DecimalNumber, value: Any, scope: Scope) -> Any:
    return Function("trim_scale", (value,))


@wire_expression.register
def _(field: Timestamp, value: Any, scope: Scope) -> Any:
    utc = Function("timezone", (SQL("'UTC'"), value))
    return Function("to_char", (utc, SQL('\'YYYY-MM-DD"T"HH24:MI:SS"Z"\'')))


@wire_expression.register
def _(field: LocalizedText, value: Any, scope: Scope) -> Any:
    if not scope.locales:
        return value
    chosen = [Expression(value, "->>", slot(("locale", place))) for place in range(scope.locales)]
    return Function("coalesce", tuple(chosen)) if len(chosen) > 1 else chosen[0]
