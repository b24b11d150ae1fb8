"""Fields for reaching people: e-mail and phone in one normal form each, postal addresses."""

from __future__ import annotations

import unicodedata
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from marshmallow import ValidationError, fields

from sparx_core import Choice, ObjectSchema, Text, json_schema

#: ISO 3166-1 alpha-2: the regions with a telephone network, and those without.
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


class Email(fields.String):
    """An e-mail address: NFC, lower case, so that one mailbox is one value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError("Not a valid e-mail address.")
        text = unicodedata.normalize("NFC", value.strip()).lower()
        try:
            checked = validate_email(text, check_deliverability=False)
        except EmailNotValidError as error:
            raise ValidationError(f"Not a valid e-mail address: {error}") from None
        return str(checked.normalized).lower()


class Phone(fields.String):
    """A phone number with its country code, kept in E.164: ``+14155552671``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if not isinstance(value, str):
                raise TypeError
            number = phonenumbers.parse(value, None)
            if not phonenumbers.is_possible_number(number):
                raise ValueError
        except (phonenumbers.NumberParseException, TypeError, ValueError):
            raise ValidationError(
                "Not a phone number with its country code, such as +14155552671."
            ) from None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


class Country(fields.String):
    """An upper-case ISO 3166-1 alpha-2 code."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in COUNTRIES:
            raise ValidationError("Not an ISO 3166-1 country code, such as US.")
        return value


@json_schema.register
def _(field: Email) -> dict[str, Any]:
    example = "ann@lindgren-diesel.example"
    return {"type": "string", "format": "idn-email", "examples": [example]}


@json_schema.register
def _(field: Phone) -> dict[str, Any]:
    told = "A phone number in any common spelling with its country code; kept in E.164."
    return {"type": "string", "description": told, "examples": ["+14155552671"]}


@json_schema.register
def _(field: Country) -> dict[str, Any]:
    told = "An upper-case ISO 3166-1 alpha-2 code."
    codes = f"^(?:{'|'.join(sorted(COUNTRIES))})$"
    return {"type": "string", "pattern": codes, "description": told, "examples": ["US"]}


class AddressSchema(ObjectSchema):
    """A postal address."""

    kind = Choice("billing", "shipping", "other")
    recipient_name = Text(metadata={"example": "Ann Lindgren"})
    company = Text(metadata={"example": "Lindgren Diesel Service"})
    line1 = Text(required=True, metadata={"example": "1 Harbour Road"})
    line2 = Text(metadata={"example": "Dock 4"})
    city = Text(120, required=True, metadata={"example": "Oakland"})
    region = Text(120, metadata={"example": "CA"})
    postal_code = Text(32, metadata={"example": "94607"})
    country = Country(required=True)
    phone = Phone()
