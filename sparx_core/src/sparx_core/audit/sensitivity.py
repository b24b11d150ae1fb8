"""Which fields are sensitive: that they changed is recorded, and never their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import fields

from sparx_core.fields import Embedded, Many
from sparx_core.read.view import schema_instance
from sparx_core.schemas import ObjectSchema


def is_sensitive(schema: type[ObjectSchema], field: fields.Field[Any]) -> bool:
    """Whether a field of ``schema`` is sensitive, or has something sensitive in it.

    It is if it says so, ``metadata={"sensitive": True}``; if ``schema.sensitive`` names it; or if
    clients can send it and nobody is shown it (``load_only``).
    """
    if field.name in schema.sensitive or field.load_only or field.metadata.get("sensitive"):
        return True
    return any(_has_sensitive(one, set()) for one in _within(field))


def _has_sensitive(schema: type[ObjectSchema], seen: set[type[ObjectSchema]]) -> bool:
    if schema in seen:
        return False
    seen.add(schema)
    return any(
        one.name in schema.sensitive
        or one.load_only
        or bool(one.metadata.get("sensitive"))
        or any(_has_sensitive(nested, seen) for nested in _within(one))
        for one in schema_instance(schema).fields.values()
    )


def _within(field: fields.Field[Any]) -> Iterator[type[ObjectSchema]]:
    """The schemas of objects that are stored inside the value of a field."""
    if isinstance(field, Many):
        return  # rows of their own, each field of which is looked at by itself
    if isinstance(field, Embedded):
        yield field.schema_class
    elif isinstance(field, fields.Nested):
        found = type(field.schema)
        if issubclass(found, ObjectSchema):
            yield found
    elif isinstance(field, fields.List):
        yield from _within(field.inner)
    elif isinstance(field, fields.Dict) and field.value_field is not None:
        yield from _within(field.value_field)
