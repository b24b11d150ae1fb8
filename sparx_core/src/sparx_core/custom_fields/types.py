"""The types of custom fields: what a client may send for each, in the form in which it is kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from sparx_core.contacts import Email, Phone
from sparx_core.custom_fields.declared import Definition
from sparx_core.custom_fields.field import Cell
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
from sparx_core.fields import CalendarDate, Currency, Flag, Id, Money, Text, Timestamp
from sparx_core.money import currency_digits, decimal_places
from sparx_core.read.documents import NUMBER_LIMIT, decimal_of

#: Digits after the point of a number, which is below ``NUMBER_LIMIT``.
NUMBER_PLACES = 6
MAX_TEXT, MAX_UNIQUE_TEXT, MAX_URL, MAX_CHOSEN = 10_000, 255, 2_048, 100

#: Types of which two rows may be told apart by their values.
UNIQUE_TYPES = frozenset({TEXT, NUMBER, DATE, DATETIME, URL, EMAIL, PHONE, REFERENCE})
#: Types whose values are held against ``min`` and ``max``; of a text, how long it is.
BOUNDED_TYPES = frozenset({TEXT, NUMBER, MONEY})

Reader = Callable[[Definition, Any], Any]


def stored_value(defined: Definition, value: Any) -> Any:
    """The value that a client sent as it is kept and shown; ``ValidationError`` says why not."""
    if isinstance(value, Cell):
        value = _of_cell(defined, str(value))
    return _READERS[defined.type](defined, value)


def _text(defined: Definition, value: Any) -> str:
    maximum = MAX_UNIQUE_TEXT if defined.unique else MAX_TEXT
    if defined.maximum is not None:
        maximum = min(maximum, int(defined.maximum))
    text: str = Text(maximum).deserialize(value)
    if defined.minimum is not None and len(text) < defined.minimum:
        raise ValidationError(f"Must have at least {int(defined.minimum)} characters.")
    return text


def _number(defined: Definition, value: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValidationError("Not a number.")
    number = Decimal(value)
    if not number.is_finite() or number.copy_abs() >= NUMBER_LIMIT:
        raise ValidationError(f"Must be between -{NUMBER_LIMIT:,} and {NUMBER_LIMIT:,}.")
    if decimal_places(number) > NUMBER_PLACES:
        raise ValidationError(f"At most {NUMBER_PLACES} digits after the point.")
    _check_bounds(defined, number)
    whole = number.to_integral_value()
    return int(whole) if number == whole else number.normalize()


def _check_bounds(defined: Definition, number: Decimal) -> None:
    if defined.minimum is not None and number < defined.minimum:
        raise ValidationError(f"Must be at least {_plain(defined.minimum)}.")
    if defined.maximum is not None and number > defined.maximum:
        raise ValidationError(f"Must be at most {_plain(defined.maximum)}.")


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _date(defined: Definition, value: Any) -> str:
    return str(CalendarDate().deserialize(value).isoformat())


def _datetime(defined: Definition, value: Any) -> str:
    Timestamp().deserialize(value)
    return str(value)


def _select(defined: Definition, value: Any) -> str:
    if not isinstance(value, str) or value not in defined.options:
        raise ValidationError(f"Must be one of: {_listed(defined)}.")
    return value


def _multiselect(defined: Definition, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValidationError("Must be a list.")
    if len(value) > MAX_CHOSEN:
        raise ValidationError(f"Must have at most {MAX_CHOSEN} entries.")
    if not all(isinstance(one, str) and one in defined.options for one in value):
        raise ValidationError(f"Each must be one of: {_listed(defined)}.")
    if len(set(value)) < len(value):
        raise ValidationError("Must not have an entry twice.")
    return value


def _listed(defined: Definition) -> str:
    return ", ".join(defined.options)[:500]


def _money(defined: Definition, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        raise ValidationError("Must be an object with amount and currency, and nothing else.")
    currency = str(Currency().deserialize(value["currency"]))
    field = Money()
    amount = Decimal(field.deserialize(value["amount"]) or 0)
    wrong = field.check_digits(amount, currency)
    if wrong is not None:
        raise ValidationError(wrong)
    _check_bounds(defined, amount)
    places = Decimal(1).scaleb(-currency_digits()[currency])
    return {"amount": amount.quantize(places), "currency": currency}


def _url(defined: Definition, value: Any) -> str:
    text: str = Text(MAX_UNIQUE_TEXT if defined.unique else MAX_URL).deserialize(value)
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or any(one.isspace() for one in text):
        raise ValidationError("Not a URL that begins with http:// or https://.")
    return text


def _reference(defined: Definition, value: Any) -> str:
    return str(Id().deserialize(value))


_READERS: dict[str, Reader] = {
    TEXT: _text,
    NUMBER: _number,
    DATE: _date,
    DATETIME: _datetime,
    BOOLEAN: lambda defined, value: Flag().deserialize(value),
    SELECT: _select,
    MULTISELECT: _multiselect,
    MONEY: _money,
    URL: _url,
    EMAIL: lambda defined, value: Email().deserialize(value),
    PHONE: lambda defined, value: Phone().deserialize(value),
    REFERENCE: _reference,
}


def _of_cell(defined: Definition, text: str) -> Any:
    """The text of a cell as the JSON value that it stands for, if it is one of the type."""
    if defined.type == BOOLEAN:
        return {"true": True, "false": False}.get(text.lower(), text)
    if defined.type == MULTISELECT:
        return [one.strip() for one in text.split(";")]
    if defined.type == NUMBER:
        return decimal_of(text)
    if defined.type == MONEY:
        amount, _, currency = text.partition(" ")
        return {"amount": decimal_of(amount), "currency": currency.strip()}
    return text
