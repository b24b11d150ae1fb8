"""Paths of references that a reader wants to see whole: ``author,author.avatar``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sparx_cms.types.catalogue import Catalogue
from sparx_cms.types.definitions import (
    BLOCKS,
    COMPONENT_FIELD,
    MEDIA,
    OBJECT,
    REFERENCE,
    FieldDefinition,
    TypeDefinition,
)
from sparx_core import BadRequest

MAX_PATHS, MAX_DEPTH = 20, 4
#: Targets of one list that are shown whole; ``cms.shown_value`` shows no more.
MAX_TARGETS = 100
#: Targets that one page may show whole.
MAX_SHOWN = 50_000


@dataclass(frozen=True)
class Asked:
    """What a query is about: the types of its entries, among those of the tenant."""

    all: Catalogue
    types: tuple[TypeDefinition, ...]

    def entries_of(self, keys: Sequence[str]) -> list[TypeDefinition]:
        """The types with these keys; without any, all that entries can be of."""
        types = self.all.by_key.values()
        return [one for one in types if not one.is_component and (not keys or one.key in keys)]


def paths_of(text: str) -> list[list[str]]:
    """The paths in a parameter, as lists of keys."""
    paths = [path.split(".") for path in text.split(",")]
    if len(paths) > MAX_PATHS:
        raise _refused(f"More than {MAX_PATHS} paths.")
    return paths


def include_plan(asked: Asked, paths: Iterable[Sequence[str]], rows: int = 1) -> dict[str, Any]:
    """The tree of references to follow; ``BadRequest`` if one of the paths leads nowhere, or all
    could show far too many entries with ``rows`` of them.
    """
    plan: dict[str, Any] = {}
    shown = 0
    for path in paths:
        shown += rows * _follow(asked, path)
        if shown > MAX_SHOWN:
            raise _refused(f"Could show more than {MAX_SHOWN:,} entries: take fewer.")
        within = plan
        for key in path:
            within = within.setdefault(key, {})
    return plan


def _follow(asked: Asked, path: Sequence[str]) -> int:
    """How many targets a path could show with one entry."""
    types = list(asked.types)
    fields = [one for each in types for one in each.fields]
    targets, depth = 1, 0
    last: FieldDefinition | None = None
    for place, key in enumerate(path):
        found = [one for one in fields if one.key == key and not one.omitted and _leads(one)]
        if not found:
            raise _refused(f"{'.'.join(path[: place + 1])[:100]!r} is no reference.")
        last = found[0]
        targets *= MAX_TARGETS if any(one.listed for one in found) else 1
        depth += last.type in (REFERENCE, MEDIA)
        if depth > MAX_DEPTH:
            raise _refused(f"Follows more than {MAX_DEPTH} references.")
        fields = [inner for one in found for inner in _behind(asked, one)]
    if last is None or last.type not in (REFERENCE, MEDIA):
        raise _refused(f"{'.'.join(path)[:100]!r} is no reference.")
    return targets


def _leads(field: FieldDefinition) -> bool:
    return field.type in (REFERENCE, MEDIA, OBJECT, COMPONENT_FIELD, BLOCKS)


def _behind(asked: Asked, field: FieldDefinition) -> list[FieldDefinition]:
    """The fields that a path may go on with."""
    if field.type == REFERENCE:
        return [one for each in asked.entries_of(field.allowed) for one in each.fields]
    if field.type == OBJECT:
        return list(field.fields)
    if field.type == MEDIA:
        return []
    keys = [field.component] if field.type == COMPONENT_FIELD else field.allowed
    components = [one for one in asked.all.by_key.values() if one.is_component]
    return [inner for one in components if not keys or one.key in keys for inner in one.fields]


def _refused(message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": "include"})
