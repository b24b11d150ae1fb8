"""Reviews: who approved which revision of an entry, stage by stage."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_cms.errors.reviews import ReviewRunning
from sparx_cms.models.schedules import one_of
from sparx_core import (
    Machine,
    Reference,
    TenantModel,
    TimestampField,
    Transition,
    check,
    default,
)

IN_REVIEW, APPROVED, REJECTED, CANCELLED = REVIEW_STATUSES = (
    "in_review",
    "approved",
    "rejected",
    "cancelled",
)
DECISIONS = (APPROVED, REJECTED)
REVIEW_MACHINE = Machine(
    "status",
    {
        "approve": Transition((IN_REVIEW,), None),
        "reject": Transition((IN_REVIEW,), REJECTED),
        "cancel": Transition((IN_REVIEW,), CANCELLED),
        "finish": Transition((IN_REVIEW,), APPROVED, operation=False),
    },
)


class Review(TenantModel):
    """The way of one revision through the stages of its type.

    What is approved is this revision and no other: a draft that is changed afterwards is one that
    nobody has approved. ``running`` is true while it goes on and null afterwards.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField()
    status = TextField(
        constraints=[default("'in_review'"), check(one_of("status", REVIEW_STATUSES))]
    )
    running = BooleanField(
        null=True, constraints=[check("(running IS NOT NULL) = (status = 'in_review')")]
    )
    #: The key of the stage at which it is, or was when it ended.
    stage = TextField(null=True)
    message = TextField(null=True)
    author = TextField()
    submitter = TextField()
    submitter_name = TextField()
    finished_at = TimestampField(null=True)

    class Meta:
        schema = "cms"
        table_name = "reviews"
        indexes = ((("entry", "running"), True),)
        conflict = ReviewRunning


class Decision(TenantModel):
    """What somebody decided about a review at one of its stages."""

    review = Reference("cms.reviews", on_delete="CASCADE")
    position = IntegerField()
    stage = TextField()
    decision = TextField(constraints=[check(one_of("decision", DECISIONS))])
    comment = TextField(null=True)
    actor = TextField()
    actor_name = TextField()

    class Meta:
        schema = "cms"
        table_name = "decisions"
        indexes = ((("review", "position"), True),)
        grants = "SELECT, INSERT"
