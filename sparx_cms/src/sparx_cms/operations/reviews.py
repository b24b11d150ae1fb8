"""Approval in stages: submitted, approved, rejected, cancelled."""

from __future__ import annotations

from sparx_cms.editorial import PUBLISH_SCOPE, Editorial
from sparx_cms.errors.entries import EntryArchived
from sparx_cms.errors.reviews import NoStages, OwnRevision, ReviewRunning
from sparx_cms.events.reviews import (
    ReviewAdvanced,
    ReviewApproved,
    ReviewCancelled,
    ReviewRejected,
    ReviewSubmitted,
)
from sparx_cms.models.entries import Entry
from sparx_cms.models.reviews import (
    APPROVED,
    CANCELLED,
    REJECTED,
    REVIEW_MACHINE,
    Decision,
    Review,
)
from sparx_cms.operations.drafts import refuse_archived
from sparx_cms.operations.entries import entries
from sparx_cms.operations.publishing import revision_of
from sparx_cms.reviewing.approval import close, stage_keys
from sparx_cms.schemas.reviews import (
    ApprovingSchema,
    RejectionSchema,
    ReviewSchema,
    SubmissionSchema,
    SubmittedSchema,
)
from sparx_cms.types import content_type
from sparx_core import Context, NotFound, Shown, Values

reviews = Editorial(
    "reviews",
    Review,
    ReviewSchema,
    filters=("entryId", "status", "stage", "createdAt"),
    sorts=("createdAt",),
    scanned=("stage",),
    bulk=False,
    machine=REVIEW_MACHINE,
)


@entries.action(
    "submit",
    body=SubmissionSchema,
    answer=SubmittedSchema,
    emits=[ReviewSubmitted],
    raises=[NoStages, ReviewRunning, EntryArchived, NotFound],
)
def submit_entry(ctx: Context, entry: Entry, data: Values) -> Shown:
    """Ask for the approval of a revision, at the first stage of the entry's type. The draft may be
    changed meanwhile: that is then another revision, which nobody has approved.
    """
    refuse_archived(entry)
    keys = stage_keys(content_type(ctx, entry.content_type))
    if not keys:
        raise NoStages
    for one in ctx.match(Review, "entry", [entry.id]):
        if one.running:
            raise ReviewRunning(details={"reviewId": one.id})
    revision = revision_of(ctx, entry, data.get("revision_id"))
    review = ctx.insert(
        Review(
            entry=entry.id,
            revision=revision.id,
            revision_number=revision.number,
            running=True,
            stage=keys[0],
            message=data.get("message"),
            author=revision.author,
            submitter=str(ctx.actor),
            submitter_name=ctx.actor.name,
        )
    )
    ctx.update(entry, stage=review.stage)
    ctx.emit(ReviewSubmitted(review))
    return Shown(entry, {"reviewId": review.id})


@reviews.transition(
    "approve",
    body=ApprovingSchema,
    emits=[ReviewAdvanced, ReviewApproved],
    raises=[OwnRevision],
)
def approve_review(ctx: Context, review: Review, data: Values) -> Review:
    """Approve a revision at the stage where it waits, as somebody who neither wrote nor submitted
    it, and approved no stage before. After the last one it may be published.
    """
    passed = _decide(ctx, review, APPROVED, data.get("comment"))
    entry = ctx.get(Entry, review.entry, lock=True)
    keys = stage_keys(content_type(ctx, entry.content_type))
    following = next((key for key in keys if key not in passed), None)
    ctx.update(entry, stage=following)
    if following is None:
        close(ctx, review, APPROVED)
        ctx.emit(ReviewApproved(review))
    else:
        ctx.update(review, stage=following)
        ctx.emit(ReviewAdvanced(review))
    return review


@reviews.transition("reject", body=RejectionSchema, emits=[ReviewRejected], raises=[OwnRevision])
def reject_review(ctx: Context, review: Review, data: Values) -> Review:
    """Do not approve a revision: it is changed, and submitted anew."""
    _decide(ctx, review, REJECTED, data["comment"])
    _end(ctx, review, REJECTED)
    ctx.emit(ReviewRejected(review))
    return review


@reviews.transition("cancel", emits=[ReviewCancelled])
def cancel_review(ctx: Context, review: Review) -> Review:
    """Call a review off."""
    _end(ctx, review, CANCELLED)
    ctx.emit(ReviewCancelled(review))
    return review


for _verb in ("approve", "reject"):
    reviews.demand(_verb, scope=PUBLISH_SCOPE)


def _decide(ctx: Context, review: Review, decision: str, comment: str | None) -> set[str]:
    """Note a decision; the stages that have been passed with it."""
    before = ctx.match(Decision, "review", [review.id])
    who = str(ctx.actor)
    if who in (review.author, review.submitter, *(one.actor for one in before)):
        raise OwnRevision
    ctx.insert(
        Decision(
            review=review.id,
            position=len(before),
            stage=review.stage,
            decision=decision,
            comment=comment,
            actor=who,
            actor_name=ctx.actor.name,
        )
    )
    return {str(review.stage), *(str(one.stage) for one in before)}


def _end(ctx: Context, review: Review, status: str) -> None:
    ctx.update(ctx.get(Entry, review.entry, lock=True), stage=None)
    close(ctx, review, status)
