"""An entry of the audit log on the wire."""

from __future__ import annotations

from marshmallow import fields
from peewee import Function

from sparx_core.audit.models import ACTIONS
from sparx_core.auth.models import ApiKey
from sparx_core.derived import Computed
from sparx_core.fields import Choice, Id, Timestamp
from sparx_core.read.compiler import table_source
from sparx_core.read.wire import Scope
from sparx_core.schemas import ObjectSchema, ResourceSchema

ACTOR_TYPES = ("key", "user", "link", "handler", "system")


class Changes(fields.Dict):
    """An object with each field that differs, and its value before and after."""


class AuditActorSchema(ObjectSchema):
    """Who acted: a key or a user, with its id; a handler by its name; or the system, for an
    operator's command and what the core does by itself.
    """

    type = Choice(*ACTOR_TYPES, required=True)
    id = Id(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True, metadata={"example": "Reporting"})


def actor(entry: Scope) -> Function:
    """The actor as JSON. A key's name is that of the key, if it is still there."""
    keys = Scope(table_source(ApiKey, "_k"))
    named = keys.source.select(keys.column("name"))
    name = named.where(keys.column("id") == entry.column("actor_id"))
    return Function(
        "json_build_object",
        (
            *("type", entry.column("actor_type")),
            *("id", entry.column("actor_id")),
            *("name", Function("coalesce", (entry.column("actor_name"), name))),
        ),
    )


class AuditEntrySchema(ResourceSchema):
    """What one statement changed of one resource; never changed, and deleted when it is old."""

    action = Choice(*ACTIONS, dump_only=True)
    resource = fields.String(dump_only=True, metadata={"example": "crm.orders"})
    resource_id = Id(dump_only=True)
    resource_version = fields.Integer(dump_only=True, allow_none=True, metadata={"example": 2})
    changes = Changes(
        dump_only=True,
        metadata={"example": {"status": {"before": "placed", "after": "cancelled"}}},
    )
    actor = Computed(
        fields.Nested(AuditActorSchema), actor, reads=[ApiKey], metadata={"nullable": False}
    )
    operation = fields.String(
        dump_only=True, allow_none=True, metadata={"example": "crm.orders.cancel"}
    )
    request_id = fields.String(dump_only=True, allow_none=True)
    created_at = Timestamp(dump_only=True)
    #: What lists are narrowed by, and shown as parts of ``actor``.
    actor_type = Choice(*ACTOR_TYPES, load_only=True)
    actor_id = Id(load_only=True)
