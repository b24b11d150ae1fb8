"""Examples: values that fit a JSON Schema, made from it, and the same every time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from sparx_core.surfaces.openapi.fields import JsonSchema

#: Values of fields that are called so, where they fit.
_NAMED: dict[str, Any] = {
    "city": "Oakland",
    "code": "SPRING-26",
    "company": "Lindgren Diesel Service",
    "description": "Fits engines built from 2019 on.",
    "email": "ann@lindgren-diesel.example",
    "key": "crm",
    "line1": "1 Harbour Road",
    "locale": "en",
    "name": "Lindgren Diesel Service",
    "note": "Call before delivery.",
    "notes": "Call before delivery.",
    "phone": "+14155552671",
    "position": 1,
    "quantity": 8,
    "region": "CA",
    "sku": "INJ-6.7-CR",
    "slug": "lindgren-diesel",
    "text": "Call before delivery.",
    "title": "6.7L Common-Rail Injector",
    "url": "https://lindgren-diesel.example/",
    "version": 1,
}
_FORMATS: dict[str, str] = {
    "date": "2026-11-21",
    "date-time": "2026-11-21T23:51:47Z",
    "email": "ann@lindgren-diesel.example",
    "uri": "https://lindgren-diesel.example/",
}
#: The moment at which the ids of examples were made, in milliseconds.
_MADE_AT = 1_795_305_107_551


def example_id(of: str) -> str:
    """The id that examples of a resource have, and those that refer to it: a UUIDv7."""
    random: int = int.from_bytes(sha256(of.encode()).digest()[:10], "big")
    number = _MADE_AT << 80 | 0x7 << 76 | (random >> 64 & 0xFFF) << 64
    return str(UUID(int=number | 0b10 << 62 | random & (1 << 62) - 1))


def resolved(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> JsonSchema:
    """The component that a schema refers to, with what is said beside the reference."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**resolved(schemas[reference.rpartition("/")[2]], schemas), **beside}


def example_of(schema: JsonSchema, schemas: Mapping[str, JsonSchema], name: str = "") -> Any:
    """A value of a schema; ``schemas`` are the components that it may refer to."""
    found = resolved(schema, schemas)
    if "examples" in found:
        return found["examples"][0]
    if "const" in found:
        return found["const"]
    if "enum" in found:
        return found["enum"][0]
    if "default" in found:
        return found["default"]
    if "allOf" in found:
        parts = (example_of(one, schemas, name) for one in found["allOf"])
        return {key: value for part in parts for key, value in part.items()}
    for alternatives in ("anyOf", "oneOf"):
        if alternatives in found:
            return example_of(found[alternatives][0], schemas, name)
    return _of_type(found, schemas, name)


def _of_type(schema: JsonSchema, schemas: Mapping[str, JsonSchema], name: str) -> Any:
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, schemas)
    if kind == "array":
        entry = example_of(schema.get("items", {}), schemas, name.removesuffix("s"))
        return [entry] * max(1, schema.get("minItems", 1))
    if kind == "string":
        return _text(schema, name)
    if kind in ("integer", "number"):
        return _number(schema, name, kind)
    return {"boolean": False}.get(kind)


def _object(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> Any:
    properties: dict[str, JsonSchema] = schema.get("properties", {})
    shown = {name: one for name, one in properties.items() if "x-sparx-include" not in one}
    if schema.get("additionalProperties") is False:  # it is sent: no ids that may be left out
        needed = schema.get("required", [])
        shown = {k: one for k, one in shown.items() if k in needed or one.get("format") != "uuid"}
    if not shown and schema.get("additionalProperties") is True:
        return {"erpNumber": "K-1007"}
    return {name: example_of(one, schemas, name) for name, one in shown.items()}


def _text(schema: JsonSchema, name: str) -> str:
    form: str = schema.get("format", "")
    if form == "uuid":
        return example_id(name)
    least, most = schema.get("minLength", 0), schema.get("maxLength", 10**6)
    pattern = schema.get("pattern", "")
    candidates = [_FORMATS.get(form), _NAMED.get(name), "Example", "example", "1", "1001"]
    for one in candidates:
        if isinstance(one, str) and least <= len(one) <= most and re.search(pattern, one):
            return one
    length: int = max(least, min(7, most))
    return ("example" * (length // 7 + 1))[:length]


def _number(schema: JsonSchema, name: str, kind: str) -> Any:
    named = _NAMED.get(name)
    usual = named if isinstance(named, int) else 10 if kind == "integer" else Decimal("289.50")
    lowest, highest = schema.get("minimum", usual), schema.get("maximum", usual)
    highest = min(highest, schema.get("exclusiveMaximum", highest + 1) - 1)
    return max(lowest, min(highest, usual))
