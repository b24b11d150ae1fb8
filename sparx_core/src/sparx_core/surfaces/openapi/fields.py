"""The JSON Schema of each class of fields that there is, of marshmallow's and of Sparx's own."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from sparx_core.derived import Computed, Made, RelatedList
from sparx_core.events.patterns import FORM, MAX_PATTERN, EventPattern
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
from sparx_core.money import currency_digits
from sparx_core.origins.schemas import MAX_ORIGIN, WebOrigin
from sparx_core.surfaces.openapi.dispatch import JsonSchema, described, json_schema

__all__ = ["JsonSchema", "described", "json_schema"]

#: What Python takes for blank and is trimmed, in a class of characters.
BLANK = r"\s\x1c-\x1f\x85"

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
    some = {"minLength": field.minimum, "pattern": f"[^{BLANK}]"} if field.minimum else {}
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
        "pattern": f"^(?:{'|'.join(sorted(currency_digits()))})$",
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
        "pattern": "^[0-9]{1,18}$",
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
def _(field: EventPattern) -> JsonSchema:
    return {"type": "string", "maxLength": MAX_PATTERN, "pattern": f"^(?:{FORM})$"}


@json_schema.register
def _(field: WebOrigin) -> JsonSchema:
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    host = rf"{label}(?:\.{label})*|\[[0-9a-f:.]{{2,45}}\]"
    form = rf"^https?://(?:{host})(?::[1-9][0-9]{{0,4}})?$"
    return {"type": "string", "maxLength": MAX_ORIGIN, "pattern": form}


@json_schema.register
def _(field: Computed) -> JsonSchema:
    return described(field.field)


@json_schema.register
def _(field: Made) -> JsonSchema:
    return described(field.field)


@json_schema.register
def _(field: RelatedList) -> JsonSchema:
    return {"type": "array", "items": {"type": "object"}, "maxItems": field.limit}
