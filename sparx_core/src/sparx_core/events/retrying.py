"""Trying again what handlers gave up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields
from peewee import fn

from sparx_core.context import Context
from sparx_core.errors import InsufficientScope, InvalidTransition, ModuleDisabled, ValidationFailed
from sparx_core.events.models import BLOCKED, DEAD, RETRY, Delivery
from sparx_core.events.resources import deliveries
from sparx_core.events.visibility import readable_modules
from sparx_core.fields import Choice, Text, Timestamp, WholeNumber
from sparx_core.resources import Values, operation
from sparx_core.schemas import ObjectSchema

#: Deliveries that one request has tried again.
MAX_RETRIED = 10_000
#: Of these a worker is told at once; it finds the others itself, a second later.
RUNG = 500


class RetriesSchema(ObjectSchema):
    """Which deliveries: all that are dead, or those that are as this says."""

    state = Choice(DEAD, BLOCKED, load_default=DEAD)
    handler = Text(255, metadata={"example": "crm.update_customer_statistics"})
    event_type = Text(127, metadata={"example": "order.created"})
    begin = Timestamp(data_key="from", metadata={"description": "Made then or later."})
    end = Timestamp(data_key="to", metadata={"description": "Made before."})


class RetriedSchema(ObjectSchema):
    """How many are tried again, and whether there are more: ask once more for these."""

    retried = WholeNumber(0, MAX_RETRIED, required=True, metadata={"example": 3})
    more = fields.Boolean(required=True, metadata={"example": False})


@deliveries.action("retry", raises=[InvalidTransition, InsufficientScope, ModuleDisabled])
def retry_delivery(ctx: Context, row: Delivery) -> Delivery:
    """Try a delivery again that is `dead` or `blocked`: at once, and as often as if it were new.

    `invalid_transition` for any other. The key also needs to read the module of the handler, which
    has to be active.
    """
    ctx.require(str(row.module), f"read:{row.module}")
    if row.state not in (DEAD, BLOCKED):
        raise InvalidTransition(f"The delivery is {row.state}.")
    ctx.run(_again().where(Delivery.id == row.id))
    ctx.transaction.deliveries.append(row.id)
    return row


@operation(
    "POST",
    "/deliveries/retry",
    name="deliveries.retry_all",
    scope="write:core",
    body=RetriesSchema,
    answer=RetriedSchema,
    raises=[ValidationFailed],
)
def retry_deliveries(ctx: Context, data: Values) -> Values:
    """Try again what handlers gave up, at most 10,000 deliveries at once, oldest first: of handlers
    of modules that are active and that the key may read.
    """
    begin, end = data.get("begin"), data.get("end")
    if begin is not None and end is not None and begin >= end:
        raise ValidationFailed([(("from",), "Must be before `to`.")])
    chosen = Delivery.select(Delivery.id).where(
        Delivery.module.in_(sorted(readable_modules(ctx))), *_conditions(data, begin, end)
    )
    locked: Any = chosen.order_by(Delivery.id).limit(MAX_RETRIED + 1)
    found = [one.id for one in ctx.all(locked.for_update("FOR NO KEY UPDATE SKIP LOCKED"))]
    taken = found[:MAX_RETRIED]
    if taken:
        ctx.run(_again().where(Delivery.id.in_(taken)))
        ctx.transaction.deliveries.extend(taken[:RUNG])
    return {"retried": len(taken), "more": len(found) > len(taken)}


def _conditions(asked: Values, begin: datetime | None, end: datetime | None) -> list[Any]:
    found: list[Any] = [Delivery.state == asked["state"]]
    if "handler" in asked:
        found.append(Delivery.handler == asked["handler"])
    if "event_type" in asked:
        found.append(Delivery.event_type == asked["event_type"])
    if begin is not None:
        found.append(Delivery.created_at >= begin)
    if end is not None:
        found.append(Delivery.created_at < end)
    return found


def _again() -> Any:
    """Due now, with its attempts counted anew; by the clock of the database, as workers see it."""
    values: dict[Any, Any] = {
        Delivery.state: RETRY,
        Delivery.attempt: 0,
        Delivery.unanswered: 0,
        Delivery.due_at: fn.clock_timestamp(),
        Delivery.rung_at: None,
        Delivery.finished_at: None,
        Delivery.holds_back: False,
        Delivery.version: Delivery.version + 1,
        Delivery.updated_at: fn.clock_timestamp(),
    }
    return Delivery.update(values)
