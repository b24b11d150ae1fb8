"""The values that a predicate may compare with, by the sort of its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import ValidationError

from sparx_core import CalendarDate, Flag, Id, Money, Timestamp
from sparx_crm.segments.vocabulary import RuleField, Sort

MAX_TEXT, MAX_VALUES = 255, 100
#: A hundred years.
MAX_DAYS = 36_500
_NUMBER_LIMIT, _NUMBER_PLACES, _MONEY_DIGITS = Decimal(10**15), 6, 4
#: Operators that take no value, a number of days, several values, and two.
BARE = frozenset({"is_null", "is_not_null"})
DAYS = frozenset({"in_last_days", "before_last_days", "in_next_days"})
SEVERAL = frozenset({"in", "not_in"})


def loaded(field: RuleField, op: str, value: Any, zone: str) -> Any:
    """The value of a predicate as it is compared; ``ValidationError`` says what is wrong with it.

    A day, where a time is meant, is the moment at which it begins in ``zone``.
    """
    if op in BARE:
        return None
    if op in DAYS:
        return _days(value)
    read = _READERS[field.sort]
    if op == "between":
        return _pair(value, lambda one: read(field, one, zone))
    if op in SEVERAL:
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_VALUES:
            raise ValidationError(f"Must be a list of 1 to {MAX_VALUES} values.")
        return _each(value, lambda one: read(field, one, zone))
    return read(field, value, zone)


def _pair(value: Any, read: Callable[[Any], Any]) -> list[Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValidationError("Must be a list of two values, the least and the most.")
    least, most = _each(value, read)
    if least > most:
        raise ValidationError("The first must not be more than the second.")
    return [least, most]


def _each(values: list[Any], read: Callable[[Any], Any]) -> list[Any]:
    found, problems = [], {}
    for place, value in enumerate(values):
        try:
            found.append(read(value))
        except ValidationError as error:
            problems[place] = error.messages
    if problems:
        raise ValidationError(problems)
    return found


def _days(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_DAYS:
        raise ValidationError(f"Must be a whole number of days, from 0 to {MAX_DAYS}.")
    return value


def _text(field: RuleField, value: Any, zone: str) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT:
        raise ValidationError(f"Must be a text of 1 to {MAX_TEXT} characters.")
    return value


def _choice(field: RuleField, value: Any, zone: str) -> str:
    if not isinstance(value, str) or value not in field.words:
        raise ValidationError(f"Must be one of: {', '.join(field.words)[:500]}.")
    return value


def _number(field: RuleField, value: Any, zone: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValidationError("Not a number.")
    number = Decimal(value)
    if not number.is_finite() or number.copy_abs() >= _NUMBER_LIMIT:
        raise ValidationError(f"Must be between -{_NUMBER_LIMIT:,} and {_NUMBER_LIMIT:,}.")
    if number != round(number, _NUMBER_PLACES):
        raise ValidationError(f"At most {_NUMBER_PLACES} digits after the point.")
    return number


def _money(field: RuleField, value: Any, zone: str) -> Decimal:
    """In the units in which amounts are stored."""
    return Decimal(int(Money().deserialize(value).scaleb(_MONEY_DIGITS)))


def _time(field: RuleField, value: Any, zone: str) -> datetime:
    if isinstance(value, str) and len(value) == len("2026-06-05"):
        day: date = CalendarDate().deserialize(value)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    moment: datetime = Timestamp().deserialize(value)
    return moment


def _in_range(read: Callable[[RuleField, Any, str], Any]) -> Callable[[RuleField, Any, str], Any]:
    def ranged(field: RuleField, value: Any, zone: str) -> Any:
        try:
            return read(field, value, zone)
        except OverflowError:
            raise ValidationError("Out of range.") from None

    return ranged


def _date(field: RuleField, value: Any, zone: str) -> date:
    day: date = CalendarDate().deserialize(value)
    return day


def _flag(field: RuleField, value: Any, zone: str) -> bool:
    return bool(Flag().deserialize(value))


def _id(field: RuleField, value: Any, zone: str) -> UUID:
    found: UUID = Id().deserialize(value)
    return found


_READERS: Mapping[Sort, Callable[[RuleField, Any, str], Any]] = {
    Sort.TEXT: _text,
    Sort.CHOICE: _choice,
    Sort.NUMBER: _number,
    Sort.MONEY: _money,
    Sort.TIME: _in_range(_time),
    Sort.DATE: _date,
    Sort.FLAG: _flag,
    Sort.TAGS: _text,
    Sort.ID: _id,
}
