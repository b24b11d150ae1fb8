"""The job that replays events: step by step it looks at the next events, and makes deliveries.

Nothing new is needed to throttle: each delivery is due a moment after the one before, and a step
makes no more of them than fall due in the next seconds. So what happens meanwhile is not kept
waiting for long by old events about the same resource, which come first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sparx_core.activation.writers import open_transactions
from sparx_core.context import Context
from sparx_core.db.models import TenantModel
from sparx_core.events.models import Delivery
from sparx_core.events.replayed import Plan, Targets
from sparx_core.ids import first_uuid7
from sparx_core.jobs.models import QUEUED, REPLAY, RUNNING, Job
from sparx_core.jobs.steps import Progress
from sparx_core.webhooks.models import WebhookDelivery
from sparx_core.webhooks.unwanted import keep_bodies, unwanted

#: Events that one step looks at, and deliveries that it makes at most.
LOOK, MAKE = 1_000, 2_000
#: Seconds of deliveries that are made in advance: events of now wait for them.
AHEAD_SECONDS = 10.0
#: Seconds between two looks at something that the replay waits for.
WAIT_SECONDS = 0.2
#: No transaction lasts longer, from its first statement to the event that it states.
_LONGEST = timedelta(days=1)

# The next events in the order in which they were committed, whether each is wanted, and what time
# it is. One range of one index; what is not committed yet is behind its end.
_EVENTS = """
SELECT e.id, e.type, split_part(e.aggregate_type, '.', 1), e.aggregate_id, e.position, e.xid::text,
       e.occurred_at >= %s::timestamptz
       AND (%s::timestamptz IS NULL OR e.occurred_at < %s::timestamptz)
       AND e.type = ANY (%s::text[]) AND NOT e.test
       AND (%s::text IS NULL OR e.aggregate_type = %s)
  FROM core.events e
 WHERE (e.xid, e.position) > (%s::xid8, %s) AND e.xid < %s::xid8
 ORDER BY e.xid, e.position LIMIT %s
