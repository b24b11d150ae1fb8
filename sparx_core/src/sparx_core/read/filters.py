"""Filters: what a list can be narrowed by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields

from sparx_core.derived import Computed
from sparx_core.fields import Timestamp
from sparx_core.read.columns import BOUNDS, Comparable
from sparx_core.read.conditions import ComputedCondition, Condition, Search
from sparx_core.read.operators import BadFilter, from_text

#: Values in one ``in`` or ``nin``.
MAX_VALUES = 100


@dataclass(frozen=True)
class Filter:
    """A field that a list can be narrowed by.

    ``operators`` are those that it allows; ``counted``: how many rows have each value is known
    without looking at them; ``search``: the function by which ``contains`` finds rows.
    """

    name: str
    field: fields.Field[Any]
    column: Any
    operators: tuple[str, ...]
    on: Comparable
    counted: bool = False
    search: str | None = None

    def condition(self, operator: str, values: Sequence[str]) -> Condition | Search:
        """What ``name[operator]=value`` asks for; ``BadFilter`` says what is wrong with it.

        ``in`` and ``nin`` take several values, the others one.
        """
        if operator in ("in", "nin"):
            if len(values) > MAX_VALUES:
                raise BadFilter(f"More than {MAX_VALUES} values.")
            return self._compared(operator, operator, [self._value(text) for text in values])
        (text,) = values
        if operator == "exists":
            if text not in ("true", "false"):
                raise BadFilter("Must be true or false.")
            return self._compared(operator, "filled" if text == "true" else "empty", None)
        if operator == "startsWith":
            return self._compared(operator, "within", texts_from(text))
        if operator == "contains":
            words = (self._contained(text),)
            return Search(self.name, str(self.search), words, self.on.name)
        if isinstance(self.field, Timestamp):
            return self._at_second(operator, text)
        return self._compared(operator, operator, self._value(text))

    def _compared(self, operator: str, comparison: str, value: Any) -> Condition:
        return Condition(self.name, self.on, operator, comparison, value, self.counted)

    def _at_second(self, operator: str, text: str) -> Condition:
        """Times are kept to the microsecond and shown, and so compared, to the second."""
        begin = self._value(text)
        try:
            end = begin + timedelta(seconds=1)
        except OverflowError:
            raise BadFilter("Out of range.") from None
        comparison, value = {
            "eq": ("within", (begin, end)),
            "ne": ("without", (begin, end)),
            "lt": ("lt", begin),
            "lte": ("lt", end),
            "gt": ("gte", end),
            "gte": ("gte", begin),
        }[operator]
        return self._compared(operator, comparison, value)

    def _value(self, text: str) -> Any:
        try:
            value = self.column.db_value(_loaded(self.field, text))
        except (OverflowError, ValueError):
            raise BadFilter("Out of range.") from None
        bound = BOUNDS.get(self.on.type)
        if bound is not None and not -bound <= value < bound:
            raise BadFilter("Out of range.")
        return str(value) if isinstance(value, UUID) else value

    def _contained(self, text: str) -> str:
        if isinstance(self.field, fields.List):
            return str(_loaded(self.field.inner, text))
        if not text.strip() or len(text.split()) > 1:
            raise BadFilter("Must be one word, or a part of one.")
        return text.strip()


class ComputedFilter:
    """A computed field that a list can be narrowed by, as its declaration says: one value of it."""

    operators: tuple[str, ...] = ("eq",)
    counted, search = False, None

    def __init__(self, name: str, computed: Computed) -> None:
        assert computed.condition is not None
        self.name, self.field, self._computed = name, computed.field, computed.condition
        self._type = "boolean" if isinstance(self.field, fields.Boolean) else "text"

    def condition(self, operator: str, values: Sequence[str]) -> ComputedCondition:
        """What ``name=value`` asks for; ``BadFilter`` says what is wrong with it."""
        (text,) = values
        value = _loaded(self.field, text)
        sent = value if isinstance(value, bool) else str(value)
        return ComputedCondition(self.name, self._computed, sent, self._type)


def _loaded(field: fields.Field[Any], text: str) -> Any:
    try:
        return field.deserialize(from_text(field, text))
    except ValidationError as error:
        raise BadFilter(first_message(error.messages)) from None


def first_message(messages: Any) -> str:
    """The first of what marshmallow says is wrong."""
    while isinstance(messages, Mapping | list):
        messages = next(iter(messages.values() if isinstance(messages, Mapping) else messages))
    return str(messages)


def texts_from(prefix: str) -> tuple[str, str | None]:
    """The range of texts that start with ``prefix``, by code point: from it, and up to another."""
    if not prefix:
        raise BadFilter("Must not be empty.")
    head = prefix
    while head:
        following = ord(head[-1]) + 1
        if following <= 0x10FFFF:
            # No text holds half of a surrogate pair.
            code = 0xE000 if 0xD800 <= following <= 0xDFFF else following
            return prefix, head[:-1] + chr(code)
        head = head[:-1]
    return prefix, None
