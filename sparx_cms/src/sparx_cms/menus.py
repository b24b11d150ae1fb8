"""What readers are shown of menus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sparx_cms.models.entries import EntryLocale
from sparx_cms.models.menus import Menu
from sparx_cms.redirects.paths import as_location
from sparx_core import Context, Values

Items = Sequence[Mapping[str, Any]]


def entries_in(items: Items) -> Iterator[UUID]:
    """The entries that the items of a menu lead to, at every level."""
    for one in items:
        if one["entryId"] is not None:
            yield UUID(one["entryId"])
        yield from entries_in(one["children"])


def shown_items(ctx: Context, menu: Menu, chain: Sequence[str]) -> list[Values]:
    """The items in the first language of ``chain`` that they have a label for. One whose entry has
    no live page in any of those is left out, and so is what is below it.
    """
    wanted = list(dict.fromkeys(entries_in(menu.items)))
    paths: dict[UUID, dict[str, str]] = {}
    for page in ctx.match(EntryLocale, "entry", wanted):
        if page.live_path is not None:
            paths.setdefault(page.entry, {})[page.locale] = page.live_path
    places = {
        entry: path
        for entry, known in paths.items()
        if (path := _first(known, chain, anything=False)) is not None
    }
    return list(_shown(menu.items, places, chain))


def _shown(items: Items, places: Mapping[UUID, str], chain: Sequence[str]) -> Iterator[Values]:
    for one in items:
        entry = one["entryId"]
        path = None if entry is None else places.get(UUID(entry))
        if entry is not None and path is None:
            continue
        label = one["label"]
        target = path or one["url"]
        inside = target is not None and target.startswith("/")
        yield {
            "id": one["id"],
            "label": _first(label, chain, anything=True) if isinstance(label, dict) else label,
            "href": as_location(target) if inside else target,
            "entryId": entry,
            "openInNewTab": one["openInNewTab"],
            "children": list(_shown(one["children"], places, chain)),
        }


def _first(texts: Mapping[str, str], chain: Sequence[str], *, anything: bool) -> str | None:
    found = next((texts[code] for code in chain if code in texts), None)
    return next(iter(texts.values()), None) if found is None and anything else found
