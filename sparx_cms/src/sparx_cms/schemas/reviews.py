"""Reviews on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_cms.models.reviews import DECISIONS, REVIEW_MACHINE, REVIEW_STATUSES, Decision
from sparx_core import (
    Choice,
    Id,
    Many,
    ObjectSchema,
    Related,
    ResourceSchema,
    Text,
    Timestamp,
    WholeNumber,
)

_ACTOR = {"example": "key:0197a1e2-0000-7000-8000-000000000001"}


class DecisionSchema(ObjectSchema):
    """What was decided at a stage, and by whom."""

    stage = fields.String(dump_only=True, metadata={"example": "legal"})
    decision = Choice(*DECISIONS, dump_only=True)
    comment = Text(10_000, dump_only=True, allow_none=True)
    actor = fields.String(dump_only=True, metadata=_ACTOR)
    actor_name = fields.String(dump_only=True, metadata={"example": "Legal desk"})
    created_at = Timestamp(dump_only=True)


class ReviewSchema(ResourceSchema):
    """The way of one revision of an entry through the stages that its type has.

    While it is `in_review` it waits at `stage`. What is approved is this revision: a draft that
    is saved afterwards is submitted anew.
    """

    entry = Related("cms.entries", dump_only=True)
    revision_id = Id(dump_only=True, allow_none=True, attribute="revision")
    revision_number = WholeNumber(1, dump_only=True)
    status = Choice(*REVIEW_STATUSES, dump_only=True)
    stage = fields.String(dump_only=True, allow_none=True, metadata={"example": "legal"})
    message = Text(
        10_000, dump_only=True, allow_none=True, metadata={"detail": True, "example": "New prices."}
    )
    submitter = fields.String(dump_only=True, metadata=_ACTOR)
    submitter_name = fields.String(dump_only=True, metadata={"example": "Newsroom"})
    decisions = Many(
        DecisionSchema,
        Decision,
        by="review",
        order_by="position",
        dump_only=True,
        metadata={"detail": True},
    )
    finished_at = Timestamp(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
    allowed_transitions = REVIEW_MACHINE.allowed()


class SubmissionSchema(ObjectSchema):
    """What is to be approved: the newest revision, or the one that is named."""

    revision_id = Id()
    message = Text(10_000, allow_none=True, metadata={"example": "New prices."})


class SubmittedSchema(ObjectSchema):
    """The review that a submission began."""

    review_id = Id(dump_only=True)


class ApprovingSchema(ObjectSchema):
    """What there is to say about an approval."""

    comment = Text(10_000, allow_none=True, metadata={"example": "Fine."})


class RejectionSchema(ObjectSchema):
    """Why a revision is not approved."""

    comment = Text(10_000, required=True, metadata={"example": "The second price is wrong."})
