"""Deliveries that are given up, and the event that tells of it."""

from __future__ import annotations

from sparx_core.db.connection import Database
from sparx_core.events.held import Held, entered
from sparx_core.events.models import MAX_DEPTH, Delivery
from sparx_core.events.types import Event
from sparx_core.events.work import LeaseLost
from sparx_core.runtime import Runtime

# The same as core.release_delivery does, in the transaction that states the event.
_BURY = """
UPDATE core.deliveries SET state = 'dead', last_error = %s, token = NULL, lease_until = NULL,
       rows_done = NULL, unanswered = 0, holds_back = %s, rung_at = NULL,
       finished_at = clock_timestamp(), updated_at = clock_timestamp()
 WHERE id = %s AND token = %s RETURNING id
"""


class DeliveryDied(Event):
    """A handler could not handle an event, and will not be tried again by itself: it failed 20
    times, over about twelve hours, or for a reason that time does not mend. `lastError` tells it.
    """

    name = "delivery.died"
    resource = "core.deliveries"


def bury(runtime: Runtime, dispatch: Database, held: Held, reason: str) -> None:
    """Mark a held delivery dead and tell of it, in one transaction.

    Nothing is told of a delivery that should have told of another one: that would not end.
    ``LeaseLost`` if somebody else holds it by now.
    """
    handler = runtime.registry.handlers.get(held.handler)
    holds = handler is not None and handler.after_dead == "block"
    with entered(runtime, dispatch, held) as (context, _):
        marks = (reason, holds, str(held.delivery), str(held.token))
        if context.transaction.database.execute_statement(_BURY, marks).fetchone() is None:
            raise LeaseLost
        told = DeliveryDied.name in runtime.registry.events
        if told and held.event_type != DeliveryDied.name:
            context.depth = min(context.depth, MAX_DEPTH)
            context.emit(DeliveryDied(context.get(Delivery, held.delivery)))
            context.finish()
    told_of = context.transaction
    runtime.ring(held.tenant, told_of.deliveries, webhooks=told_of.webhooks)
