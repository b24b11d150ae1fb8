"""Bodies that fit a schema, made from its fields: each number makes another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import singledispatch
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

from sparx_core.custom_fields.field import CustomFields
from sparx_core.fields import (
    Choice,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Id,
    ListOf,
    LocalizedText,
    Many,
    Money,
    Related,
    Text,
    Timestamp,
    WholeNumber,
)
from sparx_core.json import decode, encode
from sparx_core.read.view import schema_instance
from sparx_core.schemas import ObjectSchema

#: The id of a row of another resource; raises ``Underivable`` where there is none.
FindRow = Callable[[str], str]


class Underivable(Exception):
    """A value that cannot be made from the declaration; the text says of which field."""


def body_of(
    schema: type[ObjectSchema],
    number: int,
    find_row: FindRow,
    *,
    everything: bool = False,
    given: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A body with the required fields, or with all for which a value is known.

    Values that are ``given``, by the names on the wire, stand as they are.
    """
    found: dict[str, Any] = dict(given or {})
    for name, field in schema_instance(schema).load_fields.items():
        if field.data_key in found or not (field.required or everything):
            continue
        try:
            found[str(field.data_key)] = value_of(field, name, number, find_row)
        except Underivable:
            if field.required:
                raise
    return found


def value_of(field: fields.Field[Any], name: str, number: int, find_row: FindRow) -> Any:
    """A value that the field takes, as it is on the wire."""
    for example in _examples(field, number):
        if _takes(field, example):
            return example
    if isinstance(field, Related):
        return find_row(field.resource)
    if isinstance(field, Many | Embedded):
        entry = body_of(field.schema_class, number, find_row, everything=True)
        return [entry] * max(1, field.minimum)
    if isinstance(field, Id):
        raise Underivable(f"{field.data_key or name} is an id, and no Related says of what")
    if isinstance(field, fields.List):
        least = field.minimum if isinstance(field, ListOf) else 0
        entries = range(max(1, least))
        return [value_of(field.inner, name, number + place, find_row) for place in entries]
    for value in _candidates(field, name, number):
        if _takes(field, value):
            return value
    raise Underivable(f"no value is known for {field.data_key or name} ({type(field).__name__})")


def _takes(field: fields.Field[Any], value: Any) -> bool:
    try:
        # As it arrives: numbers with a point are Decimal.
        field.deserialize(decode(encode(value)))
    except ValidationError:
        return False
    return True


def _examples(field: fields.Field[Any], number: int) -> Iterator[Any]:
    """What the author of the field says that it is like."""
    example = field.metadata.get("example")
    if example is not None:
        if isinstance(example, str) and number > 1:
            yield f"{example}{number}"
        yield example


def _candidates(field: fields.Field[Any], name: str, number: int) -> Iterator[Any]:
    """Values to try, the likeliest first."""
    for validator in field.validators:
        if isinstance(validator, validate.OneOf):
            words = list(validator.choices)
            yield words[number % len(words)]
    yield from typical(field, name, number)
    yield from _anything(number)


@singledispatch
def typical(field: fields.Field[Any], name: str, number: int) -> Iterator[Any]:
    """What a field of this class usually holds."""
    yield from ()


@typical.register
def _(field: fields.String, name: str, number: int) -> Iterator[Any]:
    yield f"{name.replace('_', ' ').capitalize()} {number}"
    yield f"{name.replace('_', '-').lower()}-{number}"


@typical.register
def _(field: Text, name: str, number: int) -> Iterator[Any]:
    text = f"{name.replace('_', ' ').capitalize()} {number}"
    yield text.rjust(field.minimum, "x")
    yield f"{number}".rjust(field.minimum, "x")[-field.maximum :]


@typical.register
def _(field: WholeNumber, name: str, number: int) -> Iterator[Any]:
    yield min(max(field.minimum, 1) + number - 1, field.maximum)
    yield field.minimum


@typical.register(fields.Integer)
def _(field: fields.Integer, name: str, number: int) -> Iterator[Any]:
    yield number


@typical.register
def _(field: Money, name: str, number: int) -> Iterator[Any]:
    yield Decimal(10 + number)


@typical.register
def _(field: DecimalNumber, name: str, number: int) -> Iterator[Any]:
    yield Decimal(min(max(field.minimum, 1) + number - 1, field.maximum))


@typical.register
def _(field: Timestamp, name: str, number: int) -> Iterator[Any]:
    yield f"2030-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"


@typical.register
def _(field: Currency, name: str, number: int) -> Iterator[Any]:
    yield "USD"


@typical.register
def _(field: LocalizedText, name: str, number: int) -> Iterator[Any]:
    yield {"en": f"{name.capitalize()} {number}"}


@typical.register
def _(field: Document, name: str, number: int) -> Iterator[Any]:
    yield {"number": number}


@typical.register
def _(field: CustomFields, name: str, number: int) -> Iterator[Any]:
    # Which keys there may be, only the rows of a tenant say.
    yield {}


@typical.register
def _(field: Choice, name: str, number: int) -> Iterator[Any]:
    yield field.words[number % len(field.words)]


def _anything(number: int) -> Iterator[Any]:
    """Values for fields of a class that nobody knows here, from texts to objects."""
    yield f"example-{number}"
    yield f"EXAMPLE{number}"
    yield f"ann{number}@example.com"
    yield f"+1415555{2000 + number % 8000}"
    yield from ("US", "en", "en-US", "UTC", "10:00", "PT1H", "2030-01-01")
    yield "2030-01-01T00:00:00Z"
    yield f"https://example.com/{number}"
    yield str(UUID(int=number << 64 | 0x7000 << 64 | 0x8 << 60))
    yield str(1000 + number)
    yield number
    yield Decimal(number) + Decimal("0.5")
    yield from (False, {}, [])
