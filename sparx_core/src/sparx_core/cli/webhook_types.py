"""The types of events that a person names, and those that they may have meant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from sparx_core.cli.output import CommandError

EVERY = "*"
#: How many names are suggested, and how near they have to be: 1 is the same.
_SUGGESTED, _NEAR = 3, 0.6


def require_known(patterns: Iterable[str], types: Sequence[str]) -> None:
    """Raise ``CommandError`` for the first pattern that no type fits, with what is near to it."""
    nouns = {f"{one.partition('.')[0]}.*" for one in types}
    for pattern in patterns:
        if not any(_fits(pattern, one) for one in types):
            near = get_close_matches(pattern, [*types, *sorted(nouns)], _SUGGESTED, _NEAR)
            raise unknown(pattern, near)


def require_type(type_: str, types: Sequence[str]) -> None:
    """The same of one type, which is none of many."""
    if type_ not in types:
        raise unknown(type_, get_close_matches(type_, types, _SUGGESTED, _NEAR))


def unknown(name: str, near: Sequence[str]) -> CommandError:
    told = f"No event that webhooks may have here is called {name}."
    if near:
        told += f" Near to it: {', '.join(near)}."
    return CommandError("unknown_event", f"{told} All of them: sparx webhook trigger")


def _fits(pattern: str, type_: str) -> bool:
    if pattern.endswith(".*"):
        return type_.startswith(pattern[:-1])
    return pattern in (EVERY, type_)
