"""Filters: what a list can be narrowed by, with the operators that each kind of field allows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import singledispatch
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields
from peewee import SQL, Cast, Expression, Function, NodeList, Select

from sparx_core.db.statements import slot
from sparx_core.fields import Choice, Flag, Id, Money, SequenceNumber, Timestamp
from sparx_core.read.columns import Comparable
from sparx_core.read.wire import Scope

EQUALITY = ("eq", "ne", "in", "nin")
ORDER = ("lt", "lte", "gt", "gte")
#: Values in one ``in`` or ``nin``.
MAX_VALUES = 100

_BIGINT = 2**63


class BadFilter(Exception):
    """A value that the field or operator does not allow; the text says why."""


@singledispatch
def operators_of(field: fields.Field[Any]) -> tuple[str, ...]:
    """The operators that fields of a class allow, beside ``exists`` where it may be null."""
    return (*EQUALITY, "startsWith")


@operators_of.register(Id)
@operators_of.register(Choice)
def _(field: fields.Field[Any]) -> tuple[str, ...]:
    return EQUALITY


@operators_of.register(Flag)
@operators_of.register(fields.Boolean)
def _(field: fields.Field[Any]) -> tuple[str, ...]:
    return ("eq", "ne")


@operators_of.register(Timestamp)
def _(field: Timestamp) -> tuple[str, ...]:
    return ("eq", "ne", *ORDER)


@operators_of.register(fields.Integer)
@operators_of.register(Money)
@operators_of.register(SequenceNumber)
def _(field: fields.Field[Any]) -> tuple[str, ...]:
    return (*EQUALITY, *ORDER)


@operators_of.register(fields.List)
def _(field: fields.List[Any]) -> tuple[str, ...]:
    return ()  # what contains does is a search


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


@from_text.register(fields.List)
def _(field: fields.List[Any], text: str) -> Any:
    return [text]


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise BadFilter("Not a whole number.")
    number = int(text)
    if not -_BIGINT <= number < _BIGINT:
        raise BadFilter("Out of range.")
    return number


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

    def condition(self, operator: str, values: Sequence[str]) -> Condition:
        """What ``name[operator]=value`` asks for; ``BadFilter`` says what is wrong with it.

        ``in`` and ``nin`` take several values, each of which may be a list with commas.
        """
        if operator in ("in", "nin"):
            texts = [text for value in values for text in value.split(",")]
            if len(texts) > MAX_VALUES:
                raise BadFilter(f"More than {MAX_VALUES} values.")
            return Condition(self, operator, operator, [self._value(text) for text in texts])
        (text,) = values
        if operator == "exists":
            if text not in ("true", "false"):
                raise BadFilter("Must be true or false.")
            return Condition(self, operator, "filled" if text == "true" else "empty", None)
        if operator == "startsWith":
            return Condition(self, operator, "within", _texts_from(text))
        if operator == "contains":
            return Condition(self, operator, operator, [self._contained(text)])
        if isinstance(self.field, Timestamp):
            return self._at_second(operator, text)
        return Condition(self, operator, operator, self._value(text))

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
        return Condition(self, operator, comparison, value)

    def _value(self, text: str) -> Any:
        try:
            value = self.column.db_value(self._loaded(text))
        except (OverflowError, ValueError):
            raise BadFilter("Out of range.") from None
        if isinstance(value, int) and not -(2**31) <= value < 2**31 and self.on.type == "INTEGER":
            raise BadFilter("Out of range.")
        return str(value) if isinstance(value, UUID) else value

    def _contained(self, text: str) -> str:
        if isinstance(self.field, fields.List):
            return str(self._loaded(text)[0])
        if not text.strip() or len(text.split()) > 1:
            raise BadFilter("Must be one word, or a part of one.")
        return text.strip()

    def _loaded(self, text: str) -> Any:
        try:
            return self.field.deserialize(from_text(self.field, text))
        except ValidationError as error:
            raise BadFilter(_first(error.messages)) from None


def _first(messages: Any) -> str:
    while isinstance(messages, Mapping | list):
        messages = next(iter(messages.values() if isinstance(messages, Mapping) else messages))
    return str(messages)


def _texts_from(prefix: str) -> tuple[str, str | None]:
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


@dataclass(frozen=True)
class Condition:
    """One filter of a query: the operator as asked for, the comparison that it comes down to,
    and the value as the database compares it.
    """

    filter: Filter
    operator: str
    comparison: str
    value: Any = field(hash=False)

    @property
    def shape(self) -> Hashable:
        """What two conditions must share to share a statement."""
        open_ended = isinstance(self.value, tuple) and self.value[1] is None
        return (self.filter.name, self.operator, self.comparison, open_ended)

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        if isinstance(self.value, tuple):
            return {self._key("from"): self.value[0], self._key("to"): self.value[1]}
        return {self._key(): self.value}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        on = self.filter.on
        if self.comparison == "contains":
            return is_found(scope, str(self.filter.search), self.slot(), on.name)
        exactly = self.compared(scope.column(on.name))
        if on.filled and self.comparison == "empty":
            return Expression(on.of(scope), "=", on.least) & exactly
        if on.filled and self.comparison in _RANGES:
            # What the index holds finds the rows, what the column holds is the truth.
            return self.compared(on.of(scope)) & exactly
        return exactly

    def compared(self, operand: Any) -> Any:
        """The condition on any SQL that has the column's value."""
        return _SQL[self.comparison](self, operand)

    def slot(self, part: str = "") -> Any:
        return slot(self._key(part))

    def _key(self, part: str = "") -> Hashable:
        return (self.filter.name, self.operator, part)


