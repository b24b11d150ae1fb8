"""What is to be published, or taken offline, at a time."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField, UUIDField

from sparx_cms.errors.schedules import ScheduleExists
from sparx_core import (
    JsonField,
    Machine,
    Reference,
    TenantModel,
    TimestampField,
    Transition,
    check,
    default,
)

PUBLISH, UNPUBLISH = ACTIONS = ("publish", "unpublish")
SCHEDULED, SUCCEEDED, FAILED = "scheduled", "succeeded", "failed"
CANCELLED, SUPERSEDED = "cancelled", "superseded"
SCHEDULE_STATUSES = (SCHEDULED, SUCCEEDED, FAILED, CANCELLED, SUPERSEDED)
SCHEDULE_MACHINE = Machine(
    "status",
    {
        "cancel": Transition((SCHEDULED,), CANCELLED),
        "succeed": Transition((SCHEDULED,), SUCCEEDED, operation=False),
        "fail": Transition((SCHEDULED,), FAILED, operation=False),
        "supersede": Transition((SCHEDULED,), SUPERSEDED, operation=False),
    },
)


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The check that a column has one of a few words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Schedule(TenantModel):
    """That an entry goes live, or offline, in a language at a time.

    What goes live is the revision that was named, whatever becomes of the draft; ``revision`` is
    let go when it is over, so that it can be pruned, and its number stays. ``pending`` is true
    while it waits and null afterwards: of each kind one waits for an entry and a language.
    """

    entry = Reference("cms.entries", on_delete="CASCADE")
    action = TextField(constraints=[check(one_of("action", ACTIONS))])
    locale = TextField()
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField(null=True)
    at = TimestampField()
    #: Whether nobody saves the draft of the entry while it waits.
    lock_while_scheduled = BooleanField(constraints=[default("false")])
    status = TextField(
        constraints=[default("'scheduled'"), check(one_of("status", SCHEDULE_STATUSES))]
    )
    pending = BooleanField(
        null=True, constraints=[check("(pending IS NOT NULL) = (status = 'scheduled')")]
    )
    failure = JsonField(null=True)
    finished_at = TimestampField(null=True)
    #: The key that asked for it: it is asked again at the time.
    key = UUIDField(null=True)
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "schedules"
        indexes = (
            (("entry", "locale", "action", "pending"), True),
            (("pending",), False),
        )
        conflict = ScheduleExists
