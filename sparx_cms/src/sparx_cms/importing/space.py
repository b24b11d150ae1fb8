"""Content that is to be imported, whichever system it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The formats that are read.
SPARX, CONTENTFUL, STRAPI = FORMATS = ("sparx", "contentful", "strapi")
ENTRY, ASSET = "entry", "asset"


@dataclass(frozen=True)
class Pointer:
    """What refers to an entry or asset of the space, in a value, until it has an id here."""

    kind: str
    external_id: str


@dataclass(frozen=True)
class AssetItem:
    """A file that is somewhere else. ``values`` are those of an ``Asset``: title, alt, caption."""

    external_id: str
    url: str
    filename: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class EntryItem:
    """An entry. ``fields`` are its values by key, of localized fields by language.

    ``published`` are the languages in which it is live, all that it has if None, nowhere if empty.
    ``draft`` are the values of a draft that is newer than what is live.
    """

    external_id: str
    type: str
    fields: Mapping[str, Any]
    published: tuple[str, ...] | None = ()
    draft: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Space:
    """All that a file holds. Locales, types and redirects are as the API takes them, but that
    values refer to entries and assets by pointers; an id of ours may be part of an external id,
    ``sparx:<id>``, for content that comes back to where it is from.
    """

    locales: list[dict[str, Any]] = field(default_factory=list)
    types: list[dict[str, Any]] = field(default_factory=list)
    assets: list[AssetItem] = field(default_factory=list)
    entries: list[EntryItem] = field(default_factory=list)
    redirects: list[dict[str, Any]] = field(default_factory=list)


def pointers_in(value: object) -> Iterator[Pointer]:
    """All pointers of a value, however deep."""
    if isinstance(value, Pointer):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from pointers_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from pointers_in(one)
