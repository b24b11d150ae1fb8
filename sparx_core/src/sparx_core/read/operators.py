"""The operators that filters allow, and values in a query string as the JSON that is validated."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import singledispatch
from typing import Any

from marshmallow import fields

from sparx_core.fields import Choice, Flag, Money, SequenceNumber, Timestamp
from sparx_core.read.columns import Comparable

EQUALITY = ("eq", "ne", "in", "nin")
ORDER = ("lt", "lte", "gt", "gte")
_BY_TYPE = {
    "TEXT": (*EQUALITY, "startsWith"),
    "UUID": EQUALITY,
    "BOOLEAN": ("eq", "ne"),
}
_BIGINT = 2**63


class BadFilter(Exception):
    """A value that the field or operator does not allow; the text says why."""


def operators_of(field: fields.Field[Any], on: Comparable) -> tuple[str, ...]:
    """The operators that a field allows, beside ``contains`` and ``exists``.

    They follow from the type of its column, so that a module's own field class has them, too.
    """
    if isinstance(field, Choice):
        return EQUALITY
    if isinstance(field, Timestamp):
        return ("eq", "ne", *ORDER)
    return _BY_TYPE.get(on.type, (*EQUALITY, *ORDER))


@singledispatch
def from_text(field: fields.Field[Any], text: str) -> Any:
    """A value in a query string as the JSON value that the field validates."""
    return text


@from_text.register(fields.Integer)
def _(field: fields.Integer, text: str) -> Any:
    return _whole(text)


@from_text.register(SequenceNumber)
def _(field: SequenceNumber, text: str) -> Any:
    return str(_whole(text))


@from_text.register(Money)
def _(field: Money, text: str) -> Any:
    try:
        return Decimal(text) if text.isascii() and "_" not in text else text
    except InvalidOperation:
        raise BadFilter("Not a number.") from None


@from_text.register(Flag)
@from_text.register(fields.Boolean)
def _(field: fields.Field[Any], text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise BadFilter("Not a whole number.")
    number = int(text)
    if not -_BIGINT <= number < _BIGINT:
        raise BadFilter("Out of range.")
    return number
