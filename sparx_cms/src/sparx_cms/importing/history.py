"""Placing what entries were, and those that are put away: their revisions, archive and trash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sparx_cms.entries.documents import languages_of
from sparx_cms.entries.languages import languages, settle
from sparx_cms.importing.space import EntryItem, Past
from sparx_cms.models.entries import EVERY, Entry, EntryLocale, Revision
from sparx_cms.operations.drafts import create_entry
from sparx_cms.operations.publication import archive_entry
from sparx_cms.operations.publishing import newest
from sparx_cms.operations.trash import delete_entry
from sparx_cms.types import Document, TypeDefinition, content_type, load_values, merged, title_in
from sparx_cms.types import locales as known_locales
from sparx_core import Context

Values = Mapping[str, Any]
#: Values with ids for pointers.
Resolve = Callable[[Values], dict[str, Any]]
_MAX_NUMBER = 10**6


def place_revisions(ctx: Context, entry: Entry, past: tuple[Past, ...], resolve: Resolve) -> bool:
    """Put the revisions that an entry had before the one with which it was imported, which is its
    only one; whether there were any. They keep their numbers, so that what names one finds it.
    """
    if not past or entry.revision_number != 1 or entry.live is not None:
        return False
    type_ = content_type(ctx, entry.content_type)
    first = newest(ctx, entry)
    ctx.delete(first)
    ctx.flush()
    numbers = [one.number for one in past]
    if numbers != sorted({*numbers}) or numbers[0] < 1 or numbers[-1] > _MAX_NUMBER:
        numbers = list(range(1, len(past) + 1))
    for number, one in zip(numbers, past, strict=True):
        row = _revision(ctx, entry, number, _document(ctx, type_, resolve(one.fields)))
        row.kind, row.summary = one.kind[:40], (one.summary or "")[:500] or None
        row.created_at = one.created_at
        ctx.insert(row)
    ctx.insert(_revision(ctx, entry, numbers[-1] + 1, entry.draft))
    ctx.update(entry, revision_number=numbers[-1] + 1)
    return True


def place_in_trash(ctx: Context, item: EntryItem) -> Entry:
    """Make an entry that is in the trash, with nothing in it yet: :func:`fill_in_trash`."""
    data = {"type": item.type, "locale": EVERY, "external_id": item.external_id, "fields": {}}
    entry = create_entry(ctx, data, kind="imported")
    ctx.flush()
    delete_entry(ctx, entry, {"on_delete": "refuse"})
    return entry


def fill_in_trash(ctx: Context, entry: Entry, resolve: Resolve, fields: Values) -> None:
    """Give an entry in the trash its values. It claims none of those that no two may have, its
    slug above all, as nothing there does; nor does it count as one that refers to others.
    """
    type_ = content_type(ctx, entry.content_type)
    document = _document(ctx, type_, resolve(fields))
    if entry.revision_number != 1 or document == entry.draft:
        return
    ctx.delete(newest(ctx, entry))
    ctx.flush()
    ctx.insert(_revision(ctx, entry, 1, document))
    rows = languages(ctx, entry)
    for locale in sorted(languages_of(document) - rows.keys()):
        rows[locale] = ctx.insert(EntryLocale(entry=entry.id, locale=locale))
    known = known_locales(ctx)
    title = title_in(type_, document, known.chain(known.default))
    ctx.update(entry, **settle(ctx, type_, rows, document, None), title=title)


def archive(ctx: Context, entry: Entry) -> None:
    """Put an entry away that is not live; one that is stays."""
    if entry.archived_at is None and not entry.live_locales:
        archive_entry(ctx, entry, {})


def keep_dates(ctx: Context, entry: Entry, item: EntryItem) -> None:
    """Let an entry that has just gone live be as old as it is where it is from."""
    now = datetime.now(UTC)
    first = item.first_published_at or item.published_at
    last = item.published_at or first
    if first is None or last is None or first > last or last > now:
        return
    ctx.update(entry, first_published_at=first, published_at=last)
    for locale in entry.live_locales:
        row = languages(ctx, entry)[locale]
        ctx.update(row, first_published_at=first, published_at=last)


def _document(ctx: Context, type_: TypeDefinition, values: dict[str, Any]) -> Document:
    return merged(type_, {}, load_values(ctx, type_, values, EVERY))


def _revision(ctx: Context, entry: Entry, number: int, document: Document) -> Revision:
    return Revision(
        entry=entry.id,
        number=number,
        data=document,
        schema_version=entry.schema_version,
        kind="imported",
        author=str(ctx.actor),
    )
