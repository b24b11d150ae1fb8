"""Cells of a CSV file: one text for each value of a field, and the value of each text."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from marshmallow import fields

from sparx_core.bulk.formats.escapes import NULL, escaped, unescaped
from sparx_core.custom_fields.field import Cell, CustomFields
from sparx_core.errors import ApiError
from sparx_core.fields import DecimalNumber, Document, LocalizedText, Money
from sparx_core.json import decode, encode

#: Between the entries of a list of texts.
SEPARATOR = ";"
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,100})?")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,99})")
_FLAGS = {"true": True, "false": False}

Convert = Callable[[str], Any]


class CustomCell(fields.String):
    """One custom field in a column of its own: only the tenant knows its type."""


def cell_of(value: Any) -> str:
    """The text of a value as the API shows it: numbers as they are, lists of texts with ``;``
    between them, other lists and objects as JSON; nothing for null.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, list) and _is_plain(value):
        return escaped(SEPARATOR.join(value))
    return encode(value).decode()


def _is_plain(entries: list[Any]) -> bool:
    """Whether the entries of a list can be told apart again without JSON."""
    return (
        bool(entries)
        and all(isinstance(one, str) and one and SEPARATOR not in one for one in entries)
        and not entries[0].startswith("[")
    )


def converter(field: fields.Field[Any]) -> Convert:
    """How the cells of a column are read: what a client would send for the field as JSON.

    What is no such value stays text, for the schema to say what is wrong with it.
    """
    return lambda cell: None if cell == NULL else _reader(field)(cell)


def nested_field(field: fields.Field[Any], names: list[str]) -> fields.Field[Any] | None:
    """The field at the end of a path into objects, None if there is none."""
    for place, name in enumerate(names):
        if isinstance(field, CustomFields):
            return CustomCell() if len(names) == place + 1 else None
        if isinstance(field, Document) and all(names[place:]):
            return fields.String()  # it may be of any depth
        if isinstance(field, LocalizedText) and name:
            field = fields.String()
        elif isinstance(field, fields.Nested) and not field.many:
            found = [one for one in field.schema.load_fields.values() if one.data_key == name]
            if not found:
                return None
            field = found[0]
        else:
            return None
    return field


def _reader(field: fields.Field[Any]) -> Convert:
    if isinstance(field, CustomCell):
        return lambda cell: Cell(unescaped(cell))
    if isinstance(field, fields.Boolean):
        return lambda cell: _FLAGS.get(cell.lower(), cell)
    if isinstance(field, fields.Integer):
        return lambda cell: int(cell) if _WHOLE.fullmatch(cell) else cell
    if isinstance(field, fields.Number | Money | DecimalNumber):
        return _number
    if isinstance(field, fields.List):
        texts = isinstance(field.inner, fields.String)
        return _texts if texts else _json
    if isinstance(field, fields.Mapping | fields.Nested):
        return _json
    return unescaped


def _number(cell: str) -> Any:
    if not _NUMBER.fullmatch(cell):
        return cell
    return int(cell) if _WHOLE.fullmatch(cell) else Decimal(cell)


def _texts(cell: str) -> Any:
    return _json(cell) if cell.startswith("[") else unescaped(cell).split(SEPARATOR)


def _json(cell: str) -> Any:
    try:
        return decode(cell.encode())
    except ApiError:
        return cell
