"""Events and their deliveries on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.derived import RelatedList
from sparx_core.events.models import DELIVERY_STATES
from sparx_core.fields import Choice, Flag, Id, Related, Timestamp, WholeNumber
from sparx_core.schemas import ResourceSchema

_BIGGEST = 2**63 - 1


class Payload(fields.Dict):
    """The resource as the API shows it at the end of the transaction; for a deletion, as it was."""


class EventSchema(ResourceSchema):
    """A fact about one resource, as it was stored with the change; it never changes.

    `version` is that of its payload, `data`. `sequence` grows with each event about the same
    resource. `actor` is who caused it: `key:` or `link:` and an id, or `handler:` and a name.
    """

    type = fields.String(dump_only=True, metadata={"example": "order.created"})
    version = WholeNumber(1, dump_only=True, attribute="event_version")
    resource = fields.String(
        dump_only=True, attribute="aggregate_type", metadata={"example": "crm.orders"}
    )
    resource_id = Id(dump_only=True, attribute="aggregate_id")
    sequence = WholeNumber(
        1, _BIGGEST, dump_only=True, attribute="position", metadata={"example": 42}
    )
    data = Payload(dump_only=True, metadata={"example": {"orderNumber": "1001"}})
    occurred_at = Timestamp(dump_only=True)
    request_id = fields.String(dump_only=True, allow_none=True)
    actor = fields.String(
        dump_only=True, metadata={"example": "handler:crm.update_customer_statistics"}
    )
    public = Flag(
        dump_only=True,
        metadata={"description": "Whether webhooks and the feed have it."},
    )
    test = Flag(
        dump_only=True,
        metadata={"description": "An example that somebody asked for, and no fact."},
    )
    deliveries = RelatedList("core.deliveries", by="event", limit=100)
    webhook_deliveries = RelatedList("core.webhook_deliveries", by="event", limit=100)


class DeliverySchema(ResourceSchema):
    """The work of one handler for one event.

    `attempt` counts the tries since it was made, or since somebody asked for another one. A `dead`
    one is tried no more; a `blocked` one waits for a worker on which its module is installed;
    a `skipped` one was of a module that is off by now, or of a replay that was cancelled.
    """

    event = Related("core.events", attribute="event_id", dump_only=True)
    event_type = fields.String(dump_only=True, metadata={"example": "order.created"})
    resource_id = Id(dump_only=True, attribute="aggregate_id")
    handler = fields.String(dump_only=True, metadata={"example": "crm.update_customer_statistics"})
    module = fields.String(dump_only=True, metadata={"example": "crm"})
    state = Choice(*DELIVERY_STATES, dump_only=True)
    attempt = WholeNumber(0, dump_only=True, metadata={"example": 1})
    due_at = Timestamp(
        dump_only=True, metadata={"description": "When it is tried, if it is not over."}
    )
    last_error = fields.String(
        dump_only=True,
        allow_none=True,
        metadata={"description": "Why the last try failed.", "example": None},
    )
    quarantined_at = Timestamp(
        dump_only=True,
        allow_none=True,
        metadata={"description": "Since when it is run alone: it had ended its worker each time."},
    )
    replay_id = Id(
        dump_only=True,
        allow_none=True,
        metadata={"description": "The job of the replay that it belongs to.", "example": None},
    )
    created_at = Timestamp(dump_only=True)
    finished_at = Timestamp(dump_only=True, allow_none=True)
