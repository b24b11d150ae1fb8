"""The order of a list, and cursors: marks in it from which a page goes on.

Rows are ordered by one column and, where its values are equal, by id, both in one direction. So
an index on (tenant_id, column, id) holds the rows in the order of the list, either way round, and
"what follows this row" is one range of it, however far into the list it is.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from peewee import Expression, Function

from sparx_core.db.statements import slot
from sparx_core.read.columns import BOUNDS, Comparable
from sparx_core.read.wire import Scope

#: The order, an id, and the value that the list is ordered by there.
_PAYLOAD = tuple[str, str, str | int | bool | None]
#: Times and days as PostgreSQL writes them in JSON.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5]):[0-5]\d")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class BadCursor(Exception):
    """Not a cursor of this API, or of a list in another order."""


@dataclass(frozen=True)
class Ordering:
    """``column`` is None for the order of creation: ids are UUIDv7, which grow with time.

    ``unique``: no two of the rows have the same value, so that ids do not matter.
    """

    name: str | None = None
    column: Comparable | None = None
    descending: bool = True
    unique: bool = False

    @property
    def shape(self) -> Hashable:
        return (self.name, self.descending)

    def key(self, scope: Scope) -> list[Any]:
        """What rows are sorted by."""
        id_column = scope.column("id")
        return [id_column] if self.column is None else [self.column.of(scope), id_column]

    def terms(self, scope: Scope) -> list[Any]:
        """The terms of ORDER BY."""
        key = self.key(scope)[:1] if self.unique else self.key(scope)
        return [one.desc() if self.descending else one.asc() for one in key]

    def following(self, scope: Scope) -> Any:
        """The condition that a row comes after the one that a cursor marks."""
        sign = "<" if self.descending else ">"
        if self.column is None:
            return Expression(scope.column("id"), sign, slot("after id"))
        mark = (slot("after value").cast(self.column.type), slot("after id").cast("uuid"))
        return Expression(Function("ROW", tuple(self.key(scope))), sign, Function("ROW", mark))


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: what the list is ordered by there, as JSON has it, and its id."""

    id: UUID
    value: Any = None

    @classmethod
    def of_mark(cls, mark: str) -> Cursor:
        """From what a page says of its last row: ``[id, value]``, as JSON."""
        row, value = msgspec.json.decode(mark)
        return cls(UUID(row), value)

    @property
    def slots(self) -> dict[Hashable, Any]:
        return {"after id": str(self.id), "after value": self.value}

    def encode(self, ordering: Ordering) -> str:
        """An opaque text that checks itself, and fits no other order."""
        payload = msgspec.json.encode([_mark(ordering), self.id.hex, self.value])
        checked = zlib.crc32(payload).to_bytes(4, "big") + payload
        return base64.urlsafe_b64encode(checked).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, ordering: Ordering) -> Cursor:
        """The row that a cursor marks. ``BadCursor`` for what this API did not make.

        The check keeps mistakes out, and forgers only from carelessness: so the value is held
        against the column's type, and reads nothing that the list does not show anyway.
        """
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
                raise ValueError
            mark, row, value = msgspec.json.decode(raw[4:], type=_PAYLOAD)
            cursor = cls(UUID(hex=row), value)
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise BadCursor("The cursor is not one of this API.") from None
        if mark != _mark(ordering):
            raise BadCursor("The cursor belongs to a list in another order.")
        if ordering.column is not None and not _fits(value, ordering.column.type):
            raise BadCursor("The cursor is not one of this API.")
        return cursor


def _mark(ordering: Ordering) -> str:
    return f"{'-' if ordering.descending else ''}{ordering.name or 'id'}"


def _fits(value: Any, type_: str) -> bool:
    """Whether PostgreSQL can read a JSON value as this type."""
    if type_ in BOUNDS:
        bound = BOUNDS[type_]
        return isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound
    if type_ == "BOOLEAN":
        return isinstance(value, bool)
    if not isinstance(value, str) or "\0" in value:
        return False
    if type_ in _READERS:
        form, read = _READERS[type_]
        known = form.fullmatch(value) is not None and _reads(read, value)
        return known or (value == "-infinity" and type_ != "UUID")
    return True


_READERS: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "TIMESTAMPTZ": (_TIME, datetime.fromisoformat),
    "DATE": (_DAY, date.fromisoformat),
    "UUID": (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), UUID),
    "NUMERIC": (re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?|-?Infinity"), Decimal),
}


def _reads(read: Callable[[str], Any], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
