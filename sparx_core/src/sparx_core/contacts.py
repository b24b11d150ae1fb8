"""Fields for reaching people: e-mail and phone, in one normal form each.

What knows of numbers and addresses is imported with the first one: it takes a tenth of the time in
which a process starts, and most processes never see any.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.surfaces.openapi.fields import json_schema


class Email(fields.String):
    """An e-mail address: NFC, lower case, so that one mailbox is one value."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        from email_validator import EmailNotValidError, validate_email

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
        import phonenumbers

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


@json_schema.register
def _(field: Email) -> dict[str, Any]:
    example = "ann@lindgren-diesel.example"
    return {"type": "string", "format": "idn-email", "examples": [example]}


@json_schema.register
def _(field: Phone) -> dict[str, Any]:
    told = "A phone number in any common spelling with its country code; kept in E.164."
    return {"type": "string", "description": told, "examples": ["+14155552671"]}
