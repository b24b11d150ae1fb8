"""Schedules that something else was faster than."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sparx_cms.events.schedules import EntryUnscheduled
from sparx_cms.models.entries import Entry
from sparx_cms.models.schedules import (
    CANCELLED,
    PUBLISH,
    SCHEDULED,
    SUPERSEDED,
    UNPUBLISH,
    Schedule,
)
from sparx_core import Context


def went_live(ctx: Context, entry: Entry, locales: Collection[str]) -> None:
    """Somebody published an entry: what was to go live later would put something older there."""
    _supersede(ctx, entry, PUBLISH, locales)


def went_offline(ctx: Context, entry: Entry, locales: Collection[str]) -> None:
    """Somebody took an entry offline: that does not have to be done any more."""
    _supersede(ctx, entry, UNPUBLISH, locales)


def went_away(ctx: Context, entry: Entry) -> None:
    """An entry was archived, or put into the trash: nothing is planned for it."""
    for schedule in pending(ctx, entry):
        finish(ctx, schedule, CANCELLED)
        ctx.emit(EntryUnscheduled(schedule))


def pending(ctx: Context, entry: Entry) -> list[Schedule]:
    """What is planned for an entry, locked, in the order of its time."""
    found = ctx.lock(Schedule, "entry", [entry.id])
    waiting = [one for one in found if one.status == SCHEDULED]
    return sorted(waiting, key=lambda one: (one.at, one.id))


def finish(ctx: Context, schedule: Schedule, status: str, **more: object) -> None:
    """A schedule is over, one way or another; it keeps no revision from being pruned any more."""
    over = {"status": status, "pending": None, "revision": None}
    ctx.update(schedule, **over, finished_at=datetime.now(UTC), **more)


def _supersede(ctx: Context, entry: Entry, action: str, locales: Collection[str]) -> None:
    for schedule in pending(ctx, entry):
        if schedule.action == action and schedule.locale in locales:
            finish(ctx, schedule, SUPERSEDED)
