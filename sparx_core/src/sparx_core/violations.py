"""Violated constraints, told in the words of the API.

A unique value that is taken is a 409 and a reference to nothing a 422, each naming the field
as it is on the wire. The text of the database never reaches a client: it may quote rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from peewee import IntegrityError, OperationalError

from sparx_core.db.connection import original
from sparx_core.db.models import TenantModel, table_of
from sparx_core.db.tables import indexes_of, references_of
from sparx_core.errors import ApiError, Conflict, ValidationFailed
from sparx_core.pointers import problem
from sparx_core.schemas import camel
from sparx_core.write import Deleted, Write, fields_of

#: SQLSTATEs. RESTRICT has one of its own from PostgreSQL 18 on.
UNIQUE, FOREIGN_KEY, RESTRICT = "23505", "23503", "23001"
#: An entry of an index would be larger than a third of a page.
TOO_LONG = "54000"


@dataclass(frozen=True)
class Constraint:
    """A named constraint of a table and the wire names of the fields in it."""

    table: str
    fields: tuple[str, ...]
    model: type[TenantModel] | None = None
    #: The one field of the model that the constraint is of, if it is only one.
    attribute: str | None = None


def constraints_of(models: Sequence[type[TenantModel]]) -> dict[tuple[str, str], Constraint]:
    """(schema, constraint name) of every unique index and reference of ``models``."""
    found = {}
    for model in models:
        table = table_of(model)
        schema, _, name = table.partition(".")
        for index, columns, unique in indexes_of(model):
            if unique:
                fields = tuple(camel(column) for column in columns[1:])
                found[schema, index] = Constraint(table, fields, model, _only(model, columns))
        for reference in references_of(model):
            key = f"{name}_{reference.column_name}_fkey"
            found[schema, key] = Constraint(table, (camel(str(reference.column_name)),))
    return found


def _only(model: type[TenantModel], columns: Sequence[str]) -> str | None:
    if len(columns) != 2:
        return None
    by_column = {one.column_name: name for name, one in fields_of(model).items()}
    return by_column[columns[1]]


@dataclass(frozen=True)
class Taken:
    """The values of a unique field, one of which another row has; ``ids`` are of the rows that
    were to have them.
    """

    model: type[TenantModel]
    field: str
    name: str
    values: tuple[str, ...]
    ids: frozenset[UUID]


def taken_by(constraint: Constraint, writes: Sequence[Write]) -> Taken | None:
    """What a unique index of one field refused; None if that cannot be told."""
    model, field = constraint.model, constraint.attribute
    if model is None or field is None:
        return None
    rows = [row for write in writes if write.model is model for row in write.rows]
    column = fields_of(model)[field]
    values = {str(column.db_value(v)) for row in rows if (v := getattr(row, field)) is not None}
    ids = frozenset(row.id for row in rows)
    return Taken(model, field, constraint.fields[0], tuple(sorted(values)), ids)


def explain(
    error: IntegrityError | OperationalError,
    constraints: dict[tuple[str, str], Constraint],
    writes: Sequence[Write],
) -> ApiError | None:
    """The API's answer to a violation; None for one that only a defect can cause."""
    inner = original(error)
    if inner is None:
        return None
    if inner.pgcode == TOO_LONG:
        return ValidationFailed([("", "A text is too long to be found by: shorten it.")])
    diagnostics = inner.diag
    constraint = constraints.get((diagnostics.schema_name or "", diagnostics.constraint_name or ""))
    if constraint is None:
        # A key that a module's migration adds: what it holds together has changed meanwhile.
        return Conflict() if inner.pgcode in (FOREIGN_KEY, RESTRICT) else None
    if constraint.table == "core.custom_uniques" and diagnostics.column_name:
        constraint = Constraint(constraint.table, (f"custom.{diagnostics.column_name}",))
    if inner.pgcode == UNIQUE:
        details = [problem(name, "Already taken.") for name in constraint.fields]
        told = f"Another one has the same {', '.join(constraint.fields)}."
        kind = constraint.model._meta.conflict if constraint.model else Conflict  # type: ignore[attr-defined]
        refused: Conflict = kind(told, details=details)
        refused.taken = taken_by(constraint, writes)
        return refused
    if inner.pgcode not in (FOREIGN_KEY, RESTRICT):
        return None
    if inner.pgcode == RESTRICT or any(isinstance(write, Deleted) for write in writes):
        return Conflict(f"Still referred to by {constraint.table}.")
    return ValidationFailed([(name, "There is no such row.") for name in constraint.fields])
