"""An activity on the wire."""

from __future__ import annotations

from marshmallow import fields
from peewee import Function

from sparx_core import (
    Choice,
    Computed,
    Document,
    Email,
    Embedded,
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
from sparx_crm.models.activities import DIRECTIONS, LOGGED, OUTCOMES, TYPES

#: Seconds of a call at most: a day.
MAX_DURATION = 86_400


class ActorSchema(ObjectSchema):
    """Who acted: an API key, a handler by its name, or the system."""

    type = fields.String(required=True, metadata={"example": "key"})
    id = Id(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True, metadata={"example": "Sales desk"})


def actor(row: Scope, prefix: str = "actor") -> Function:
    """Who acted, as JSON."""
    told = [(name, row.column(f"{prefix}_{name}")) for name in ("type", "id", "name")]
    return Function("json_build_object", tuple(one for pair in told for one in pair))


class AttendeeSchema(ObjectSchema):
    """Somebody at a meeting."""

    name = Text(120, required=True, metadata={"example": "Ann Lindgren"})
    email = Email(metadata={"example": "ann@lindgren.example"})


class LinkedSchema(ObjectSchema):
    """What activities and tasks are linked to."""

    customer = Related("crm.customers", allow_none=True)
    account = Related("crm.accounts", allow_none=True)
    deal = Related("crm.deals", allow_none=True)
    quote = Related("crm.quotes", allow_none=True)
    order = Related("crm.orders", allow_none=True)
    lead = Related("crm.leads", allow_none=True)


class WrittenSchema(ObjectSchema):
    """What somebody writes down, but for what it is linked to."""

    type = Choice(*LOGGED, required=True)
    subject = Text(allow_none=True, metadata={"example": "Injectors for the spring"})
    body = Text(10_000, allow_none=True, metadata={"example": "Wants a quote by Friday."})
    occurred_at = Timestamp()
    direction = Choice(*DIRECTIONS, allow_none=True)
    duration_seconds = WholeNumber(0, MAX_DURATION, allow_none=True, metadata={"example": 340})
    outcome = Choice(*OUTCOMES, allow_none=True)
    starts_at = Timestamp(allow_none=True)
    ends_at = Timestamp(allow_none=True)
    location = Text(allow_none=True, metadata={"example": "1 Harbour Road, Oakland"})
    attendees = Embedded(AttendeeSchema, maximum=100)
    sender = Email(allow_none=True, metadata={"example": "ann@lindgren.example"})
    recipients = ListOf(Email(), maximum=100, metadata={"example": ["sales@sparx.example"]})
    owner = Related("core.members", allow_none=True)


class ActivityBody(LinkedSchema, WrittenSchema):
    """What somebody writes down. At least one of the links is needed.

    `durationSeconds` is of calls; `startsAt` (needed), `endsAt`, `location` and `attendees` of
    meetings; `sender` and `recipients` of e-mails; `direction` of calls and e-mails; `outcome` of
    calls (`connected` to `wrong_number`) and of meetings (the others). `occurredAt` is now, or
    when a meeting starts, unless it is given.
    """


class ActivitySchema(ActivityBody, ResourceSchema):
    """An entry of a timeline: a note, a call, a meeting or an e-mail that somebody wrote down, or
    one that the system appended when something happened.

    `event` of the latter is what happened, `details` what was told of it. `actor` is who wrote it
    down, or caused it; `owner` the member whose work it is.
    """

    type = Choice(*TYPES, required=True)
    event = fields.String(dump_only=True, allow_none=True, metadata={"example": "order.created"})
    event_id = Id(dump_only=True, allow_none=True)
    details = Document(dump_only=True, metadata={"example": {"orderNumber": "1001"}})
    actor = Computed(fields.Nested(ActorSchema), actor, metadata={"nullable": False})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
