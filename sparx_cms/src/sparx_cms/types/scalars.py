"""What a client may send for a single value of each type, and the form in which it is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError

from sparx_cms.types.definitions import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    EMAIL,
    ENUM,
    INTEGER,
    JSON,
    LOCATION,
    LONG_TEXT,
    MEDIA,
    REFERENCE,
    SLUG,
    TEXT,
    URL,
    FieldDefinition,
)
from sparx_cms.types.slugs import MAX_SLUG, is_slug
from sparx_core import CalendarDate, Document, Email, Flag, Id, WholeNumber

MAX_TEXT, MAX_LONG_TEXT, MAX_URL, MAX_JSON = 10_000, 200_000, 2_048, 65_536
#: What every client can read as a number without rounding it.
MAX_INTEGER = 2**53 - 1
DECIMAL_LIMIT, DECIMAL_PLACES, DEGREE_PLACES = Decimal(10**15), 6, 8
#: RFC 3339: a day, a time and how far it is from UTC.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Reader = Callable[[FieldDefinition, Any], Any]


def read_scalar(field: FieldDefinition, value: Any) -> Any:
    """A value as it is kept; ``ValidationError`` says why it is none of its type."""
    return _READERS[field.type](field, value)


def is_scalar(field: FieldDefinition) -> bool:
    """Whether :func:`read_scalar` reads it: it holds no other fields, and is no rich text."""
    return field.type in _READERS


def _text_of(value: Any, maximum: int) -> str:
    if not isinstance(value, str):
        raise ValidationError("Not a text.")
    if len(value) > maximum:
        raise ValidationError(f"Longer than {maximum:,} characters.")
    return value


def _text(field: FieldDefinition, value: Any) -> str:
    return _text_of(value, MAX_TEXT)


def _long_text(field: FieldDefinition, value: Any) -> str:
    return _text_of(value, MAX_LONG_TEXT)


def _slug(field: FieldDefinition, value: Any) -> str:
    text = unicodedata.normalize("NFC", _text_of(value, MAX_SLUG))
    if not is_slug(text):
        raise ValidationError("Not a slug: small letters and digits, with hyphens between them.")
    return text


def _url(field: FieldDefinition, value: Any) -> str:
    text = _text_of(value, MAX_URL).strip()
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        known = False
    if not known or any(one.isspace() for one in text):
        raise ValidationError("Not a URL that begins with http:// or https://.")
    return text


def _email(field: FieldDefinition, value: Any) -> str:
    return str(Email().deserialize(value))


def _integer(field: FieldDefinition, value: Any) -> int:
    found = WholeNumber(-MAX_INTEGER, MAX_INTEGER).deserialize(value)
    return int(found or 0)


def _number(value: Any, limit: Decimal, places: int) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValidationError("Not a number.")
    number = Decimal(value)
    # Compared before any arithmetic: 1e999999 is a small Decimal and a huge integer.
    if not number.is_finite() or number.copy_abs() > limit:
        raise ValidationError(f"Must be from -{limit:,} to {limit:,}.")
    exact = number.normalize()
    if -int(exact.as_tuple().exponent) > places:
        raise ValidationError(f"At most {places} digits after the point.")
    return int(exact) if exact == exact.to_integral_value() else exact


def _decimal(field: FieldDefinition, value: Any) -> int | Decimal:
    return _number(value, DECIMAL_LIMIT, DECIMAL_PLACES)


def _boolean(field: FieldDefinition, value: Any) -> bool:
    return bool(Flag().deserialize(value))


def _date(field: FieldDefinition, value: Any) -> str:
    found = CalendarDate().deserialize(value)
    return "" if found is None else found.isoformat()


def _datetime(field: FieldDefinition, value: Any) -> str:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
            return moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(len("2026-06-05T17:41:09Z"))
        except (ValueError, OverflowError):
            pass  # such as the 31st of June, or an hour before the first year
    raise ValidationError("Not a time such as 2026-06-05T19:41:09+02:00.")


def _enum(field: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str) or value not in field.options:
        raise ValidationError(f"Must be one of: {', '.join(field.options)[:500]}.")
    return value


def _json(field: FieldDefinition, value: Any) -> Any:
    # As a part of an object, so that what is no object itself is measured as well.
    Document(MAX_JSON).deserialize({"value": value})
    return value


def _location(field: FieldDefinition, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or value.keys() != {"lat", "lon"}:
        raise ValidationError("Must be an object with lat and lon, and nothing else.")
    bounds = {"lat": Decimal(90), "lon": Decimal(180)}
    return {name: _number(value[name], most, DEGREE_PLACES) for name, most in bounds.items()}


def _target(field: FieldDefinition, value: Any) -> str:
    """The id of what is referred to, by itself or in the object that readers are shown."""
    given = value.get("id") if isinstance(value, Mapping) else value
    return str(Id().deserialize(given))


_READERS: Mapping[str, Reader] = {
    TEXT: _text,
    LONG_TEXT: _long_text,
    SLUG: _slug,
    EMAIL: _email,
    URL: _url,
    INTEGER: _integer,
    DECIMAL: _decimal,
    BOOLEAN: _boolean,
    DATE: _date,
    DATETIME: _datetime,
    ENUM: _enum,
    JSON: _json,
    LOCATION: _location,
    REFERENCE: _target,
    MEDIA: _target,
}
