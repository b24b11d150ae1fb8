"""What clients refer to: rows that are not in the trash, and rows that are in their way."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any
from uuid import UUID

from sparx_core.context import Context
from sparx_core.db.models import TrashModel
from sparx_core.errors import Conflict, ValidationFailed
from sparx_core.fields import Related
from sparx_core.ids import parse_uuid
from sparx_core.pointers import problem
from sparx_core.read.compiler import select_trashed
from sparx_core.registry import Registry
from sparx_core.resources import Values
from sparx_core.schemas import ObjectSchema
from sparx_core.violations import Taken


def check_references(ctx: Context, schema: ObjectSchema, values: Values) -> None:
    """Refuse a reference to a row in the trash as one to a row that is not there.

    Foreign keys hold such references: what refers to a row stays as it is when that is deleted.
    """
    hidden = trashed_among(ctx, schema, [values])
    refuse_trashed(ctx.registry, schema, values, hidden)


def trashed_among(ctx: Context, schema: ObjectSchema, bodies: Iterable[Values]) -> frozenset[UUID]:
    """The ids in ``bodies`` of rows that are in the trash: a look at each table that has one."""
    given: dict[type[TrashModel], set[UUID]] = {}
    for values in bodies:
        for _, model, one in _references(ctx.registry, schema, values):
            given.setdefault(model, set()).add(one)
    found: set[UUID] = set()
    for model, ids in given.items():
        rows = ctx.transaction.fetch_all(
            ("trashed", model),
            partial(select_trashed, model),
            {"ids": [str(one) for one in ids]},
        )
        found.update(row_id for (row_id,) in rows)
    return frozenset(found)


def refuse_trashed(
    registry: Registry, schema: ObjectSchema, values: Values, hidden: frozenset[UUID]
) -> None:
    """``ValidationFailed`` for each reference to one of the ``hidden`` rows."""
    wrong = [name for name, _, one in _references(registry, schema, values) if one in hidden]
    if wrong:
        raise ValidationFailed([(name, "There is no such row.") for name in wrong])


def _references(
    registry: Registry, schema: ObjectSchema, values: Values
) -> Iterable[tuple[str, type[TrashModel], UUID]]:
    """(wire name, model, id) of each reference to a resource with a trash."""
    for attribute, field in schema.load_fields.items():
        if not isinstance(field, Related):
            continue
        # What is not validated yet has its names, and its ids, as on the wire.
        given = values.get(attribute, values.get(str(field.data_key)))
        row_id = parse_uuid(given) if isinstance(given, str) else given
        model = registry.resources[field.resource].model
        if isinstance(row_id, UUID) and issubclass(model, TrashModel):
            yield str(field.data_key), model, row_id


def tell_taken(ctx: Context, error: Conflict) -> None:
    """Add to a conflict about a unique value the id of the row that has it.

    In another transaction, or after the one that was refused was rolled back.
    """
    taken: Taken | None = error.taken
    if taken is None or not isinstance(error.details, list):
        return
    rows = [row for row in ctx.match(taken.model, taken.field, taken.values) if in_force(row)]
    told: list[Any] = [
        {**problem(taken.name, "Already taken."), "id": str(row.id)}
        for row in rows
        if row.id not in taken.ids
    ]
    error.details = told or error.details


def in_force(row: Any) -> bool:
    """Whether a row is not in the trash."""
    return not (isinstance(row, TrashModel) and row.trashed)
