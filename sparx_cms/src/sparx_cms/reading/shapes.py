"""Content types as surfaces describe them: in OpenAPI documents, GraphQL schemas, tools."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sparx_cms.reading.values import compared_as
from sparx_cms.types.catalogue import Catalogue
from sparx_cms.types.definitions import (
    BLOCKS,
    BOOLEAN,
    COMPONENT_FIELD,
    DATE,
    DATETIME,
    DECIMAL,
    EMAIL,
    ENUM,
    INTEGER,
    JSON,
    LOCATION,
    LONG_TEXT,
    MEDIA,
    REFERENCE,
    RICH_TEXT,
    SLUG,
    TEXT,
    URL,
    FieldDefinition,
    TypeDefinition,
)
from sparx_core import DocumentValue, Kind, KindField, Shapes

#: The resource of what fields of type ``media`` refer to.
ASSETS = "cms.assets"
_BLOCK = {
    "type": "object",
    "required": ["id", "type", "data"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string", "description": "The key of its component."},
        "data": {"type": "object"},
    },
}
_LOCATION = {
    "type": "object",
    "required": ["lat", "lon"],
    "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
}
_LARGEST = 2**53 - 1
_SCHEMAS: Mapping[str, Mapping[str, Any]] = {
    TEXT: {"type": "string"},
    LONG_TEXT: {"type": "string"},
    SLUG: {"type": "string"},
    EMAIL: {"type": "string", "format": "email"},
    URL: {"type": "string", "format": "uri"},
    INTEGER: {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
    DECIMAL: {"type": "number"},
    BOOLEAN: {"type": "boolean"},
    DATE: {"type": "string", "format": "date"},
    DATETIME: {"type": "string", "format": "date-time"},
    RICH_TEXT: {"type": "object", "description": "A document of nodes."},
    LOCATION: _LOCATION,
    BLOCKS: _BLOCK,
    JSON: {},
}


def shapes_of(types: Catalogue) -> Shapes:
    """The types that entries can be of, by their keys."""
    known = [one for _, one in sorted(types.by_key.items()) if not one.is_component]
    return Shapes.of(
        Kind(
            one.key,
            one.name,
            fields=tuple(_shape(one, field) for field in one.by_key.values()),
            single=one.is_singleton,
        )
        for one in known
    )


def _shape(type_: TypeDefinition, field: FieldDefinition, *, inner: bool = False) -> KindField:
    how = None if inner else compared_as(field)
    value = None if how is None else DocumentValue(how=how, many=field.listed)
    # Components of components are shown as they are, so that there is an end.
    inside = () if inner and field.type == COMPONENT_FIELD else type_.inside(field)
    return KindField(
        field.key,
        json.dumps(_schema(field)),
        many=field.listed,
        required=field.required,
        description=str(field.settings.get("helpText") or field.label),
        kinds=tuple(field.allowed) if field.type == REFERENCE else None,
        resource=ASSETS if field.type == MEDIA else None,
        fields=tuple(_shape(type_, one, inner=True) for one in inside if not one.omitted),
        operators=() if value is None else value.operators,
        sorts=value is not None and value.sorts,
    )


def _schema(field: FieldDefinition) -> Mapping[str, Any]:
    """The JSON Schema of one value; of a reference, of its id."""
    if field.type == ENUM:
        return {"type": "string", "enum": list(field.options)}
    if field.type in (REFERENCE, MEDIA):
        return {"type": "string", "format": "uuid"}
    return _SCHEMAS.get(field.type, {"type": "object"})
