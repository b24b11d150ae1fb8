"""Breaking changes between two schemas: what a client of the old one could trip over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

from graphql import GraphQLSchema, find_breaking_changes, resolve_schema_coordinate
from graphql.utilities import BreakingChangeType

#: What is gone, as the sentence about it names it.
_GONE = re.compile(r"(?:Field|Argument|Enum value) (\S+) was removed\.")
#: The day in the reason of a deprecation, as ``Deprecated.told`` writes it.
_SUNSET = re.compile(r"promised until (\d{4}-\d{2}-\d{2})")


def breaking_changes(
    old: GraphQLSchema, new: GraphQLSchema, today: date | None = None
) -> list[str]:
    """What breaks, a line each; nothing if every client of ``old`` can go on with ``new``.

    What ``old`` says goes away may be gone once its sunset is over, on ``today`` (UTC) or before.
    Something that is new breaks nobody, unless it is required.
    """
    day = today or datetime.now(UTC).date()
    return list(dict.fromkeys(_changes(old, new, day)))


def _changes(old: GraphQLSchema, new: GraphQLSchema, day: date) -> Iterator[str]:
    roots = {one.name for one in (old.query_type, old.mutation_type) if one is not None}
    for change in find_breaking_changes(old, new):
        told = change.description
        # A type is found by what refers to it, and that is told of already.
        if change.type is BreakingChangeType.TYPE_REMOVED and told.split()[0] not in roots:
            continue
        gone = _GONE.fullmatch(told)
        if gone is not None and _is_over(old, gone[1], day):
            continue
        yield told


def _is_over(schema: GraphQLSchema, coordinate: str, day: date) -> bool:
    """Whether the element was deprecated, or that which it is of, and its sunset is over."""
    for part in resolve_schema_coordinate(schema, coordinate) or ():
        sunset = _SUNSET.search(getattr(part, "deprecation_reason", None) or "")
        if sunset is not None and date.fromisoformat(sunset[1]) <= day:
            return True
    return False
