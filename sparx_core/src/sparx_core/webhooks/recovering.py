"""Sending what did not arrive: a replay of what is missing, to one subscription."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sparx_core.context import Context
from sparx_core.errors import InsufficientScope, InvalidTransition, ValidationFailed
from sparx_core.events.patterns import wants
from sparx_core.events.replay import start_replay
from sparx_core.events.replayed import Plan
from sparx_core.events.replaying import start_of
from sparx_core.jobs.events import JobQueued
from sparx_core.jobs.models import Job
from sparx_core.resources import Shown, Values
from sparx_core.webhooks.models import ENABLED, WebhookSubscription
from sparx_core.webhooks.reach import public_types, require_reach
from sparx_core.webhooks.resources import subscriptions
from sparx_core.webhooks.schemas import USUAL_RATE, RecoveringSchema, RecoverSchema

#: How far back what did not arrive can be had again.
MAX_DAYS = 30


@subscriptions.action(
    "recover",
    body=RecoverSchema,
    answer=RecoveringSchema,
    emits=[JobQueued],
    raises=[InvalidTransition, InsufficientScope, ValidationFailed],
)
def recover_deliveries(ctx: Context, row: WebhookSubscription, data: Values) -> Shown:
    """Send once more what happened since a time and did not arrive: what has failed, what was
    cancelled, and what was not sent because the subscription was disabled. Each event once, with
    the ids and the body of before; what has arrived, or is still tried, is left out.

    The job ``jobId`` does it: it tells how far it is, and can be cancelled. `invalid_transition` if
    the subscription is disabled.
    """
    require_reach(ctx, row.events)
    if row.state != ENABLED:
        raise InvalidTransition("The subscription is disabled: enable it first.")
    now = datetime.now(UTC)
    check_since(data["since"], now, "since")
    until = min(data.get("until", now), now)
    if until <= data["since"]:
        raise ValidationFailed([("until", "Must be later than since.")])
    job = recover(ctx, row, data["since"], until, data.get("per_second", USUAL_RATE))
    return Shown(row, {"jobId": job.id})


def check_since(since: datetime, now: datetime, field: str) -> None:
    """Refuse a time that is too long ago, or yet to come."""
    if since >= now:
        raise ValidationFailed([(field, "Must be in the past.")])
    if now - since > timedelta(days=MAX_DAYS):
        raise ValidationFailed([(field, f"Longer ago than {MAX_DAYS} days.")])


def recover(
    ctx: Context,
    row: WebhookSubscription,
    since: datetime,
    until: datetime | None = None,
    rate: int = USUAL_RATE,
) -> Job:
    """Queue the job that sends what is missing."""
    types = tuple(name for name in public_types(ctx) if wants(row.events, name))
    plan = Plan(
        start_of(since),
        start_of(until or datetime.now(UTC)),
        types,
        None,
        (),
        (str(row.id),),
        rate,
        missing=True,
    )
    return start_replay(ctx, plan)