def _plain(sign: str) -> Callable[[Condition, Any], Any]:
    return lambda condition, operand: Expression(operand, sign, condition.slot())


def _any_of(condition: Condition, operand: Any) -> Any:
    values = Cast(condition.slot(), f"{condition.filter.on.type}[]")
    return Expression(operand, "=", Function("ANY", (values,)))


def _none_of(condition: Condition, operand: Any) -> Any:
    values = Cast(condition.slot(), f"{condition.filter.on.type}[]")
    none_of = Expression(operand, "<>", Function("ALL", (values,)))
    return NodeList((SQL("("), none_of, SQL("OR"), operand, SQL("IS NULL)")))


def _within(condition: Condition, operand: Any) -> Any:
    above = Expression(operand, ">=", condition.slot("from"))
    if condition.value[1] is None:
        return above
    return above & Expression(operand, "<", condition.slot("to"))


def _without(condition: Condition, operand: Any) -> Any:
    below = Expression(operand, "<", condition.slot("from"))
    above = Expression(operand, ">=", condition.slot("to"))
    return NodeList((SQL("("), below, SQL("OR"), above, SQL("OR"), operand, SQL("IS NULL)")))


def _is_filled(condition: Condition, operand: Any) -> Any:
    return NodeList((operand, SQL("IS NOT NULL")))


def _is_empty(condition: Condition, operand: Any) -> Any:
    return NodeList((operand, SQL("IS NULL")))


_SQL: dict[str, Callable[[Condition, Any], Any]] = {
    "eq": _plain("="),
    "ne": _plain("IS DISTINCT FROM"),
    "lt": _plain("<"),
    "lte": _plain("<="),
    "gt": _plain(">"),
    "gte": _plain(">="),
    "in": _any_of,
    "nin": _none_of,
    "within": _within,
    "without": _without,
    "filled": _is_filled,
    "empty": _is_empty,
}

#: Comparisons that are true of a range of values, or of a few, and never of NULL.
_RANGES = frozenset({"eq", "in", "lt", "lte", "gt", "gte", "within"})


def is_found(scope: Scope, function: str, words: Any, column: str | None = None) -> Any:
    """Whether the search function of a resource finds a row, in ``column`` or anywhere.

    By ids, which may use an index under a policy; as an array, so that they are looked up and
    not joined.
    """
    found = Select([], [Function(function, (Cast(words, "text[]"), column))])
    ids = Function("ARRAY", (found,))
    return Expression(scope.column("id"), "=", Function("ANY", (ids,)))


@dataclass(frozen=True)
class Search:
    """``q``: every word occurs in what the resource is searched by.

    ``scopes`` are those of the resources that are looked into besides.
    """

    function: str
    words: tuple[str, ...] = field(hash=False)
    scopes: frozenset[str] = frozenset()

    shape: Hashable = "q"

    @property
    def slots(self) -> dict[Hashable, Any]:
        return {"q": list(self.words)}

    def sql(self, scope: Scope) -> Any:
        return is_found(scope, self.function, slot("q"))
