"""Publishing: a revision goes live in some languages, with its claims, links, path, redirects and
event in one transaction.

These functions ask for no scope and no version: the operations do, schedules and releases did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sparx_cms.entries.claims import claimed_by, hold_claims
from sparx_cms.entries.documents import languages_of, slice_of, with_slice, without_languages
from sparx_cms.entries.following import published, unpublished
from sparx_cms.entries.languages import languages, settle
from sparx_cms.entries.links import note_links, targets_in
from sparx_cms.entries.paths import path_of
from sparx_cms.entries.readiness import Publication, refusals, unpublished_targets
from sparx_cms.events.entries import EntryUnpublished, EntryWentLive
from sparx_cms.models.entries import LIVE, Entry, Revision
from sparx_cms.redirects.moves import Move
from sparx_cms.types import Document, TypeDefinition, content_type, locales
from sparx_core import Context, NotFound


@dataclass(frozen=True)
class _Change:
    """What becomes live of an entry, and where its pages were and are."""

    entry: Entry
    type: TypeDefinition
    before: Document | None
    locales: tuple[str, ...]
    moves: tuple[Move, ...]


def publish(
    ctx: Context,
    entry: Entry,
    revision: Revision,
    locales: Iterable[str] | None = None,
    *,
    cascade: bool = False,
) -> Entry:
    """Make a revision of a locked entry live in ``locales``, in all that it has if None.

    What is live there already stays as it is, without an event. With ``cascade`` the entries that
    it refers to, and those that these refer to, are published with it.

    Emits ``content.entry.published`` for each entry, and the events of redirects. Raises
    ``ValidationFailed`` with all problems of all languages, ``UnpublishedReferences``,
    ``EntryArchived``, ``SlugTaken``, ``Duplicate``.
    """
    wanted = languages_of_revision(ctx, entry, revision) if locales is None else _each_once(locales)
    publish_all(ctx, [Publication(entry, revision, wanted)], cascade=cascade)
    return entry


def publish_all(
    ctx: Context, publications: Sequence[Publication], *, cascade: bool = False
) -> list[Entry]:
    """Publish all of several entries, each locked and there once, or none. They may refer to one
    another, and give one another their slugs. The entries that changed, with those of a cascade.
    """
    planned = {one.entry.id: one for one in publications}
    if cascade:
        _add_targets(ctx, planned)
    for refusal in refusals(ctx, list(planned.values())).values():
        raise refusal
    changes = [change for one in planned.values() if (change := _go_live(ctx, one)) is not None]
    _keep_beside(ctx, changes)
    for change in changes:
        published(ctx, change.entry, change.type, change.moves, change.locales)
        ctx.emit(EntryWentLive(change.entry))
    return [change.entry for change in changes]


def unpublish(ctx: Context, entry: Entry, locales: Iterable[str] | None = None) -> Entry:
    """Take an entry, which is locked, off in ``locales``, in all of them if None; the draft stays,
    and so do redirects. Nothing happens where it is not live.

    Emits ``content.entry.unpublished``.
    """
    gone = set(entry.live_locales) if locales is None else set(entry.live_locales) & {*locales}
    if not gone:
        return entry
    type_, before, rows = content_type(ctx, entry.content_type), entry.live, languages(ctx, entry)
    for locale in gone:
        ctx.update(
            rows[locale], live_revision=None, live_path=None, live_version=None, published_at=None
        )
    live = without_languages(before, gone) if len(gone) < len(entry.live_locales) else None
    ctx.update(
        entry,
        **settle(ctx, type_, rows, entry.draft, live),
        published_at=entry.published_at if live is not None else None,
    )
    _keep_beside(ctx, [_Change(entry, type_, before, tuple(sorted(gone)), ())])
    unpublished(ctx, entry, type_, sorted(gone))
    ctx.emit(EntryUnpublished(entry))
    return entry


def newest(ctx: Context, entry: Entry) -> Revision:
    """The newest revision of an entry: its draft."""
    found: Revision = ctx.first(
        Revision.select().where(
            Revision.entry == entry.id, Revision.number == entry.revision_number
        )
    )
    return found


def revision_of(ctx: Context, entry: Entry, revision_id: UUID | None) -> Revision:
    """A revision of an entry by its id, the newest if None; ``NotFound`` if it is of another."""
    if revision_id is None:
        return newest(ctx, entry)
    found = ctx.get(Revision, revision_id)
    if found.entry != entry.id:
        raise NotFound
    return found


def languages_of_revision(ctx: Context, entry: Entry, revision: Revision) -> tuple[str, ...]:
    """The languages that a revision can be published in: those of the entry that it has something
    in; all of the entry's, if nothing in it is localized.
    """
    found = languages_of(revision.data) & set(entry.locales)
    return tuple(sorted(found or entry.locales))


# -- how ----------------------------------------------------------------------------------------


def _each_once(locales: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(locales))


def _add_targets(ctx: Context, planned: dict[UUID, Publication]) -> None:
    """Add what the planned entries refer to and is not live, and what that refers to. What is
    archived or in the trash is left to be refused.
    """
    looked_at: set[UUID] = set()
    while fresh := [one for one in planned.values() if one.entry.id not in looked_at]:
        looked_at.update(one.entry.id for one in fresh)
        for one in fresh:
            missing = [target for _, target in unpublished_targets(ctx, one, planned.keys())]
            planned |= {
                target.id: _alongside(ctx, target, one)
                for target in ctx.lock(Entry, "id", sorted(missing))
                if not target.trashed and target.archived_at is None
            }


def _alongside(ctx: Context, target: Entry, one: Publication) -> Publication:
    """The newest of an entry, in the languages in which another is published that refers to it."""
    revision = newest(ctx, target)
    known = languages_of_revision(ctx, target, revision)
    wanted = tuple(locale for locale in known if locale in one.locales) or known
    return Publication(target, revision, wanted)


def _go_live(ctx: Context, publication: Publication) -> _Change | None:
    """Write what is live of an entry; None if that is what was live."""
    entry, revision = publication.entry, publication.revision
    rows = languages(ctx, entry)
    wanted = [one for one in publication.locales if rows[one].live_revision != revision.id]
    if not wanted:
        return None
    type_, default = content_type(ctx, entry.content_type), locales(ctx).default
    now = datetime.now(UTC)
    before: Document | None = entry.live
    live, moves = before, []
    for locale in wanted:
        row, part = rows[locale], slice_of(type_, revision.data, locale, default)
        live = with_slice(live, locale, part)
        path = path_of(type_, part, locale)
        if path != row.live_path:
            moves.append(Move(locale, row.live_path, path))
        ctx.update(
            row,
            live_revision=revision.id,
            live_path=path,
            live_version=int(entry.version) + 1,
            published_at=now,
            first_published_at=row.first_published_at or now,
        )
    ctx.update(
        entry,
        **settle(ctx, type_, rows, entry.draft, live),
        published_at=now,
        first_published_at=entry.first_published_at or now,
    )
    return _Change(entry, type_, before, tuple(wanted), tuple(moves))


def _keep_beside(ctx: Context, changes: Sequence[_Change]) -> None:
    """Hold the claims, and note the links, of what is live now."""
    claiming = [
        (one.entry, one.type, one.entry.live)
        for one in changes
        if claimed_by(one.type, one.before) != claimed_by(one.type, one.entry.live)
    ]
    if claiming:
        hold_claims(ctx, LIVE, claiming)
    for one in changes:
        if targets_in(one.type, one.before or {}) != targets_in(one.type, one.entry.live or {}):
            note_links(ctx, one.entry, one.type, LIVE, one.entry.live)


__all__ = [
    "Publication",
    "languages_of_revision",
    "newest",
    "publish",
    "publish_all",
    "refusals",
    "revision_of",
    "unpublish",
]
