"""Postal addresses."""

from __future__ import annotations

from functools import cache
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core import Choice, ObjectSchema, Phone, Text, json_schema

#: Regions without a telephone network of their own.
_WITHOUT = {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


@cache
def countries() -> frozenset[str]:
    """ISO 3166-1 alpha-2: the regions with a telephone network, and those without."""
    # With the first address and not with this file: it takes a while, and few processes need it.
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS) | _WITHOUT


class Country(fields.String):
    """An upper-case ISO 3166-1 alpha-2 code."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in countries():
            raise ValidationError("Not an ISO 3166-1 country code, such as US.")
        return value


@json_schema.register
def _(field: Country) -> dict[str, Any]:
    told = "An upper-case ISO 3166-1 alpha-2 code."
    codes = f"^(?:{'|'.join(sorted(countries()))})$"
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


class Address(fields.Nested):
    """One postal address inside the row (``JsonField``), kept in wire form: a copy of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(AddressSchema, **kwargs)

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Any, **kwargs: Any
    ) -> Any:
        # A PATCH may leave the address out, but one that it sends is whole.
        loaded = super()._deserialize(value, attr, data, **{**kwargs, "partial": False})
        names = {name: one.data_key for name, one in self.schema.fields.items()}
        return {names[name]: entry for name, entry in loaded.items()}
