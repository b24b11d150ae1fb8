"""A content type as a client describes it: checked as a whole, together with all others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparx_cms.models.content_types import COMPONENT, ContentType
from sparx_cms.redirects.paths import NotAPath, normal_path
from sparx_cms.types.catalogue import Catalogue, catalogue_of
from sparx_cms.types.checking import (
    Definition,
    Problem,
    definition_problems,
    named_types,
    patterns_of,
)
from sparx_cms.types.containing import nesting_problem
from sparx_cms.types.definitions import (
    DATE,
    DECIMAL,
    ENUM,
    INTEGER,
    LONG_TEXT,
    OMITTED,
    SLUG,
    TEXT,
)
from sparx_cms.types.patterns import pattern_problem
from sparx_core import Context, ValidationFailed, Values

#: What can name an entry, and what can stand in its path.
NAMING = frozenset({TEXT, LONG_TEXT, SLUG, INTEGER, DECIMAL, DATE, ENUM})
IN_PATHS = frozenset({TEXT, SLUG, INTEGER, DATE, ENUM})
#: The part of a path that is the entry's language.
LOCALE = "locale"
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACES = re.compile(r"[{}]")


def checked_catalogue(ctx: Context, rows: Sequence[ContentType], values: Values) -> Catalogue:
    """The types of the tenant once the one that ``values`` describe, all of its columns, is what
    they say. ``ValidationFailed`` lists what is wrong with it.
    """
    problems = list(_own_problems(values))
    if not problems:
        problems += _pattern_problems(ctx, values["fields"])
    if problems:
        raise ValidationFailed(problems)
    types = catalogue_of([*(one for one in rows if one.id != values["id"]), ContentType(**values)])
    problems += _named_problems(types, values["fields"])
    wrong = nesting_problem(types, types.by_id[values["id"]])
    if wrong is not None:
        problems.append((("fields",), wrong))
    if problems:
        raise ValidationFailed(problems)
    return types


def _own_problems(values: Values) -> Iterator[Problem]:
    fields, component = values["fields"], values["kind"] == COMPONENT
    yield from definition_problems(fields, ("fields",), nested=component)
    keys = [one["key"] for one in values["stages"]]
    if len(set(keys)) < len(keys):
        yield ("stages",), "Two have the same key."
    if component and (values["url_pattern"] is not None or values["stages"]):
        yield ("kind",), "A component has no page, and no stages."
    yield from _path_problems(values["url_pattern"] or "", fields)


def _path_problems(pattern: str, fields: Sequence[Definition]) -> Iterator[Problem]:
    usable = {one.get("key") for one in active(fields) if one.get("type") in IN_PATHS}
    usable -= {one.get("key") for one in fields if one.get("multiple")}
    for name in _PLACEHOLDER.findall(pattern):
        if name not in usable | {LOCALE}:
            told = f"{{{name[:64]}}} is not the key of a text, slug, number, date or choice."
            yield ("urlPattern",), told
    if _BRACES.search(_PLACEHOLDER.sub("", pattern)):
        yield ("urlPattern",), "A brace is not closed."
    try:
        normal_path(_PLACEHOLDER.sub("x", pattern))
    except NotAPath as error:
        yield ("urlPattern",), str(error)


def _pattern_problems(ctx: Context, fields: Sequence[Definition]) -> Iterator[Problem]:
    for path, pattern in patterns_of(fields, ("fields",)):
        wrong = pattern_problem(ctx, pattern)
        if wrong is not None:
            yield path, wrong


def _named_problems(types: Catalogue, fields: Sequence[Definition]) -> Iterator[Problem]:
    for path, key, component in named_types(fields):
        found = types.by_key.get(key)
        if found is None or found.is_component is not component:
            told = "component" if component else "content type"
            yield ("fields", *path), f"There is no {told} with this key."


def active(fields: Sequence[Definition]) -> list[Definition]:
    """The definitions of fields that are in use."""
    return [one for one in fields if one.get("state") != OMITTED]


def named_field(key: str | None, fields: Sequence[Definition]) -> str | None:
    """The id of the field that is to name entries; of the first text if none was chosen."""
    usable = [one for one in active(fields) if one.get("type") in NAMING and not one["multiple"]]
    if key is None:
        return next((one["id"] for one in usable if one["type"] == TEXT), None)
    found: str | None = next((one["id"] for one in usable if one.get("key") == key), None)
    if found is None:
        told = "Must be the key of a text, slug, number, date or choice."
        raise ValidationFailed([("displayField", told)])
    return found


def renamed_pattern(
    pattern: str | None, before: Sequence[Definition], after: Sequence[Definition]
) -> str | None:
    """A path of which the fields have other keys now."""
    if pattern is None:
        return None
    ids = {one["key"]: one["id"] for one in before}
    keys: Mapping[str, str] = {one["id"]: one.get("key", "") for one in after}

    def renamed(found: re.Match[str]) -> str:
        name = found.group(1)
        return f"{{{keys.get(ids.get(name, ''), name)}}}"

    return _PLACEHOLDER.sub(renamed, pattern)


def stored_columns(row: ContentType) -> dict[str, Any]:
    """The columns of a type that a client describes, and its id."""
    return {name: getattr(row, name) for name in DESCRIBED} | {"id": row.id}


DESCRIBED = (
    "key", "name", "plural_name", "description", "icon", "kind", "display_field", "url_pattern",
    "fields", "stages", "state", "built_in", "schema_version",
)  # fmt: skip
