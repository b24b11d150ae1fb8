"""Stages: created, changed, deleted with the deals that are in them moved."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from peewee import fn

from sparx_core import Conflict, Context, Resource, ValidationFailed, Values
from sparx_crm.deal_stages import relocate
from sparx_crm.errors.deals import StageInUse
from sparx_crm.events.deals import DealStageChanged
from sparx_crm.models.deals import Deal
from sparx_crm.models.pipelines import Pipeline, Stage
from sparx_crm.schemas.pipelines import (
    MAX_STAGES,
    StageChangesSchema,
    StageRemovalSchema,
    StageSchema,
)

#: Deals that are moved by one request.
MAX_MOVED = 5_000
#: The probability that a kind forces upon its stages.
_FIXED = {"won": 100, "lost": 0}

stages = Resource(
    "stages",
    Stage,
    StageSchema,
    filters=("pipelineId", "name", "kind"),
    sorts=("position", "name", "createdAt"),
    bulk=False,
)
#: Everybody who may read at all reads them, as pipelines.
stages.shared = True


@stages.create(raises=[ValidationFailed, Conflict])
def create_stage(ctx: Context, data: Values) -> Stage:
    """Add a stage to a pipeline, at the end unless `position` says where."""
    values = {**data, **_probability(data.get("kind", "open"), data.get("probability"), 0)}
    # Its lock: two who add a stage at once would find the same place, and one too many.
    if ctx.find(Pipeline, data["pipeline"], lock=True) is None:
        raise ValidationFailed([("pipelineId", "There is no such row.")])
    mine = Stage.select().where(Stage.pipeline == data["pipeline"])
    others: list[Stage] = ctx.all(mine.order_by(Stage.position, Stage.id))
    if len(others) >= MAX_STAGES:
        raise Conflict(f"A pipeline has at most {MAX_STAGES} stages.")
    last = others[-1].position + 1 if others else 0
    position = min(data.get("position", last), last)
    for other in others:
        if other.position >= position:
            ctx.update(other, position=other.position + 1)
    return ctx.insert(Stage(**{**values, "position": position}))


@stages.update(body=StageChangesSchema, raises=[ValidationFailed, StageInUse])
def update_stage(ctx: Context, stage: Stage, data: Values) -> Stage:
    """Change a stage. Deals in it keep their probability; those that enter it get the new one.

    Its kind cannot change while deals are in it, and its place only with all others, by
    `reorder` of the pipeline.
    """
    kind = data.get("kind", stage.kind)
    if kind != stage.kind and (inside := _deals_in(ctx, stage.id)):
        raise StageInUse(inside, "Deals are in the stage, so that its kind stays.")
    fixed = _probability(kind, data.get("probability"), stage.probability)
    return ctx.update(stage, **{**data, **fixed})


@stages.delete(
    query=StageRemovalSchema,
    emits=[DealStageChanged],
    raises=[ValidationFailed, StageInUse, Conflict],
)
def delete_stage(ctx: Context, stage: Stage, query: Values) -> None:
    """Delete a stage. Its deals go to the stage `moveTo`, each with a row of history and an event;
    without one it is a conflict if there are any.
    """
    target = _target(ctx, stage, query["move_to"]) if "move_to" in query else None
    # All of them at once, before the stage itself: who moves a deal back waits for nobody then.
    touched = (Deal.stage == stage.id) | (Deal.resume_stage == stage.id)
    touched |= Deal.previous_stage == stage.id
    count = _deals_in(ctx, stage.id)
    if count and target is None:
        raise StageInUse(count)
    if count > MAX_MOVED:
        raise StageInUse(count, f"More than {MAX_MOVED:,} deals are in it: move some before.")
    wanted: Any = Deal.select().where(touched).order_by(Deal.id)
    found = ctx.all(wanted.for_update("FOR NO KEY UPDATE"))
    if target is not None:
        relocate(ctx, [one for one in found if one.stage == stage.id], stage, target)
        for deal in found:
            if deal.resume_stage == stage.id:  # one that is closed reopens where it would be now
                ctx.update(deal, resume_stage=target.id)
    ctx.delete(stage)


def _target(ctx: Context, stage: Stage, move_to: UUID) -> Stage:
    target = ctx.find(Stage, move_to)
    if target is None or target.pipeline != stage.pipeline or target.id == stage.id:
        raise ValidationFailed([("moveTo", "Not another stage of the pipeline.")])
    if target.kind != stage.kind:
        raise ValidationFailed([("moveTo", f"Not a stage of kind {stage.kind}.")])
    return target


def _deals_in(ctx: Context, stage: UUID) -> int:
    counted = ctx.first(Deal.select(fn.count(Deal.id).alias("deals")).where(Deal.stage == stage))
    return int(counted.deals)


def _probability(kind: str, given: int | None, present: int) -> Values:
    fixed = _FIXED.get(kind)
    if fixed is None:
        return {"probability": present if given is None else given}
    if given not in (None, fixed):
        raise ValidationFailed([("probability", f"It is {fixed} in a stage of kind {kind}.")])
    return {"probability": fixed}
