"""The pattern of a type's paths changes: the pages of its entries move."""

from __future__ import annotations

from sparx_cms.entries.documents import slice_of
from sparx_cms.entries.paths import path_of
from sparx_cms.models.entries import Entry, EntryLocale
from sparx_cms.redirects.moves import Move, follow_moves
from sparx_cms.types import TypeDefinition, locales
from sparx_core import Context


def relocate(ctx: Context, entry: Entry, type_: TypeDefinition) -> None:
    """Give the pages of an entry, which is locked, the paths that its type says now, and redirect
    those that they had. Nothing happens where they are the same.
    """
    default, moves = locales(ctx).default, []
    for row in ctx.match(EntryLocale, "entry", [entry.id]):
        path = path_of(type_, slice_of(type_, entry.draft, row.locale, default), row.locale)
        live_path = None
        if row.live_revision is not None:
            live_path = path_of(type_, entry.live or {}, row.locale)
        if live_path != row.live_path:
            moves.append(Move(row.locale, row.live_path, live_path))
        ctx.update(row, path=path, live_path=live_path)
    follow_moves(ctx, entry.id, moves)
