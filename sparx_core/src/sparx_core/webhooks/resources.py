"""The resources: subscriptions, what is sent to them, and every attempt at it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from peewee import Expression

from sparx_core.events.visibility import visible_deliveries
from sparx_core.read.compiler import table_source
from sparx_core.read.listing import Listing
from sparx_core.read.wire import Scope
from sparx_core.resources import Resource
from sparx_core.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from sparx_core.webhooks.schemas import AttemptSchema, SubscriptionSchema, WebhookDeliverySchema

_OF_DELIVERIES = (
    "subscriptionId",
    "eventId",
    "eventType",
    "state",
    "lastStatus",
    "replayId",
    "test",
    "createdAt",
)
_OF_ATTEMPTS = (
    "deliveryId",
    "subscriptionId",
    "eventType",
    "status",
    "error",
    "manual",
    "createdAt",
)


class DeliveryListing(Listing):
    """Deliveries change their state several times: they are found by event and by subscription."""

    scanned = frozenset(_OF_DELIVERIES)


class AttemptListing(Listing):
    """Attempts are found by delivery and by subscription."""

    scanned = frozenset(_OF_ATTEMPTS)


class Subscriptions(Resource):
    """Addresses that events go to."""

    place = "webhooks/subscriptions"


class WebhookDeliveries(Resource):
    """Work, which changes all the time."""

    audited, counted = False, False
    lister = DeliveryListing
    visible = staticmethod(visible_deliveries)
    place = "webhooks/deliveries"
    unasked = ("attempts",)


def visible_attempts(attempts: Scope) -> Any:
    """Attempts at deliveries that the reader is shown."""
    deliveries = Scope(table_source(WebhookDelivery, "_d"))
    shown = deliveries.source.select(deliveries.column("id")).where(visible_deliveries(deliveries))
    return Expression(attempts.column("delivery_id"), "IN", shown)


class Attempts(Resource):
    """A record of what happens."""

    audited, counted = False, False
    lister = AttemptListing
    place = "webhooks/attempts"
    visible = staticmethod(visible_attempts)


subscriptions = Subscriptions(
    "webhook_subscriptions",
    WebhookSubscription,
    SubscriptionSchema,
    filters=("state", "disabledReason"),
    sorts=("createdAt",),
    bulk=False,
)
webhook_deliveries = WebhookDeliveries(
    "webhook_deliveries",
    WebhookDelivery,
    WebhookDeliverySchema,
    filters=_OF_DELIVERIES,
    bulk=False,
)
attempts = Attempts(
    "webhook_attempts",
    WebhookAttempt,
    AttemptSchema,
    filters=_OF_ATTEMPTS,
    bulk=False,
)

_TOLD = {
    "core.webhook_deliveries.list": "What is sent to webhook subscriptions, newest first:"
    " `state=failed` did not arrive and is tried no more.",
    "core.webhook_deliveries.get": "One delivery, with the attempts at it.",
    "core.webhook_attempts.list": "The log of what was sent, newest first: 30 days of it.",
    "core.webhook_attempts.get": "One attempt.",
}
for _resource in (webhook_deliveries, attempts):
    _resource.operations = {
        verb: replace(one, documentation=_TOLD[one.name])
        for verb, one in _resource.operations.items()
    }
