"""Violated constraints, told in the words of the API.

A unique value that is taken is a 409 and a reference to nothing a 422, each naming the field
as it is on the wire. The text of the database never reaches a client: it may quote rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from peewee import IntegrityError, OperationalError

from sparx_core.db.connection import original
from sparx_core.db.models import TenantModel, table_of
from sparx_core.db.tables import indexes_of, references_of
from sparx_core.errors import ApiError, Conflict, ValidationFailed
from sparx_core.pointers import problem
from sparx_core.schemas import camel
from sparx_core.write import Deleted, Write

#: SQLSTATEs. RESTRICT has one of its own from PostgreSQL 18 on.
UNIQUE, FOREIGN_KEY, RESTRICT = "23505", "23503", "23001"
#: An entry of an index would be larger than a third of a page.
TOO_LONG = "54000"


@dataclass(frozen=True)
class Constraint:
    """A named constraint of a table and the wire names of the fields in it."""

    table: str
    fields: tuple[str, ...]


def constraints_of(models: Sequence[type[TenantModel]]) -> dict[tuple[str, str], Constraint]:
    """(schema, constraint name) of every unique index and reference of ``models``."""
    found = {}
    for model in models:
        table = table_of(model)
        schema, _, name = table.partition(".")
        for index, columns, unique in indexes_of(model):
            if unique:
                fields = tuple(camel(column) for column in columns[1:])
                found[schema, index] = Constraint(table, fields)
        for reference in references_of(model):
            key = f"{name}_{reference.column_name}_fkey"
            found[schema, key] = Constraint(table, (camel(str(reference.column_name)),))
    return found


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
        return None
    if inner.pgcode == UNIQUE:
        details = [problem(name, "Already taken.") for name in constraint.fields]
        return Conflict(
            f"Another one has the same {', '.join(constraint.fields)}.", details=details
        )
    if inner.pgcode not in (FOREIGN_KEY, RESTRICT):
        return None
    if inner.pgcode == RESTRICT or any(isinstance(write, Deleted) for write in writes):
        return Conflict(f"Still referred to by {constraint.table}.")
    return ValidationFailed([(name, "There is no such row.") for name in constraint.fields])
