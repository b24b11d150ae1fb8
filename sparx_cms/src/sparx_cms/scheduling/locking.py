"""Drafts that are not saved while their entry is scheduled, and how much may be scheduled."""

from __future__ import annotations

from datetime import UTC

from peewee import SQL, Function

from sparx_cms.errors.schedules import EntryLocked, TooManySchedules
from sparx_cms.models.entries import Entry
from sparx_cms.models.schedules import Schedule
from sparx_core import Context

#: What waits for its time in a tenant, at most: each is a task that a worker has to find.
MAX_PENDING = 10_000


def refuse_locked(ctx: Context, entry: Entry) -> None:
    """Nobody saves the draft of an entry that was scheduled to stay as it is until then."""
    locking = Schedule.select(Schedule.id, Schedule.at).where(
        Schedule.entry == entry.id, Schedule.pending, Schedule.lock_while_scheduled
    )
    found = ctx.first(locking.order_by(Schedule.at).limit(1))
    if found is not None:
        at = found.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise EntryLocked(found.id, at)


def refuse_too_many(ctx: Context, more: int) -> None:
    """Refuse to schedule ``more`` than may wait; those who schedule at once take turns."""
    ctx.transaction.take_turns("cms.schedules")
    waiting = Schedule.select(Function("count", (SQL("*"),)).alias("n")).where(Schedule.pending)
    if ctx.first(waiting.dicts())["n"] + more > MAX_PENDING:
        raise TooManySchedules(MAX_PENDING)
