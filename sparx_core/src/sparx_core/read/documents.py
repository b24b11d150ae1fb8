"""Values inside JSON documents of rows, in the queries of lists: narrowed to, and sorted by.

So custom fields are asked for, and whatever else tenants declare. Their comparisons use no index
under row-level security: such a list looks at every row of the tenant that its other filters leave,
unless whoever declares the value keeps it beside, and says how rows are ``found`` by that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from marshmallow import ValidationError
from peewee import SQL, Cast, Expression, Function, NodeList

from sparx_core.db.statements import slot
from sparx_core.fields import Id, Timestamp
from sparx_core.read.columns import Comparable
from sparx_core.read.filters import MAX_VALUES, first_message, texts_from
from sparx_core.read.operators import EQUALITY, ORDER, BadFilter
from sparx_core.read.ordering import Ordering
from sparx_core.read.wire import Scope

#: How values compare: as text, as numbers, days or times, as yes or no, or as one of several words
#: or ids, which have no order.
TEXT, NUMBER, DAY, TIME, FLAG, WORD, ID = "text", "number", "day", "time", "flag", "word", "id"

_WORDS = (*EQUALITY, "startsWith", "contains", "exists")
_SCALE = (*EQUALITY, *ORDER, "exists")
OPERATORS: Mapping[str, tuple[str, ...]] = {
    TEXT: _WORDS,
    NUMBER: _SCALE,
    DAY: _SCALE,
    TIME: _SCALE,
    FLAG: ("eq", "ne", "exists"),
    WORD: (*EQUALITY, "exists"),
    ID: (*EQUALITY, "exists"),
}
#: Those of a list of values.
OF_LISTS = ("contains", "exists")
#: From here on numbers are out of range.
NUMBER_LIMIT = Decimal(10**15)
SIGNS = {"eq": "=", "ne": "IS DISTINCT FROM", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Found(NamedTuple):
    """A condition that an index answers; ``exact`` if no other rows pass it than are wanted."""

    sql: Any
    exact: bool


class Beginning(NamedTuple):
    """What the first rows of a list are looked for by: ``limit`` of them, and ``after`` those that
    a cursor marks. A ``scope`` is of the rows of a source as the reader looks at them, and those
    that are ``wanted`` of it come after the cursor.
    """

    scope: Callable[[Any], Scope]
    wanted: Callable[[Scope], list[Any]]
    descending: bool
    after: bool
    limit: Any


@dataclass(frozen=True)
class DocumentValue(Comparable):
    """A value in a document as lists compare it: as a number, or else as text by code point.

    ``key`` is what parameters call it, ``place`` the SQL of its JSON in a row, ``how`` one of the
    ways above, and ``many`` whether it is a list. Days and times are kept as texts that sort as
    they do. ``found`` may know, for a condition, SQL that an index answers and that all rows pass
    which the condition wants; None if it does not. ``first`` may know SQL of the ids of some rows,
    the first ones of a list in this order among them: then rows without the value come last in both
    directions. Two of one key are taken for equal.
    """

    column: Any = None
    key: str = ""
    how: str = TEXT
    many: bool = False
    place: Callable[[Scope], Any] = field(default=lambda row: SQL("NULL"), compare=False)
    found: Callable[[Scope, DocumentCondition], Found | None] | None = field(
        default=None, compare=False
    )
    first: Callable[[DocumentValue, Beginning], Any] | None = field(default=None, compare=False)
    #: Whether rows without the value are sorted behind all others, and not before them.
    greatest: bool = False

    steady = False

    @property
    def name(self) -> str:
        return self.key

    @property
    def type(self) -> str:
        return "NUMERIC" if self.how == NUMBER else "TEXT"

    @property
    def operators(self) -> tuple[str, ...]:
        """What it can be filtered by."""
        return OF_LISTS if self.many else OPERATORS[self.how]

    @property
    def sorts(self) -> bool:
        """Whether it has an order of its own."""
        return not self.many

    def value(self, scope: Scope) -> Any:
        """SQL of the value, NULL if the row has none."""
        document = self.place(scope)
        if self.how == NUMBER:
            return number_in(document)
        return NodeList((SQL("("), Expression(document, "#>>", SQL("'{}'")), SQL(') COLLATE "C"')))

    @property
    def missing(self) -> Any:
        """SQL of what a row without the value is sorted by."""
        if self.how == NUMBER:
            return SQL("'infinity'::numeric" if self.greatest else "'-infinity'::numeric")
        return SQL("U&'\\+10FFFF'" if self.greatest else "''")

    def of(self, scope: Scope) -> Any:
        return Function("coalesce", (self.value(scope), self.missing))

    def mark(self, scope: Scope) -> Any:
        return Cast(self.of(scope), "text")

    def condition(self, operator: str, values: Sequence[str]) -> DocumentCondition:
        """What ``key[operator]=value`` asks for; ``BadFilter`` says what is wrong with it."""
        if operator not in self.operators:
            raise BadFilter(f"allows {', '.join(self.operators)}, and not {operator[:64]!r}.")
        return DocumentCondition(self, operator, self._asked(operator, values))

    def _asked(self, operator: str, values: Sequence[str]) -> Any:
        if operator in ("in", "nin"):
            if len(values) > MAX_VALUES:
                raise BadFilter(f"More than {MAX_VALUES} values.")
            return [str(self.read(text)) for text in values]
        (text,) = values
        if operator == "exists":
            return flag_of(text) == "true"
        if operator == "startsWith":
            return texts_from(text)
        if operator == "contains" and not text.strip():
            raise BadFilter("Must not be empty.")
        return self.read(text)

    def ordering(self, *, descending: bool) -> Ordering:
        """The order of a list by it; ``BadFilter`` if it has none."""
        if not self.sorts:
            raise BadFilter(f"{self.key!r} is a list, which has no order.")
        # An index holds the values that there are: so what has none comes last, either way.
        greatest = self.first is not None and not descending
        return Ordering(self.key, replace(self, greatest=greatest), descending=descending)

    def read(self, text: str) -> Any:
        """A value in a query as it is compared; ``BadFilter`` for what is none."""
        reader = _TEXTS.get(self.how)
        try:
            return text if reader is None else reader(text)
        except ValidationError as error:
            raise BadFilter(first_message(error.messages)) from None


@dataclass(frozen=True)
class DocumentCondition:
    """A filter by a value in a document, with what is asked for."""

    on: DocumentValue
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
        how = (self.on.how, self.on.many)
        return (self.name, how, self.operator, open_ended or self.value is True)

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        if isinstance(self.value, tuple):
            return {self.key("from"): self.value[0], self.key("to"): self.value[1]}
        return {self.key(): self.value}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        found = None if self.on.found is None else self.on.found(scope, self)
        if found is None:
            return self._looked_at(scope)
        return found.sql if found.exact else found.sql & self._looked_at(scope)

    def _looked_at(self, scope: Scope) -> Any:
        """The condition on the document of each row."""
        document = self.on.place(scope)
        if self.operator == "exists":
            return NodeList((document, SQL("IS NOT NULL" if self.value else "IS NULL")))
        if self.on.many:
            return self._among(document)
        return self._compared(self.on.value(scope))

    def _compared(self, operand: Any) -> Any:
        if self.operator in ("in", "nin"):
            return self._of_several(operand)
        if self.operator == "startsWith":
            above = Expression(operand, ">=", Cast(self.slot("from"), "text"))
            if self.value[1] is None:
                return above
            return above & Expression(operand, "<", Cast(self.slot("to"), "text"))
        if self.operator == "contains":
            text, part = (
                Function("core.search_text", (one,)) for one in (operand, Cast(self.slot(), "text"))
            )
            return Expression(Function("strpos", (text, part)), ">", SQL("0"))
        return Expression(operand, SIGNS[self.operator], Cast(self.slot(), self.on.type))

    def _among(self, document: Any) -> Any:
        """Whether a list has the value."""
        if self.on.how != NUMBER:
            return Function("jsonb_exists", (document, Cast(self.slot(), "text")))
        return Expression(document, "@>", Function("to_jsonb", (Cast(self.slot(), "numeric"),)))

    def _of_several(self, operand: Any) -> Any:
        values = Cast(Cast(self.slot(), "text[]"), f"{self.on.type}[]")
        if self.operator == "in":
            return Expression(operand, "=", Function("ANY", (values,)))
        none_of = Expression(operand, "<>", Function("ALL", (values,)))
        return NodeList((SQL("("), none_of, SQL("OR"), operand, SQL("IS NULL)")))

    def slot(self, part: str = "") -> Any:
        return slot(self.key(part))

    def key(self, part: str = "") -> Hashable:
        return (self.name, self.operator, part)


def number_in(document: Any) -> Any:
    """SQL of the number that a JSON value is, NULL for any other."""
    kind = Function("jsonb_typeof", (document,))
    told = (SQL("CASE WHEN"), kind, SQL("= 'number' THEN"), Cast(document, "numeric"), SQL("END"))
    return NodeList((SQL("("), *told, SQL(")")))


def decimal_of(text: str) -> Any:
    """The number that a text is, or the text itself."""
    plain = text.removeprefix("-")
    digits = plain.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 40 and plain[0] != "."):
        return text
    return Decimal(text)


def number_of(text: str) -> Decimal:
    """A number in a query; ``BadFilter`` for any other text."""
    number = decimal_of(text)
    if not isinstance(number, Decimal):
        raise BadFilter("Not a number.")
    if number.copy_abs() >= NUMBER_LIMIT:
        raise BadFilter("Out of range.")
    return number


def flag_of(text: str) -> str:
    if text not in ("true", "false"):
        raise BadFilter("Must be true or false.")
    return text


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


_TEXTS: Mapping[str, Callable[[str], Any]] = {
    NUMBER: number_of,
    DAY: _day,
    TIME: _time,
    FLAG: flag_of,
    ID: lambda text: str(Id().deserialize(text)),
}
