"""Pipelines, stages and reasons on the wire."""

from __future__ import annotations

import re

from marshmallow import fields, validate

from sparx_core import (
    Choice,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    RelatedList,
    ResourceSchema,
    Text,
    Timestamp,
    WholeNumber,
)
from sparx_crm.models.pipelines import STAGE_KINDS

#: Stages of one pipeline, at most.
MAX_STAGES = 100
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}(?:[0-9A-Fa-f]{2})?")
_PLACE = {
    "description": "Its place, from 0; those from there on move up. Without one it is the last.",
    "example": 2,
}
_ORDER = {"description": "Where it is in lists that are sorted by it.", "example": 0}

#: What a stage can ask of deals that enter it: their fields by name, and what holds each.
REQUIRABLE = {
    "customerId": "customer",
    "accountId": "account",
    "ownerId": "owner",
    "amount": "amount",
    "expectedCloseOn": "expected_close_on",
    "source": "source",
    "notes": "notes",
    "tags": "tags",
}


class PipelineSchema(ResourceSchema):
    """A way that deals go, from stage to stage."""

    name = Text(120, required=True, metadata={"example": "Partner Sales"})
    position = WholeNumber(
        0, 10_000, metadata={"description": "Where lists show it.", "example": 0}
    )
    is_default = Flag(
        metadata={"description": "Takes deals that name no pipeline: exactly one does."}
    )
    win_on_order = Flag(
        metadata={
            "description": "Whether an order that is placed for an open deal wins it; so it is"
            " unless you say no.",
        },
    )
    archived_at = Timestamp(dump_only=True, allow_none=True)
    stages = RelatedList(
        "crm.stages", by="pipeline", sort="position", limit=MAX_STAGES, metadata={"detail": True}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class PipelineOrderSchema(ObjectSchema):
    """All stages of the pipeline in their new order."""

    stage_ids = ListOf(Id(), minimum=1, maximum=MAX_STAGES, required=True)


class StageSchema(ResourceSchema):
    """A stage of a pipeline. Deals that enter it get its probability: 100 in one of kind `won`, 0
    in one of kind `lost`.
    """

    pipeline = Related("crm.pipelines", required=True)
    name = Text(120, required=True, metadata={"example": "Proposal Sent"})
    position = WholeNumber(0, MAX_STAGES - 1, metadata=_PLACE)
    kind = Choice(*STAGE_KINDS)
    probability = WholeNumber(
        0,
        100,
        metadata={
            "description": "In percent. Without one 100 if the stage is won, and 0 otherwise.",
            "example": 50,
        },
    )
    rot_days = WholeNumber(
        1,
        3650,
        allow_none=True,
        metadata={"description": "Days after which a deal here is rotting.", "example": 14},
    )
    required_fields = ListOf(
        fields.String(validate=validate.OneOf(list(REQUIRABLE))),
        maximum=len(REQUIRABLE),
        metadata={
            "description": "Fields that a deal needs to enter this stage.",
            "example": ["amount", "expectedCloseOn"],
        },
    )
    color = fields.String(
        allow_none=True,
        validate=validate.Regexp(_COLOR.pattern + r"\Z", error="Not a color such as #0EA5E9."),
        metadata={"example": "#0EA5E9"},
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class StageChangesSchema(StageSchema):
    """What can be changed of a stage: everything but its pipeline and, apart from the others, its
    place.
    """

    pipeline = Related("crm.pipelines", dump_only=True)
    position = WholeNumber(dump_only=True)


class StageRemovalSchema(ObjectSchema):
    """Where the deals of a stage go that is deleted."""

    move_to = Id(
        metadata={
            "description": "A stage of the same pipeline and kind, for the deals in this one."
        }
    )


class LostReasonSchema(ResourceSchema):
    """A reason for which deals are lost."""

    name = Text(120, required=True, metadata={"example": "Lead time"})
    position = WholeNumber(
        0, 10_000, metadata={"description": "Where lists show it.", "example": 0}
    )
    archived_at = Timestamp(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
