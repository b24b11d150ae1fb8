"""Deals: created, changed, moved from stage to stage, won, lost, reopened, deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from peewee import SQL, Function, Select, Table

from sparx_core import (
    Context,
    InvalidTransition,
    Money,
    Resource,
    Scope,
    ValidationFailed,
    Values,
)
from sparx_crm.deal_stages import (
    Loss,
    begin,
    first_stage,
    loss_of,
    move,
    probability_of,
    reopen,
    stage_named,
)
from sparx_crm.default_pipeline import default_pipeline
from sparx_crm.errors.deals import NoStage
from sparx_crm.events.deals import (
    DealCreated,
    DealDeleted,
    DealLost,
    DealReopened,
    DealStageChanged,
    DealUpdated,
    DealWon,
)
from sparx_crm.models.deals import Deal, DealItem, StageChange
from sparx_crm.models.pipelines import Pipeline, Stage
from sparx_crm.pricing import price_items
from sparx_crm.schemas.deals import (
    DealBodySchema,
    DealChangesSchema,
    DealSchema,
    LoseSchema,
    MoveSchema,
    StageChangeSchema,
    WinSchema,
    machine,
)

_AMOUNT = Money()
#: What a body says beside the columns of a deal.
_APART = ("stage", "pipeline", "status", "items", "lost_reason", "lost_note")

deals = Resource(
    "deals",
    Deal,
    DealSchema,
    machine=machine,
    search=("title", "source", "tags", "customer", "account"),
    filters=(
        "title", "customerId", "accountId", "ownerId", "pipelineId", "stageId", "status", "amount",
        "currency", "expectedCloseOn", "closedAt", "stageEnteredAt", "source", "tags",
        "lostReasonId", "isRotting", "createdAt",
    ),
    sorts=("createdAt", "title", "amount", "expectedCloseOn", "closedAt", "stageEnteredAt"),
    custom_fields=True,
)  # fmt: skip


def _of_visible_deals(changes: Scope) -> Any:
    """The history of deals that the reader is shown: the policy of their table tells."""
    deal: Any = Table("deals", schema="crm", alias="shown")
    shown = Select([deal], [SQL("1")]).where(deal.c.id == changes.column("deal_id"))
    return Function("EXISTS", (shown,))


class StageChanges(Resource):
    """The history of deals, which is a record itself."""

    place, shared = "stage-changes", True
    audited = counted = False
    visible = staticmethod(_of_visible_deals)


stage_changes = StageChanges(
    "stage_changes",
    StageChange,
    StageChangeSchema,
    filters=("dealId", "fromStageId", "toStageId", "toStatus", "createdAt"),
    sorts=("createdAt",),
    bulk=False,
)


@deals.create(body=DealBodySchema, emits=[DealCreated], raises=[ValidationFailed, NoStage])
def create_deal(ctx: Context, data: Values) -> Deal:
    """Create a deal: in the first open stage of the default pipeline, unless you say where.

    ``currency`` is the tenant's if absent; ``amount`` is the sum of the items if there are any.
    """
    stage = _first(ctx, data)
    values = {name: value for name, value in data.items() if name not in _APART}
    values.setdefault("currency", ctx.tenant.currency)
    items = data.get("items", [])
    totals = _price(values, items, values["currency"], values.get("amount"))
    deal = begin(ctx, Deal(**{**values, **probability_of(stage, values)}), stage, _loss(ctx, data))
    _insert_items(ctx, deal, items, totals)
    ctx.emit(DealCreated(deal))
    return deal


@deals.update(
    body=DealChangesSchema,
    emits=[DealUpdated, DealStageChanged, DealWon, DealLost],
    raises=[ValidationFailed, NoStage, InvalidTransition],
)
def update_deal(ctx: Context, deal: Deal, data: Values) -> Deal:
    """Change a deal. With another `stageId`, or `status`, it is a move as well: one event tells of
    all that was changed, and none if nothing was.

    `items` replace those that there are. `pipelineId` goes with a `stageId` of that pipeline.
    """
    stage = _next(ctx, deal, data)
    values = {name: value for name, value in data.items() if name not in _APART}
    replaced = _reprice(ctx, deal, values, data)
    before = len(ctx.emitted)
    move(ctx, deal, stage, values, loss=_loss(ctx, data))
    if replaced and len(ctx.emitted) == before:
        # Items of the same amount: nothing of the row itself differs, but its version does.
        ctx.update(deal, updated_at=datetime.now(UTC))
        ctx.emit(DealUpdated(deal))
    return deal


@deals.delete(emits=[DealDeleted], raises=[])
def delete_deal(ctx: Context, deal: Deal) -> None:
    """Delete a deal with its items and history; quotes and orders of it stay."""
    ctx.delete(deal)
    ctx.emit(DealDeleted(deal))


@deals.transition(
    "move",
    body=MoveSchema,
    emits=[DealStageChanged, DealWon, DealLost],
    raises=[ValidationFailed],
)
def move_deal(ctx: Context, deal: Deal, data: Values) -> Deal:
    """Move a deal to a stage of its pipeline. One of kind `won` wins it, one of kind `lost` loses
    it, which takes a reason; between stages of one kind it keeps `closedAt`.

    Into the stage that it is in already nothing happens.
    """
    if "stage_id" not in data:
        raise ValidationFailed([("stageId", "Missing data for required field.")])
    stage = stage_named(ctx, data["stage_id"], deal.pipeline)
    return move(ctx, deal, stage, {}, loss=loss_of(ctx, data))


@deals.transition("win", body=WinSchema, emits=[DealWon], raises=[ValidationFailed, NoStage])
def win_deal(ctx: Context, deal: Deal, data: Values) -> Deal:
    """Win an open deal: it goes to the pipeline's first stage of kind `won`, or the one named."""
    machine.check(deal, "win")  # who calls this from Python has not been asked
    return move(ctx, deal, _closing(ctx, deal, "won", data), {})


