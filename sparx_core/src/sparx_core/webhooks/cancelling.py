"""Webhook deliveries of a module that is switched off: what waits is not sent any more."""

from __future__ import annotations

from typing import Any

import structlog
from peewee import fn

from sparx_core.activation.models import ACTIVE, Activation
from sparx_core.context import Context
from sparx_core.events.types import Occurrence, on
from sparx_core.webhooks.models import CANCELLED, PENDING, WebhookDelivery

log = structlog.get_logger(__name__)

#: Rows that one transaction changes.
AT_ONCE = 2_000
#: Why they are cancelled; ``db/webhooks.sql`` says the same of what a sender comes across first.
MODULE_INACTIVE = "module_inactive"


@on("module.stopped")
def cancel_webhooks(ctx: Context, event: Occurrence) -> None:
    """Cancel what waits of a module's events. Senders send nothing of it from the commit on that
    switched it off; this is so that nothing is left that waits for its next attempt.
    """
    row = ctx.find(Activation, event.aggregate_id)
    if row is None or row.state == ACTIVE:
        return  # it was switched on again meanwhile
    waiting = (
        WebhookDelivery.select(WebhookDelivery.id)
        .where(WebhookDelivery.module == row.module, WebhookDelivery.state == PENDING)
        .limit(AT_ONCE)
        .for_update("FOR UPDATE SKIP LOCKED")  # type: ignore[arg-type]
    )
    cancelled: dict[Any, Any] = {
        WebhookDelivery.state: CANCELLED,
        WebhookDelivery.last_error: MODULE_INACTIVE,
        WebhookDelivery.finished_at: fn.clock_timestamp(),
        WebhookDelivery.updated_at: fn.clock_timestamp(),
    }
    count = ctx.run(WebhookDelivery.update(cancelled).where(WebhookDelivery.id.in_(waiting)))
    if count:
        log.info("webhooks_cancelled", module=str(row.module), deliveries=count)
    if count == AT_ONCE and ctx.work is not None:
        ctx.work.unfinished = True
