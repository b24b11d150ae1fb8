"""Whether a revision may go live, and what becomes of reviews when something does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sparx_cms.entries.readiness import Publication
from sparx_cms.errors.reviews import ApprovalRequired
from sparx_cms.events.reviews import ReviewCancelled
from sparx_cms.models.entries import Entry, EntryLocale
from sparx_cms.models.reviews import APPROVED, CANCELLED, IN_REVIEW, Review
from sparx_cms.types import TypeDefinition, content_type
from sparx_core import Context


def stage_keys(type_: TypeDefinition) -> list[str]:
    """The stages of a type, in their order."""
    return [str(stage["key"]) for stage in type_.stages]


def check_approved(
    ctx: Context, entry: Entry, type_: TypeDefinition, locales: Collection[str]
) -> None:
    """Refuse what just went live in ``locales`` unless all stages of the type approved it.

    It is the revision that was approved: whoever changes a draft afterwards has changed another.
    """
    if not type_.stages:
        return
    wanted = {
        one.live_revision
        for one in ctx.match(EntryLocale, "entry", [entry.id])
        if one.locale in locales
    }
    if wanted - approved(ctx, [entry.id]):
        raise ApprovalRequired(details=_standing(ctx, entry))


def approved(ctx: Context, entries: Collection[UUID]) -> set[UUID]:
    """The revisions of entries that all stages have approved."""
    found = ctx.match(Review, "entry", list(entries))
    return {one.revision for one in found if one.status == APPROVED and one.revision is not None}


def unapproved(ctx: Context, publications: Sequence[Publication]) -> dict[UUID, ApprovalRequired]:
    """What of several publications has stages that did not approve it, by the ids of entries."""
    staged = [one for one in publications if content_type(ctx, one.entry.content_type).stages]
    known = approved(ctx, [one.entry.id for one in staged])
    return {
        one.entry.id: ApprovalRequired(details=_standing(ctx, one.entry))
        for one in staged
        if one.revision.id not in known
    }


def end_review(ctx: Context, entry: Entry) -> None:
    """An entry went live or away: what of it is in review is not waited for any more."""
    for review in ctx.lock(Review, "entry", [entry.id]):
        if review.status == IN_REVIEW:
            close(ctx, review, CANCELLED)
            ctx.emit(ReviewCancelled(review))
    if entry.stage is not None:
        ctx.update(entry, stage=None)


def close(ctx: Context, review: Review, status: str) -> None:
    """A review is over; only what was approved is still of use, and keeps its revision."""
    kept = review.revision if status == APPROVED else None
    ctx.update(review, status=status, running=None, revision=kept, finished_at=datetime.now(UTC))


def _standing(ctx: Context, entry: Entry) -> dict[str, object]:
    running = [one for one in ctx.match(Review, "entry", [entry.id]) if one.status == IN_REVIEW]
    told: dict[str, object] = {"entryId": str(entry.id), "stage": None}
    for review in running:
        told |= {"stage": review.stage, "revisionNumber": review.revision_number}
    return told
