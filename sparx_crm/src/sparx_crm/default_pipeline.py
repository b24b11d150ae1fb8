"""What a tenant's deals begin with: a pipeline, and reasons for which they are lost."""

from __future__ import annotations

from sparx_core import Context
from sparx_crm.models.pipelines import LostReason, Pipeline, Stage

#: Name, probability, kind and color of each stage.
STAGES = (
    ("Lead", 10, "open", "#94A3B8"),
    ("Qualified", 25, "open", "#06B6D4"),
    ("Proposal Sent", 50, "open", "#0EA5E9"),
    ("Negotiation", 75, "open", "#6366F1"),
    ("Closed Won", 100, "won", "#10B981"),
    ("Closed Lost", 0, "lost", "#EF4444"),
)
REASONS = (
    "Price",
    "Competitor",
    "No budget",
    "No decision",
    "No response",
    "Missing feature",
    "Other",
)
#: Two who find nothing make it one after the other.
ONE_AT_A_TIME = (
    "SELECT pg_advisory_xact_lock(hashtext('crm.pipelines.default'),"
    " hashtext(core.tenant_id()::text))"
)


def default_pipeline(ctx: Context) -> Pipeline:
    """The pipeline of deals that name none; made, with its stages and the reasons for losing, if
    the tenant has no pipeline at all.
    """
    default = Pipeline.select().where(Pipeline.is_default)
    found: Pipeline | None = ctx.first(default)
    if found is None:
        ctx.transaction.scalar(ONE_AT_A_TIME)
        found = ctx.first(default) or _make(ctx)
    return found


def _make(ctx: Context) -> Pipeline:
    pipeline = ctx.insert(Pipeline(name="Sales Pipeline", position=0, is_default=True))
    ctx.flush()
    ctx.insert_all(
        Stage(
            pipeline=pipeline.id,
            name=name,
            position=position,
            kind=kind,
            probability=probability,
            color=color,
        )
        for position, (name, probability, kind, color) in enumerate(STAGES)
    )
    if ctx.first(LostReason.select(LostReason.id).limit(1)) is None:
        ctx.insert_all(
            LostReason(name=name, position=position) for position, name in enumerate(REASONS)
        )
    return pipeline
