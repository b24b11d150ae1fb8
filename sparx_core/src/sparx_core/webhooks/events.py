"""What is done to webhook subscriptions; ``notices.py`` has what a worker notices of a receiver."""

from __future__ import annotations

from sparx_core.events.types import Event

_SUBSCRIPTIONS = "core.webhook_subscriptions"


class WebhookCreated(Event):
    """Events go to another address from now on."""

    name, resource, public = "webhook.created", _SUBSCRIPTIONS, False


class WebhookUpdated(Event):
    """A webhook subscription was changed."""

    name, resource, public = "webhook.updated", _SUBSCRIPTIONS, False


class WebhookDeleted(Event):
    """A webhook subscription was deleted, with its deliveries and their log."""

    name, resource, public = "webhook.deleted", _SUBSCRIPTIONS, False


class WebhookRotated(Event):
    """A webhook subscription has a new signing secret."""

    name, resource, public = "webhook.rotated", _SUBSCRIPTIONS, False


class WebhookEnabled(Event):
    """A webhook subscription that was disabled gets events again."""

    name, resource, public = "webhook.enabled", _SUBSCRIPTIONS, False


class WebhookTest(Event):
    """Somebody wants to see whether a receiver gets what it is sent: it goes to that one alone,
    and is about its subscription.
    """

    name, resource, public = "webhook.test", _SUBSCRIPTIONS, False
