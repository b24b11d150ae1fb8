"""Values of custom fields on their way into a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from marshmallow import ValidationError
from peewee import Expression, Function, Select

from sparx_core.custom_fields.declared import Definition
from sparx_core.custom_fields.field import CUSTOM, CustomFields
from sparx_core.custom_fields.models import REFERENCE
from sparx_core.custom_fields.types import stored_value
from sparx_core.errors import ValidationFailed
from sparx_core.pointers import Path
from sparx_core.read.compiler import array_slot, table_source
from sparx_core.read.filters import first_message
from sparx_core.read.view import schema_instance

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.db.models import TenantModel
    from sparx_core.operations import Operation, Values

Problem = tuple[Path, str]


def with_custom(
    ctx: Context, operation: Operation, values: Values, row: TenantModel | None = None
) -> Values:
    """The values of a write with ``custom`` as the row will hold it: what was sent is checked, and
    what was not stays as it is in ``row``. ``ValidationFailed`` lists every problem.
    """
    resource = operation.resource
    if resource is None or not resource.custom_fields or not _takes_custom(operation):
        return values
    given = values.get(CUSTOM)
    if row is not None and given is None:
        return values
    definitions = ctx.declared.of(resource.key)
    if not given and not definitions:
        return values
    kept = {} if row is None else getattr(row, CUSTOM) or {}
    merged, problems = _merged(definitions, kept, given or {})
    if row is None:
        problems += [
            ((CUSTOM, one.key), "Missing data for required field.")
            for one in definitions.values()
            if one.required and one.key not in (given or {})
        ]
    problems += _dangling(ctx, definitions, merged, given or {})
    if problems:
        raise ValidationFailed(problems)
    return {**values, CUSTOM: merged}


def _takes_custom(operation: Operation) -> bool:
    if operation.body is None:
        return False
    return isinstance(schema_instance(operation.body).load_fields.get(CUSTOM), CustomFields)


def _merged(
    definitions: Mapping[str, Definition], kept: Values, given: Mapping[str, Any]
) -> tuple[Values, list[Problem]]:
    merged = {key: value for key, value in kept.items() if key in definitions}
    problems: list[Problem] = []
    for key, value in given.items():
        defined = definitions.get(key)
        if defined is None:
            problems.append(((CUSTOM, key), "Unknown field."))
        elif value is None and defined.required:
            problems.append(((CUSTOM, key), "Field may not be null."))
        elif value is None:
            merged.pop(key, None)
        else:
            try:
                merged[key] = stored_value(defined, value)
            except ValidationError as error:
                problems.append(((CUSTOM, key), first_message(error.messages)))
    return merged, problems


def _dangling(
    ctx: Context, definitions: Mapping[str, Definition], merged: Values, given: Mapping[str, Any]
) -> list[Problem]:
    """References to rows that the tenant does not have: those that were sent."""
    problems: list[Problem] = []
    for key in given:
        defined = definitions.get(key)
        if defined is None or defined.type != REFERENCE or given[key] is None or key not in merged:
            continue
        target = ctx.registry.resources.get(str(defined.target))
        if target is None or not _exists(ctx, target.model, merged[key]):
            problems.append(((CUSTOM, key), "There is no such row."))
    return problems


def _exists(ctx: Context, model: Any, row_id: str) -> bool:
    def build() -> Select:
        source = table_source(model)
        which = Expression(source.c.id, "=", Function("ANY", (array_slot("ids", "uuid"),)))
        return Select([source], [source.c.id]).where(which)

    found = ctx.transaction.fetch(("referred", model), build, {"ids": [row_id]})
    return found is not None
