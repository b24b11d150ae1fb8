"""Entries in the trash: put there, taken out again, and gone for good after thirty days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sparx_cms.entries.claims import hold_claims
from sparx_cms.entries.following import deleted, draft_saved
from sparx_cms.entries.links import referrers
from sparx_cms.entries.nullifying import without_target
from sparx_cms.entries.pruning import prune_revisions
from sparx_cms.errors.entries import EntryReferenced, SlugTaken
from sparx_cms.errors.schedules import EntryLocked
from sparx_cms.events.entries import EntryDeleted, EntryRestored, EntryUnpublished, EntryUpdated
from sparx_cms.events.reviews import ReviewCancelled
from sparx_cms.events.schedules import EntryUnscheduled
from sparx_cms.models.entries import DRAFT, Claim, Entry, Link
from sparx_cms.operations.drafts import save_draft
from sparx_cms.operations.entries import entries
from sparx_cms.operations.publishing import unpublish
from sparx_cms.schemas.entry_bodies import DeletingQuery
from sparx_cms.types import catalogue, content_type
from sparx_core import Context, Duplicate, Values, every

#: Days in the trash; entries that are purged at a time; referrers that a refusal lists, and the
#: most that an entry is taken out of while somebody waits.
KEPT_DAYS, AT_ONCE, LISTED, NULLIFIED = 30, 500, 20, 200


@entries.delete(
    query=DeletingQuery,
    emits=[EntryDeleted, EntryUnpublished, EntryUpdated, EntryUnscheduled, ReviewCancelled],
    raises=[EntryReferenced, EntryLocked],
)
def delete_entry(ctx: Context, entry: Entry, query: Values) -> None:
    """Put an entry into the trash, for thirty days. One that is live is unpublished, which needs
    the scope `publish:cms`. One that others refer to stays, unless `onDelete=nullify` takes it out
    of their drafts, which are 200 at most; what is live of them shows its id alone.
    """
    if entry.live_locales:
        ctx.require("cms", "publish:cms")
    nullifies = query["on_delete"] == "nullify"
    found = referrers(ctx, entry.id, limit=NULLIFIED + 1 if nullifies else LISTED)
    if found and (not nullifies or len(found) > NULLIFIED):
        raise EntryReferenced(_told(ctx, found))
    for referrer in ctx.lock(Entry, "id", [one.id for one in found]):
        _take_out(ctx, referrer, entry)
    unpublish(ctx, entry)
    ctx.run(Claim.delete().where(Claim.entry == entry.id))
    deleted(ctx, entry)
    ctx.delete(entry)
    ctx.emit(EntryDeleted(entry))


@entries.restore(emits=[EntryRestored], raises=[SlugTaken, Duplicate])
def restore_entry(ctx: Context, entry: Entry) -> Entry:
    """Take an entry out of the trash, as a draft. `slug_taken` if another entry was given its slug
    since. One that was not deleted stays as it is.
    """
    if not entry.trashed:
        return entry
    type_ = content_type(ctx, entry.content_type)
    ctx.restore(entry)
    hold_claims(ctx, DRAFT, [(entry, type_, entry.draft)])
    draft_saved(ctx, entry, type_, entry.draft)
    ctx.emit(EntryRestored(entry))
    return entry


@every(days=1)
def purge_entries(ctx: Context) -> None:
    """Remove entries for good that were in the trash for thirty days, and revisions that nobody
    needs any more.
    """
    over = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    query = Entry.select(Entry.id).where(Entry.trashed, Entry.deleted_at < over)
    ids = [one.id for one in ctx.all(query.order_by(Entry.deleted_at).limit(AT_ONCE))]
    if ids:
        # Drafts may still name them: a reference to nothing shows its id alone.
        ctx.run(Link.delete().where(Link.target.in_(ids)))
        ctx.run(Entry.delete().where(Entry.id.in_(ids)))
    prune_revisions(ctx)


def _take_out(ctx: Context, referrer: Entry, entry: Entry) -> None:
    """Save a draft without its references to an entry. One that is archived is left alone."""
    if referrer.archived_at is not None:
        return
    type_ = content_type(ctx, referrer.content_type)
    document = without_target(type_, referrer.draft, str(entry.id))
    told = "An entry that it referred to was deleted."
    save_draft(ctx, referrer, type_, document, kind="nullified", summary=told)


def _told(ctx: Context, found: list[Entry]) -> list[Values]:
    types = catalogue(ctx).by_id
    return [
        {"id": str(one.id), "type": types[one.content_type].key, "title": one.title}
        for one in found[:LISTED]
    ]
