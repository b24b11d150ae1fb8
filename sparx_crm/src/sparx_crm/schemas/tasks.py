"""A task on the wire."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields
from peewee import SQL, Case, Function, NodeList

from sparx_core import (
    CalendarDate,
    Choice,
    Computed,
    Flag,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    json_schema,
)
from sparx_crm.models.tasks import PRIORITIES, STATUSES, TASK_MACHINE
from sparx_crm.schemas.activities import ActorSchema, LinkedSchema, actor

WORDS = ("today", "tomorrow", "yesterday")


class Day(CalendarDate):
    """A day: ``2026-06-05``; who asks for one may also say ``today``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if value in WORDS:
            return value
        try:
            return super()._deserialize(value, attr, data, **kwargs)
        except ValidationError:
            raise ValidationError(
                "Not a date such as 2026-06-05, nor today, tomorrow or yesterday."
            ) from None


@json_schema.register
def _(field: Day) -> dict[str, Any]:
    form = f"^(?:{'|'.join(WORDS)}|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})$"
    return {"type": "string", "pattern": form, "examples": ["2026-06-05"]}


def is_overdue(task: Scope) -> Any:
    """Whether a task is open and its time is over."""
    return Function("coalesce", (NodeList(_late(task)), SQL("false")))


def overdue_is(task: Scope, value: Any) -> Any:
    """The tasks that are overdue, or those that are not: planned for the one that is asked for."""
    late, others = _late(task), (SQL("NOT"), is_overdue(task))
    return NodeList((SQL("CASE WHEN"), value, SQL("THEN"), *late, SQL("ELSE"), *others, SQL("END")))


def _late(task: Scope) -> tuple[Any, ...]:
    due = _due(task)
    ranged = (*due, SQL("> '-infinity' AND"), *due, SQL("< now())"))
    return (SQL("("), task.column("status"), SQL("= 'open' AND"), *ranged)


def _due(task: Scope) -> tuple[Any, ...]:
    """When a task is due, as the index has it by which lists are sorted."""
    due = task.column("due_at")
    filled = (SQL("CASE WHEN"), due, SQL("IS NULL THEN '-infinity'::timestamptz ELSE"), due)
    return (SQL("("), *filled, SQL("END)"))


def day_due(task: Scope) -> Any:
    """The day of the tenant on which a task is due."""
    return Function("core.day_of", (task.column("due_at"),))


def due_on(task: Scope, day: Any) -> Any:
    """The tasks that are due on a day of the tenant."""
    due = _due(task)
    begins, ends = (Function("core.day_begins", (day, SQL(later))) for later in ("0", "1"))
    return NodeList((*due, SQL(">="), begins, SQL("AND"), *due, SQL("<"), ends))


def completed_by(task: Scope) -> Any:
    """Who completed a task; NULL while it is not done."""
    done = NodeList((task.column("completed_by_type"), SQL("IS NOT NULL")))
    return Case(None, [(done, actor(task, "completed_by"))], None)


class ToDoSchema(ResourceSchema):
    """Something to do, but for what it is linked to."""

    title = Text(required=True, metadata={"example": "Call Ann back"})
    description = Text(10_000, allow_none=True, metadata={"example": "About the injectors."})
    due_at = Timestamp(allow_none=True)
    priority = Choice(*PRIORITIES)
    status = Choice(*STATUSES, dump_only=True)
    remind_at = Timestamp(allow_none=True)
    reminded_at = Timestamp(dump_only=True, allow_none=True)
    assignee = Related("core.members", allow_none=True)


class TaskSchema(LinkedSchema, ToDoSchema):
    """Something to do. Open ones are completed or cancelled, and those that are done reopened.

    `remindAt` states `task.reminder` at that time, once, if the task is still open. `overdue` are
    open tasks whose `dueAt` is over, and `dueOn` is the day of `dueAt` in the time zone of the
    tenant: lists are narrowed by `dueOn=today`, too.
    """

    overdue = Computed(Flag(), is_overdue, condition=overdue_is, metadata={"nullable": False})
    due_on = Computed(Day(), day_due, condition=due_on, metadata={"example": "2026-06-05"})
    completed_at = Timestamp(dump_only=True, allow_none=True)
    completed_by = Computed(fields.Nested(ActorSchema), completed_by)
    allowed_transitions = TASK_MACHINE.allowed()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
