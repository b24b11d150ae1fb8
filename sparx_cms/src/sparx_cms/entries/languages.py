"""An entry's languages: which of them are live, and whether something newer waits there."""

from __future__ import annotations

from collections.abc import Mapping

from sparx_cms.entries.documents import is_same, slice_of
from sparx_cms.entries.paths import path_of
from sparx_cms.models.entries import CHANGED, DRAFT, PUBLISHED, Entry, EntryLocale
from sparx_cms.types import Document, TypeDefinition, locales
from sparx_core import Context, Values

#: What is stored of each language of an entry.
Languages = dict[str, EntryLocale]


def languages(ctx: Context, entry: Entry) -> Languages:
    """What is stored of each language of an entry."""
    rows = ctx.match(EntryLocale, "entry", [entry.id])
    return {str(row.locale): row for row in sorted(rows, key=lambda row: str(row.locale))}


def settle(
    ctx: Context, type_: TypeDefinition, rows: Languages, draft: Document, live: Document | None
) -> Values:
    """Bring what is stored of the languages in line with a draft and what is live; the values of
    the entry that follow from them.

    A language is changed if its slice of the draft is not what is live there, so that what is saved
    in one language changes nothing in another.
    """
    default = locales(ctx).default
    for locale, row in rows.items():
        part = slice_of(type_, draft, locale, default)
        status = DRAFT
        if row.live_revision is not None:
            status = PUBLISHED if is_same(live, part, locale) else CHANGED
        ctx.update(row, status=status, path=path_of(type_, part, locale))
    return {
        "draft": draft,
        "live": live,
        "status": status_of(rows),
        "locales": sorted(rows),
        "live_locales": sorted(locale for locale, row in rows.items() if row.live_revision),
    }


def status_of(rows: Mapping[str, EntryLocale]) -> str:
    """The status of an entry that is not archived, which follows from those of its languages."""
    found = {str(row.status) for row in rows.values()}
    if found <= {DRAFT}:
        return DRAFT
    return PUBLISHED if found == {PUBLISHED} else CHANGED