"""
_NOW = "SELECT clock_timestamp()"
_HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_current_xact_id()::text"
_FIRST = "SELECT e.xid::text FROM core.events e WHERE e.id >= %s ORDER BY e.id LIMIT 1"
_DELIVERED = (
    "SELECT d.event_id, d.handler FROM core.deliveries d"
    " WHERE d.event_id = ANY (%s::uuid[]) AND d.handler = ANY (%s::text[])"
)

Target = str | UUID


@dataclass
class Place:
    """How far a replay is: behind an event, up to where it goes, and when its last delivery is due.

    ``waiting`` are transactions that a backfill waits for: they began before its module was active,
    and what they state they do not hand to its handlers. ``barrier`` is a transaction of the job's
    own: when all are over that began before it, what was committed by then is in order.
    """

    xid: str = ""
    position: int = 0
    barrier: str = ""
    horizon: str = ""
    tail: str = ""
    exhausted: bool = False
    waiting: list[str] | None = None

    def tail_at(self, now: datetime) -> datetime:
        return max(datetime.fromisoformat(self.tail), now) if self.tail else now


@dataclass(frozen=True)
class _Found:
    """An event that was looked at."""

    id: UUID
    type: str
    module: str
    aggregate_id: UUID
    position: int
    xid: str
    wanted: bool


def replay_step(ctx: Context, job: Job) -> Progress:
    """Make the next deliveries of a replay. It is done when the last of them is due."""
    # Kept from whoever cancels it, and takes back what was made: all of it, after this step.
    if ctx.get(Job, job.id, lock=True).state not in (QUEUED, RUNNING):
        return Progress()
    place, plan = Place(**job.cursor), Plan.of(job)
    if not place.horizon and not _begins(ctx, job, plan, place):
        return Progress(pause=WAIT_SECONDS, changes={"cursor": asdict(place)})
    now: datetime = ctx.transaction.scalar(_NOW)
    progress = Progress()
    if not place.exhausted:
        _make_next(ctx, job, plan, place, now, progress)
    left = (place.tail_at(now) - now).total_seconds()
    if place.exhausted:
        progress.done, progress.pause = left <= 0, min(max(left, 0.0), AHEAD_SECONDS)
    elif not plan.backfill:
        progress.pause = max(left - AHEAD_SECONDS, 0.0)
    progress.changes = {"cursor": asdict(place)}
    return progress


def _begins(ctx: Context, job: Job, plan: Plan, place: Place) -> bool:
    """Find where the events begin that may be wanted, and up to which transaction they go; False if
    it is too early to say.
    """
    earlier = Job.select(Job.id).where(
        Job.kind == REPLAY, Job.state.in_([QUEUED, RUNNING]), Job.id < job.id
    )
    if ctx.first(earlier) is not None:
        return False
    if plan.backfill and not place.barrier:
        still = open_transactions(ctx.transaction.database)
        waiting = still if place.waiting is None else still.intersection(place.waiting)
        place.waiting = sorted(waiting)
        if waiting:
            return False
    horizon, own = ctx.transaction.database.execute_sql(_HORIZON).fetchone()
    if not place.barrier or int(horizon) <= int(place.barrier):
        place.barrier = place.barrier or own
        return False
    place.horizon = horizon
    earliest = first_uuid7(datetime.fromisoformat(plan.begin) - _LONGEST)
    found = ctx.transaction.database.execute_sql(_FIRST, (str(earliest),)).fetchone()
    place.exhausted, place.xid = found is None, found[0] if found else ""
    return True


def _make_next(
    ctx: Context, job: Job, plan: Plan, place: Place, now: datetime, progress: Progress
) -> None:
    found = _look(ctx, plan, place)
    targets = Targets.find(ctx, plan.handlers, plan.subscriptions)
    wanted = [one.id for one in found if one.wanted]
    delivered = _delivered(ctx, plan, found) | unwanted(
        ctx, wanted, plan.subscriptions, missing=plan.missing
    )
    rows: list[TenantModel] = []
    due = place.tail_at(now)
    for one in found:
        place.xid, place.position = one.xid, one.position
        if not one.wanted:
            continue
        progress.processed += 1
        for target in _targets_of(ctx, targets, one):
            if (one.id, target) not in delivered:
                due += timedelta(seconds=1 / plan.rate)
                rows.append(_delivery(ctx, job, one, target, due))
        if len(rows) >= MAKE or (due - now).total_seconds() > _ahead(plan):
            break
    else:
        place.exhausted = len(found) < LOOK
    place.tail = due.isoformat()
    progress.succeeded = len(rows)
    ctx.insert_all(rows)
    if plan.missing and rows:
        keep_bodies(ctx, job.id, wanted)


def _ahead(plan: Plan) -> float:
    return float("inf") if plan.backfill else AHEAD_SECONDS


def _look(ctx: Context, plan: Plan, place: Place) -> list[_Found]:
    wanted = (plan.begin, plan.end, plan.end, list(plan.types), plan.resource, plan.resource)
    bounds = (place.xid, place.position, place.horizon, LOOK)
    rows = ctx.transaction.database.execute_sql(_EVENTS, (*wanted, *bounds)).fetchall()
    return [_Found(*row) for row in rows]


def _delivered(ctx: Context, plan: Plan, found: list[_Found]) -> set[tuple[UUID, Target]]:
    """What handlers that are backfilled have got already, event by event."""
    ids = [str(one.id) for one in found if one.wanted] if plan.backfill else []
    if not ids:
        return set()
    rows = ctx.transaction.database.execute_sql(_DELIVERED, (ids, list(plan.handlers))).fetchall()
    return {(event, handler) for event, handler in rows}


def _targets_of(ctx: Context, targets: Targets, event: _Found) -> Iterator[Target]:
    yield from targets.handlers_of(ctx.registry, event.type)
    yield from targets.subscriptions_of(ctx.registry, event.type)


def _delivery(ctx: Context, job: Job, event: _Found, target: Target, due: datetime) -> TenantModel:
    shared: dict[str, Any] = {
        "event_id": event.id,
        "event_type": event.type,
        "position": event.position,
        "due_at": due,
        "replay_id": job.id,
    }
    if isinstance(target, UUID):
        return WebhookDelivery(subscription=target, module=event.module, **shared)
    return Delivery(
        handler=target,
        module=ctx.registry.handlers[target].module,
        aggregate_id=event.aggregate_id,
        rung_at=None,  # nobody was told: a sweeper finds it when it is due
        **shared,
    )


def start_of(moment: datetime) -> str:
    """A time as a plan has it: the next whole second."""
    whole = (moment.astimezone(UTC) + timedelta(microseconds=999_999)).replace(microsecond=0)
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"
