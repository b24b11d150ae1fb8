"""Settings and calls of agents on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_ai.models import DEFAULT_WRITES, MAX_WRITES, OUTCOMES
from sparx_core import (
    Choice,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Related,
    ResourceSchema,
    Text,
    Timestamp,
    WholeNumber,
)

_TOOLSETS = {
    "description": "The modules whose tools agents may use; null: those of all active modules.",
    "example": ["crm"],
}
_BUDGET = "Rows that agents may change with one key within an hour."


def _toolsets() -> ListOf:
    return ListOf(Text(63), maximum=100, allow_none=True, metadata=_TOOLSETS)


class SettingsSchema(ResourceSchema):
    """What agents may do in a tenant, with whatever key. `enabled` is the switch that stops them:
    it holds from the next call on.
    """

    enabled = Flag(metadata={"example": True})
    read_only = Flag(metadata={"example": False})
    allow_deletes = Flag(metadata={"example": False})
    toolsets = _toolsets()
    writes_per_hour = WholeNumber(
        0, MAX_WRITES, metadata={"description": _BUDGET, "example": DEFAULT_WRITES}
    )
    updated_at = Timestamp(dump_only=True)


class SettingsChangeSchema(ObjectSchema):
    """What of the settings can be changed; what is absent stays as it is."""

    enabled = Flag(metadata={"example": True})
    read_only = Flag(metadata={"example": False})
    allow_deletes = Flag(metadata={"example": False})
    toolsets = _toolsets()
    writes_per_hour = WholeNumber(
        0, MAX_WRITES, metadata={"description": _BUDGET, "example": DEFAULT_WRITES}
    )


class OwnSettingsSchema(SettingsChangeSchema):
    """What agents may do in the tenant of the key."""


class KeySettingsSchema(ResourceSchema):
    """What agents may do with one key: what the tenant allows, or less of it."""

    key = Related("core.keys", required=True)
    enabled = Flag(metadata={"example": True})
    read_only = Flag(metadata={"example": True})
    allow_deletes = Flag(metadata={"example": True})
    toolsets = _toolsets()
    writes_per_hour = WholeNumber(
        0, MAX_WRITES, allow_none=True, metadata={"description": _BUDGET, "example": 100}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class CallSchema(ResourceSchema):
    """A call of a tool by an agent. In `arguments` secrets and long texts are left out, with what
    they were; `argumentsHash` is the same for the same arguments. `hits` is the number of rows
    that were changed, or that would have been, by a plan; `affected` tells up to 20 of them.
    """

    key_id = Id(dump_only=True)
    key_name = Text(120, dump_only=True, metadata={"example": "Agent"})
    tool = Text(dump_only=True, metadata={"example": "crm_update"})
    operation = Text(dump_only=True, metadata={"example": "crm.orders.update"})
    risk = Choice("read", "write", "destructive", dump_only=True)
    arguments = fields.Dict(keys=fields.String(), dump_only=True, metadata={"example": {}})
    arguments_hash = Text(64, dump_only=True, metadata={"example": "9f86d081884c7d65"})
    outcome = Choice(*OUTCOMES, dump_only=True)
    error_code = Text(dump_only=True, metadata={"example": "not_found"})
    replayed = Flag(dump_only=True)
    hits = WholeNumber(dump_only=True, metadata={"example": 1})
    affected = fields.List(fields.String(), dump_only=True, metadata={"example": []})
    milliseconds = WholeNumber(dump_only=True, metadata={"example": 12})
    plan_id = Id(dump_only=True)
    client = Text(200, dump_only=True, metadata={"example": "Claude Desktop 1.2"})
    request_id = Text(128, dump_only=True, metadata={"example": "b6f0c7"})
    created_at = Timestamp(dump_only=True)
