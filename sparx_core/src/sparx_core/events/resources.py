"""The resources: events, which only come about, and deliveries, which can be tried again."""

from __future__ import annotations

from dataclasses import replace

from sparx_core.events.models import Delivery, EventRow
from sparx_core.events.schemas import DeliverySchema, EventSchema
from sparx_core.events.visibility import visible_deliveries, visible_events
from sparx_core.read.listing import Listing
from sparx_core.resources import Resource


class EventListing(Listing):
    """Indexes cost each change of every resource: events are found by id and by resource alone."""

    scanned = frozenset(
        {"type", "resource", "resourceId", "requestId", "public", "test", "occurredAt"}
    )


class DeliveryListing(Listing):
    """Deliveries change their state three times each: only those that failed are in an index."""

    scanned = frozenset(
        {"state", "handler", "module", "eventType", "eventId", "replayId", "createdAt"}
    )


class Events(Resource):
    """A record of what happens is no change of a resource itself."""

    audited, counted = False, False
    lister = EventListing
    visible = staticmethod(visible_events)
    unasked = ("deliveries", "webhookDeliveries")


class Deliveries(Resource):
    """Work, which changes all the time."""

    audited, counted = False, False
    lister = DeliveryListing
    visible = staticmethod(visible_deliveries)


events = Events(
    "events",
    EventRow,
    EventSchema,
    filters=("type", "resource", "resourceId", "requestId", "public", "test", "occurredAt"),
    bulk=False,
)
deliveries = Deliveries(
    "deliveries",
    Delivery,
    DeliverySchema,
    filters=("state", "handler", "module", "eventType", "eventId", "replayId", "createdAt"),
    bulk=False,
)

_TOLD = {
    "core.events.list": "What happened to resources that the key may read, newest first.",
    "core.events.get": "One event, with its deliveries to handlers and to webhooks, newest first,"
    " at most 100 of each.",
    "core.deliveries.list": "The work of handlers for events, newest first: `state=dead` is what"
    " was given up.",
    "core.deliveries.get": "One delivery, with the reason if it failed.",
}
for _resource in (events, deliveries):
    _resource.operations = {
        verb: replace(one, documentation=_TOLD[one.name])
        for verb, one in _resource.operations.items()
    }
