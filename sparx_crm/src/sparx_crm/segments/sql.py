"""Rules as SQL: conditions on a customer that are true or false, and never unknown.

Whatever a client sent is a parameter; names come from the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from peewee import SQL, Cast, Expression, Function, NodeList, Value

from sparx_core import Scope
from sparx_crm.segments.rules import Combined, Negated, Nothing, Predicate, Rule
from sparx_crm.segments.vocabulary import Sort

_TYPES: Mapping[Sort, str] = {
    Sort.TEXT: "text",
    Sort.CHOICE: "text",
    Sort.NUMBER: "numeric",
    Sort.MONEY: "bigint",
    Sort.TIME: "timestamptz",
    Sort.DATE: "date",
    Sort.FLAG: "boolean",
    Sort.TAGS: "text",
    Sort.ID: "uuid",
}
_SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
#: Operators that are the opposite of others.
_OPPOSITES = {
    "neq": "eq",
    "not_in": "in",
    "not_contains": "contains",
    "is_not_null": "is_null",
}


def condition(rule: Rule, customer: Scope, now: datetime, today: Any) -> Any:
    """The condition that a rule puts on the customers of a scope, at a moment."""
    return _Compiler(customer, now, today).rule(rule)


class _Compiler:
    def __init__(self, customer: Scope, now: datetime, today: Any) -> None:
        self.customer, self.now, self.today = customer, now, today

    def rule(self, rule: Rule) -> Any:
        if isinstance(rule, Nothing):
            return SQL("false")
        if isinstance(rule, Negated):
            return _not(self.rule(rule.child))
        if isinstance(rule, Combined):
            parts: list[Any] = [SQL("(")]
            for place, child in enumerate(rule.children):
                parts += [SQL(rule.kind.upper())] if place else []
                parts.append(self.rule(child))
            return NodeList((*parts, SQL(")")))
        opposite = _OPPOSITES.get(rule.op)
        if opposite is None:
            return self._positive(rule, rule.op)
        return _not(self._positive(rule, opposite))

    def _positive(self, rule: Predicate, op: str) -> Any:
        """The predicate as true or false: a comparison with what is missing is false."""
        sort = rule.field.sort
        found = rule.field.sql(self.customer, _moment(self.now))
        if op == "is_null":
            return _is_missing(found, sort)
        if sort is Sort.TAGS:
            told = _OF_TAGS[op](found, rule.value)
        elif op == "contains":
            told = _contains(found, rule.value)
        elif op in _OF_DAYS:
            told = _OF_DAYS[op](*self._in_days(found, sort), rule.value)
        else:
            found, type_ = _compared(found, sort)
            told = _comparison(found, op, rule.value, type_)
        return Function("coalesce", (told, SQL("false")))

    def _in_days(self, found: Any, sort: Sort) -> tuple[Any, Any]:
        """A field and the present, as they are counted in days."""
        return (found, self.today) if sort is Sort.DATE else (found, self.now)


def _compared(found: Any, sort: Sort) -> tuple[Any, str]:
    """Times are kept to the microsecond and shown, and so compared, to the second."""
    if sort is Sort.TIME:
        found = Function("date_trunc", (SQL("'second'"), found))
    return found, _TYPES[sort]


def _comparison(found: Any, op: str, value: Any, type_: str) -> Any:
    if op == "in":
        return Expression(found, "=", Function("ANY", (_values(value, type_),)))
    if op == "between":
        least, most = (_value(one, type_) for one in value)
        return _all_of(Expression(found, ">=", least), Expression(found, "<=", most))
    return Expression(found, _SIGNS[op], _value(value, type_))


def _contains(found: Any, value: str) -> Any:
    """Whatever the case, and in whatever of several compatible forms of Unicode."""
    text, part = (Function("core.search_text", (one,)) for one in (found, _value(value, "text")))
    return Expression(Function("strpos", (text, part)), ">", SQL("0"))


_OF_TAGS: Mapping[str, Callable[[Any, Any], Any]] = {
    "contains": lambda found, value: Expression(found, "@>", _values([value], "text")),
    "in": lambda found, value: Expression(found, "&&", _values(value, "text")),
}


def _last(found: Any, now: Any, days: int) -> Any:
    since = Expression(found, ">=", _moment(now - timedelta(days=days)))
    return _all_of(since, Expression(found, "<=", _moment(now)))


def _before_last(found: Any, now: Any, days: int) -> Any:
    return Expression(found, "<", _moment(now - timedelta(days=days)))


def _next(found: Any, now: Any, days: int) -> Any:
    until = Expression(found, "<=", _moment(now + timedelta(days=days)))
    return _all_of(Expression(found, ">=", _moment(now)), until)


_OF_DAYS: Mapping[str, Callable[[Any, Any, int], Any]] = {
    "in_last_days": _last,
    "before_last_days": _before_last,
    "in_next_days": _next,
}


def _is_missing(found: Any, sort: Sort) -> Any:
    """A list that is empty has as little in it as none at all."""
    if sort is Sort.TAGS:
        size = Function("coalesce", (Function("cardinality", (found,)), SQL("0")))
        return NodeList((SQL("("), size, SQL("= 0)")))
    return NodeList((SQL("("), found, SQL("IS NULL)")))


def _moment(value: Any) -> Any:
    return _value(value, "timestamptz" if isinstance(value, datetime) else "date")


def _value(value: Any, type_: str) -> Any:
    sent = value if isinstance(value, bool) else str(value)
    return Cast(Value(sent, converter=False, unpack=False), type_)


def _values(values: list[Any], type_: str) -> Any:
    return Cast(Value([str(one) for one in values], converter=False, unpack=False), f"{type_}[]")


def _not(told: Any) -> Any:
    return NodeList((SQL("(NOT"), told, SQL(")")))


def _all_of(*parts: Any) -> Any:
    first, second = parts
    return NodeList((SQL("("), first, SQL("AND"), second, SQL(")")))
