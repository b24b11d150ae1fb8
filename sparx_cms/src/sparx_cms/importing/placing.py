"""Placing what was read, task after task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sparx_cms.importing.beside import (
    attach_terms,
    folder_at,
    is_menu_there,
    place_menu,
    place_site,
    place_taxonomy,
    place_term,
)
from sparx_cms.importing.fitting import fitted
from sparx_cms.importing.history import (
    archive,
    fill_in_trash,
    keep_dates,
    place_in_trash,
    place_revisions,
)
from sparx_cms.importing.planned import place_comment, place_release, place_schedule
from sparx_cms.importing.pointing import find_ids, resolved
from sparx_cms.importing.shaping import (
    CREATED,
    UNCHANGED,
    UPDATED,
    create_type,
    finish_type,
    shape_type,
)
from sparx_cms.importing.space import (
    ARCHIVED,
    ASSET,
    ENTRY,
    AssetItem,
    EntryItem,
    Pointer,
    Space,
    pointers_in,
)
from sparx_cms.importing.tasks import Options, Task, refers
from sparx_cms.media.wanting import want_again, want_asset
from sparx_cms.models.entries import Entry
from sparx_cms.models.redirects import AUTO, MANUAL, Redirect
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
class Outcome:
    """What became of an item: created, updated or unchanged; what it points to that is neither in
    its space nor here, and was left out of it; and how many entries went live.
    """

    what: str
    missing: tuple[Pointer, ...] = ()
    published: int = 0


#: Where the items of a phase are that are no entries, and by what they are called.
_NAMED = {
    "locale": ("locales", "code"),
    "site": ("sites", "host"),
    **dict.fromkeys(("type", "shape", "finish"), ("types", "key")),
    "taxonomy": ("taxonomies", "key"),
    "term": ("terms", "slug"),
    "menu": ("menus", "key"),
    "redirect": ("redirects", "fromPath"),
    "release": ("releases", "title"),
    "schedule": ("schedules", "id"),
    "comment": ("comments", "id"),
}


class LaterError(Exception):
    """A task is to be tried again when others are done."""


class Placing:
    """A space, and how its tasks are done."""

    def __init__(self, space: Space, options: Options) -> None:
        self.space, self.options = space, options
        self._missing: list[Pointer] = []
        self._published = 0
        self._by_name = {one.external_id: one for one in space.entries}
        self._localized = {
            one["key"]: {field["key"] for field in one["fields"] if field.get("localized")}
            for one in space.types
        }
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
            "finish": lambda ctx, place: finish_type(ctx, self.space.types[place]),
            **self._beside(),
            **self._of_entries(),
        }

    def _beside(self) -> dict[str, Callable[[Context, int], str]]:
        space = self.space
        return {
            "site": lambda ctx, place: place_site(ctx, space.sites[place]),
            "taxonomy": lambda ctx, place: place_taxonomy(ctx, space.taxonomies[place]),
            "term": lambda ctx, place: place_term(ctx, space.terms[place]),
            "menu": self._menu,
            "release": self._release,
            "schedule": lambda ctx, place: self._about(ctx, space.schedules[place], place_schedule),
            "comment": lambda ctx, place: self._about(ctx, space.comments[place], place_comment),
        }

    def _of_entries(self) -> dict[str, Callable[[Context, int], str]]:
        return {
            "trash": self._trash,
            "fill_trash": self._fill_trash,
            "revisions": self._revisions,
            "terms": self._terms,
            "archive": self._archive,
        }

    def do(self, ctx: Context, task: Task) -> Outcome:
        """Do a task. Raises ``ApiError``, and ``LaterError`` if it is to be done again later."""
        self._missing, self._published = [], 0
        what = self._work[task.phase](ctx, task.place)
        return Outcome(what, tuple(dict.fromkeys(self._missing)), self._published)

    def called(self, task: Task) -> str:
        """What the item of a task is called where it is from."""
        named = _NAMED.get(task.phase)
        if named is not None:
            items, name = named
            return str(getattr(self.space, items)[task.place].get(name))[:200]
        space = self.space
        return (space.assets if task.phase == "asset" else space.entries)[task.place].external_id

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
        """Have the file of an asset fetched, again if that failed before."""
        item: AssetItem = self.space.assets[place]
        pointer = Pointer(ASSET, item.external_id)
        base = (self.options.media_base or "").rstrip("/")
        url = base + item.url if item.url.startswith("/") else item.url
        name = item.filename.replace("/", "-").replace("\\", "-")[:255]
        present = find_ids(ctx, [pointer]).get(pointer)
        if present is not None:
            fetched = want_again(ctx, present, url, name)
            return UPDATED if fetched else UNCHANGED
        known = locales(ctx).all.keys()
        values = dict(item.values)
        for text in ("alt", "caption"):
            texts = values.get(text) or {}
            values[text] = {code: one for code, one in texts.items() if code in known}
        folder = folder_at(ctx, item.folders)
        want_asset(ctx, url, name, external_id=item.external_id, folder=folder, **values)
        return CREATED

    def _entry(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is not None and _is_put_away(item, entry):
            return UNCHANGED
        if entry is not None:
            return self._save(ctx, item, entry, _without_references(_present(item, entry)))
        values = self._fitted(ctx, item.type, _without_references(item.fields))
        data = {"type": item.type, "locale": "*", "fields": values}
        create_entry(ctx, {**data, "external_id": item.external_id}, kind="imported")
        return CREATED

    def _fill(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is None or _is_put_away(item, entry):
            return UNCHANGED  # or it was refused before
        return self._save(ctx, item, entry, _present(item, entry))

    def _trash(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        if self._find(ctx, item) or self._find(ctx, item, trashed=True):
            return UNCHANGED
        place_in_trash(ctx, item)
        return CREATED

    def _fill_trash(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item, trashed=True)
        if entry is not None and entry.external_id == item.external_id:
            resolve = partial(self._fitted, ctx, item.type)
            fill_in_trash(ctx, entry, resolve, item.fields)
            place_revisions(ctx, entry, item.revisions, resolve)
        return UNCHANGED

    def _revisions(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is not None and entry.external_id == item.external_id:
            place_revisions(ctx, entry, item.revisions, partial(self._fitted, ctx, item.type))
        return UNCHANGED

    def _terms(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        if entry is not None:
            attach_terms(ctx, entry, item.terms)
        return UNCHANGED

    def _archive(self, ctx: Context, place: int) -> str:
        entry = self._find(ctx, self.space.entries[place])
        if entry is not None:
            archive(ctx, entry)
        return UNCHANGED

    def _menu(self, ctx: Context, place: int) -> str:
        item = self.space.menus[place]
        if is_menu_there(ctx, item["key"]):
            return UNCHANGED
        ids = find_ids(ctx, pointers_in(item))
        self._missing += [one for one in pointers_in(item) if one not in ids]
        return place_menu(ctx, {**item, "items": [_led(one, ids) for one in item["items"]]})

    def _release(self, ctx: Context, place: int) -> str:
        item = self.space.releases[place]
        ids = find_ids(ctx, pointers_in(item))
        self._missing += [one for one in pointers_in(item) if one not in ids]
        entries = {one: ctx.get(Entry, id) for one, id in ids.items()}
        return place_release(ctx, item, entries)

    def _about(
        self,
        ctx: Context,
        item: dict[str, Any],
        place: Callable[[Context, dict[str, Any], Entry | None], str],
    ) -> str:
        """Place something that is about an entry, which may be in the trash."""
        pointer: Pointer = item["entry"]
        ids = find_ids(ctx, [pointer]) or find_ids(ctx, [pointer], trashed=True)
        entry = ctx.find(Entry, ids[pointer], lock=True) if pointer in ids else None
        if entry is None:
            self._missing.append(pointer)
        return place(ctx, item, entry)

    def _draft(self, ctx: Context, place: int) -> str:
        item = self.space.entries[place]
        entry = self._find(ctx, item)
        return UNCHANGED if entry is None else self._save(ctx, item, entry, item.draft or {})

    def _save(self, ctx: Context, item: EntryItem, entry: Entry, fields: Mapping[str, Any]) -> str:
        before = int(entry.revision_number)
        values = self._fitted(ctx, item.type, fields)
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
        waiting, fresh = [], dict[UUID, EntryItem]()
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
                if entry.first_published_at is None:
                    fresh[entry.id] = item
                waiting.append(Publication(entry, revision, wanted, awaits_files=True))
        gone_live = publish_all(ctx, waiting)
        for entry in gone_live:
            if entry.id in fresh:
                keep_dates(ctx, entry, fresh[entry.id])
        self._published = len(gone_live)
        return UPDATED if self._published else UNCHANGED

    def _redirect(self, ctx: Context, place: int) -> str:
        item = dict(self.space.redirects[place])
        origin = AUTO if item.pop("origin", None) == AUTO else MANUAL
        body = self._values(ctx, item)
        if "toEntryId" in body and body["toEntryId"] is None:
            return UNCHANGED  # it leads to nothing here
        data = load(NewRedirectSchema(), body)
        source = f"{data.get('host') or ''}{data['from_path']}"
        if ctx.first(Redirect.select(Redirect.id).where(Redirect.source == source)) is not None:
            return UNCHANGED
        ctx.update(create_redirect(ctx, data), origin=origin)
        return CREATED

    def _fitted(self, ctx: Context, key: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Values of an entry, as the API takes them for its type."""
        return fitted(ctx, key, self._localized.get(key, ()), self._values(ctx, fields))

    def _values(self, ctx: Context, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Values with ids for their pointers, as the API takes them."""
        pointers = list(pointers_in(dict(fields)))
        ids = find_ids(ctx, pointers)
        self._missing += [one for one in pointers if one not in ids]
        return {name: resolved(value, ids) for name, value in fields.items()}

    def _find(self, ctx: Context, item: EntryItem, *, trashed: bool = False) -> Entry | None:
        pointer = Pointer(ENTRY, item.external_id)
        found = find_ids(ctx, [pointer], trashed=trashed).get(pointer)
        return None if found is None else ctx.find(Entry, found, lock=True)


def _present(item: EntryItem, entry: Entry) -> Mapping[str, Any]:
    """The values that the draft of an entry has to have now: what is to go live first, and then
    those of a newer draft.
    """
    return item.fields if item.draft is None or entry.live is None else item.draft


def _is_put_away(item: EntryItem, entry: Entry) -> bool:
    """Whether it is archived there and here: then nothing of it changes."""
    return item.state == ARCHIVED and entry.archived_at is not None


def _led(item: Mapping[str, Any], ids: Mapping[Pointer, UUID]) -> dict[str, Any]:
    """An item of a menu, and those below it, with ids for pointers; none for what is not here."""
    entry = item["entryId"]
    below = [_led(one, ids) for one in item["children"]]
    found = ids.get(entry) if isinstance(entry, Pointer) else None
    return {**item, "entryId": None if found is None else str(found), "children": below}


def _without_references(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The values that refer to no entry, which may not be there yet."""
    return {name: value for name, value in fields.items() if not refers(value)}
