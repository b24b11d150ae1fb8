"""Tasks: what somebody has to do, by when."""

from __future__ import annotations

from peewee import TextField, UUIDField

from sparx_core import (
    Machine,
    Reference,
    TenantModel,
    TimestampField,
    Transition,
    check,
    default,
)

PRIORITIES = ("low", "medium", "high", "urgent")
STATUSES = OPEN, DONE, CANCELLED = ("open", "done", "cancelled")
TASK_MACHINE = Machine(
    "status",
    {
        "complete": Transition((OPEN,), DONE),
        "cancel": Transition((OPEN,), CANCELLED),
        "reopen": Transition((DONE,), OPEN),
    },
)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Task(TenantModel):
    """Something to do. ``reminded_at`` is when the reminder of ``remind_at`` was stated."""

    title = TextField()
    description = TextField(null=True)
    due_at = TimestampField(null=True)
    priority = TextField(constraints=[default("'medium'"), check(_one_of("priority", PRIORITIES))])
    status = TextField(constraints=[default("'open'"), check(_one_of("status", STATUSES))])
    remind_at = TimestampField(null=True)
    reminded_at = TimestampField(null=True)
    completed_at = TimestampField(
        null=True, constraints=[check("(completed_at IS NOT NULL) = (status = 'done')")]
    )
    completed_by_type = TextField(null=True)
    completed_by_id = UUIDField(null=True)
    completed_by_name = TextField(null=True)
    assignee = Reference("core.members", null=True, on_delete="SET NULL")
    customer = Reference("crm.customers", null=True, on_delete="CASCADE")
    account = Reference("crm.accounts", null=True, on_delete="SET NULL")
    deal = Reference("crm.deals", null=True, on_delete="SET NULL")
    quote = Reference("crm.quotes", null=True, on_delete="SET NULL")
    order = Reference("crm.orders", null=True, on_delete="SET NULL")
    lead = Reference("crm.leads", null=True, on_delete="SET NULL")

    class Meta:
        schema = "crm"
        table_name = "tasks"
        owned_by = "assignee"
