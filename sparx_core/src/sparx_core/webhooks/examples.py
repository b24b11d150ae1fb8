"""Examples of events, made on request: to see what a receiver does with them. Handlers never do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from peewee import fn

from sparx_core.context import Context
from sparx_core.errors import InvalidTransition, RateLimited, ValidationFailed
from sparx_core.events.models import EventRow
from sparx_core.ids import uuid7
from sparx_core.resources import Shown, Values, operation
from sparx_core.webhooks.events import WebhookTest
from sparx_core.webhooks.models import WebhookDelivery, WebhookSubscription
from sparx_core.webhooks.reach import known_events, public_types
from sparx_core.webhooks.resending import require_enabled, try_now
from sparx_core.webhooks.resources import subscriptions
from sparx_core.webhooks.schemas import ExampleSchema, TestedSchema, TestSchema, TypeSchema
from sparx_core.webhooks.tried_hosts import note_test


@subscriptions.action(
    "test",
    body=TestSchema,
    answer=TestedSchema,
    raises=[InvalidTransition, ValidationFailed, RateLimited],
)
def test_subscription(ctx: Context, row: WebhookSubscription, data: Values) -> Shown:
    """Send an example of an event to this subscription alone, at once, with `test` in its body.
    ``deliveryId`` is the delivery, whose attempts tell what came of it.

    `rate_limited` after tests to ten different hosts within an hour; `invalid_transition` if the
    subscription is disabled.
    """
    require_enabled(row)
    type_ = data.get("type", WebhookTest.name)
    if type_ != WebhookTest.name:
        _require_type(ctx, type_)
    note_test(ctx, row.url)
    about = row.id if type_ == WebhookTest.name else None
    event = _store(ctx, type_, public=False, about=about)
    delivery = ctx.insert(
        WebhookDelivery(
            event_id=event.id,
            event_type=type_,
            module=event.aggregate_type.partition(".")[0],
            subscription=row.id,
            position=event.position,
            test=True,
        )
    )
    try_now(ctx, row)
    return Shown(row, {"eventId": event.id, "deliveryId": delivery.id})


@operation(
    "POST",
    "/webhooks/trigger",
    name="webhooks.trigger",
    scope="write:core",
    body=TypeSchema,
    answer=ExampleSchema,
    raises=[ValidationFailed],
)
def trigger_example(ctx: Context, data: Values) -> Values:
    """Make an example of an event, with `test` in its body: every subscription that wants the type
    gets it, and readers of the feed who ask for examples. Nothing else happens.
    """
    _require_type(ctx, data["type"])
    event = _store(ctx, data["type"], public=True)
    found = WebhookDelivery.select(fn.count(WebhookDelivery.id)).where(
        WebhookDelivery.event_id == event.id
    )
    ctx.transaction.webhooks = True
    (number,) = ctx.first(found.tuples())
    return {"eventId": event.id, "type": data["type"], "subscriptions": number}


def _require_type(ctx: Context, type_: str) -> None:
    if type_ not in public_types(ctx):
        raise ValidationFailed(
            [("type", f"There is no type of events {type_} that webhooks may have here.")]
        )


def _store(ctx: Context, type_: str, *, public: bool, about: UUID | None = None) -> EventRow:
    """An event that happened to nobody, about an example of its resource, or about the row that is
    given. Who may have it is told by a trigger, if it is ``public``.
    """
    entries = known_events(ctx.registry, ctx.modules)["events"]
    entry = next(one for one in entries if one["type"] == type_)
    example: Values = entry["example"]
    data = example if about is None else {**example, "id": about}
    row = EventRow(
        id=uuid7(),
        type=type_,
        event_version=entry["version"],
        aggregate_type=entry["resource"],
        aggregate_id=UUID(str(data["id"])),
        actor=str(ctx.actor),
        request_id=ctx.request_id,
        depth=0,
        data=data,
        public=public,
        test=True,
    )
    ctx.insert(row)
    position: Any = EventRow.select(EventRow.position).where(EventRow.id == row.id)
    (row.position,) = ctx.first(position.tuples())
    return row
