"""The text of entries is kept for searches, in the transaction that changes it: whoever searches
next finds what was written before, and never a draft among what is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparx_cms.models.entries import Entry
from sparx_cms.models.search import SearchDocument
from sparx_cms.types import TypeDefinition, text_in, title_in
from sparx_core import Context

DRAFT, LIVE = "draft", "live"
#: Characters of one language of an entry that are searched.
MAX_TEXT = 200_000


def index_draft(
    ctx: Context, entry: Entry, type_: TypeDefinition, document: Mapping[str, Any]
) -> None:
    """Keep the text of a draft in all of its languages."""
    _keep(ctx, entry, DRAFT, _texts(type_, document, entry.locales), None)


def index_live(
    ctx: Context, entry: Entry, type_: TypeDefinition, locales: Iterable[str] | None = None
) -> None:
    """Keep the text of what is live, of some languages or of all: of those that are not live any
    more none is kept.
    """
    changed = None if locales is None else set(locales)
    living = [one for one in entry.live_locales if changed is None or one in changed]
    _keep(ctx, entry, LIVE, _texts(type_, entry.live or {}, living), changed)


def forget_text(ctx: Context, entry: Entry, *stages: str) -> None:
    """Keep nothing of these stages: nobody finds the entry any more."""
    for stage in stages:
        _keep(ctx, entry, stage, {}, None)


def _texts(
    type_: TypeDefinition, document: Mapping[str, Any], locales: Iterable[str]
) -> dict[str, tuple[str, str]]:
    """Title and text by language."""
    return {
        one: (title_in(type_, document, (one,)) or "", text_in(type_, document, one)[:MAX_TEXT])
        for one in locales
    }


def _keep(
    ctx: Context,
    entry: Entry,
    stage: str,
    texts: Mapping[str, tuple[str, str]],
    changed: set[str] | None,
) -> None:
    there = {
        one.locale: one
        for one in ctx.match(SearchDocument, "entry", [entry.id])
        if one.stage == stage and (changed is None or one.locale in changed)
    }
    for locale, row in there.items():
        if locale not in texts:
            ctx.delete(row)
    for locale, (title, text) in texts.items():
        if locale in there:
            ctx.update(there[locale], title=title, text=text)
        else:
            ctx.insert(
                SearchDocument(entry=entry.id, stage=stage, locale=locale, title=title, text=text)
            )
