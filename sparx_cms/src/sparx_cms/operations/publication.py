"""Publishing and archiving, as clients ask for them."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_cms.entries.following import archived
from sparx_cms.errors.entries import (
    EntryArchived,
    EntryPublished,
    SlugTaken,
    UnpublishedReferences,
)
from sparx_cms.errors.reviews import ApprovalRequired
from sparx_cms.events.entries import (
    EntryUnarchived,
    EntryUnpublished,
    EntryWasArchived,
    EntryWentLive,
)
from sparx_cms.events.reviews import ReviewCancelled
from sparx_cms.events.schedules import EntryUnscheduled
from sparx_cms.models.entries import ARCHIVED, DRAFT, Entry
from sparx_cms.operations.entries import entries
from sparx_cms.operations.publishing import publish, revision_of, unpublish
from sparx_cms.redirects.moves import MOVE_EVENTS
from sparx_cms.schemas.entry_bodies import ArchiveSchema, LanguagesSchema, PublishSchema
from sparx_core import Context, Duplicate, NotFound, ValidationFailed, Values


@entries.action(
    "publish",
    body=PublishSchema,
    emits=[EntryWentLive, EntryUnscheduled, ReviewCancelled, *MOVE_EVENTS],
    raises=[
        NotFound,
        ValidationFailed,
        UnpublishedReferences,
        ApprovalRequired,
        EntryArchived,
        SlugTaken,
        Duplicate,
    ],
)
def publish_entry(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Make a revision live: the newest, or the one that `revisionId` names. All problems of all
    languages are told at once, and then nothing of it goes live.

    After an older revision the status is `changed`, because something newer waits.
    """
    revision = revision_of(ctx, entry, data.get("revision_id"))
    return publish(ctx, entry, revision, data.get("locales"), cascade=data.get("cascade", False))


@entries.action(
    "unpublish",
    body=LanguagesSchema,
    emits=[EntryUnpublished, EntryUnscheduled],
    raises=[ValidationFailed],
)
def unpublish_entry(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Take an entry off, in some languages or all; its draft stays. What refers to it shows its id
    alone. Where it is not live nothing happens.
    """
    wanted = data.get("locales")
    if wanted is not None and not set(wanted) <= set(entry.locales):
        raise ValidationFailed([("locales", "The entry has nothing in one of these languages.")])
    return unpublish(ctx, entry, wanted)


@entries.action(
    "archive",
    body=ArchiveSchema,
    emits=[EntryWasArchived, EntryUnpublished, EntryUnscheduled, ReviewCancelled],
    raises=[EntryPublished],
)
def archive_entry(ctx: Context, entry: Entry, data: Values) -> Entry:
    """Put an entry away: lists leave it out, and it cannot be changed until it is unarchived. It
    must not be live, unless `unpublish` says that it is unpublished first.
    """
    if entry.archived_at is not None:
        return entry
    if entry.live_locales and not data.get("unpublish", False):
        raise EntryPublished
    unpublish(ctx, entry)
    ctx.update(entry, archived_at=datetime.now(UTC), status=ARCHIVED)
    archived(ctx, entry)
    ctx.emit(EntryWasArchived(entry))
    return entry


@entries.action("unarchive", emits=[EntryUnarchived], raises=[])
def unarchive_entry(ctx: Context, entry: Entry) -> Entry:
    """Make an archived entry a draft again; one that is not archived stays as it is."""
    if entry.archived_at is not None:
        ctx.update(entry, archived_at=None, status=DRAFT)
        ctx.emit(EntryUnarchived(entry))
    return entry


for _verb in ("publish", "unpublish", "archive", "unarchive"):
    entries.demand(_verb, scope="publish:cms", version=True)
