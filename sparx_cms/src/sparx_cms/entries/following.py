"""What else is done when entries change, in the same transaction: here are all the places.

Functions called here belong to other parts of the CMS, and import no operations of entries.
"""

from __future__ import annotations

from collections.abc import Sequence

from sparx_cms.media.usage import note_assets
from sparx_cms.models.entries import Entry
from sparx_cms.redirects.moves import Move, follow_moves
from sparx_cms.reviewing.approval import check_approved, end_review
from sparx_cms.scheduling.superseding import went_away, went_live, went_offline
from sparx_cms.search.indexing import DRAFT, LIVE, forget_text, index_draft, index_live
from sparx_cms.syncing.noting import note_change
from sparx_cms.types import Document, TypeDefinition, assets_in
from sparx_core import Context


def draft_saved(ctx: Context, entry: Entry, type_: TypeDefinition, document: Document) -> None:
    """A draft was written: created, saved, gone back to."""
    index_draft(ctx, entry, type_, document)
    note_assets(ctx, entry.id, DRAFT, assets_in(type_, document))


def published(
    ctx: Context,
    entry: Entry,
    type_: TypeDefinition,
    moves: Sequence[Move],
    locales: Sequence[str],
) -> None:
    """Something of an entry went live in ``locales``; ``moves`` are the pages of it that are
    elsewhere now.

    Refused with ``ApprovalRequired`` if the type has stages that did not approve it.
    """
    check_approved(ctx, entry, type_, locales)
    went_live(ctx, entry, locales)
    end_review(ctx, entry)
    if moves:
        follow_moves(ctx, entry.id, moves)
    index_live(ctx, entry, type_, locales)
    note_assets(ctx, entry.id, LIVE, assets_in(type_, entry.live or {}))
    note_change(ctx, entry)


def unpublished(ctx: Context, entry: Entry, type_: TypeDefinition, locales: Sequence[str]) -> None:
    """An entry is not live any more in ``locales``; ``entry.live`` is what is left."""
    went_offline(ctx, entry, locales)
    index_live(ctx, entry, type_, locales)
    note_assets(ctx, entry.id, LIVE, assets_in(type_, entry.live or {}))
    note_change(ctx, entry)


def deleted(ctx: Context, entry: Entry) -> None:
    """An entry was put into the trash; it had been unpublished before."""
    forget_text(ctx, entry, DRAFT, LIVE)
    went_away(ctx, entry)
    end_review(ctx, entry)


def archived(ctx: Context, entry: Entry) -> None:
    """An entry was archived; it is not live."""
    went_away(ctx, entry)
    end_review(ctx, entry)
