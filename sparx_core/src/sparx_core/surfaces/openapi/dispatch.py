"""The JSON Schema of a field: where modules register those of their own classes."""

from __future__ import annotations

import inspect
from functools import singledispatch
from typing import Any

from marshmallow import fields

from sparx_core.derived import Computed
from sparx_core.fields import Id
from sparx_core.surfaces.openapi.limits import limits_of
from sparx_core.surfaces.openapi.prose import first_sentence

JsonSchema = dict[str, Any]

#: Where classes of fields are whose docstrings are for module authors.
_PLAIN = (Id.__module__, Computed.__module__)


@singledispatch
def json_schema(field: fields.Field[Any]) -> JsonSchema:
    """The JSON Schema of what a client may send for ``field``, null aside.

    An ``ObjectSchema`` class inside, such as ``{"type": "array", "items": AddressSchema}``, becomes
    a reference. Where the value is shown, limits such as ``maximum`` are left out: they bind
    clients, and not what the server computes. Module authors register their own field classes with
    ``@json_schema.register``.
    """
    return {}


def described(field: fields.Field[Any]) -> JsonSchema:
    """:func:`json_schema` with what the field itself adds: its validators, description, example."""
    schema = dict(json_schema(field))
    for validator in field.validators:
        for name, value in limits_of(validator, schema.get("type")).items():
            schema.setdefault(name, value)
    if "description" in field.metadata:
        schema["description"] = field.metadata["description"]
    elif "description" not in schema and (told := _from_docstring(type(field))):
        schema["description"] = told
    if "example" in field.metadata:
        schema["examples"] = [field.metadata["example"]]
    if "deprecated" in field.metadata:
        schema |= field.metadata["deprecated"].marks()
    return schema


def _from_docstring(kind: type[Any]) -> str:
    """What a class of a module's own holds: the first sentence of its docstring."""
    if kind.__module__.startswith("marshmallow.") or kind.__module__ in _PLAIN:
        return ""
    return first_sentence(inspect.cleandoc(kind.__doc__ or ""))
