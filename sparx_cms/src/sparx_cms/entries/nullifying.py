"""Documents that do not refer to an entry any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_cms.types import Document, FieldDefinition, TypeDefinition, as_list
from sparx_cms.types.definitions import BLOCKS, NESTING, REFERENCE


def without_target(type_: TypeDefinition, document: Document, target: str) -> Document:
    """A document whose fields, at every depth, do not refer to an entry any more; lists keep the
    others. Rich text stays as somebody wrote it: what it names there is shown as text.
    """
    cleared = {
        field_id: {
            locale: _without(type_, type_.by_id[field_id], value, target)
            for locale, value in values.items()
        }
        for field_id, values in document.items()
        if field_id in type_.by_id
    }
    kept = {
        field_id: {locale: value for locale, value in values.items() if value is not None}
        for field_id, values in cleared.items()
    }
    return {field_id: values for field_id, values in kept.items() if values}


def _without(type_: TypeDefinition, field: FieldDefinition, value: Any, target: str) -> Any:
    """A value of a field without an entry; None if nothing is left."""
    if field.type == REFERENCE:
        left = [one for one in as_list(value) if one != target]
        return (left or None) if isinstance(value, list) else next(iter(left), None)
    if field.type not in NESTING:
        return value
    if field.type == BLOCKS:
        return [_of_block(type_, one, target) for one in value]
    parts = [_part(type_, type_.inside(field), one, target) for one in as_list(value)]
    return parts if isinstance(value, list) else parts[0]


def _part(
    type_: TypeDefinition, fields: Sequence[FieldDefinition], part: dict[str, Any], target: str
) -> dict[str, Any]:
    """What a component, a block or an object holds, without an entry."""
    found = dict(part)
    for field in fields:
        if field.id in part:
            found[field.id] = _without(type_, field, part[field.id], target)
    return {field_id: value for field_id, value in found.items() if value is not None}


def _of_block(type_: TypeDefinition, block: dict[str, Any], target: str) -> dict[str, Any]:
    fields = type_.block_fields(block["type"]) or ()
    return {**block, "data": _part(type_, fields, block["data"], target)}
