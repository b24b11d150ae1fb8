"""Recomputing a segment: all customers are looked at, some in each transaction of a worker.

A chunk's members, their events, how far the run is and the next chunk's task are written together:
a worker that dies in the middle leaves what the chunk before left, and the task is done again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from peewee import SQL

from sparx_core import Context, every, scheduled
from sparx_crm.models.segments import Segment, SegmentRun
from sparx_crm.segments.lock import lock_memberships
from sparx_crm.segments.membership import change_chunk

#: Customers of one transaction.
CHUNK = 1000
#: What is scheduled for later is no chain of events that cause one another.
SOON = timedelta(milliseconds=20)


def request_run(ctx: Context, segment: Segment, *, restart: bool = True) -> None:
    """Have all customers looked at, from the first one on; one that is under way begins anew, or
    goes on as it is without ``restart``.
    """
    now = datetime.now(UTC)
    ctx.flush()
    begun = SegmentRun.insert(segment=segment.id, started_at=now).on_conflict(
        conflict_target=[SegmentRun.tenant_id, SegmentRun.segment],
        update={
            SegmentRun.after: None,
            SegmentRun.entered: 0,
            SegmentRun.exited: 0,
            SegmentRun.started_at: now,
            SegmentRun.finished_at: None,
        },
        where=None if restart else SQL("segment_runs.finished_at IS NOT NULL"),
    )
    ctx.run(begun)
    ctx.schedule(recompute_segment, segment, at=now)


@scheduled
def recompute_segment(ctx: Context, segment_id: UUID) -> None:
    """Look at the next customers of a run. Done again, it finds what it did."""
    lock_memberships(ctx)
    segment = ctx.find(Segment, segment_id, lock=True)
    run = ctx.first(SegmentRun.select().where(SegmentRun.segment == segment_id))
    if segment is None or segment.status != "active" or run is None or run.finished_at is not None:
        return
    now = datetime.now(UTC)
    last, entered, exited = change_chunk(ctx, segment, run.after, CHUNK, now)
    finished = now if last is None else None
    ctx.run(
        SegmentRun.update(
            after=last,
            entered=SegmentRun.entered + entered,
            exited=SegmentRun.exited + exited,
            finished_at=finished,
            updated_at=now,
        ).where(SegmentRun.segment == segment_id)
    )
    if finished is None:
        ctx.schedule(recompute_segment, segment, at=datetime.now(UTC) + SOON)


@every(hours=1)
def recompute_segments(ctx: Context) -> None:
    """Look at all customers for each dynamic segment: some rules come true as time goes by."""
    live = (Segment.kind == "dynamic") & (Segment.status == "active")
    for segment in ctx.all(Segment.select().where(live).order_by(Segment.id)):
        request_run(ctx, segment, restart=False)
