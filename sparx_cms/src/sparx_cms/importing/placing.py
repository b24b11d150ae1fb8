"""Placing what was read: a list of tasks, each of which may be done again.

First what entries need: locales, types, assets. Then the entries without their references to one
another, then those; then what was live is published, twice, for those that refer to later ones; and
drafts that are newer come last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sparx_cms.importing.pointing import find_ids, resolved
from sparx_cms.importing.shaping import CREATED, UNCHANGED, UPDATED, create_type, shape_type
from sparx_cms.importing.space import ENTRY, AssetItem, EntryItem, Pointer, Space, pointers_in
from sparx_cms.media.wanting import want_asset
from sparx_cms.models.entries import Entry
from sparx_cms.models.redirects import Redirect
from sparx_cms.operations.drafts import change_fields, create_entry
from sparx_cms.operations.locales import create_locale
from sparx_cms.operations.publishing import (
    Publication,
    languages_of_revision,
    newest,
    publish_all,
)
from sparx_cms.operations.redirects import create_redirect
from sparx_cms.schemas.content_types import LocaleSchema
from sparx_cms.schemas.redirects import NewRedirectSchema
from sparx_cms.types import locales
from sparx_core import ApiError, Context, load

#: Entries that are published together, because they refer to one another.
_GROUP = 200


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
    live = [place for place, one in entries if one.published != () and options.publish]
    return [
        *(Task("locale", place, "locales") for place in range(len(space.locales))),
        *(Task("type", place, "types") for place in range(len(space.types))),
        *(Task("shape", place) for place in range(len(space.types))),
        *(Task("asset", place, "assets") for place in range(len(space.assets))),
        *(Task("entry", place, "entries") for place, _ in entries),
        *(Task("fill", place) for place, one in entries if _refers(dict(one.fields))),
        *(Task("publish", place) for place in live),
        *(Task("publish_rest", place) for place in live),
        *(Task("draft", place) for place, one in entries if one.draft is not None),
        *(Task("redirect", place, "redirects") for place in range(len(space.redirects))),
    ]


@dataclass(frozen=True)
class Outcome:
    """What became of an item: created, updated or unchanged; what it points to that is neither in
    its space nor here, and was left out of it; and how many entries went live.
    """

    what: str
    missing: tuple[Pointer, ...] = ()
    published: int = 0


class LaterError(Exception):
    """A task is to be tried again when others are done."""


class Placing:
    """A space, and how its tasks are done."""

    def __init__(self, space: Space, options: Options) -> None:
        self.space, self.options = space, options
        self._missing: list[Pointer] = []
        self._published = 0
        self._by_name = {one.external_id: one for one in space.entries}
        self._work: Mapping[str, Callable[[Context, int], str]] = {
            "locale": self._locale,
            "type": lambda ctx, place: create_type(ctx, self.space.types[place]),
            "shape": lambda ctx, place: shape_type(ctx, self.space.types[place]),
            "asset": self._asset,
            "entry": self._entry,
            "fill": self._fill,
            "publish": self._publish_if_ready,
            "publish_rest": self._publish_with_others,
            "draft": self._draft,
            "redirect": self._redirect,
        }

    def do(self, ctx: Context, task: Task) -> Outcome:
        """Do a task. Raises ``ApiError``, and ``LaterError`` if it is to be done again later."""
        self._missing, self._published = [], 0
        what = self._work[task.phase](ctx, task.place)
        return Outcome(what, tuple(dict.fromkeys(self._missing)), self._published)

    def called(self, task: Task) -> str:
        """What the item of a task is called where it is from."""
        space, place = self.space, task.place
        if task.phase == "locale":
            return str(space.locales[place]["code"])
        if task.phase in ("type", "shape"):
            return str(space.types[place]["key"])
        if task.phase == "redirect":
            return str(space.redirects[place].get("fromPath"))
        return (space.assets if task.phase == "asset" else space.entries)[place].external_id

    def _locale(self, ctx: Context, place: int) -> str:
        known, item = locales(ctx), self.space.locales[place]
        if item["code"] in known.all:
            return UNCHANGED
        first = ctx.first(Entry.select(Entry.id).limit(1)) is None
        fallback = item.get("fallback")
        body = {
            "code": item["code"],
            "name": item["name"],
            "fallback": fallback if fallback in known.all else None,
            # Titles are in the default language: it changes only where there are none yet.
            "isDefault": bool(item.get("isDefault")) and first,
        }
        create_locale(ctx, load(LocaleSchema(), body))
        return CREATED

    def _asset(self, ctx: Context, place: int) -> str:
        item: AssetItem = self.space.assets[place]
        pointer = Pointer("asset", item.external_id)
        if pointer in find_ids(ctx, [pointer]):
            return UNCHANGED
        base = (self.options.media_base or "").rstrip("/")
        url = base + item.url if item.url.startswith("/") else item.url
        known = locales(ctx).all.keys()
        values = dict(item.values)
        for name in ("alt", "caption"):
            texts = values.get(name) or {}
            values[name] = {code: text for code, text in texts.items() if code in known}
        name = item.filename.replace("/", "-").replace("\\", "-")[:255]
        want_asset(ctx, url, name, external_id=item.external_id, **values)
        return CREATED

    def _entry(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is not None:
            return self._save(ctx, entry, _without_references(_present(item, entry)))
        values = self._values(ctx, _without_references(item.fields))
        data = {"type": item.type, "locale": "*", "fields": values}
        create_entry(ctx, {**data, "external_id": item.external_id}, kind="imported")
        return CREATED

    def _fill(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is None:
            return UNCHANGED  # it was refused before
        return self._save(ctx, entry, _present(item, entry))

    def _draft(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        return UNCHANGED if entry is None else self._save(ctx, entry, item.draft or {})

    def _save(self, ctx: Context, entry: Entry, fields: Mapping[str, Any]) -> str:
        before = int(entry.revision_number)
        values = self._values(ctx, fields)
        change_fields(ctx, entry, {"locale": "*", "fields": values})
        return UNCHANGED if int(entry.revision_number) == before else UPDATED

    def _publish_if_ready(self, ctx: Context, place: int) -> str:
        """Publish it; what is refused now may not be when others are live."""
        try:
            return self._publish(ctx, place)
        except ApiError:
            raise LaterError from None

    def _publish(self, ctx: Context, place: int) -> str:
        return self._publish_all(ctx, [self.space.entries[place]])

    def _publish_with_others(self, ctx: Context, place: int) -> str:
        """Publish it together with what it refers to and was live as well: they may refer to one
        another in a circle.
        """
        first = self.space.entries[place]
        group, queue = {first.external_id: first}, [first]
        while queue and len(group) < _GROUP:
            for pointer in pointers_in(dict(queue.pop().fields)):
                item = self._by_name.get(pointer.external_id)
                if item is not None and item.external_id not in group and item.published != ():
                    group[item.external_id] = item
                    queue.append(item)
        return self._publish_all(ctx, list(group.values()))

    def _publish_all(self, ctx: Context, items: list[EntryItem]) -> str:
        """Publish those of some entries that are not live yet, together."""
        waiting = []
        for item in items:
            entry = self._find(ctx, item)
            if entry is None or (item.draft is not None and entry.live is not None):
                continue  # it was refused before; or is live, and its draft is newer
            revision = newest(ctx, entry)
            languages = languages_of_revision(ctx, entry, revision)
            wanted = (
                languages
                if item.published is None
                else tuple(one for one in languages if one in item.published)
            )
            if wanted:
                waiting.append(Publication(entry, revision, wanted))
        self._published = len(publish_all(ctx, waiting))
        return UPDATED if self._published else UNCHANGED

    def _redirect(self, ctx: Context, place: int) -> str:
        item = self.space.redirects[place]
        body = self._values(ctx, item)
        if "toEntryId" in body and body["toEntryId"] is None:
            return UNCHANGED  # it leads to nothing here
        data = load(NewRedirectSchema(), body)
        source = f"{data.get('host') or ''}{data['from_path']}"
        if ctx.first(Redirect.select(Redirect.id).where(Redirect.source == source)) is not None:
            return UNCHANGED
        create_redirect(ctx, data)
        return CREATED

    def _values(self, ctx: Context, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Values with ids for their pointers, as the API takes them."""
        pointers = list(pointers_in(dict(fields)))
        ids = find_ids(ctx, pointers)
        self._missing += [one for one in pointers if one not in ids]
        return {name: resolved(value, ids) for name, value in fields.items()}

    def _find(self, ctx: Context, item: EntryItem) -> Entry | None:
        pointer = Pointer(ENTRY, item.external_id)
        found = find_ids(ctx, [pointer]).get(pointer)
        return None if found is None else ctx.find(Entry, found, lock=True)


def _present(item: EntryItem, entry: Entry) -> Mapping[str, Any]:
    """The values that the draft of an entry has to have now: what is to go live first, and then
    those of a newer draft.
    """
    return item.fields if item.draft is None or entry.live is None else item.draft


def _refers(value: Any) -> bool:
    return any(one.kind == ENTRY for one in pointers_in(value))


def _without_references(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that refer to no entry, which may not be there yet."""
    return {name: value for name, value in fields.items() if not _refers(value)}
