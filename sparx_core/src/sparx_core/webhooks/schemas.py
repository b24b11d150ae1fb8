"""Subscriptions, deliveries and attempts on the wire, and what is sent to change them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from peewee import SQL, Function

from sparx_core.derived import Computed, RelatedList
from sparx_core.events.patterns import EventPattern
from sparx_core.fields import Choice, Flag, Id, ListOf, Related, Text, Timestamp, WholeNumber
from sparx_core.outbound.urls import MAX_URL
from sparx_core.read.compiler import table_source
from sparx_core.read.wire import Scope, wire_expression
from sparx_core.schemas import ObjectSchema, ResourceSchema
from sparx_core.webhooks.filters import EventFilter
from sparx_core.webhooks.headers import MASK, Headers
from sparx_core.webhooks.models import (
    DELIVERY_STATES,
    DISABLED_REASONS,
    SUBSCRIPTION_STATES,
    WebhookAttempt,
)

#: The longest overlap of a rotation, in seconds, and the usual one: seven days, and one.
MAX_OVERLAP, USUAL_OVERLAP = 604_800, 86_400
MAX_RATE, USUAL_RATE = 1_000, 50
MAX_CONCURRENCY, USUAL_CONCURRENCY = 10, 2
#: Patterns of one subscription.
MAX_PATTERNS = 100
_BIGGEST = 2**63 - 1
_EXAMPLE_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDrQmDe7kVDFQ="
_EVENTS = {
    "description": "Types, all of a noun such as `order.*`, or `*`.",
    "example": ["*"],
}
_URL = "https://hooks.example.com/sparx"


@wire_expression.register
def _(field: Headers, value: Any, scope: Scope) -> Any:
    return Function("core.masked", (value,))


class Sealed(fields.String):
    """Always `***`: what it is can only be replaced. The audit log tells when it was."""


@wire_expression.register
def _(field: Sealed, value: Any, scope: Scope) -> Any:
    return SQL(f"'{MASK}'::text")


def _health(told: str) -> dict[str, Any]:
    """How the receiver does, which changes with what is sent and is recorded nowhere else."""
    return {"description": told, "example": None, "audited": False}


def _last_status(subscription: Scope) -> Any:
    attempts = Scope(table_source(WebhookAttempt, "_a"))
    found = attempts.source.select(attempts.column("status"))
    newest = found.where(attempts.column("subscription_id") == subscription.column("id"))
    return newest.order_by(attempts.column("id").desc()).limit(SQL("1"))


class SubscriptionSchema(ResourceSchema):
    """An address that events are sent to. Its signing secret is answered once, when it is made or
    replaced, as ``secret``.

    `failingSince` is when what was sent stopped arriving; while `pausedUntil` is in the future
    nothing is tried.
    """

    url = Text(MAX_URL, required=True, metadata={"example": _URL})
    events = ListOf(
        EventPattern(), minimum=1, maximum=MAX_PATTERNS, required=True, metadata=_EVENTS
    )
    description = Text(allow_none=True, metadata={"example": "Warehouse"})
    filter = EventFilter(allow_none=True, metadata={"example": None})
    headers = Headers(metadata={"example": {"Authorization": MASK}, "sensitive": True})
    rate = WholeNumber(1, MAX_RATE, metadata={"example": USUAL_RATE})
    concurrency = WholeNumber(1, MAX_CONCURRENCY, metadata={"example": USUAL_CONCURRENCY})
    state = Choice(*SUBSCRIPTION_STATES, dump_only=True)
    disabled_reason = Choice(
        *DISABLED_REASONS, dump_only=True, allow_none=True, metadata={"example": None}
    )
    disabled_at = Timestamp(dump_only=True, allow_none=True, metadata={"example": None})
    failing_since = Timestamp(
        dump_only=True,
        allow_none=True,
        attribute="first_failed_at",
        metadata=_health("Since when nothing has arrived, if it fails."),
    )
    last_failed_at = Timestamp(
        dump_only=True, allow_none=True, metadata=_health("When something last failed to arrive.")
    )
    last_succeeded_at = Timestamp(
        dump_only=True, allow_none=True, metadata=_health("When something last arrived.")
    )
    paused_until = Timestamp(
        dump_only=True,
        allow_none=True,
        attribute="open_until",
        metadata=_health("Until when nothing is tried, because it failed several times in a row."),
    )
    last_status = Computed(
        WholeNumber(100, 999, allow_none=True),
        _last_status,
        reads=[WebhookAttempt],
        metadata=_health("What the receiver answered last; null if it did not."),
    )
    secrets = Sealed(
        dump_only=True, metadata={"on_request": True, "sensitive": True, "example": MASK}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
    deliveries = RelatedList("core.webhook_deliveries", by="subscription")


class SubscriptionBody(SubscriptionSchema):
    """Where which events are to go. `filter` leaves out those whose `data` is not so; `rate` is the
    most requests in a second, `concurrency` the most at a time.
    """

    headers = Headers(metadata={"example": {"Authorization": "Basic d2FyZWhvdXNlOnNlY3JldA=="}})


class WebhookSecretSchema(ObjectSchema):
    """What is shown beside the subscription, this once."""

    secret = fields.String(required=True, metadata={"example": _EXAMPLE_SECRET, "sensitive": True})


class WebhookRotationSchema(ObjectSchema):
    """How long, in seconds, the secrets of before go on signing beside the new one: a day if it is
    absent, seven at most; 0 if somebody else knows them.
    """

    overlap_seconds = WholeNumber(0, MAX_OVERLAP, metadata={"example": 3600})


class TypeSchema(ObjectSchema):
    """The type of the example."""

    type = EventPattern(required=True, metadata={"example": "order.created"})


class TestSchema(ObjectSchema):
    """The type of the example: `webhook.test` if it is absent."""

    type = EventPattern(metadata={"example": "order.created"})


class EnableSchema(ObjectSchema):
    """From when on what did not arrive is sent again: 30 days ago at most; not at all if absent."""

    recover_since = Timestamp()


class RecoverSchema(ObjectSchema):
    """Which time is meant: 30 days at most, up to now if `until` is absent. `perSecond` is how many
    deliveries fall due in a second.
    """

    since = Timestamp(required=True)
    until = Timestamp()
    per_second = WholeNumber(1, MAX_RATE, metadata={"example": USUAL_RATE})


class RecoveringSchema(ObjectSchema):
    """The job that recovers, if there is one: `GET /v1/jobs/{id}` tells how far it is, and
    `POST /v1/jobs/{id}/cancel` ends it.
    """

    job_id = Id(required=True, allow_none=True)


class TestedSchema(ObjectSchema):
    """The event that was made, and its delivery."""

    event_id = Id(required=True)
    delivery_id = Id(required=True)


class ExampleSchema(ObjectSchema):
    """The event that was made, and how many subscriptions it goes to."""

    event_id = Id(required=True)
    type = fields.String(required=True, metadata={"example": "order.created"})
    subscriptions = WholeNumber(0, _BIGGEST, required=True, metadata={"example": 1})


class WebhookDeliverySchema(ResourceSchema):
    """One event for one subscription. A `pending` one is tried at `dueAt`.

    `lastStatus` is what the receiver answered last, and `lastError` why it did not arrive:
    `status` for an answer other than 2xx, or what kept it from an answer.
    """

    subscription = Related("core.webhook_subscriptions", dump_only=True)
    event = Related("core.events", attribute="event_id", dump_only=True)
    event_type = fields.String(dump_only=True, metadata={"example": "order.created"})
    module = fields.String(dump_only=True, metadata={"example": "crm"})
    sequence = WholeNumber(
        1, _BIGGEST, dump_only=True, attribute="position", metadata={"example": 42}
    )
    state = Choice(*DELIVERY_STATES, dump_only=True)
    attempt = WholeNumber(0, dump_only=True, metadata={"example": 1})
    due_at = Timestamp(dump_only=True)
    last_status = WholeNumber(100, 999, dump_only=True, allow_none=True, metadata={"example": 503})
    last_error = fields.String(dump_only=True, allow_none=True, metadata={"example": "status"})
    replay_id = Id(
        dump_only=True,
        allow_none=True,
        metadata={
            "description": "Set if somebody asked for the event again: the job that replays or"
            " recovers, or an id of its own.",
            "example": None,
        },
    )
    test = Flag(dump_only=True, metadata={"description": "It is an example."})
    created_at = Timestamp(dump_only=True)
    finished_at = Timestamp(dump_only=True, allow_none=True)
    attempts = RelatedList("core.webhook_attempts", by="delivery", limit=50)


class Pairs(fields.Raw):
    """Headers, as a list of names and values."""


class AttemptSchema(ResourceSchema):
    """One request, and what came of it: a `status`, or the kind of an `error` with a `message`. The
    first 4 KiB of an answer are kept, for 30 days.
    """

    delivery = Related("core.webhook_deliveries", dump_only=True)
    subscription = Related(
        "core.webhook_subscriptions", attribute="subscription_id", dump_only=True
    )
    event_type = fields.String(dump_only=True, metadata={"example": "order.created"})
    number = WholeNumber(1, dump_only=True, metadata={"example": 1})
    started_at = Timestamp(dump_only=True)
    milliseconds = WholeNumber(0, dump_only=True, metadata={"example": 120})
    status = WholeNumber(100, 999, dump_only=True, allow_none=True, metadata={"example": 503})
    error = fields.String(dump_only=True, allow_none=True, metadata={"example": "status"})
    message = fields.String(dump_only=True, allow_none=True, metadata={"example": None})
    address = fields.String(dump_only=True, allow_none=True, metadata={"example": "203.0.113.7"})
    request_headers = Pairs(
        dump_only=True, metadata={"example": [["x-sparx-event", "order.created"]]}
    )
    response_headers = Pairs(
        dump_only=True, allow_none=True, metadata={"example": [["content-type", "text/plain"]]}
    )
    response_body = fields.String(
        dump_only=True, allow_none=True, metadata={"example": "try again later"}
    )
    manual = Flag(
        dump_only=True, metadata={"description": "Of a delivery that somebody asked for."}
    )
    created_at = Timestamp(dump_only=True)
