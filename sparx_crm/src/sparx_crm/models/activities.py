"""Activities: what was done with customers, and what happened to them."""

from __future__ import annotations

from peewee import IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    default,
)

#: What people write down, and what the system appends.
LOGGED = NOTE, CALL, MEETING, EMAIL = ("note", "call", "meeting", "email")
SYSTEM = "system"
TYPES = (*LOGGED, SYSTEM)
DIRECTIONS = ("inbound", "outbound")
CALL_OUTCOMES = ("connected", "left_message", "no_answer", "busy", "wrong_number")
MEETING_OUTCOMES = ("completed", "rescheduled", "no_show", "cancelled")
OUTCOMES = (*CALL_OUTCOMES, *MEETING_OUTCOMES)
#: What an activity, or a task, can be linked to: one of each.
LINKS = ("customer", "account", "deal", "quote", "order", "lead")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Activity(TenantModel):
    """An entry of the timelines of what it is linked to.

    One that the system appends says which event it tells of: ``event_id`` is unique, so that each
    event is told once, however often a handler runs. The links are columns, and not rows of their
    own: a timeline is one range of one index, in the order of ``occurred_at``.
    """

    type = TextField(constraints=[check(_one_of("type", TYPES))])
    event = TextField(null=True, constraints=[check("(event IS NOT NULL) = (type = 'system')")])
    event_id = UUIDField(
        null=True, constraints=[check("(event_id IS NOT NULL) = (type = 'system')")]
    )
    subject = TextField(null=True)
    body = TextField(null=True)
    occurred_at = TimestampField(constraints=[default("now()")])
    direction = TextField(null=True, constraints=[check(_one_of("direction", DIRECTIONS))])
    duration_seconds = IntegerField(null=True, constraints=[check("duration_seconds >= 0")])
    outcome = TextField(null=True, constraints=[check(_one_of("outcome", OUTCOMES))])
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
    quote = Reference("crm.quotes", null=True, on_delete="SET NULL")
    order = Reference("crm.orders", null=True, on_delete="SET NULL")
    lead = Reference("crm.leads", null=True, on_delete="SET NULL")

    class Meta:
        schema = "crm"
        table_name = "activities"
        indexes = ((("event_id",), True),)
        owned_by = "owner"
