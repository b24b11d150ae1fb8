"""The JSON Schema of each class of fields; modules register it for classes of their own."""

from __future__ import annotations

import inspect
import re
from functools import singledispatch
from typing import Any

from marshmallow import fields, validate

from sparx_core.derived import Computed, RelatedList
from sparx_core.fields import (
    LOCALE,
    Choice,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    ListOf,
    LocalizedText,
    Many,
    Money,
    Related,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)
from sparx_core.surfaces.openapi.prose import first_sentence

JsonSchema = dict[str, Any]

#: Where classes of fields are whose docstrings are for module authors.
_PLAIN = (Id.__module__, Computed.__module__)
#: What a regular expression may hold to mean the same in Python and in JSON Schema (ECMA 262).
_PORTABLE = re.compile(r"(?:[^\\(]|\\[^AZzpPNGk0-9]|\((?!\?)|\(\?[:=!])*")


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
        for name, value in _limits(validator, schema.get("type")).items():
            schema.setdefault(name, value)
    if "description" in field.metadata:
        schema["description"] = field.metadata["description"]
    elif "description" not in schema and (told := _from_docstring(type(field))):
        schema["description"] = told
    if "example" in field.metadata:
        schema["examples"] = [field.metadata["example"]]
    return schema


def _from_docstring(kind: type[Any]) -> str:
    """What a class of a module's own holds: the first sentence of its docstring."""
    if kind.__module__.startswith("marshmallow.") or kind.__module__ in _PLAIN:
        return ""
    return first_sentence(inspect.cleandoc(kind.__doc__ or ""))


def _limits(validator: Any, kind: Any) -> JsonSchema:
    """A validator of marshmallow's in the words of JSON Schema, as far as there are any."""
    found: JsonSchema = {}
    if isinstance(validator, validate.OneOf):
        found["enum"] = list(validator.choices)
    elif isinstance(validator, validate.Equal):
        found["const"] = validator.comparable
    elif isinstance(validator, validate.Range):
        lower = "minimum" if validator.min_inclusive else "exclusiveMinimum"
        upper = "maximum" if validator.max_inclusive else "exclusiveMaximum"
        found = {lower: validator.min, upper: validator.max}
    elif isinstance(validator, validate.Length):
        what = {"array": "Items", "object": "Properties"}.get(kind, "Length")
        least = validator.min if validator.equal is None else validator.equal
        most = validator.max if validator.equal is None else validator.equal
        found = {f"min{what}": least, f"max{what}": most}
    elif isinstance(validator, validate.Regexp):
        found["pattern"] = _pattern(validator.regex)
    return {name: value for name, value in found.items() if value is not None}


def _pattern(regex: re.Pattern[Any]) -> str | None:
    """A regular expression that is matched from the start, if JSON Schema can say the same.

    Of the flags only UNICODE, which text always has, leaves the meaning of a pattern alone.
    """
    text = str(regex.pattern).replace(r"\Z", "$")
    return f"^(?:{text})" if regex.flags == re.UNICODE and _PORTABLE.fullmatch(text) else None


# -- fields of marshmallow ---------------------------------------------------------------------


@json_schema.register
def _(field: fields.String) -> JsonSchema:
    return {"type": "string"}


@json_schema.register(fields.Number)
def _(field: fields.Number[Any]) -> JsonSchema:
    return {"type": "string" if field.as_string else "number"}


@json_schema.register
def _(field: fields.Integer) -> JsonSchema:
    return {"type": "integer"}


@json_schema.register
def _(field: fields.Boolean) -> JsonSchema:
    return {"type": "boolean"}


@json_schema.register
def _(field: fields.Date) -> JsonSchema:
    return {"type": "string", "format": "date"}


@json_schema.register
def _(field: fields.DateTime) -> JsonSchema:
    return {"type": "string", "format": "date-time"}


@json_schema.register
def _(field: fields.Time) -> JsonSchema:
    return {"type": "string"}


@json_schema.register
def _(field: fields.UUID) -> JsonSchema:
    return {"type": "string", "format": "uuid"}


@json_schema.register
def _(field: fields.Url) -> JsonSchema:
    return {"type": "string", "format": "uri"}


@json_schema.register
def _(field: fields.Email) -> JsonSchema:
    return {"type": "string", "format": "email"}


@json_schema.register(fields.Dict)
def _(field: fields.Dict) -> JsonSchema:
    values = field.value_field
    return {"type": "object", "additionalProperties": described(values) if values else True}


