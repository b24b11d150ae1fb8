"""Custom fields in the queries of lists: what a list can be narrowed to, and sorted by.

The values are in one JSON document a row, whose comparisons use no index under row-level security:
such a list looks at every row of the tenant that its other filters leave.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError
from peewee import SQL, Cast, Expression, Function, NodeList

from sparx_core.custom_fields.declared import Definition
from sparx_core.custom_fields.field import CUSTOM
from sparx_core.custom_fields.models import (
    BOOLEAN,
    DATE,
    DATETIME,
    EMAIL,
    MONEY,
    MULTISELECT,
    NUMBER,
    PHONE,
    REFERENCE,
    SELECT,
    TEXT,
    URL,
)
from sparx_core.custom_fields.types import NUMBER_LIMIT, decimal_of
from sparx_core.db.statements import slot
from sparx_core.fields import Currency, Id, Timestamp
from sparx_core.read.columns import Comparable
from sparx_core.read.filters import MAX_VALUES, first_message, texts_from
from sparx_core.read.operators import EQUALITY, ORDER, BadFilter
from sparx_core.read.ordering import Ordering
from sparx_core.read.wire import Scope

#: How the name of a parameter begins that is about a custom field.
PREFIX = f"{CUSTOM}."
_WORDS = (*EQUALITY, "startsWith", "contains", "exists")
_SCALE = (*EQUALITY, *ORDER, "exists")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    TEXT: _WORDS,
    URL: _WORDS,
    EMAIL: _WORDS,
    PHONE: _WORDS,
    NUMBER: _SCALE,
    DATE: _SCALE,
    DATETIME: _SCALE,
    BOOLEAN: ("eq", "ne", "exists"),
    SELECT: (*EQUALITY, "exists"),
    MULTISELECT: ("contains", "exists"),
    MONEY: ("eq", "ne", *ORDER, "exists"),
    REFERENCE: (*EQUALITY, "exists"),
}
#: Types whose values have no order of their own.
UNSORTED = frozenset({MULTISELECT, MONEY})
_SIGNS = {"eq": "=", "ne": "IS DISTINCT FROM", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


@dataclass(frozen=True)
class CustomValue(Comparable):
    """The value of a custom field as lists compare it: as a number, or else as text by code point.

    Days and times are kept as texts that sort as they do.
    """

    column: Any = None
    key: str = ""
    numeric: bool = False

    steady = False

    @property
    def name(self) -> str:
        return PREFIX + self.key

    @property
    def type(self) -> str:
        return "NUMERIC" if self.numeric else "TEXT"

    def value(self, scope: Scope) -> Any:
        """SQL of the value, NULL if the row has none."""
        document = scope.column(CUSTOM)
        if not self.numeric:
            text = Expression(document, "->>", self.key)
            return NodeList((SQL("("), text, SQL(') COLLATE "C"')))
        return number_in(Expression(document, "->", self.key))

    def of(self, scope: Scope) -> Any:
        least = "'-infinity'::numeric" if self.numeric else "''"
        return Function("coalesce", (self.value(scope), SQL(least)))

    def mark(self, scope: Scope) -> Any:
        return Cast(self.of(scope), "text")


def number_in(document: Any) -> Any:
    """SQL of the number that a JSON value is, NULL for any other."""
    kind = Function("jsonb_typeof", (document,))
    told = (SQL("CASE WHEN"), kind, SQL("= 'number' THEN"), Cast(document, "numeric"), SQL("END"))
    return NodeList((SQL("("), *told, SQL(")")))


@dataclass(frozen=True)
class CustomCondition:
    """A filter by a custom field, with its value."""

    on: CustomValue
    type: str
    operator: str
    value: Any = field(hash=False)

    counted = False

    @property
    def name(self) -> str:
        return self.on.name

    @property
    def shape(self) -> Hashable:
        """What two conditions must share to share a statement."""
        open_ended = isinstance(self.value, tuple) and self.value[1] is None
        return (self.name, self.type, self.operator, open_ended or self.value is True)

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        if isinstance(self.value, tuple):
            return {self._key("from"): self.value[0], self._key("to"): self.value[1]}
        return {self._key(): self.value}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        document = Expression(scope.column(CUSTOM), "->", self.on.key)
        if self.operator == "exists":
            return NodeList((document, SQL("IS NOT NULL" if self.value else "IS NULL")))
        if self.type == MULTISELECT:
            return Function("jsonb_exists", (document, Cast(self._slot(), "text")))
        if self.type == MONEY:
            return self._of_money(document)
        operand = self.on.value(scope)
        if self.operator in ("in", "nin"):
            return self._of_several(operand)
        if self.operator == "startsWith":
            above = Expression(operand, ">=", Cast(self._slot("from"), "text"))
            if self.value[1] is None:
                return above
            return above & Expression(operand, "<", Cast(self._slot("to"), "text"))
        if self.operator == "contains":
            text, part = (
                Function("core.search_text", (one,))
                for one in (operand, Cast(self._slot(), "text"))
            )
            return Expression(Function("strpos", (text, part)), ">", SQL("0"))
        return self._compared(operand, self._slot(), self.on.type)

    def _compared(self, operand: Any, value: Any, type_: str) -> Any:
        return Expression(operand, _SIGNS[self.operator], Cast(value, type_))

    def _of_money(self, document: Any) -> Any:
        """Amounts are compared in their currency alone."""
        amount = number_in(Expression(document, "->", "amount"))
        currency = Expression(document, "->>", "currency")
        same = Expression(currency, "=", Cast(self._slot("to"), "text"))
        if self.operator == "ne":
            equal = Expression(amount, "=", Cast(self._slot("from"), "numeric"))
            both = NodeList((SQL("("), same, SQL("AND"), equal, SQL(") IS NOT TRUE")))
            return NodeList((SQL("("), both, SQL(")")))
        return same & self._compared(amount, self._slot("from"), "numeric")

    def _of_several(self, operand: Any) -> Any:
        values = Cast(Cast(self._slot(), "text[]"), f"{self.on.type}[]")
        if self.operator == "in":
            return Expression(operand, "=", Function("ANY", (values,)))
        none_of = Expression(operand, "<>", Function("ALL", (values,)))
        return NodeList((SQL("("), none_of, SQL("OR"), operand, SQL("IS NULL)")))

    def _slot(self, part: str = "") -> Any:
        return slot(self._key(part))

    def _key(self, part: str = "") -> Hashable:
        return (self.name, self.operator, part)


def custom_value(defined: Definition) -> CustomValue:
    """The value of a field as lists compare it."""
    return CustomValue(key=defined.key, numeric=defined.type == NUMBER)


def custom_condition(defined: Definition, operator: str, values: Sequence[str]) -> CustomCondition:
    """What ``custom.key[operator]=value`` asks for; ``BadFilter`` says what is wrong with it."""
    allowed = OPERATORS[defined.type]
    if operator not in allowed:
        raise BadFilter(f"allows {', '.join(allowed)}, and not {operator[:64]!r}.")
    on = custom_value(defined)
    if operator in ("in", "nin"):
        texts = list(values)
        if len(texts) > MAX_VALUES:
            raise BadFilter(f"More than {MAX_VALUES} values.")
        found: Any = [str(_compared(defined, text)) for text in texts]
        return CustomCondition(on, defined.type, operator, found)
    (text,) = values
    if operator == "exists":
        if text not in ("true", "false"):
            raise BadFilter("Must be true or false.")
        return CustomCondition(on, defined.type, operator, text == "true")
    if operator == "startsWith":
        return CustomCondition(on, defined.type, operator, texts_from(text))
    if operator == "contains" and not text.strip():
        raise BadFilter("Must not be empty.")
    return CustomCondition(on, defined.type, operator, _compared(defined, text))


def custom_ordering(definitions: Mapping[str, Definition], sort: str) -> Ordering:
    """The order that ``custom.key`` or ``-custom.key`` asks for; ``BadFilter`` if there is none."""
    name = sort.removeprefix("-")
    defined = definitions.get(name.removeprefix(PREFIX))
    if defined is None:
        raise BadFilter(f"There is no custom field {name[:80]!r}.")
    if defined.type in UNSORTED:
        raise BadFilter(f"{name!r} is a {defined.type}, which has no order.")
    return Ordering(name, custom_value(defined), descending=sort.startswith("-"))


def _compared(defined: Definition, text: str) -> Any:
    reader = _TEXTS.get(defined.type)
    try:
        return text if reader is None else reader(text)
    except ValidationError as error:
        raise BadFilter(first_message(error.messages)) from None


def _number(text: str) -> Decimal:
    number = decimal_of(text)
    if not isinstance(number, Decimal):
        raise BadFilter("Not a number.")
    if number.copy_abs() >= NUMBER_LIMIT:
        raise BadFilter("Out of range.")
    return number


def _money(text: str) -> tuple[str, str]:
    currency, colon, amount = text.partition(":")
    if not colon:
        raise BadFilter("Must be a currency and an amount, such as EUR:100.")
    return str(_number(amount)), str(Currency().deserialize(currency))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if len(text) == len("2026-06-05") else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> str:
    raise BadFilter("Not a date such as 2026-06-05.")


def _time(text: str) -> str:
    Timestamp().deserialize(text)
    return text


def _flag(text: str) -> str:
    if text not in ("true", "false"):
        raise BadFilter("Must be true or false.")
    return text


_TEXTS: Mapping[str, Callable[[str], Any]] = {
    NUMBER: _number,
    MONEY: _money,
    DATE: _day,
    DATETIME: _time,
    BOOLEAN: _flag,
    REFERENCE: lambda text: str(Id().deserialize(text)),
}
