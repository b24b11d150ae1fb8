"""A deal on the wire, and what can be done with it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from marshmallow import fields, validate
from peewee import SQL, Expression, Function, NodeList, Select, Table

from sparx_core import (
    CalendarDate,
    Choice,
    Computed,
    Currency,
    CustomFields,
    Flag,
    Id,
    ListOf,
    Machine,
    Many,
    Money,
    ObjectSchema,
    Related,
    RelatedList,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    Transition,
    UnitPrice,
    WholeNumber,
)
from sparx_crm.models.deals import DEAL_STATUSES, DealItem
from sparx_crm.models.pipelines import Stage

_TAG = re.compile(r"[A-Za-z0-9_-]{1,63}")
#: Items of one deal, and pieces in one of them, at most.
MAX_ITEMS, MAX_QUANTITY = 200, 1_000_000

#: Whether a move is one into another stage of the same kind, or wins or loses, depends on where to.
machine = Machine(
    "status",
    {
        "move": Transition(DEAL_STATUSES, None),
        "win": Transition(("open",), "won"),
        "lose": Transition(("open",), "lost"),
        "reopen": Transition(("won", "lost"), "open"),
    },
)


def _days_in_stage(deal: Scope) -> Any:
    past = NodeList((SQL("now() -"), deal.column("stage_entered_at")))
    seconds = Function("date_part", (SQL("'epoch'"), past))
    return NodeList((SQL("greatest(0, floor("), seconds, SQL("/ 86400))::integer")))


def _is_rotting(deal: Scope) -> Any:
    stages = Table("stages", schema="crm", alias="rotting")
    allowed = NodeList((SQL("make_interval(days =>"), stages.c.rot_days, SQL(")")))
    ends = NodeList((deal.column("stage_entered_at"), SQL("+"), allowed))
    late: Any = Select([stages], [SQL("1")]).where(
        (stages.c.id == deal.column("stage_id"))
        & (stages.c.kind == SQL("'open'"))
        & Expression(ends, "<", SQL("now()"))
    )
    return Function("EXISTS", (late,))


def _rots(deal: Scope, wanted: Any) -> Any:
    return Expression(_is_rotting(deal), "=", wanted)


class DealItemSchema(ObjectSchema):
    """A line of a deal."""

    sku = Text(127, allow_none=True, metadata={"example": "INJ-6.7-CR"})
    name = Text(required=True, metadata={"example": "6.7L Common-Rail Injector"})
    quantity = WholeNumber(1, MAX_QUANTITY, required=True, metadata={"example": 8})
    unit_price = UnitPrice(
        required=True, currency="deal.currency", metadata={"example": Decimal("289.50")}
    )


class DealSchema(ResourceSchema):
    """A sale that may come about, in a stage of a pipeline. Its probability is that of the stage
    unless somebody sent another, its amount the sum of its items if it has any.
    """

    title = Text(required=True, metadata={"example": "Injectors for the fleet"})
    customer = Related("crm.customers", allow_none=True)
    account = Related("crm.accounts", allow_none=True)
    owner = Related("core.members", allow_none=True)
    pipeline = Related(
        "crm.pipelines", metadata={"description": "The stage's; else the default pipeline."}
    )
    stage = Related(
        "crm.stages", metadata={"description": "Of the pipeline; its first open stage if absent."}
    )
    status = Choice(*DEAL_STATUSES, dump_only=True)
    probability = WholeNumber(
        0, 100, metadata={"description": "In percent; the stage's unless overridden."}
    )
    probability_overridden = Flag(dump_only=True)
    amount = Money(allow_none=True, metadata={"example": Decimal("2316.00")})
    currency = Currency()
    expected_close_on = CalendarDate(allow_none=True, metadata={"example": "2027-01-29"})
    source = Text(120, allow_none=True, metadata={"example": "Trade fair"})
    tags = ListOf(
        fields.String(validate=validate.Regexp(_TAG.pattern + r"\Z")),
        maximum=50,
        metadata={"example": ["fleet"]},
    )
    notes = Text(10_000, allow_none=True, metadata={"example": "Decides in January."})
    items = Many(
        DealItemSchema,
        DealItem,
        by="deal",
        order_by="position",
        maximum=MAX_ITEMS,
        metadata={"detail": True},
    )
    previous_stage = Related(
        "crm.stages",
        dump_only=True,
        allow_none=True,
        metadata={"description": "Where it was before its last change of stage."},
    )
    stage_entered_at = Timestamp(dump_only=True)
    days_in_stage = Computed(WholeNumber(0), _days_in_stage, metadata={"nullable": False})
    is_rotting = Computed(
        Flag(),
        _is_rotting,
        reads=[Stage],
        condition=_rots,
        metadata={
            "nullable": False,
            "description": "Whether it is open and in its stage for more than `rotDays`.",
        },
    )
    closed_at = Timestamp(dump_only=True, allow_none=True)
    lost_reason = Related("crm.lost_reasons", dump_only=True, allow_none=True)
    lost_note = Text(2_000, dump_only=True, allow_none=True)
    allowed_transitions = machine.allowed()
    stage_changes = RelatedList("crm.stage_changes", by="deal")
    quotes = RelatedList("crm.quotes", by="deal")
    orders = RelatedList("crm.orders", by="deal")
    timeline = RelatedList("crm.activities", by="deal", sort="-occurredAt")
    tasks = RelatedList("crm.tasks", by="deal", sort="-createdAt")
    custom = CustomFields()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class LossSchema(ObjectSchema):
    """Why a deal is lost: `reasonId`, or `reason`, the name of one in the list."""

    reason_id = Id(metadata={"description": "One of the lost reasons."})
    reason = Text(120, metadata={"example": "Price"})
    note = Text(2_000, metadata={"example": "12 % above the other offer."})


class DealBodySchema(DealSchema):
    """What can be said of a deal. One that begins in a lost stage needs a `lostReasonId`."""

    probability = WholeNumber(
        0,
        100,
        allow_none=True,
        metadata={"description": "Overrides that of the stage; null goes back to it."},
    )
    lost_reason = Related("crm.lost_reasons")
    lost_note = Text(2_000)


class DealChangesSchema(DealBodySchema):
    """What can be changed of a deal. `status` moves it to the first stage of that kind, as
    `stageId` does to that one; either is a move, and wins or loses the deal as one does.
    """

    status = Choice(*DEAL_STATUSES)


class MoveSchema(LossSchema):
    """Where a deal goes, with a reason if it is lost there."""

    stage_id = Id(required=True)


class WinSchema(ObjectSchema):
    """The stage of kind `won`, if it is not the first one of the pipeline."""

    stage_id = Id()


class LoseSchema(LossSchema):
    """Why a deal is lost, and the stage of kind `lost` if it is not the pipeline's first one."""

    stage_id = Id()


class StageChangeSchema(ResourceSchema):
    """A deal came into a stage. `fromStageId` is null for the one it began in, and `toStageId` of a
    stage that was deleted since; their names stay.
    """

    deal = Related("crm.deals", dump_only=True)
    from_stage = Related("crm.stages", dump_only=True, allow_none=True)
    from_name = Text(120, dump_only=True, allow_none=True)
    to_stage = Related("crm.stages", dump_only=True, allow_none=True)
    to_name = Text(120, dump_only=True)
    from_status = Choice(*DEAL_STATUSES, dump_only=True, allow_none=True)
    to_status = Choice(*DEAL_STATUSES, dump_only=True)
    probability = WholeNumber(0, 100, dump_only=True)
    seconds = WholeNumber(
        dump_only=True,
        allow_none=True,
        metadata={"description": "How long the deal was in the stage before."},
    )
    lost_reason = Text(120, dump_only=True, allow_none=True)
    note = Text(2_000, dump_only=True, allow_none=True)
    actor = Text(dump_only=True, metadata={"example": "key:018f8a52-7c1e-7b3a-9d55-3c1f0e9b2a41"})
    created_at = Timestamp(dump_only=True)
