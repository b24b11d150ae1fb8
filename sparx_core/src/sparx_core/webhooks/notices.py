"""What the owner of a subscription is told of its receiver, beside what the API shows."""

from __future__ import annotations

from sparx_core.context import Context
from sparx_core.events.types import Event, Occurrence, on
from sparx_core.webhooks.models import DISABLED, WebhookSubscription


class WebhookFailing(Event):
    """Nothing that was sent to a webhook subscription has arrived for a day, or for three: after
    five it is disabled. Other subscriptions are told; the one that fails is not.
    """

    name, resource = "webhook.failing", "core.webhook_subscriptions"


class WebhookDisabled(Event):
    """A webhook subscription was disabled, because its receiver answered 410, or because nothing
    has arrived there for five days. What happens until it is enabled is not sent by itself.
    """

    name, resource = "webhook.disabled", "core.webhook_subscriptions"


@on("webhook.noticed")
def tell_of_webhook(ctx: Context, event: Occurrence) -> None:
    """State in the tenant what a sender noticed (``core.tell_of_webhook``), if it still holds."""
    row = ctx.find(WebhookSubscription, event.aggregate_id)
    if row is None:
        return
    disabled = row.state == DISABLED
    if event.data["notice"] == "disabled":
        if disabled:
            ctx.emit(WebhookDisabled(row))
    elif not disabled and row.first_failed_at is not None:
        ctx.emit(WebhookFailing(row))
