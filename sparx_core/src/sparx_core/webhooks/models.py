"""Webhook subscriptions, what is to be sent to each, and what became of every attempt."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, BooleanField, IntegerField, TextField, UUIDField

from sparx_core.db.fields import (
    JsonField,
    JsonTextField,
    Reference,
    TextArrayField,
    TimestampField,
    check,
    default,
)
from sparx_core.db.models import TenantModel

ENABLED, DISABLED = "enabled", "disabled"
SUBSCRIPTION_STATES = ENABLED, DISABLED
#: Why a subscription is disabled: somebody did it; its receiver answered 410; it failed for days.
DISABLED_REASONS = MANUAL, GONE, FAILING = "manual", "gone", "failing"
DELIVERY_STATES = PENDING, SENDING, DELIVERED, FAILED, CANCELLED = (
    "pending",
    "sending",
    "delivered",
    "failed",
    "cancelled",
)


def _one_of(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class WebhookSubscription(TenantModel):
    """An address of the tenant's, and the events that it gets.

    ``secrets`` are sealed: a JSON list of ``{"secret", "until"}``, newest first. What follows
    ``next_at`` is how the receiver does; workers write it, and it is no change of the row.
    """

    url = TextField()
    events = TextArrayField()
    description = TextField(null=True)
    filter = JsonField(null=True)
    headers = JsonField(default=dict, constraints=[default("'{}'")])
    rate = IntegerField(default=50, constraints=[default("50"), check("rate > 0")])
    concurrency = IntegerField(default=2, constraints=[default("2"), check("concurrency > 0")])
    state = TextField(
        default=ENABLED,
        constraints=[default("'enabled'"), check(_one_of("state", SUBSCRIPTION_STATES))],
    )
    disabled_reason = TextField(
        null=True, constraints=[check(_one_of("disabled_reason", DISABLED_REASONS))]
    )
    disabled_at = TimestampField(null=True)
    secrets = BlobField()
    #: The earliest time of the next request, by the rate.
    next_at = TimestampField(null=True)
    failures = IntegerField(default=0, constraints=[default("0")])
    window_at = TimestampField(null=True)
    window_total = IntegerField(default=0, constraints=[default("0")])
    window_failed = IntegerField(default=0, constraints=[default("0")])
    first_failed_at = TimestampField(null=True)
    last_failed_at = TimestampField(null=True)
    last_succeeded_at = TimestampField(null=True)
    #: Until when nothing is sent, and how often that was put off since something arrived.
    open_until = TimestampField(null=True)
    opened = IntegerField(default=0, constraints=[default("0")])
    #: How often the owner was told that it fails.
    warned = IntegerField(default=0, constraints=[default("0")])

    class Meta:
        schema = "core"
        table_name = "webhook_subscriptions"
        owner_access = True


class WebhookDelivery(TenantModel):
    """One event for one subscription. ``body`` is what is sent, fixed by the first attempt.

    ``position`` is the event's; ``replay_id`` is set if it was asked for later, ``test`` if it is
    an example. ``attempt`` counts the attempts of the present schedule.
    """

    event_id = UUIDField()
    event_type = TextField()
    module = TextField()
    subscription = Reference("core.webhook_subscriptions", on_delete="CASCADE")
    position = BigIntegerField()
    state = TextField(
        default=PENDING,
        constraints=[default("'pending'"), check(_one_of("state", DELIVERY_STATES))],
    )
    attempt = IntegerField(default=0, constraints=[default("0")])
    due_at = TimestampField(constraints=[default("clock_timestamp()")])
    lease_until = TimestampField(null=True)
    token = UUIDField(null=True)
    body = TextField(null=True)
    last_status = IntegerField(null=True)
    last_error = TextField(null=True)
    finished_at = TimestampField(null=True)
    replay_id = UUIDField(null=True)
    test = BooleanField(default=False, constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "webhook_deliveries"
        indexes = ((("event_id",), False),)
        owner_access = True


class WebhookAttempt(TenantModel):
    """One request and what came of it: a status, or the kind of an error and a message."""

    delivery = Reference("core.webhook_deliveries", on_delete="CASCADE")
    subscription_id = UUIDField()
    event_type = TextField()
    number = IntegerField()
    started_at = TimestampField()
    milliseconds = IntegerField()
    status = IntegerField(null=True)
    error = TextField(null=True)
    message = TextField(null=True)
    address = TextField(null=True)
    request_headers = JsonTextField()
    response_headers = JsonTextField(null=True)
    response_body = TextField(null=True)
    manual = BooleanField(default=False, constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "webhook_attempts"
        indexes = ((("delivery", "number"), False), (("subscription_id", "id"), False))
        grants = "SELECT"
        owner_access = True