@deals.transition("lose", body=LoseSchema, emits=[DealLost], raises=[ValidationFailed, NoStage])
def lose_deal(ctx: Context, deal: Deal, data: Values) -> Deal:
    """Lose an open deal, for a reason from the list: `reasonId`, or `reason`, its name."""
    machine.check(deal, "lose")
    return move(ctx, deal, _closing(ctx, deal, "lost", data), {}, loss=loss_of(ctx, data))


@deals.transition("reopen", emits=[DealReopened], raises=[ValidationFailed, NoStage])
def reopen_deal(ctx: Context, deal: Deal) -> Deal:
    """Open a deal again that was won or lost, with the stage and the probability that it had."""
    machine.check(deal, "reopen")
    return reopen(ctx, deal)


# -- where to -----------------------------------------------------------------------------------


def _first(ctx: Context, data: Values) -> Stage:
    """The stage that a new deal begins in."""
    stage = stage_named(ctx, data["stage"], data.get("pipeline")) if "stage" in data else None
    named = data.get("pipeline") if stage is None else stage.pipeline
    pipeline = default_pipeline(ctx) if named is None else ctx.find(Pipeline, named)
    if pipeline is None:
        raise ValidationFailed([("pipelineId", "There is no such row.")])
    if pipeline.archived_at is not None:
        raise ValidationFailed([("pipelineId", "The pipeline is archived.")])
    return first_stage(ctx, pipeline.id, "open") if stage is None else stage


def _next(ctx: Context, deal: Deal, data: Values) -> Stage:
    """The stage that a changed deal is in: its own, unless the changes name another."""
    pipeline: UUID = data.get("pipeline", deal.pipeline)
    status: str | None = data.get("status")
    if "stage" in data:
        return stage_named(ctx, data["stage"], pipeline, status or "")
    if pipeline != deal.pipeline:
        raise ValidationFailed([("stageId", "Say which stage of the other pipeline.")])
    if status is None or status == deal.status:
        return stage_named(ctx, deal.stage, None)
    if deal.status != "open":
        raise machine.refusal(deal, "move", f"The deal is {deal.status}: reopen it first.")
    return first_stage(ctx, pipeline, status)


def _closing(ctx: Context, deal: Deal, kind: str, data: Values) -> Stage:
    if "stage_id" in data:
        return stage_named(ctx, data["stage_id"], deal.pipeline, kind)
    return first_stage(ctx, deal.pipeline, kind)


def _loss(ctx: Context, data: Values) -> Loss | None:
    """Why a deal is lost, as bodies of deals say it."""
    if "lost_reason" not in data and "lost_note" not in data:
        return None
    given = {"reason_id": data.get("lost_reason"), "note": data.get("lost_note")}
    try:
        return loss_of(ctx, given)
    except ValidationFailed:
        field = "lostReasonId" if given["reason_id"] else "lostNote"
        told = "Not one of the lost reasons." if given["reason_id"] else "Goes with lostReasonId."
        raise ValidationFailed([(field, told)]) from None


# -- what it is about ---------------------------------------------------------------------------


def _price(values: Values, items: list[Values], currency: str, amount: Any) -> list[Any]:
    """The totals of items; ``values`` get the amount that they make. Checks what was sent."""
    if not items:
        if amount is not None and (problem := _AMOUNT.check_digits(amount, currency)):
            raise ValidationFailed([("amount", problem)])
        return []
    if values.get("amount") is not None:
        raise ValidationFailed([("amount", "Computed from the items; leave it out.")])
    priced = price_items(currency, items)
    values["amount"] = priced.subtotal
    return list(priced.lines)


def _reprice(ctx: Context, deal: Deal, values: Values, data: Values) -> bool:
    """Price a deal whose items, amount or currency may change; whether its items were replaced."""
    if not values.keys() & {"amount", "currency"} and "items" not in data:
        return False
    stored = ctx.all(DealItem.select().where(DealItem.deal == deal.id).order_by(DealItem.position))
    present = [_sent(one) for one in stored]
    items = data.get("items", present)
    currency = values.get("currency", deal.currency)
    totals = _price(values, items, currency, values.get("amount", deal.amount))
    wanted = [{"sku": None, **one} for one in items]
    if wanted == present and [one.total for one in stored] == totals:
        return False
    for one in stored:
        ctx.delete(one)
    ctx.flush()
    _insert_items(ctx, deal, items, totals)
    return wanted != present


def _sent(item: DealItem) -> Values:
    return {name: getattr(item, name) for name in ("sku", "name", "quantity", "unit_price")}


def _insert_items(ctx: Context, deal: Deal, items: list[Values], totals: list[Any]) -> None:
    ctx.insert_all(
        DealItem(deal=deal.id, position=position, total=total, **item)
        for position, (item, total) in enumerate(zip(items, totals, strict=True))
    )
