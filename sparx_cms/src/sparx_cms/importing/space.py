"""Content that is to be imported, whichever system it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: The formats that are read.
SPARX, CONTENTFUL, STRAPI = FORMATS = ("sparx", "contentful", "strapi")
ENTRY, ASSET = "entry", "asset"
#: Where an entry or asset is: in use, put away, or in the trash.
IN_USE, ARCHIVED, TRASHED = "inUse", "archived", "trashed"


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
    #: The names of the folders that it is in, the outermost first.
    folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Past:
    """A revision of an entry: what its draft was once."""

    number: int
    kind: str
    summary: str | None
    created_at: datetime
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class EntryItem:
    """An entry. ``fields`` are its values by key, of localized fields by language.

    ``published`` are the languages in which it is live, all that it has if None, nowhere if empty.
    ``draft`` are the values of a draft that is newer than what is live. ``terms`` are pairs of a
    taxonomy and the slug of a term of it.
    """

    external_id: str
    type: str
    fields: Mapping[str, Any]
    published: tuple[str, ...] | None = ()
    draft: Mapping[str, Any] | None = None
    state: str = IN_USE
    terms: tuple[tuple[str, str], ...] = ()
    revisions: tuple[Past, ...] = ()
    published_at: datetime | None = None
    first_published_at: datetime | None = None


@dataclass(frozen=True)
class Space:
    """All that a file holds. Locales, types, redirects, sites, taxonomies, terms and menus are as
    the API takes them, but that values refer to entries and assets by pointers; an id of ours may
    be part of an external id, ``sparx:<id>``, for content that comes back to where it is from.
    """

    locales: list[dict[str, Any]] = field(default_factory=list)
    types: list[dict[str, Any]] = field(default_factory=list)
    assets: list[AssetItem] = field(default_factory=list)
    entries: list[EntryItem] = field(default_factory=list)
    redirects: list[dict[str, Any]] = field(default_factory=list)
    sites: list[dict[str, Any]] = field(default_factory=list)
    taxonomies: list[dict[str, Any]] = field(default_factory=list)
    #: Each behind the one above it; ``taxonomy`` and ``parent`` are a key and a slug.
    terms: list[dict[str, Any]] = field(default_factory=list)
    menus: list[dict[str, Any]] = field(default_factory=list)
    #: As their tables have them, with pointers for entries; ``id`` is what they were called.
    releases: list[dict[str, Any]] = field(default_factory=list)
    schedules: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)


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


def in_order(
    items: list[dict[str, Any]], name: str = "code", before: str = "fallback"
) -> list[dict[str, Any]]:
    """Items, each behind the one that it names as ``before``: locales behind what stands in for
    them. What names none of them, or one another in a circle, comes as it was.
    """
    found: list[dict[str, Any]] = []
    waiting = list(items)
    while waiting:
        names = {one[name] for one in waiting}
        ready = [one for one in waiting if one.get(before) not in names] or waiting
        found += ready
        done = set(map(id, ready))
        waiting = [one for one in waiting if id(one) not in done]
    return found
