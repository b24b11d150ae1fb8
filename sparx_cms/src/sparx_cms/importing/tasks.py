"""What is to be done to place a space: a list of tasks, each of which may be done again.

First what entries need: locales, types, terms, assets. Then the entries without their references to
one another, then those; then what was live is published, twice, for those that refer to later ones;
then come drafts that are newer. What is about entries comes last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sparx_cms.importing.shaping import has_more
from sparx_cms.importing.space import ARCHIVED, ENTRY, TRASHED, Space, pointers_in


@dataclass(frozen=True)
class Task:
    """``phase`` does something to the item at a place of the lists of a space. ``noun`` is what
    it counts as, None if it belongs to another task.
    """

    phase: str
    place: int
    noun: str | None = None


@dataclass(frozen=True)
class Options:
    """What the client chose."""

    publish: bool = True
    #: Before the paths of files whose addresses have no host.
    media_base: str | None = None


def tasks_of(space: Space, options: Options) -> list[Task]:
    """All that is to be done, in order; the same for the same space."""
    entries = list(enumerate(space.entries))
    used = [(place, one) for place, one in entries if one.state != TRASHED]
    trashed = [place for place, one in entries if one.state == TRASHED]
    live = [place for place, one in used if one.published != () and options.publish]
    return [
        *_all("locale", "locales", space.locales),
        *_all("site", "sites", space.sites),
        *_all("type", "types", space.types),
        *_all("shape", None, space.types),
        *_all("taxonomy", "taxonomies", space.taxonomies),
        *_all("term", "terms", space.terms),
        *_all("asset", "assets", space.assets),
        *(Task("trash", place, "entries") for place in trashed),
        *(Task("entry", place, "entries") for place, _ in used),
        *(Task("revisions", place) for place, one in used if one.revisions),
        *(Task("fill", place) for place, one in used if refers(dict(one.fields))),
        *(Task("fill_trash", place) for place in trashed),
        *(Task("publish", place) for place in live),
        *(Task("publish_rest", place) for place in live),
        *(Task("draft", place) for place, one in used if one.draft is not None),
        *(Task("terms", place) for place, one in used if one.terms),
        *(Task("archive", place) for place, one in used if one.state == ARCHIVED),
        *_all("menu", "menus", space.menus),
        *_all("redirect", "redirects", space.redirects),
        *_all("release", "releases", space.releases),
        *_all("schedule", "schedules", space.schedules),
        *_all("comment", "comments", space.comments),
        *(Task("finish", place) for place, one in enumerate(space.types) if has_more(one)),
    ]


def _all(phase: str, noun: str | None, items: Sequence[object]) -> Iterator[Task]:
    return (Task(phase, place, noun) for place in range(len(items)))


def refers(value: Any) -> bool:
    """Whether a value points to an entry, however deep."""
    return any(one.kind == ENTRY for one in pointers_in(value))
