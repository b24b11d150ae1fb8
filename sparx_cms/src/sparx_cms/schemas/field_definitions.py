"""The definition of a field on the wire, which is how it is stored as well."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from sparx_cms.types.definitions import FIELD_STATES, FIELD_TYPES, OBJECT
from sparx_core import (
    Choice,
    DecimalNumber,
    Embedded,
    Flag,
    Id,
    ListOf,
    ObjectSchema,
    Text,
    WholeNumber,
    json_schema,
)

MAX_FIELDS, MAX_OPTIONS, MAX_NAMED = 100, 500, 100
KEY, TYPE_KEY = r"[a-z][A-Za-z0-9_]{0,62}", r"[a-z][a-z0-9_]{0,62}"
_LIMIT = 10**15


class AnyValue(fields.Field[Any]):
    """Any JSON."""


@json_schema.register
def _(field: AnyValue) -> dict[str, Any]:
    return {"description": "Any JSON.", "examples": [None]}


def key_field(pattern: str, **kwargs: Any) -> fields.String:
    """A name that paths and queries can hold."""
    told = "Must be letters, digits and _, a-z first, and at most 63."
    return fields.String(validate=validate.Regexp(pattern + r"\Z", error=told), **kwargs)


def _named(told: str, example: list[str]) -> ListOf:
    inner = key_field(TYPE_KEY)
    return ListOf(
        inner,
        maximum=MAX_NAMED,
        allow_none=True,
        metadata={"description": told, "example": example},
    )


def _bound(told: str) -> DecimalNumber:
    return DecimalNumber(
        -_LIMIT, _LIMIT, places=6, allow_none=True, metadata={"description": told, "example": None}
    )


def _moment(told: str) -> Text:
    return Text(40, allow_none=True, metadata={"description": told, "example": None})


class OptionSchema(ObjectSchema):
    """Something that an `enum` chooses from."""

    value = Text(120, required=True, metadata={"example": "small"})
    label = Text(120, metadata={"example": "Small"})


class InnerFieldSchema(ObjectSchema):
    """A field inside of an `object`. What is absent stays as it was, null takes a setting away."""

    id = Id(metadata={"description": "Given by the server, for ever. Without one the key tells."})
    key = key_field(KEY, metadata={"description": "Its name; it may change.", "example": "title"})
    label = Text(120, metadata={"example": "Title"})
    help_text = Text(500, allow_none=True, metadata={"example": None})
    type = Choice(
        *(one for one in FIELD_TYPES if one != OBJECT),
        metadata={"description": "For ever, but for widening ones.", "example": "text"},
    )
    required = Flag(metadata={"description": "Nothing is published without it."})
    multiple = Flag(metadata={"description": "Whether it is a list of values.", "example": False})
    state = Choice(
        *FIELD_STATES,
        metadata={
            "description": "`omitted`: hidden, its values are kept. Only then it can be deleted.",
            "example": "active",
        },
    )
    default = AnyValue(
        allow_none=True, metadata={"description": "Of new entries that say nothing of it."}
    )
    min = _bound("The least: of numbers themselves, of texts their length.")
    max = _bound("The most: of numbers themselves, of texts their length.")
    earliest = _moment("Of a `date` or `datetime`.")
    latest = _moment("Of a `date` or `datetime`.")
    min_items = WholeNumber(0, 1_000, allow_none=True, metadata={"example": None})
    max_items = WholeNumber(1, 1_000, allow_none=True, metadata={"example": None})
    pattern = Text(
        500,
        allow_none=True,
        metadata={
            "description": "A regular expression as PostgreSQL has them, for texts as a whole.",
            "example": None,
        },
    )
    pattern_message = Text(200, allow_none=True, metadata={"example": None})
    options = Embedded(
        OptionSchema,
        maximum=MAX_OPTIONS,
        allow_none=True,
        metadata={"description": "What an `enum` chooses from.", "example": []},
    )
    source_field = key_field(
        KEY,
        allow_none=True,
        metadata={
            "description": "The text that a `slug` is made of where none is given.",
            "example": None,
        },
    )
    to = _named("The content types that a `reference` may be to; none means all.", [])
    accept = ListOf(
        fields.String(validate=validate.Regexp(r"[a-z]+/(\*|[a-z0-9.+-]{1,80})\Z")),
        maximum=MAX_NAMED,
        allow_none=True,
        metadata={"description": "Media types that `media` takes.", "example": []},
    )
    component = key_field(
        TYPE_KEY,
        allow_none=True,
        metadata={"description": "The component that is held.", "example": None},
    )
    components = _named("The components that `blocks` may be of.", [])


class FieldSchema(InnerFieldSchema):
    """A field of a content type. What is absent stays as it was, null takes a setting away."""

    type = Choice(
        *FIELD_TYPES,
        metadata={"description": "For ever, but for widening ones.", "example": "text"},
    )
    localized = Flag(metadata={"description": "Whether each locale has a value of its own."})
    unique = Flag(metadata={"description": "No two entries have the same, in a locale."})
    fields = Embedded(  # type: ignore[assignment]
        InnerFieldSchema,
        maximum=MAX_FIELDS,
        allow_none=True,
        metadata={"description": "What an `object` holds.", "example": []},
    )
