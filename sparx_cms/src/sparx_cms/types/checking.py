"""Definitions of fields as a client sends them: checked, completed and given ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from sparx_cms.types.definitions import (
    ACTIVE,
    BLOCKS,
    COMPONENT_FIELD,
    DATE,
    DATETIME,
    DECIMAL,
    EMAIL,
    ENUM,
    INTEGER,
    LONG_TEXT,
    MEDIA,
    OBJECT,
    REFERENCE,
    REPEATABLE,
    RICH_TEXT,
    SLUG,
    TEXT,
    UNIQUE,
    URL,
    FieldDefinition,
)
from sparx_cms.types.documents import Path
from sparx_cms.types.scalars import is_scalar, read_scalar
from sparx_core import uuid7

Definition = dict[str, Any]
Problem = tuple[Path, str]

_FLAGS = ("required", "localized", "unique", "multiple")
_MEASURED = frozenset({TEXT, LONG_TEXT, RICH_TEXT, SLUG, EMAIL, URL})
_TIMED = frozenset({DATE, DATETIME})
#: Which types have a setting.
_SETTINGS: Mapping[str, frozenset[str]] = {
    "min": _MEASURED | {INTEGER, DECIMAL},
    "max": _MEASURED | {INTEGER, DECIMAL},
    "earliest": _TIMED,
    "latest": _TIMED,
    "pattern": frozenset({TEXT, LONG_TEXT, SLUG, EMAIL, URL}),
    "patternMessage": frozenset({TEXT, LONG_TEXT, SLUG, EMAIL, URL}),
    "options": frozenset({ENUM}),
    "sourceField": frozenset({SLUG}),
    "to": frozenset({REFERENCE}),
    "accept": frozenset({MEDIA}),
    "component": frozenset({COMPONENT_FIELD}),
    "components": frozenset({BLOCKS}),
    "fields": frozenset({OBJECT}),
}
#: What a type cannot do without.
_NEEDED = {
    ENUM: "options",
    COMPONENT_FIELD: "component",
    BLOCKS: "components",
    OBJECT: "fields",
}
_WORDS = re.compile(r"_|(?<=[a-z0-9])(?=[A-Z])")
_SPREAD = {"min": "max", "earliest": "latest", "minItems": "maxItems"}


def completed(sent: Sequence[Definition], before: Sequence[Definition]) -> list[Definition]:
    """Definitions as they are stored: of fields that there are what was not sent stays, new ones
    get an id. What is wrong with them :func:`definition_problems` tells.
    """
    by_id = {one["id"]: one for one in before}
    by_key = {one["key"]: one for one in before}
    keys = {one["id"]: one["key"] for one in before}
    found = []
    for one in sent:
        known = by_id.get(str(one["id"])) if "id" in one else by_key.get(one.get("key", ""))
        found.append(_completed(one, known))
        keys.update({found[-1]["id"]: found[-1].get("key", "")})
    _follow_renames(sent, found, by_key, keys)
    return found


def _completed(sent: Definition, known: Definition | None) -> Definition:
    whole = {**(known or {}), **sent}
    whole["id"] = str(whole["id"]) if "id" in whole else str(uuid7())
    if whole.get("fields") is not None:
        whole["fields"] = completed(whole["fields"], (known or {}).get("fields", ()))
    if whole.get("key"):
        whole.setdefault("label", _label(whole["key"]))
    if known is None and whole.get("type") == SLUG:
        whole.setdefault("unique", True)
    for flag in _FLAGS:
        whole.setdefault(flag, False)
    whole.setdefault("state", ACTIVE)
    return {name: value for name, value in whole.items() if value is not None}


def _follow_renames(
    sent: Sequence[Definition],
    found: Sequence[Definition],
    by_key: Mapping[str, Definition],
    keys: Mapping[str, str],
) -> None:
    """A slug is made of the same field as before, whatever its key is now."""
    for one, whole in zip(sent, found, strict=True):
        source = by_key.get(whole.get("sourceField", ""))
        if "sourceField" not in one and source is not None:
            whole["sourceField"] = keys[source["id"]]


def _label(key: str) -> str:
    words = _WORDS.sub(" ", key).lower()
    return words[:1].upper() + words[1:]


def definition_problems(
    fields: Sequence[Definition], path: Path, *, nested: bool
) -> Iterator[Problem]:
    """What is wrong with fields, each for itself and together. ``nested`` ones are inside of a
    component or an object, where nothing is localized or unique.
    """
    seen: dict[str, set[str]] = {"id": set(), "key": set()}
    for place, one in enumerate(fields):
        where = (*path, place)
        for name, values in seen.items():
            if one.get(name) in values:
                yield (*where, name), "Another field has this."
            values.add(one.get(name, ""))
        for name in ("key", "type"):
            if name not in one:
                yield (*where, name), "Missing data for required field."
        if "type" in one and "key" in one:
            yield from _field_problems(one, where, nested=nested)
            yield from _source_problems(one, fields, where)


def _field_problems(one: Definition, path: Path, *, nested: bool) -> Iterator[Problem]:
    kind = one["type"]
    for name, kinds in _SETTINGS.items():
        if one.get(name) not in (None, []) and kind not in kinds:
            yield (*path, name), f"A field of type {kind} has none."
    needed = _NEEDED.get(kind)
    if needed is not None and not one.get(needed):
        yield (*path, needed), f"A field of type {kind} needs some."
    yield from _flag_problems(one, path, nested=nested)
    yield from _bound_problems(one, path)
    values = [option["value"] for option in one.get("options", ())]
    if len(set(values)) < len(values):
        yield (*path, "options"), "Two have the same value."
    if "default" in one:
        yield from _default_problems(one, path)
    yield from definition_problems(one.get("fields", ()), (*path, "fields"), nested=True)


def _flag_problems(one: Definition, path: Path, *, nested: bool) -> Iterator[Problem]:
    kind, multiple = one["type"], one["multiple"]
    if multiple and kind not in REPEATABLE:
        yield (*path, "multiple"), f"A field of type {kind} cannot be."
    if one["unique"] and (kind not in UNIQUE or multiple):
        yield (*path, "unique"), f"{'Many values' if multiple else f'A {kind}'} cannot be."
    for name in ("localized", "unique"):
        if nested and one[name]:
            yield (*path, name), "What is inside of a field cannot be."
    for name in ("minItems", "maxItems"):
        if name in one and not multiple and kind != BLOCKS:
            yield (*path, name), "It is one value."


def _bound_problems(one: Definition, path: Path) -> Iterator[Problem]:
    for name in ("earliest", "latest"):
        if name in one and one["type"] in _TIMED:
            try:
                one[name] = read_scalar(_alone(one), one[name])
            except ValidationError as error:
                yield (*path, name), str(error.messages[0])
                return
    for least, most in _SPREAD.items():
        if least in one and most in one and one[least] > one[most]:
            yield (*path, most), f"Must not be less than {least}."
    if one["type"] in _MEASURED:
        for name in ("min", "max"):
            if name in one and (one[name] < 0 or one[name] != int(one[name])):
                yield (*path, name), "The length of a text is a whole number."


def _default_problems(one: Definition, path: Path) -> Iterator[Problem]:
    field = _alone(one)
    if not is_scalar(field) or field.type in (REFERENCE, MEDIA, SLUG) or field.unique:
        yield (*path, "default"), "This field has none."
        return
    given = one["default"]
    if field.multiple and not isinstance(given, list):
        yield (*path, "default"), "Must be a list."
        return
    try:
        values = [read_scalar(field, value) for value in (given if field.multiple else [given])]
    except ValidationError as error:
        yield (*path, "default"), str(error.messages[0])
        return
    one["default"] = values if field.multiple else values[0]


def _alone(one: Definition) -> FieldDefinition:
    """A field without those inside of it, which may not be in order."""
    return FieldDefinition.of({**one, "fields": ()})


def _source_problems(
    one: Definition, fields: Sequence[Definition], path: Path
) -> Iterator[Problem]:
    if one["type"] != SLUG or "sourceField" not in one:
        return
    sources = {other.get("key") for other in fields if other.get("type") in (TEXT, LONG_TEXT)}
    if one["sourceField"] not in sources:
        yield (*path, "sourceField"), "Must be the key of a text beside it."


def unknown_ids(
    sent: Sequence[Definition], before: Sequence[Definition], path: Path
) -> Iterator[Problem]:
    """Ids that are those of no field here: the server gives them."""
    known = {one["id"]: one for one in before}
    for place, one in enumerate(sent):
        if "id" in one and str(one["id"]) not in known:
            yield (*path, place, "id"), "There is no such field; leave it out for a new one."
        inner = known.get(str(one.get("id")), {}).get("fields", ())
        yield from unknown_ids(one.get("fields") or (), inner, (*path, place, "fields"))


def patterns_of(fields: Sequence[Definition], path: Path) -> Iterator[tuple[Path, str]]:
    """The patterns of fields, each with where it is."""
    for place, one in enumerate(fields):
        if "pattern" in one:
            yield (*path, place, "pattern"), one["pattern"]
        yield from patterns_of(one.get("fields", ()), (*path, place, "fields"))


def named_types(fields: Sequence[Definition]) -> Iterator[tuple[Path, str, bool]]:
    """The types that fields name, each where it is named and whether it has to be a component."""
    for place, one in enumerate(fields):
        for name in ("to", "components"):
            for which, key in enumerate(one.get(name, ())):
                yield (place, name, which), key, name == "components"
        if "component" in one:
            yield (place, "component"), one["component"], True
        for path, key, component in named_types(one.get("fields", ())):
            yield (place, "fields", *path), key, component
