"""The fields of schemas: what a client may send for each, and refuses what it may not.

How each is rendered is in :mod:`sparx_core.read.wire`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

from sparx_core.ids import parse_uuid
from sparx_core.json import encode, is_double
from sparx_core.money import (
    AMOUNT_LIMIT,
    EXTRA_PRICE_DIGITS,
    UNIT_PRICE_LIMIT,
    currency_digits,
    decimal_places,
    is_currency,
)

if TYPE_CHECKING:
    from sparx_core.schemas import ObjectSchema

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
#: A language tag with its script and region, if it has them: ``en``, ``zh-Hant``, ``de-AT``.
LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")


class Id(fields.Field[UUID]):
    """A UUID in its canonical form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> UUID:
        found = parse_uuid(value) if isinstance(value, str) else None
        if found is None:
            raise ValidationError("Not a valid id.")
        return found


class Text(fields.String):
    """Text of ``minimum`` to ``maximum`` characters, trimmed; blank is not text."""

    def __init__(self, maximum: int = 255, minimum: int = 1, **kwargs: Any) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if len(text) < self.minimum:
            raise ValidationError("Must not be blank.")
        if len(text) > self.maximum:
            raise ValidationError(f"Longer than {self.maximum} characters.")
        return text


class WholeNumber(fields.Integer):
    """An integer within bounds, given as a JSON number: 1.5, "3" and true are refused. 1.0 is 1,
    as it is for JSON Schema.
    """

    def __init__(self, minimum: int = 0, maximum: int = 2**31 - 1, **kwargs: Any) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(strict=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValidationError("Not a whole number.")
        if isinstance(value, Decimal) and decimal_places(value):
            raise ValidationError("Not a whole number.")
        # Compared before it is converted: 1e300 is a small Decimal and a huge integer.
        if not self.minimum <= value <= self.maximum:
            raise ValidationError(f"Must be from {self.minimum} to {self.maximum}.")
        return int(value)


class Flag(fields.Boolean):
    """``true`` or ``false``, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class Related(Id):
    """A reference to a row of another resource: ``customer`` here is ``customerId`` on the wire,
    and ``include=customer`` shows the row itself.

    Whether the row exists in this tenant is left to the foreign key: its violation is answered
    as a problem of this field, the same for a missing row and for another tenant's.
    """

    def __init__(self, resource: str, **kwargs: Any) -> None:
        self.resource = resource
        super().__init__(**kwargs)


class Currency(fields.String):
    """An upper-case ISO 4217 code of a currency that money can be paid in."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not is_currency(value):
            raise ValidationError("Not an ISO 4217 currency code, such as USD.")
        return value


class Money(fields.Field[Decimal]):
    """An amount: a JSON number in currency units, with the digits of its currency.

    ``currency`` names the column that holds the currency: one beside it, or ``order.currency``
    in the rows of a ``Many`` whose parent is ``order``. More digits than the currency has are
    refused, never rounded.
    """

    limit, extra_digits = AMOUNT_LIMIT, 0

    def __init__(self, *, currency: str = "currency", **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValidationError("Not a number.")
        # Compared before any arithmetic: 1e999999 is a small Decimal and a huge integer.
        number = Decimal(value)
        if not number.is_finite() or number.copy_abs() >= self.limit:
            raise ValidationError(f"Must be below {self.limit:,}.")
        if number < 0:
            raise ValidationError("Must not be negative.")
        if decimal_places(number) > max(currency_digits().values()) + self.extra_digits:
            raise ValidationError("Too many digits after the point.")
        return number

    def check_digits(self, number: Decimal, currency: str) -> str | None:
        """What is wrong with the digits of ``number`` in ``currency``, once that is known."""
        allowed = currency_digits()[currency] + self.extra_digits
        if decimal_places(number) > allowed:
            return f"{currency} allows {allowed} digits after the point here."
        return None


class UnitPrice(Money):
    """A price per unit: up to four digits more than its currency has; the line is rounded."""

    limit, extra_digits = UNIT_PRICE_LIMIT, EXTRA_PRICE_DIGITS


class DecimalNumber(fields.Field[Decimal]):
    """An exact number from ``minimum`` to ``maximum`` with at most ``places`` digits after the
    point, in a ``DecimalField``; trailing zeros are not shown.

    Lists cannot be filtered or sorted by it: PostgreSQL does not compare NUMERIC through an
    index under row-level security.
    """

    def __init__(
        self, minimum: int = 0, maximum: int = 10**12, places: int = 4, **kwargs: Any
    ) -> None:
        self.minimum, self.maximum, self.places = minimum, maximum, places
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValidationError("Not a number.")
        number = Decimal(value)
        if not number.is_finite() or not self.minimum <= number <= self.maximum:
            raise ValidationError(f"Must be from {self.minimum:,} to {self.maximum:,}.")
        if decimal_places(number) > self.places:
            raise ValidationError(f"At most {self.places} digits after the point.")
        return number


class SequenceNumber(fields.String):
    """A number that people read, as a string: ``"1042"``. Assigned by the server."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)


class Timestamp(fields.Field[datetime]):
    """ISO 8601 in UTC, whole seconds, ``Z``: ``2026-06-05T17:41:09Z``."""

    _form = "%Y-%m-%dT%H:%M:%SZ"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            return datetime.strptime(value, self._form).replace(tzinfo=UTC)
        except (TypeError, ValueError):
            raise ValidationError("Not a UTC time such as 2026-06-05T17:41:09Z.") from None


class CalendarDate(fields.Date):
    """A day, in a ``DateField``: ``2026-06-05``, and no other form of ISO 8601."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass  # such as the 31st of June
        raise ValidationError("Not a date such as 2026-06-05.")


class Choice(fields.String):
    """One of a few words."""

    def __init__(self, *words: str, **kwargs: Any) -> None:
        self.words = words
        super().__init__(validate=validate.OneOf(words), **kwargs)


class LocalizedText(fields.Dict):
    """Text in several languages, by BCP 47 tag, in a ``JsonField``: ``{"en": "Red", "de": "Rot"}``.

    A reader who asks for ``locale=de-AT`` is shown one text instead: that in de-AT, or else in
    de, or else null.
    """

    def __init__(self, maximum: int = 255, locales: int = 50, **kwargs: Any) -> None:
        self.maximum, self.locales = maximum, locales
        super().__init__(keys=fields.String(), values=Text(maximum), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, dict):
            if len(value) > self.locales:
                raise ValidationError(f"Must have at most {self.locales} languages.")
            for tag in value:
                if not LOCALE.fullmatch(tag):
                    raise ValidationError(
                        f"{tag[:64]!r} is not a language tag such as en or de-AT."
                    )
        texts: Any = super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        return texts


class Document(fields.Dict):
    """A JSON object that belongs to the client: at most ``maximum`` bytes."""

    def __init__(self, maximum: int = 16_384, **kwargs: Any) -> None:
        self.maximum = maximum
        super().__init__(keys=fields.String(), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("Must be a JSON object.")
        if len(encode(value)) > self.maximum:
            raise ValidationError(f"Longer than {self.maximum} bytes.")
        if not _in_range(value):
            raise ValidationError("Holds a number beyond the range of a double.")
        return value


def _in_range(value: Any) -> bool:
    """Whether all numbers in a document are such that clients can read them.

    PostgreSQL would write 1e100000 out, in a hundred thousand digits.
    """
    if isinstance(value, Decimal | int):
        return is_double(value)
    if isinstance(value, dict):
        return all(_in_range(nested) for nested in value.values())
    return not isinstance(value, list) or all(_in_range(nested) for nested in value)


class ListOf(fields.List[Any]):
    """A list of ``minimum`` to ``maximum`` entries, each as ``entry`` says.

    Counted first: the entries of a list that is too long are not worth reading. A PATCH may
    leave fields out, but the entries of a list that it sends are whole.
    """

    def __init__(
        self, entry: fields.Field[Any], *, minimum: int = 0, maximum: int = 100, **kwargs: Any
    ) -> None:
        self.minimum, self.maximum = minimum, maximum
        super().__init__(entry, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, list) and not self.minimum <= len(value) <= self.maximum:
            raise ValidationError(f"Must have from {self.minimum} to {self.maximum} entries.")
        return super()._deserialize(value, attr, data, **{**kwargs, "partial": False})


class Many(ListOf):
    """The rows of ``model`` that belong to the resource, as a list of ``schema``, in order.

    ``by`` is the child's reference to the parent, ``order_by`` the child's field that orders.
    """

    def __init__(
        self,
        schema: type[ObjectSchema],
        model: Any,
        *,
        by: str,
        order_by: str,
        maximum: int = 1000,
        **kwargs: Any,
    ) -> None:
        self.schema_class, self.model = schema, model
        self.by, self.order_by = by, order_by
        super().__init__(fields.Nested(schema), maximum=maximum, **kwargs)


class Embedded(ListOf):
    """A list of small objects that live inside the row (``JsonField``), kept in wire form."""

    def __init__(self, schema: type[ObjectSchema], **kwargs: Any) -> None:
        self.schema_class = schema
        super().__init__(fields.Nested(schema), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        loaded: list[Any] = super()._deserialize(value, attr, data, **kwargs)
        names = {name: one.data_key for name, one in self.schema_class().fields.items()}
        return [{names[name]: entry[name] for name in entry} for entry in loaded]
