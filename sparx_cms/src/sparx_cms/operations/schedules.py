"""Schedules: made, moved to another time, cancelled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sparx_cms.editorial import PUBLISH_SCOPE, Editorial
from sparx_cms.errors.entries import EntryArchived
from sparx_cms.errors.reviews import ApprovalRequired
from sparx_cms.errors.schedules import ScheduleExists, TooManySchedules
from sparx_cms.events.schedules import EntryScheduled, EntryUnscheduled
from sparx_cms.models.entries import Entry, Revision
from sparx_cms.models.schedules import CANCELLED, PUBLISH, SCHEDULE_MACHINE, Schedule
from sparx_cms.operations.drafts import refuse_archived
from sparx_cms.operations.entries import entries
from sparx_cms.operations.publishing import revision_of
from sparx_cms.operations.schedule_runs import plan_runs
from sparx_cms.reviewing.approval import approved
from sparx_cms.scheduling.locking import refuse_too_many
from sparx_cms.scheduling.superseding import finish
from sparx_cms.schemas.schedules import ScheduledSchema, ScheduleSchema, SchedulingSchema
from sparx_cms.types import check_locales, content_type, locales
from sparx_core import Context, NotFound, Shown, ValidationFailed, Values

#: What is further away is a typo.
MAX_YEARS = 5

schedules = Editorial(
    "schedules",
    Schedule,
    ScheduleSchema,
    filters=("entryId", "status", "action", "at"),
    sorts=("at", "createdAt"),
    scanned=("action",),
    bulk=False,
    machine=SCHEDULE_MACHINE,
)


@entries.action(
    "schedule",
    body=SchedulingSchema,
    answer=ScheduledSchema,
    emits=[EntryScheduled],
    raises=[
        ScheduleExists,
        TooManySchedules,
        ApprovalRequired,
        EntryArchived,
        NotFound,
        ValidationFailed,
    ],
)
def schedule_entry(ctx: Context, entry: Entry, data: Values) -> Shown:
    """Have a revision go live at a time, or what is live go offline.

    What is done later is what was named now, even if the draft is changed until then. The key is
    asked again at the time: one that was revoked, or may not publish any more, does nothing. Of
    each kind one waits for a language: `schedule_exists` if there is one. Somebody who publishes
    by hand before supersedes what is scheduled.
    """
    action = data.get("action", PUBLISH)
    refuse_archived(entry)
    check_time(data["at"])
    codes = _codes(ctx, entry, data.get("locales"))
    _refuse_second(ctx, entry, action, codes)
    revision = _revision(ctx, entry, data) if action == PUBLISH else None
    refuse_too_many(ctx, len(codes))
    made = [
        ctx.insert(
            Schedule(
                entry=entry.id,
                action=action,
                locale=code,
                revision=None if revision is None else revision.id,
                revision_number=None if revision is None else revision.number,
                at=data["at"],
                lock_while_scheduled=data.get("lock_while_scheduled", False),
                pending=True,
                key=ctx.actor.id,
                created_by=str(ctx.actor),
            )
        )
        for code in codes
    ]
    for schedule in made:
        ctx.emit(EntryScheduled(schedule))
    plan_runs(ctx, entry)
    return Shown(entry, {"scheduleIds": [one.id for one in made]})


entries.demand("schedule", scope=PUBLISH_SCOPE, version=True)


@schedules.update(emits=[EntryScheduled], raises=[ValidationFailed])
def move_schedule(ctx: Context, schedule: Schedule, data: Values) -> Schedule:
    """Move a schedule to another time, while it waits. Who moves it answers for it: it is his key
    that is asked at that time.
    """
    SCHEDULE_MACHINE.check(schedule, "cancel")
    if "at" not in data or data["at"] == schedule.at:
        return schedule
    check_time(data["at"])
    ctx.update(schedule, at=data["at"], key=ctx.actor.id)
    ctx.emit(EntryScheduled(schedule))
    plan_runs(ctx, ctx.get(Entry, schedule.entry))
    return schedule


schedules.demand("update", scope=PUBLISH_SCOPE)


@schedules.transition("cancel", emits=[EntryUnscheduled])
def cancel_schedule(ctx: Context, schedule: Schedule) -> Schedule:
    """Call a schedule off, while it waits."""
    finish(ctx, schedule, CANCELLED)
    ctx.emit(EntryUnscheduled(schedule))
    return schedule


schedules.demand("cancel", scope=PUBLISH_SCOPE)


def check_time(at: datetime) -> None:
    """Refuse a time that is over, or too far away."""
    now = datetime.now(UTC)
    if at <= now:
        raise ValidationFailed([("at", "Must be in the future.")])
    if at > now + timedelta(days=365 * MAX_YEARS):
        raise ValidationFailed([("at", f"Must be within {MAX_YEARS} years.")])


def _refuse_second(ctx: Context, entry: Entry, action: str, codes: list[str]) -> None:
    for one in ctx.match(Schedule, "entry", [entry.id]):
        if one.pending and one.action == action and one.locale in codes:
            raise ScheduleExists(details={"scheduleId": one.id, "locale": one.locale})


def _revision(ctx: Context, entry: Entry, data: Values) -> Revision:
    """The revision that is meant, if it may be published at all."""
    wanted: UUID | None = data.get("revision_id")
    revision = revision_of(ctx, entry, wanted)
    staged = content_type(ctx, entry.content_type).stages
    if staged and revision.id not in approved(ctx, [entry.id]):
        raise ApprovalRequired(details={"entryId": str(entry.id), "stage": entry.stage})
    return revision


def _codes(ctx: Context, entry: Entry, wanted: list[str] | None) -> list[str]:
    """The languages that are meant, each once."""
    if wanted is None:
        return sorted(entry.locales) or [locales(ctx).default]
    check_locales(ctx, {f"locales[{place}]": code for place, code in enumerate(wanted)})
    return list(dict.fromkeys(wanted))
