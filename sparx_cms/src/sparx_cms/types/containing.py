"""Which content types are made of which components."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sparx_cms.types.catalogue import Catalogue
from sparx_cms.types.definitions import BLOCKS, FieldDefinition, TypeDefinition

#: Components inside of components inside of an entry, at most.
MAX_DEPTH = 5


def components_of(type: TypeDefinition) -> set[str]:
    """The keys of the components that the fields of a type hold themselves."""
    return set(_held(type.fields))


def containing(types: Catalogue, key: str) -> list[TypeDefinition]:
    """The types that entries are of and that hold the component, in another one perhaps."""
    reached, found = {key}, {key}
    while reached:
        reached = {
            one.key
            for one in types.by_key.values()
            if one.is_component and one.key not in found and components_of(one) & reached
        }
        found |= reached
    return [
        one for one in types.by_key.values() if not one.is_component and components_of(one) & found
    ]


def nesting_problem(types: Catalogue, type: TypeDefinition) -> str | None:
    """Why a type cannot hold what it does: a component that holds itself, or too many levels."""
    level, depth = {type.key}, 0
    while level:
        level = {
            inner
            for key in level
            if key in types.by_key
            for inner in components_of(types.by_key[key])
        }
        if type.key in level:
            return f"The component {type.key} would hold itself."
        depth += 1
        if depth > MAX_DEPTH:
            return f"Components would be nested more than {MAX_DEPTH} deep."
    return None


def referring(types: Catalogue, key: str) -> list[str]:
    """The keys of the other types whose fields name a type."""
    return [
        one.key for one in types.by_key.values() if one.key != key and key in _named(one.fields)
    ]


def _named(fields: Iterable[FieldDefinition]) -> set[str]:
    found: set[str] = set()
    for one in fields:
        found |= {*one.allowed, *((one.component,) if one.component else ()), *_named(one.fields)}
    return found


def _held(fields: Iterable[FieldDefinition]) -> Iterator[str]:
    for one in fields:
        if one.component is not None:
            yield one.component
        if one.type == BLOCKS:
            yield from one.allowed
        yield from _held(one.fields)
