"""Activities and tasks."""

from typing import Any

from peewee import Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)


def _one_of(column: str, words: str) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words.split())})"


class Activity(TenantModel):
    type = TextField(constraints=[check(_one_of("type", "note call meeting email system"))])
    event = TextField(null=True, constraints=[check("(event IS NOT NULL) = (type = 'system')")])
    event_id = UUIDField(
        null=True, constraints=[check("(event_id IS NOT NULL) = (type = 'system')")]
    )
    subject = TextField(null=True)
    body = TextField(null=True)
    occurred_at = TimestampField(constraints=[default("now()")])
    direction = TextField(null=True, constraints=[check(_one_of("direction", "inbound outbound"))])
    duration_seconds = IntegerField(null=True, constraints=[check("duration_seconds >= 0")])
    outcome = TextField(
        null=True,
        constraints=[
            check(
                _one_of(
                    "outcome",
                    "connected left_message no_answer busy wrong_number completed rescheduled"
                    " no_show cancelled",
                )
            )
        ],
    )
    starts_at = TimestampField(null=True)
    ends_at = TimestampField(null=True, constraints=[check("ends_at >= starts_at")])
    location = TextField(null=True)
    attendees = JsonField(constraints=[default("'[]'")])
    sender = TextField(null=True)
    recipients = TextArrayField(constraints=[default("'{}'")])
    details = JsonField(constraints=[default("'{}'")])
    actor_type = TextField()
    actor_id = UUIDField(null=True)
    actor_name = TextField(null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    customer = Reference("crm.customers", null=True, on_delete="CASCADE")
    account = Reference("crm.accounts", null=True, on_delete="SET NULL")
    deal = Reference("crm.deals", null=True, on_delete="SET NULL")
    order = Reference("crm.orders", null=True, on_delete="SET NULL")
    lead = Reference("crm.leads", null=True, on_delete="SET NULL")

    class Meta:
        schema = "crm"
        table_name = "activities"
        indexes = ((("event_id",), True),)


class Task(TenantModel):
    title = TextField()
    description = TextField(null=True)
    due_at = TimestampField(null=True)
    priority = TextField(
        constraints=[default("'medium'"), check(_one_of("priority", "low medium high urgent"))]
    )
    status = TextField(
        constraints=[default("'open'"), check(_one_of("status", "open done cancelled"))]
    )
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
    order = Reference("crm.orders", null=True, on_delete="SET NULL")
    lead = Reference("crm.leads", null=True, on_delete="SET NULL")

    class Meta:
        schema = "crm"
        table_name = "tasks"


#: Their timelines have indexes that begin with the same columns, made after the migrations.
REPLACED = ("customer", "account", "deal", "order", "lead")


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Activity, Task])
    for name in REPLACED:
        db.execute_sql(f"DROP INDEX IF EXISTS crm.activities_{name}_id_idx")
