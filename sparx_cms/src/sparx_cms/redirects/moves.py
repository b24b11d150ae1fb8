"""The path of a page changes: whoever asks for the old one is sent to the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sparx_cms.events.redirects import RedirectAdded, RedirectRemoved, RedirectUpdated
from sparx_cms.models.entries import EntryLocale
from sparx_cms.models.redirects import AUTO, Redirect
from sparx_core import Context

#: What :func:`follow_moves` may emit, for operations that call it.
MOVE_EVENTS = (RedirectAdded, RedirectUpdated, RedirectRemoved)


@dataclass(frozen=True)
class Move:
    """The path of an entry's live page in one language, before and after; None: it had none."""

    locale: str
    old: str | None
    new: str | None


def follow_moves(ctx: Context, entry: UUID, moves: Sequence[Move]) -> None:
    """Redirect the old paths of an entry to it, in the transaction that gives it the new ones.

    The target is the entry and not its path, so that moving again makes no chain. A redirect that
    was made here before and is from a path that is a page now goes away; one that somebody made by
    hand stays as it is, and is passed over while there is a page. Paths are live already.
    """
    left = {one.old: one for one in moves if one.old and one.new and one.old != one.new}
    taken = [one.new for one in moves if one.new is not None]
    there = {one.source: one for one in ctx.lock(Redirect, "source", [*left, *taken])}
    for path in dict.fromkeys(taken):
        if path in there and there[path].origin == AUTO:
            gone = there.pop(path)
            ctx.delete(gone)
            ctx.emit(RedirectRemoved(gone))
    # Another page, or this one in another language, may be where it was.
    pages = {one.live_path for one in ctx.match(EntryLocale, "live_path", list(left))}
    for path, move in left.items():
        if path not in pages:
            _lead(ctx, there.get(path), path, entry, move.locale)


def _lead(ctx: Context, redirect: Redirect | None, path: str, entry: UUID, locale: str) -> None:
    if redirect is None:
        row = Redirect(
            source=path, from_path=path, to_entry=entry, to_locale=locale, origin=AUTO,
            status_code=301, enabled=True,
        )  # fmt: skip
        ctx.insert(row)
        ctx.emit(RedirectAdded(row))
    elif redirect.origin == AUTO and (redirect.to_entry, redirect.to_locale) != (entry, locale):
        ctx.update(redirect, to_entry=entry, to_locale=locale)
        ctx.emit(RedirectUpdated(redirect))
