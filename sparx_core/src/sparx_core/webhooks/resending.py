"""Sending one delivery again."""

from __future__ import annotations

from typing import Any

from peewee import fn

from sparx_core.context import Context
from sparx_core.errors import InsufficientScope, InvalidTransition
from sparx_core.ids import uuid7
from sparx_core.webhooks.models import (
    ENABLED,
    PENDING,
    SENDING,
    WebhookDelivery,
    WebhookSubscription,
)
from sparx_core.webhooks.resources import webhook_deliveries


@webhook_deliveries.action("resend", raises=[InvalidTransition, InsufficientScope])
def resend_delivery(ctx: Context, row: WebhookDelivery) -> WebhookDelivery:
    """Send it again, at once: the same body, with the id of the same event. The answer is a new
    delivery; one that is pending is tried now instead, and is the answer itself.

    `invalid_transition` while it is being sent, or if its subscription is disabled.
    """
    if not ctx.actor.allows(f"read:{row.module}"):
        raise InsufficientScope(f"read:{row.module}")
    if row.state == SENDING:
        raise InvalidTransition("It is being sent.")
    subscription = ctx.get(WebhookSubscription, row.subscription)
    require_enabled(subscription)
    try_now(ctx, subscription)
    if row.state == PENDING:
        due: Any = fn.clock_timestamp()
        ctx.run(WebhookDelivery.update(due_at=due).where(WebhookDelivery.id == row.id))
        return row
    same = ("event_id", "event_type", "module", "subscription", "position", "body", "test")
    return ctx.insert(
        WebhookDelivery(replay_id=uuid7(), **{name: getattr(row, name) for name in same})
    )


def require_enabled(subscription: WebhookSubscription) -> None:
    if subscription.state != ENABLED:
        raise InvalidTransition("The subscription is disabled: enable it first.")


def try_now(ctx: Context, subscription: WebhookSubscription) -> None:
    """Have senders look at once, also at one whose receiver has failed several times in a row."""
    opened = WebhookSubscription.open_until.is_null(False)
    now: Any = fn.clock_timestamp()
    ctx.run(
        WebhookSubscription.update(open_until=now).where(
            WebhookSubscription.id == subscription.id, opened
        )
    )
    ctx.transaction.webhooks = True
