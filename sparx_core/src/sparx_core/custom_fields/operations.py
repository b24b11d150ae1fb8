"""Custom fields: defined, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from peewee import Function, Select

from sparx_core.context import Context
from sparx_core.custom_fields.models import (
    DELETING,
    MULTISELECT,
    REFERENCE,
    SELECT,
    TEXT,
    CustomFieldRow,
)
from sparx_core.custom_fields.schemas import (
    CustomFieldChangeSchema,
    CustomFieldRemovalSchema,
    CustomFieldSchema,
)
from sparx_core.custom_fields.types import BOUNDED_TYPES, UNIQUE_TYPES
from sparx_core.db.models import table_of
from sparx_core.errors import Conflict, ValidationFailed
from sparx_core.events.types import Event, scheduled
from sparx_core.read.compiler import table_source
from sparx_core.resources import Resource, Values

#: Fields of one resource; rows that are stripped of a value in one transaction.
MAX_FIELDS, STRIPPED_AT_ONCE = 100, 2_000
#: When it is looked again for rows of a module that is off.
WHILE_OFF = timedelta(hours=1)


class CustomFieldCreated(Event):
    """A custom field was defined: rows of its resource may have values from now on."""

    name, resource = "custom_field.created", "core.custom_fields"


class CustomFieldUpdated(Event):
    """The label, options, limits or another detail of a custom field was changed."""

    name, resource = "custom_field.updated", "core.custom_fields"


class CustomFieldDeleted(Event):
    """A custom field was deleted, and no row has a value of it; the payload is as it was."""

    name, resource = "custom_field.deleted", "core.custom_fields"


class CustomFieldResource(Resource):
    """The definitions, which say what rows mean: for everybody to read."""

    shared = True
    place = "custom-fields"


custom_fields = CustomFieldResource(
    "custom_fields",
    CustomFieldRow,
    CustomFieldSchema,
    filters=("resource", "key", "type"),
    bulk=False,
)


@custom_fields.create(emits=[CustomFieldCreated], raises=[ValidationFailed, Conflict])
def define_field(ctx: Context, data: Values) -> CustomFieldRow:
    """Give the rows of a resource a field of your own. They have it in `custom`, by its key.

    `conflict` if the resource has one with this key, or 100 of them.
    """
    _check_resource(ctx, data["resource"], "resource", custom=True)
    row = CustomFieldRow(
        **{"is_required": False, "is_unique": False, "options": [], **data}, tenant_id=ctx.tenant.id
    )
    problems = _problems(row)
    if problems:
        raise ValidationFailed(problems)
    if row.type == REFERENCE:
        _check_resource(ctx, str(row.target), "target", custom=False)
    defined = CustomFieldRow.select(CustomFieldRow.id).where(
        CustomFieldRow.resource == row.resource
    )
    if len(ctx.all(defined)) >= MAX_FIELDS:
        raise Conflict(f"{row.resource} has {MAX_FIELDS} custom fields, and no more.")
    ctx.insert(row)
    ctx.emit(CustomFieldCreated(row))
    return row


@custom_fields.update(
    body=CustomFieldChangeSchema, emits=[CustomFieldUpdated], raises=[ValidationFailed, Conflict]
)
def change_field(ctx: Context, row: CustomFieldRow, data: Values) -> CustomFieldRow:
    """Change a custom field; absent details stay. Rows that do not fit keep what they have until
    it is changed.
    """
    _refuse_deleting(row)
    changes = {name: value for name, value in data.items() if getattr(row, name) != value}
    if not changes:
        return row
    ctx.update(row, **changes)
    problems = _problems(row)
    if problems:
        raise ValidationFailed(problems)
    ctx.emit(CustomFieldUpdated(row))
    return row


@custom_fields.delete(query=CustomFieldRemovalSchema, emits=[CustomFieldDeleted], raises=[Conflict])
def delete_field(ctx: Context, row: CustomFieldRow, query: Values) -> None:
    """Delete a custom field. `conflict` if rows have values of it, unless `force` is true: nobody
    can use the field from then on, and a worker takes its values out of the rows; it is gone when
    that is done.
    """
    _refuse_deleting(row)
    _check_resource(ctx, str(row.resource), "resource", custom=True)
    model = ctx.registry.resources[str(row.resource)].model
    if not _holders(ctx, model, str(row.key), 1):
        ctx.delete(row)
        ctx.emit(CustomFieldDeleted(row))
        return
    if not query.get("force"):
        raise Conflict(
            f"Rows of {row.resource} have values of {row.key!r}: with force=true they are lost."
        )
    ctx.update(row, state=DELETING)
    ctx.flush()
    ctx.schedule(strip_custom_values, row, at=datetime.now(UTC))


@scheduled
def strip_custom_values(ctx: Context, row_id: UUID) -> None:
    """Take the values of a field that is being deleted out of some rows; after the last ones the
    field is gone.
    """
    row = ctx.find(CustomFieldRow, row_id, lock=True)
    if row is None or row.state != DELETING:
        return
    resource = ctx.registry.resources.get(str(row.resource))
    if resource is not None and resource.module not in ctx.modules:
        # Its rows are in the archive, values and all, and may come back.
        ctx.schedule(strip_custom_values, row, at=datetime.now(UTC) + WHILE_OFF)
        return
    if resource is not None:
        found = _holders(ctx, resource.model, str(row.key), STRIPPED_AT_ONCE)
        if found:
            ctx.transaction.database.execute_sql(
                f"UPDATE {table_of(resource.model)} SET custom = custom - %s,"
                " version = version + 1, updated_at = now() WHERE id = ANY (%s::uuid[])",
                (row.key, [str(one) for one in found]),
            )
        if len(found) == STRIPPED_AT_ONCE:
            ctx.schedule(strip_custom_values, row, at=datetime.now(UTC))
            return
    ctx.delete(row)
    ctx.emit(CustomFieldDeleted(row))


def _holders(ctx: Context, model: Any, key: str, limit: int) -> list[UUID]:
    """Some of the rows that have a value of a field."""
    source = table_source(model)
    has = Function("jsonb_exists", (source.c.custom, key))
    query = Select([source], [source.c.id]).where(has).order_by(source.c.id).limit(limit)
    return [row["id"] for row in ctx.all(query)]


def _refuse_deleting(row: CustomFieldRow) -> None:
    if row.state == DELETING:
        raise Conflict("The field is being deleted.")


def _check_resource(ctx: Context, key: str, field: str, *, custom: bool) -> None:
    found = ctx.registry.resources.get(key)
    if found is None or not found.exposed or found.module not in ctx.modules:
        raise ValidationFailed([(field, "There is no such resource.")])
    if custom and not found.custom_fields:
        raise ValidationFailed([(field, "This resource has no custom fields.")])


def _problems(row: CustomFieldRow) -> list[tuple[str, str]]:
    """What is wrong with the details of a field, each for itself and together."""
    found = []
    options: list[Mapping[str, str]] = list(row.options)
    if row.type in (SELECT, MULTISELECT):
        if not options:
            found.append(("options", f"A {row.type} needs some."))
        values = [one["value"] for one in options]
        if len(set(values)) < len(values):
            found.append(("options", "Two have the same value."))
    elif options:
        found.append(("options", f"A {row.type} has none."))
    if row.is_unique and row.type not in UNIQUE_TYPES:
        found.append(("unique", f"A {row.type} cannot be unique."))
    bounds = {"min": row.minimum, "max": row.maximum}
    for name, bound in bounds.items():
        if bound is None:
            continue
        if row.type not in BOUNDED_TYPES:
            found.append((name, f"A {row.type} has none."))
        elif row.type == TEXT and (bound < 1 or bound != int(bound)):
            found.append((name, "The length of a text is a whole number."))
    if row.minimum is not None and row.maximum is not None and row.minimum > row.maximum:
        found.append(("max", "Must not be less than min."))
    if row.type == REFERENCE and row.target is None:
        found.append(("target", "A reference needs one."))
    if row.type != REFERENCE and row.target is not None:
        found.append(("target", f"A {row.type} has none."))
    return found
