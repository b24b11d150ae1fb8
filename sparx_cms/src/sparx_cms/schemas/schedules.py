"""Schedules on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from peewee import SQL, NodeList

from sparx_cms.models.schedules import (
    ACTIONS,
    PUBLISH,
    SCHEDULE_MACHINE,
    SCHEDULE_STATUSES,
)
from sparx_core import (
    Choice,
    Computed,
    Document,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
)

#: Languages that one request names.
MAX_LOCALES = 100
LOCALE_EXAMPLE = {"example": "en"}


def late_by(schedule: Scope) -> Any:
    """Seconds by which a schedule was late, or is by now; NULL if it was never carried out."""
    finished, at = schedule.column("finished_at"), schedule.column("at")
    since = (SQL("extract(epoch FROM coalesce("), finished, SQL(", now()) -"), at, SQL(")"))
    told = (SQL("THEN greatest(0, floor("), *since, SQL("))::bigint END"))
    over = SQL("NOT IN ('cancelled', 'superseded')")
    return NodeList((SQL("CASE WHEN"), schedule.column("status"), over, *told))


class ScheduleSchema(ResourceSchema):
    """That an entry goes live, or offline, in a language at a time.

    What goes live is the revision with `revisionNumber`, whatever becomes of the draft. `lateBy`
    are the seconds between `at` and when it was done, or now if it still waits. `failure` says
    why nothing was done. One is `superseded` when somebody did the same by hand before its time.
    """

    entry = Related("cms.entries", dump_only=True)
    action = Choice(*ACTIONS, dump_only=True)
    locale = fields.String(dump_only=True, metadata=LOCALE_EXAMPLE)
    revision_id = Id(dump_only=True, allow_none=True, attribute="revision")
    revision_number = WholeNumber(1, dump_only=True, allow_none=True)
    at = Timestamp(required=True)
    lock_while_scheduled = Flag(dump_only=True)
    status = Choice(*SCHEDULE_STATUSES, dump_only=True)
    late_by = Computed(WholeNumber(), late_by)
    failure = Document(dump_only=True, allow_none=True)
    created_by = fields.String(dump_only=True, metadata={"example": "key:0197"})
    finished_at = Timestamp(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
    allowed_transitions = SCHEDULE_MACHINE.allowed()


class SchedulingSchema(ObjectSchema):
    """When an entry is to go live, or offline. Without `revisionId` the newest revision is meant,
    as it is now; without `locales` all languages that the entry has.
    """

    action = Choice(*ACTIONS, load_default=PUBLISH)
    at = Timestamp(required=True)
    revision_id = Id(allow_none=True)
    locales = ListOf(Text(35, metadata=LOCALE_EXAMPLE), minimum=1, maximum=MAX_LOCALES)
    lock_while_scheduled = Flag(
        load_default=False,
        metadata={"description": "Whether the draft is locked until then: `entry_locked`."},
    )


class ScheduledSchema(ObjectSchema):
    """What a request to schedule made: a schedule for each language."""

    schedule_ids = ListOf(Id(), dump_only=True)
