"""The query of a list: page, search and filters. What is not known is refused, never ignored."""

from __future__ import annotations

import base64
import binascii
import operator
import zlib
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from uuid import UUID

import falcon
from marshmallow import ValidationError
from peewee import ColumnBase, Expression

from sparx_core.db.statements import slot
from sparx_core.errors import BadRequest
from sparx_core.read import schema_instance
from sparx_core.resources import Resource
from sparx_core.wire import Scope

DEFAULT_TAKE, MAX_TAKE, MAX_SKIP = 50, 250, 10_000
MAX_SEARCH_CHARACTERS = 200


@dataclass
class Page:
    """What a list asks for. ``slots`` and ``shape`` belong to its compiled statement."""

    take: int = DEFAULT_TAKE
    skip: int = 0
    after: UUID | None = None
    slots: dict[Hashable, Any] = field(default_factory=dict)
    conditions: list[tuple[Hashable, Callable[[Scope], ColumnBase]]] = field(default_factory=list)

    @property
    def shape(self) -> Hashable:
        return (self.after is not None, tuple(name for name, _ in self.conditions))

    def where(self, scope: Scope) -> list[ColumnBase]:
        return [condition(scope) for _, condition in self.conditions]


def parse_page(request: falcon.Request, resource: Resource) -> Page:
    """The page that a request asks for; ``BadRequest`` names the parameter that is wrong."""
    page = Page()
    for name, value in _parameters(request):
        if name == "take":
            page.take = _number(name, value, 1, MAX_TAKE)
        elif name == "skip":
            page.skip = _number(name, value, 0, MAX_SKIP)
        elif name == "cursor":
            page.after = decode_cursor(value)
        elif name == "q" and resource.search:
            _search(page, resource, value)
        elif name in resource.filters:
            _filter(page, resource, name, value)
        else:
            raise _refused(name, f"Unknown query parameter {name[:64]!r}.")
    if page.after is not None and page.skip:
        raise _refused("skip", "Give cursor or skip, not both.")
    page.slots |= {"limit": page.take + 1, "skip": page.skip}
    if page.after is not None:
        page.slots["after"] = str(page.after)
    return page


def no_parameters(request: falcon.Request) -> None:
    """Refuse any query parameter of an operation that has none."""
    for name, _ in _parameters(request):
        raise _refused(name, f"Unknown query parameter {name[:64]!r}.")


def encode_cursor(last: str) -> str:
    """An opaque mark of the row with this id, which a page can continue after."""
    raw = UUID(last).bytes
    return base64.urlsafe_b64encode(raw + zlib.crc32(raw).to_bytes(4, "big")).decode().rstrip("=")


def decode_cursor(text: str) -> UUID:
    """The id inside a cursor; ``BadRequest`` for anything that this API did not make."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 20 or zlib.crc32(raw[:16]).to_bytes(4, "big") != raw[16:]:
        raise _refused("cursor", "The cursor is not one of this API.")
    return UUID(bytes=raw[:16])


def _refused(name: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": name[:64]})


def _parameters(request: falcon.Request) -> Iterator[tuple[str, str]]:
    for name, value in request.params.items():
        if isinstance(value, list):
            raise _refused(name, f"{name[:64]} is given twice.")
        if "\0" in value:
            raise _refused(name, f"{name[:64]} contains NUL.")
        yield name, value


def _number(name: str, value: str, minimum: int, maximum: int) -> int:
    if value.isascii() and value.isdigit() and len(value) < 10:
        number = int(value)
        if minimum <= number <= maximum:
            return number
    raise _refused(name, f"{name} must be a whole number from {minimum} to {maximum}.")


def _search(page: Page, resource: Resource, value: str) -> None:
    text = value.strip()
    if not 0 < len(text) <= MAX_SEARCH_CHARACTERS:
        raise _refused("q", f"q must have from 1 to {MAX_SEARCH_CHARACTERS} characters.")
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    page.slots["q"] = f"%{escaped}%"
    columns = [resource.model._meta.fields[name].column_name for name in resource.search]

    def matches(scope: Scope) -> ColumnBase:
        alternatives = [Expression(scope.column(column), "ILIKE", slot("q")) for column in columns]
        return reduce(operator.or_, alternatives)

    page.conditions.append(("q", matches))


def _filter(page: Page, resource: Resource, name: str, value: str) -> None:
    schema = schema_instance(resource.schema)
    attribute, schema_field = next(
        (key, one) for key, one in schema.fields.items() if one.data_key == name
    )
    try:
        wanted = schema_field.deserialize(value)
    except ValidationError as error:
        raise _refused(name, f"{name}: {error.messages[0]}") from None
    column = resource.model._meta.fields[schema_field.attribute or attribute]
    page.slots["filter", name] = column.db_value(wanted)
    if isinstance(wanted, UUID):
        page.slots["filter", name] = str(wanted)
    page.conditions.append(
        (
            name,
            lambda scope: Expression(scope.column(column.column_name), "=", slot(("filter", name))),
        )
    )
