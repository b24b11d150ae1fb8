"""Documents of entries: what a field has in a language, and everything that is inside a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparx_cms.models.entries import EVERY
from sparx_cms.types.definitions import (
    BLOCKS,
    NESTING,
    Document,
    FieldDefinition,
    Part,
    TypeDefinition,
)

#: Where a value is in the body that a client sends, with keys for ids.
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Found:
    """A value of a field, at any depth: the whole list of a field that is ``multiple``."""

    field: FieldDefinition
    value: Any
    path: Path


def value_in(field: FieldDefinition, document: Mapping[str, Any], chain: Sequence[str]) -> Any:
    """What a field has for a reader of the first language of ``chain``, or else of the next; None
    for nothing.

    A field may have become localized, or ceased to be: what it had then is found as well.
    """
    held = document.get(field.id) or {}
    places = (*chain, EVERY) if field.localized else (EVERY, *chain)
    for locale in places:
        value = held.get(locale)
        if value is not None:
            return as_list(value) if field.multiple else value
    return None


def as_list(value: Any) -> list[Any]:
    """The values of a field of many; one that was kept before it was such a field is the first."""
    return value if isinstance(value, list) else [value]


def merged(type: TypeDefinition, document: Mapping[str, Any], part: Document) -> Document:
    """A document with what a client sent: None takes a value away. What the type does not define
    any more is left out.
    """
    found: Document = {}
    for field_id, field in type.by_id.items():
        held = {**(document.get(field_id) or {}), **part.get(field_id, {})}
        kept = {locale: value for locale, value in held.items() if value is not None}
        if not field.localized and EVERY in part.get(field_id, {}):
            # What it had when it was localized would only reappear.
            kept = {locale: value for locale, value in kept.items() if locale == EVERY}
        if kept:
            found[field_id] = kept
    return found


def pruned(type: TypeDefinition, document: Mapping[str, Any]) -> Document:
    """A document without what is of fields that there are no more, at any depth. Blocks whose
    component is gone stay as they are: it may come back.
    """
    return {
        field_id: {
            locale: _pruned(type, type.by_id[field_id], value) for locale, value in held.items()
        }
        for field_id, held in document.items()
        if field_id in type.by_id
    }


def _pruned(type: TypeDefinition, field: FieldDefinition, value: Any) -> Any:
    if field.type not in NESTING or value is None:
        return value
    if isinstance(value, list):
        return [_pruned_part(type, field, one) for one in value]
    return _pruned_part(type, field, value)


def _pruned_part(type: TypeDefinition, field: FieldDefinition, value: Part) -> Part:
    if field.type != BLOCKS:
        return _kept(type, type.inside(field), value)
    fields = type.block_fields(value["type"])
    return value if fields is None else {**value, "data": _kept(type, fields, value["data"])}


def _kept(type: TypeDefinition, fields: Sequence[FieldDefinition], part: Part) -> Part:
    return {one.id: _pruned(type, one, part[one.id]) for one in fields if one.id in part}


def parts_of(
    type: TypeDefinition, field: FieldDefinition, value: Any, path: Path
) -> Iterator[tuple[Sequence[FieldDefinition], Part, Path]]:
    """The components, blocks or objects that a value consists of: their fields, what they hold by
    id, and where. Blocks whose component is gone are left out.
    """
    if field.type not in NESTING:
        return
    for place, one in enumerate(as_list(value)):
        here = (*path, place) if field.listed else path
        if field.type != BLOCKS:
            yield type.inside(field), one, here
            continue
        fields = type.block_fields(one["type"])
        if fields is not None:
            yield fields, one["data"], (*here, "data")


def everything(
    type: TypeDefinition, field: FieldDefinition, value: Any, path: Path
) -> Iterator[Found]:
    """A value and all that is inside, of fields that are in use."""
    yield Found(field, value, path)
    for fields, part, here in parts_of(type, field, value, path):
        for one in fields:
            if not one.omitted and part.get(one.id) is not None:
                yield from everything(type, one, part[one.id], (*here, one.key))


def all_of(type: TypeDefinition, document: Mapping[str, Any]) -> Iterator[tuple[str, str, Found]]:
    """All values of a document, of fields that are in use, each with the id of the field of the
    entry that it is in, and the language there.
    """
    for field in type.by_key.values():
        for locale, value in sorted((document.get(field.id) or {}).items()):
            within = () if value is None else everything(type, field, value, (field.key,))
            yield from ((field.id, locale, found) for found in within)
