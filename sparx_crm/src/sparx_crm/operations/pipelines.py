"""Pipelines: created, changed, archived; and the reasons for which deals are lost."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_core import Conflict, Context, Resource, ValidationFailed, Values
from sparx_crm.default_pipeline import ONE_AT_A_TIME
from sparx_crm.errors.deals import DefaultPipeline
from sparx_crm.models.pipelines import LostReason, Pipeline, Stage
from sparx_crm.schemas.pipelines import LostReasonSchema, PipelineOrderSchema, PipelineSchema


class LostReasons(Resource):
    """The list of reasons, which everybody reads who may read at all."""

    place, shared = "lost-reasons", True


pipelines = Resource(
    "pipelines",
    Pipeline,
    PipelineSchema,
    filters=("name", "isDefault", "archivedAt"),
    sorts=("position", "name", "createdAt"),
    bulk=False,
)
lost_reasons = LostReasons(
    "lost_reasons",
    LostReason,
    LostReasonSchema,
    filters=("name", "archivedAt"),
    sorts=("position", "name", "createdAt"),
    bulk=False,
)
#: Everybody who may read at all reads them, whosever deals he is shown.
pipelines.shared = True


@pipelines.create(raises=[])
def create_pipeline(ctx: Context, data: Values) -> Pipeline:
    """Create a pipeline, without stages. The tenant's first one is the default."""
    first = not _exists(ctx)
    values = {"position": 0, **data, "is_default": first or data.get("is_default", False)}
    if values["is_default"]:
        _clear_default(ctx)
    return ctx.insert(Pipeline(**values))


@pipelines.update(raises=[DefaultPipeline])
def update_pipeline(ctx: Context, pipeline: Pipeline, data: Values) -> Pipeline:
    """Change a pipeline. `isDefault: true` takes it from the one that was the default, whose
    `isDefault` cannot be set to false.
    """
    wanted = data.get("is_default", pipeline.is_default)
    if wanted and not pipeline.is_default:
        if pipeline.archived_at is not None:
            raise ValidationFailed([("isDefault", "An archived pipeline is no default.")])
        _clear_default(ctx)
    elif pipeline.is_default and not wanted:
        raise DefaultPipeline
    return ctx.update(pipeline, **data)


@pipelines.delete(raises=[DefaultPipeline, Conflict])
def delete_pipeline(ctx: Context, pipeline: Pipeline) -> None:
    """Delete a pipeline and its stages: one that has no deals, and is not the default."""
    if pipeline.is_default:
        raise DefaultPipeline
    ctx.delete(pipeline)


@pipelines.action("archive", raises=[DefaultPipeline])
def archive_pipeline(ctx: Context, pipeline: Pipeline) -> Pipeline:
    """Take a pipeline out of use: no deal begins in it any more, and those in it go on."""
    if pipeline.is_default:
        raise DefaultPipeline
    if pipeline.archived_at is None:
        ctx.update(pipeline, archived_at=datetime.now(UTC))
    return pipeline


@pipelines.action("unarchive", raises=[])
def unarchive_pipeline(ctx: Context, pipeline: Pipeline) -> Pipeline:
    """Take an archived pipeline into use again."""
    return ctx.update(pipeline, archived_at=None)


@pipelines.action("reorder", body=PipelineOrderSchema, raises=[ValidationFailed])
def reorder_stages(ctx: Context, pipeline: Pipeline, data: Values) -> Pipeline:
    """Put the stages of a pipeline into an order: `stageIds` are all of them, each once."""
    stages = {one.id: one for one in ctx.lock(Stage, "pipeline", [pipeline.id])}
    wanted = data.get("stage_ids", [])
    if sorted(wanted) != sorted(stages):
        told = "Name every stage of the pipeline, each once."
        raise ValidationFailed([("stageIds", told)])
    for position, stage_id in enumerate(wanted):
        ctx.update(stages[stage_id], position=position)
    return pipeline


@lost_reasons.create(raises=[])
def create_lost_reason(ctx: Context, data: Values) -> LostReason:
    """Add a reason to the list."""
    return ctx.insert(LostReason(**{"position": 0, **data}))


@lost_reasons.update(raises=[])
def update_lost_reason(ctx: Context, reason: LostReason, data: Values) -> LostReason:
    """Change a reason; deals that were lost for it show it under its new name."""
    return ctx.update(reason, **data)


@lost_reasons.delete(raises=[Conflict])
def delete_lost_reason(ctx: Context, reason: LostReason) -> None:
    """Delete a reason for which no deal is lost; archive one that was used."""
    ctx.delete(reason)


@lost_reasons.action("archive", raises=[])
def archive_lost_reason(ctx: Context, reason: LostReason) -> LostReason:
    """Take a reason off the list: deals lost for it keep it, and none is lost for it any more."""
    if reason.archived_at is None:
        ctx.update(reason, archived_at=datetime.now(UTC))
    return reason


@lost_reasons.action("unarchive", raises=[])
def unarchive_lost_reason(ctx: Context, reason: LostReason) -> LostReason:
    """Put an archived reason on the list again."""
    return ctx.update(reason, archived_at=None)


def _exists(ctx: Context) -> bool:
    return ctx.first(Pipeline.select(Pipeline.id).limit(1)) is not None


def _clear_default(ctx: Context) -> None:
    ctx.flush()
    ctx.transaction.scalar(ONE_AT_A_TIME)
    for current in ctx.lock(Pipeline, "is_default", [True]):
        ctx.update(current, is_default=False)
    ctx.flush()
