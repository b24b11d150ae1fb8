"""Values on the wire, made in Python from those that were inserted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sparx_core.money import currency_digits


class Number(str):
    """A number as it is written."""


def parse(text: str) -> Any:
    """JSON in which numbers that are not whole keep their digits."""
    return json.loads(text, parse_float=Number)


def exact(value: Any) -> str:
    """JSON of a value from :func:`parse` or of an expectation: equal texts, equal answers."""
    return json.dumps(value, ensure_ascii=False, default=str)


def plain(number: Decimal | None) -> Any:
    """A number as PostgreSQL writes it."""
    if number is None:
        return None
    text = f"{number:f}"
    return Number(text) if "." in text else int(text)


def money(number: Decimal | None, currency: str) -> Any:
    if number is None:
        return None
    return plain(number.quantize(Decimal(1).scaleb(-currency_digits()[currency])))


def unit_price(number: Decimal | None, currency: str) -> Any:
    """At least the digits of the currency, more if there are any."""
    if number is None:
        return None
    digits = currency_digits()[currency]
    written = f"{number:.8f}"
    while written.endswith("0") and len(written.partition(".")[2]) > digits:
        written = written[:-1]
    return plain(Decimal(written.removesuffix(".")))


def trimmed(number: Decimal | None) -> Any:
    """Without zeros at the end."""
    if number is None:
        return None
    text = f"{number:f}"
    return plain(Decimal(text.rstrip("0").rstrip(".") if "." in text else text))


def moment(time: datetime | None) -> str | None:
    """To the second, whatever comes after it."""
    return None if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def localized(texts: Mapping[str, str] | None, locales: Sequence[str]) -> Any:
    if texts is None or not locales:
        return texts
    return next((texts[one] for one in locales if one in texts), None)


def document(value: Any) -> Any:
    """A JSON value, its numbers as they were written."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: document(nested) for name, nested in value.items()}
    return [document(nested) for nested in value] if isinstance(value, list) else value


def text_id(value: UUID | None) -> str | None:
    return None if value is None else str(value)
