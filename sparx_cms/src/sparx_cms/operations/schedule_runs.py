"""Carrying out what is scheduled, when its time has come."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sparx_cms.editorial import PUBLISH_SCOPE
from sparx_cms.events.schedules import ScheduleFailed
from sparx_cms.models.entries import Entry
from sparx_cms.models.schedules import FAILED, PUBLISH, SCHEDULED, SUCCEEDED, Schedule
from sparx_cms.operations.publishing import publish, revision_of, unpublish
from sparx_cms.scheduling.asking import as_asker, told_failure
from sparx_cms.scheduling.superseding import finish, pending
from sparx_core import ApiError, Context, NotFound, attempt, scheduled


@scheduled
def run_schedules(ctx: Context, entry_id: UUID) -> None:
    """Carry out what is due for an entry, in the order of its times, each once.

    The task is the entry's, and not a schedule's: so one worker does all that is due for it, even
    after a time without workers, and what was to be first is first.
    """
    entry = ctx.find(Entry, entry_id, lock=True)
    if entry is None:
        return
    now = datetime.now(UTC)
    due = [one for one in pending(ctx, entry) if one.at <= now]
    for _, together in groupby(due, key=_asked_together):
        _carry_out(ctx, entry_id, [one.id for one in together])
    plan_runs(ctx, entry)


def plan_runs(ctx: Context, entry: Entry) -> None:
    """Have the next of the entry's schedules carried out at its time.

    One after the other: who plans later sees what was planned before, and the earliest counts.
    """
    ctx.flush()
    ctx.transaction.take_turns(f"schedules of {entry.id}")
    found = ctx.match(Schedule, "entry", [entry.id])
    waiting = [one.at for one in found if one.status == SCHEDULED]
    if waiting:
        ctx.schedule(run_schedules, entry, at=min(waiting))


def _asked_together(schedule: Schedule) -> tuple[Any, ...]:
    """Languages of one request go live together: one event tells of them."""
    return schedule.at, schedule.action, schedule.revision, schedule.key


def _carry_out(ctx: Context, entry_id: UUID, ids: list[UUID]) -> None:
    """Do what was asked for, or say why not: then what is live stays as it is."""

    def do() -> None:
        entry = ctx.get(Entry, entry_id, lock=True)
        if entry.trashed:
            raise NotFound
        together = ctx.lock(Schedule, "id", ids)
        (first, *_) = together
        wanted, codes = first.revision, [one.locale for one in together]
        for schedule in together:  # before, because publishing supersedes what waits
            finish(ctx, schedule, SUCCEEDED)
        with as_asker(ctx, first.key, PUBLISH_SCOPE):
            if first.action == PUBLISH:
                if wanted is None:
                    raise NotFound("The revision is not there any more.")
                publish(ctx, entry, revision_of(ctx, entry, wanted), codes)
            else:
                unpublish(ctx, entry, codes)
            ctx.finish()

    try:
        attempt(ctx, do)
    except ApiError as error:
        if error.status >= 500:
            raise
        for schedule in ctx.lock(Schedule, "id", ids):
            finish(ctx, schedule, FAILED, failure=told_failure(error))
            ctx.emit(ScheduleFailed(schedule))
