"""What clients refer to: rows that are not in the trash, and rows that are in their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sparx_core.db.models import TenantModel, TrashModel
from sparx_core.db.tables import references_of
from sparx_core.fields import Related
from sparx_core.pointers import problem
from sparx_core.write import Changed, Inserted, Write

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.errors import ApiError
    from sparx_core.operations import Values
    from sparx_core.registry import Registry
    from sparx_core.schemas import ObjectSchema
    from sparx_core.violations import Taken


def note_references(ctx: Context, schema: ObjectSchema, values: Values) -> None:
    """Remember what a client refers to: what is written of it must not be in the trash.

    Foreign keys hold such references, because what refers to a row stays when that is deleted. The
    statement that writes them refuses, as it does a reference to a row that is not there.
    """
    ctx.referred.update(_references(ctx.registry, schema, values))


def mark_references(ctx: Context, writes: Sequence[Write]) -> None:
    """Have the references among ``writes`` checked that a client sent."""
    for write in writes if ctx.referred else ():
        if isinstance(write, Inserted):
            rows = [row.__data__ for row in write.rows]
        elif isinstance(write, Changed):
            rows = write.values
        else:
            continue
        names = _trash_references(ctx.registry, write.model)
        write.checked = tuple(n for n in names if any(r.get(n) in ctx.referred for r in rows))


@cache
def _trash_references(registry: Registry, model: type[TenantModel]) -> tuple[str, ...]:
    """The references of a model to tables that have a trash."""
    return tuple(
        one.name for one in references_of(model)
        if one.target in registry.models and issubclass(registry.models[one.target][1], TrashModel)
    )  # fmt: skip


def _references(registry: Registry, schema: ObjectSchema, values: Values) -> Iterator[UUID]:
    """The ids in a body of rows of resources that have a trash."""
    for attribute, field in schema.load_fields.items():
        value = values.get(attribute)
        leads = isinstance(field, Related) and registry.resources[field.resource].trash
        if leads and value is not None:
            yield value


def tell_taken(ctx: Context, error: ApiError) -> None:
    """Add to a conflict about a unique value the id of the row that has it.

    In another transaction, or after the one that was refused was rolled back.
    """
    taken: Taken | None = getattr(error, "taken", None)
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