@json_schema.register(fields.List)
def _(field: fields.List[Any]) -> JsonSchema:
    return {"type": "array", "items": described(field.inner)}


@json_schema.register
def _(field: fields.Nested) -> JsonSchema:
    entry = type(field.schema)
    return {"type": "array", "items": entry} if field.many else {"$ref": entry}


# -- fields of Sparx ---------------------------------------------------------------------------


@json_schema.register
def _(field: Id) -> JsonSchema:
    return {"type": "string", "format": "uuid"}


@json_schema.register
def _(field: Related) -> JsonSchema:
    told = f"The id of one of `{field.resource}`."
    return {"type": "string", "format": "uuid", "description": told}


@json_schema.register
def _(field: Text) -> JsonSchema:
    # Trimmed before it is measured, so a text of blanks is none.
    some = {"minLength": field.minimum, "pattern": r"\S"} if field.minimum else {}
    return {"type": "string", **some, "maxLength": field.maximum}


@json_schema.register
def _(field: WholeNumber) -> JsonSchema:
    return {"type": "integer", "minimum": field.minimum, "maximum": field.maximum}


@json_schema.register
def _(field: Flag) -> JsonSchema:
    return {"type": "boolean"}


@json_schema.register
def _(field: Choice) -> JsonSchema:
    return {"type": "string", "enum": list(field.words)}


@json_schema.register
def _(field: Currency) -> JsonSchema:
    return {
        "type": "string",
        "pattern": "^[A-Z]{3}$",
        "description": "An ISO 4217 currency code.",
        "examples": ["USD"],
    }


@json_schema.register
def _(field: Money) -> JsonSchema:
    told = f"An amount in units of `{field.currency}`, exact, with the digits of that currency."
    return {**_amount(field), "description": told}


@json_schema.register
def _(field: UnitPrice) -> JsonSchema:
    told = (
        f"A price per unit in units of `{field.currency}`, exact, with up to"
        f" {field.extra_digits} digits more than that currency has."
    )
    return {**_amount(field), "description": told}


def _amount(field: Money) -> JsonSchema:
    limit = int(field.limit)
    return {"type": "number", "format": "decimal", "minimum": 0, "exclusiveMaximum": limit}


@json_schema.register
def _(field: DecimalNumber) -> JsonSchema:
    return {
        "type": "number",
        "format": "decimal",
        "minimum": field.minimum,
        "maximum": field.maximum,
        "description": f"Exact, with at most {field.places} digits after the point.",
    }


@json_schema.register
def _(field: SequenceNumber) -> JsonSchema:
    return {
        "type": "string",
        "pattern": "^[0-9]+$",
        "description": "A number for people to read.",
        "examples": ["1001"],
    }


@json_schema.register
def _(field: Timestamp) -> JsonSchema:
    return {
        "type": "string",
        "format": "date-time",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
        "description": "ISO 8601 in UTC, whole seconds, with `Z`.",
    }


@json_schema.register(LocalizedText)
def _(field: LocalizedText) -> JsonSchema:
    return {
        "type": "object",
        "propertyNames": {"pattern": f"^(?:{LOCALE.pattern})$"},
        "additionalProperties": json_schema(Text(field.maximum)),
        "maxProperties": field.locales,
        "description": "Text in several languages, by BCP 47 tag.",
        "examples": [{"en": "Red", "de": "Rot"}],
    }


@json_schema.register(Document)
def _(field: Document) -> JsonSchema:
    told = f"An object of your own, of at most {field.maximum:,} bytes as JSON."
    return {"type": "object", "additionalProperties": True, "description": told}


@json_schema.register(ListOf)
def _(field: ListOf) -> JsonSchema:
    return _list(field, described(field.inner))


@json_schema.register(Many)
@json_schema.register(Embedded)
def _(field: Many | Embedded) -> JsonSchema:
    return _list(field, field.schema_class)


def _list(field: ListOf, entry: Any) -> JsonSchema:
    least = {"minItems": field.minimum} if field.minimum else {}
    return {"type": "array", "items": entry, **least, "maxItems": field.maximum}


@json_schema.register
def _(field: Computed) -> JsonSchema:
    return described(field.field)


@json_schema.register
def _(field: RelatedList) -> JsonSchema:
    return {"type": "array", "items": {"type": "object"}, "maxItems": field.limit}
