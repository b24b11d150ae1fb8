"""``GET /v1/events/types``: what can happen in the tenant, and what is told of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from marshmallow import fields

from sparx_core.context import Context
from sparx_core.fields import Flag, WholeNumber
from sparx_core.registry import Registry
from sparx_core.resources import Values, operation, querying
from sparx_core.schemas import ObjectSchema
from sparx_core.surfaces.openapi.payloads import catalogue, standalone


class TypesQuery(ObjectSchema):
    """Which types are asked for."""

    module = fields.String(metadata={"description": "Only those of this module.", "example": "crm"})


class DeprecatedTypeSchema(ObjectSchema):
    """Since when a type goes away, until when it is sent at least, and what comes instead."""

    since = fields.Date(required=True, metadata={"example": "2026-11-25"})
    sunset = fields.Date(required=True, metadata={"example": "2027-05-24"})
    replacement = fields.String(required=True, metadata={"example": "order.placed"})


class EventTypeSchema(ObjectSchema):
    """A type of events. `version` goes up when a reader of its payload could trip over the change.

    Webhooks may subscribe to it if it is `public`. `schema` is the JSON Schema (2020-12) of `data`
    in an event, and `example` fits it.
    """

    type = fields.String(required=True, metadata={"example": "order.created"})
    version = WholeNumber(1, required=True)
    module = fields.String(required=True, metadata={"example": "crm"})
    resource = fields.String(required=True, metadata={"example": "crm.orders"})
    public = Flag(required=True, metadata={"example": True})
    description = fields.String(required=True, metadata={"example": "An order was placed."})
    deprecated = fields.Nested(
        DeprecatedTypeSchema, required=True, allow_none=True, metadata={"example": None}
    )
    schema = fields.Dict(required=True, metadata={"example": {"type": "object"}})
    example = fields.Dict(required=True, metadata={"example": {"orderNumber": "1001"}})


@querying(TypesQuery)
@operation(
    "GET",
    "/events/types",
    name="events.types",
    answer=EventTypeSchema(many=True),
    raises=(),
)
def list_event_types(ctx: Context, query: Values) -> list[Values]:
    """The types of events of the core and of the modules that are active, with the schema of the
    payload of each and an example of it.
    """
    module = query.get("module")
    return [one for one in _types(ctx.registry, ctx.modules) if module in (None, one["module"])]


@lru_cache(maxsize=64)
def _types(registry: Registry, modules: frozenset[str]) -> tuple[Values, ...]:
    found = catalogue(registry, modules)
    schemas = found["components"]["schemas"]
    return tuple(_shown(registry, one, schemas) for one in found["events"])


def _shown(registry: Registry, entry: Values, schemas: Any) -> Values:
    deprecated = registry.events[entry["type"]].deprecated
    return {
        "type": entry["type"],
        "version": entry["version"],
        "module": entry["module"],
        "resource": entry["resource"],
        "public": entry["public"],
        "description": entry["description"],
        "deprecated": deprecated
        and {
            "since": deprecated.since.isoformat(),
            "sunset": deprecated.sunset.isoformat(),
            "replacement": deprecated.replacement,
        },
        "schema": standalone(entry["data"], schemas),
        "example": entry["example"],
    }
