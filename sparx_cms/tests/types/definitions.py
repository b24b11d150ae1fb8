"""Types to test the engine with, without a database."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sparx_cms.models.content_types import COLLECTION, COMPONENT, ContentType
from sparx_cms.types.catalogue import catalogue_of
from sparx_cms.types.checking import completed
from sparx_cms.types.definitions import FieldDefinition, TypeDefinition


def field_of(type: str, **settings: Any) -> FieldDefinition:
    """A field that is called ``field``."""
    (stored,) = completed([{"key": "field", "type": type, **settings}], [])
    return FieldDefinition.of(stored)


def type_of(*fields: dict[str, Any], **components: list[dict[str, Any]]) -> TypeDefinition:
    """A type of fields by their definitions, with components by name; the ids are the keys."""
    rows = [_row(key, COMPONENT, one) for key, one in components.items()]
    return catalogue_of([*rows, _row("thing", COLLECTION, list(fields))]).by_key["thing"]


def _row(key: str, kind: str, fields: list[dict[str, Any]]) -> ContentType:
    stored = [{**one, "id": one["key"]} for one in completed(fields, [])]
    display = next((one["id"] for one in stored if one["type"] == "text"), None)
    return ContentType(
        id=uuid4(),
        key=key,
        name=key,
        plural_name=key,
        kind=kind,
        fields=stored,
        stages=[],
        state="active",
        built_in=False,
        schema_version=1,
        display_field=display,
    )
