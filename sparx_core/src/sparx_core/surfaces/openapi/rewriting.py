"""JSON Schemas made from others: with references, without limits, or null."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.schemas import ObjectSchema
from sparx_core.surfaces.openapi.fields import JsonSchema

#: What binds clients, and not what is shown.
_LIMITS = {
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "minProperties", "maxProperties", "propertyNames", "pattern"),
}

Reference = Callable[[type[ObjectSchema]], JsonSchema]


def referring(schema: Any, refer: Reference) -> Any:
    """A copy with references in place of schema classes."""
    if isinstance(schema, type) and issubclass(schema, ObjectSchema):
        return refer(schema)
    if isinstance(schema, list):
        return [referring(one, refer) for one in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {name: referring(one, refer) for name, one in schema.items() if name != "$ref"}
    referred = schema.get("$ref")
    if isinstance(referred, type):
        return {**refer(referred), **copied}
    return copied if referred is None else {"$ref": referred, **copied}


def without_limits(schema: Any) -> Any:
    """A copy without what binds clients alone."""
    if not isinstance(schema, dict):
        return schema
    found: JsonSchema = {}
    for name, value in schema.items():
        if name in ("items", "additionalProperties"):
            found[name] = without_limits(value)
        elif name in ("anyOf", "oneOf", "allOf"):
            found[name] = [without_limits(one) for one in value]
        elif name == "properties":
            found[name] = {key: without_limits(one) for key, one in value.items()}
        elif name not in _LIMITS:
            found[name] = value
    return found


def nullable(schema: JsonSchema, *, later: bool = False) -> JsonSchema:
    """The same, or null, which it is in examples if the server sets it ``later``."""
    found = dict(schema)
    if isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    elif "anyOf" in found and not any("null" in one.get("type", "") for one in found["anyOf"]):
        found["anyOf"] = [*found["anyOf"], {"type": "null"}]
    elif "$ref" in found:
        found = {"anyOf": [{"$ref": found.pop("$ref")}, {"type": "null"}], **found}
    if later:
        found.setdefault("examples", [None])
    return found
