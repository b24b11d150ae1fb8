"""Which stage a deal goes to, and what being there makes of it.

Whoever moves a deal has its row locked, so that moves come one after the other and the history is
a chain: each change begins in the stage that the one before ended in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sparx_core import Context, Event, ValidationFailed, Values
from sparx_crm.errors.deals import NoStage
from sparx_crm.events.deals import DealLost, DealReopened, DealStageChanged, DealUpdated, DealWon
from sparx_crm.models.deals import Deal, StageChange
from sparx_crm.models.pipelines import LostReason, Stage
from sparx_crm.schemas.deals import machine
from sparx_crm.schemas.pipelines import REQUIRABLE

#: The time of the statement: transactions that wait for one another have begun in any order.
_NOW = "SELECT clock_timestamp()"
_NOTHING = "There is no such row."
#: The event of a deal that leaves the open stages.
_CLOSING: dict[str, type[Event]] = {"won": DealWon, "lost": DealLost}
_NO_LOSS: Values = {"lost_reason": None, "lost_note": None}
_NO_RESUMING: Values = {
    "resume_stage": None,
    "resume_probability": None,
    "resume_overridden": None,
}


@dataclass(frozen=True)
class Loss:
    """Why a deal is lost."""

    reason: LostReason
    note: str | None


@dataclass(frozen=True)
class _Arrival:
    """That a deal comes from a stage, if there was one, into another."""

    left: Stage | None
    stage: Stage
    moment: datetime
    loss: Loss | None


def stage_named(ctx: Context, stage_id: UUID, pipeline: UUID | None, kind: str = "") -> Stage:
    """The stage with an id that a client sent as ``stageId``; a ``ValidationFailed`` if there is
    none, or it is of another pipeline or kind.
    """
    stage = ctx.find(Stage, stage_id)
    if stage is None:
        raise ValidationFailed([("stageId", _NOTHING)])
    if pipeline is not None and stage.pipeline != pipeline:
        raise ValidationFailed([("stageId", "Not a stage of the pipeline of the deal.")])
    if kind and stage.kind != kind:
        raise ValidationFailed([("stageId", f"Not a stage of kind {kind}.")])
    return stage


def first_stage(ctx: Context, pipeline: UUID, kind: str) -> Stage:
    """The first stage of a kind; ``NoStage`` if the pipeline has none."""
    of_kind = (Stage.pipeline == pipeline) & (Stage.kind == kind)
    stage = ctx.first(Stage.select().where(of_kind).order_by(Stage.position, Stage.id).limit(1))
    if stage is None:
        raise NoStage(kind)
    found: Stage = stage
    return found


def loss_of(ctx: Context, data: Values) -> Loss | None:
    """What a body says of why a deal is lost, by ``reason_id`` or the name in ``reason``."""
    reason_id, name = data.get("reason_id"), data.get("reason")
    if reason_id is None and name is None:
        if data.get("note") is not None:
            raise ValidationFailed([("note", "Goes with a reason for which the deal is lost.")])
        return None
    if reason_id is not None and name is not None:
        raise ValidationFailed([("reason", "Send reasonId or reason, not both.")])
    named = LostReason.id == reason_id if name is None else LostReason.name == name
    reason = ctx.first(LostReason.select().where(named & LostReason.archived_at.is_null()))
    if reason is None:
        field = "reasonId" if name is None else "reason"
        raise ValidationFailed([(field, "Not one of the lost reasons.")])
    return Loss(reason, data.get("note"))


def missing_for(stage: Stage, deal: Deal, changes: Values) -> list[tuple[str, str]]:
    """A problem for each field that the stage requires and the deal, changed so, lacks."""
    return [
        (name, f"Required in the stage {stage.name}.")
        for name in stage.required_fields
        if changes.get(REQUIRABLE[name], getattr(deal, REQUIRABLE[name])) in (None, [], "")
    ]


def probability_of(stage: Stage, sent: Values, deal: Deal | None = None) -> Values:
    """The columns of the probability of a deal in ``stage``: what was sent, what somebody
    overrode before, or else the stage's own.
    """
    given = sent.get("probability")
    if stage.kind != "open":
        if given not in (None, stage.probability):
            told = f"It is {stage.probability} in a stage of kind {stage.kind}."
            raise ValidationFailed([("probability", told)])
        return {"probability": stage.probability, "probability_overridden": False}
    if given is not None:
        return {"probability": given, "probability_overridden": True}
    if "probability" not in sent and deal is not None and deal.probability_overridden:
        return {}
    return {"probability": stage.probability, "probability_overridden": False}


def move(
    ctx: Context, deal: Deal, stage: Stage, changes: Values, *, loss: Loss | None = None
) -> Deal:
    """Put a locked deal into a stage, with other changes of it: one history row and one event.

    Into the stage that it is in already this is an update, and no event if nothing changes.
    Raises ``InvalidTransition`` for a way between won, lost and open, which is what reopening is
    for, and ``ValidationFailed`` for fields that the stage requires.
    """
    if stage.id == deal.stage:
        return revise(ctx, deal, stage, changes, loss)
    if deal.status not in ("open", stage.kind):
        told = f"The deal is {deal.status}: reopen it first."
        raise machine.refusal(deal, "move", told)
    problems = missing_for(stage, deal, changes)
    if stage.kind == "lost" and loss is None and deal.status != "lost":
        problems.append(("reasonId", "Say why the deal is lost: one of the lost reasons."))
    if stage.kind != "lost" and loss is not None:
        problems.append(("reasonId", "Only of a deal that is lost."))
    if problems:
        raise ValidationFailed(problems)
    event = DealStageChanged if stage.kind == deal.status else _CLOSING[stage.kind]
    return enter(ctx, deal, stage, {**changes, **probability_of(stage, changes, deal)}, loss, event)


def revise(ctx: Context, deal: Deal, stage: Stage, changes: Values, loss: Loss | None) -> Deal:
    """Change a deal that stays in ``stage``, its own."""
    changes = dict(changes)
    if "probability" in changes:
        changes |= probability_of(stage, changes, deal)
    if loss is not None:
        if deal.status != "lost":
            raise ValidationFailed([("reasonId", "Only of a deal that is lost.")])
        changes |= {"lost_reason": loss.reason.id, "lost_note": loss.note}
    if any(getattr(deal, name) != value for name, value in changes.items()):
        ctx.update(deal, **changes)
        ctx.emit(DealUpdated(deal))
    return deal


def reopen(ctx: Context, deal: Deal) -> Deal:
    """Bring a closed deal back to the stage and probability that it had before; the first open
    stage of its pipeline if that is gone, or there never was one.
    """
    stage = None if deal.resume_stage is None else ctx.find(Stage, deal.resume_stage)
    if stage is None or stage.kind != "open":
        stage = first_stage(ctx, deal.pipeline, "open")
    problems = missing_for(stage, deal, {})
    if problems:
        raise ValidationFailed(problems)
    kept = deal.resume_probability
    changes: Values = {
        "probability": stage.probability if kept is None else kept,
        "probability_overridden": bool(deal.resume_overridden),
    }
    return enter(ctx, deal, stage, changes, None, DealReopened)


def enter(
    ctx: Context, deal: Deal, stage: Stage, changes: Values, loss: Loss | None, event: type[Event]
) -> Deal:
    """Write that a deal is in another stage: its columns, a history row, the event."""
    left = ctx.find(Stage, deal.stage)
    arrival = _Arrival(left, stage, ctx.transaction.scalar(_NOW), loss)
    ctx.insert(_history(ctx, deal, arrival, changes))
    ctx.update(deal, **changes, **_placed(deal, arrival))
    ctx.emit(event(deal))
    return deal


def relocate(ctx: Context, deals: Sequence[Deal], left: Stage, stage: Stage) -> None:
    """Put locked deals, all in the stage ``left``, into another one of the same kind, whatever it
    requires: each with a row of history and an event.
    """
    arrival = _Arrival(left, stage, ctx.transaction.scalar(_NOW), None)
    changes = [probability_of(stage, {}, deal) for deal in deals]
    ctx.insert_all(
        _history(ctx, deal, arrival, one) for deal, one in zip(deals, changes, strict=True)
    )
    for deal, one in zip(deals, changes, strict=True):
        ctx.update(deal, **one, **_placed(deal, arrival))
        ctx.emit(DealStageChanged(deal))


def begin(ctx: Context, deal: Deal, stage: Stage, loss: Loss | None) -> Deal:
    """Insert a deal that begins in ``stage``, with the first row of its history."""
    problems = missing_for(stage, deal, {})
    if stage.kind == "lost" and loss is None:
        problems.append(("lostReasonId", "Say why the deal is lost: one of the lost reasons."))
    if stage.kind != "lost" and loss is not None:
        problems.append(("lostReasonId", "Only of a deal that is lost."))
    if problems:
        raise ValidationFailed(problems)
    moment: datetime = ctx.transaction.scalar(_NOW)
    deal.pipeline, deal.stage, deal.status = stage.pipeline, stage.id, stage.kind
    deal.stage_entered_at = moment
    deal.closed_at = None if stage.kind == "open" else moment
    if loss is not None:
        deal.lost_reason, deal.lost_note = loss.reason.id, loss.note
    ctx.insert(deal)
    ctx.insert(_history(ctx, deal, _Arrival(None, stage, moment, loss), {}))
    return deal


def _placed(deal: Deal, arrival: _Arrival) -> Values:
    """The columns that say where a deal is, and where it came from."""
    stage = arrival.stage
    values: Values = {
        "pipeline": stage.pipeline,
        "stage": stage.id,
        "status": stage.kind,
        "previous_stage": deal.stage,
        "stage_entered_at": arrival.moment,
    }
    if stage.kind == "open":
        return {**values, "closed_at": None, **_NO_LOSS, **_NO_RESUMING}
    if deal.status == "open":
        values |= {
            "closed_at": arrival.moment,
            "resume_stage": deal.stage,
            "resume_probability": deal.probability,
            "resume_overridden": deal.probability_overridden,
        }
    if arrival.loss is not None:
        values |= {"lost_reason": arrival.loss.reason.id, "lost_note": arrival.loss.note}
    return values


def _history(ctx: Context, deal: Deal, arrival: _Arrival, changes: Values) -> StageChange:
    """The row that says that ``deal``, as it is before its columns change, comes into a stage."""
    before: Values = {}
    left, stage, loss = arrival.left, arrival.stage, arrival.loss
    if left is not None:
        past = max(0, int((arrival.moment - deal.stage_entered_at).total_seconds()))
        before = {
            "from_stage": left.id,
            "from_name": left.name,
            "from_status": left.kind,
            "seconds": min(past, 2**31 - 1),
        }
    return StageChange(
        deal=deal.id,
        to_stage=stage.id,
        to_name=stage.name,
        to_status=stage.kind,
        probability=changes.get("probability", deal.probability),
        lost_reason=loss.reason.name if loss else None,
        note=loss.note if loss else None,
        actor=str(ctx.actor),
        created_at=arrival.moment,
        **before,
    )
