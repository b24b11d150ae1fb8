"""Values of one field as those of another, for migrations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import ValidationError

from sparx_cms.richtext.checking import validate
from sparx_cms.richtext.from_markdown import from_markdown
from sparx_cms.richtext.to_text import to_text
from sparx_cms.types.definitions import (
    BOOLEAN,
    COMPONENT_FIELD,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    JSON,
    LOCATION,
    NESTING,
    REFERENCE,
    RICH_TEXT,
    SLUG,
    FieldDefinition,
)
from sparx_cms.types.documents import as_list
from sparx_cms.types.scalars import read_scalar
from sparx_cms.types.slugs import slugify

#: What holds no text that could be read as another value.
_UNREADABLE = NESTING | {JSON, LOCATION}
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def can_convert(source: FieldDefinition, target: FieldDefinition) -> bool:
    """Whether some values of one field can be those of the other."""
    if source.type == target.type:
        return source.type != COMPONENT_FIELD or source.component == target.component
    if target.type == JSON:
        return True
    unreadable = _UNREADABLE | {REFERENCE, "media"}
    return source.type not in unreadable and target.type not in unreadable


def converted(source: FieldDefinition, target: FieldDefinition, value: Any) -> Any:
    """A value of ``source`` as ``target`` holds it; ``ValidationError`` if it is none there."""
    if not source.listed and not target.listed:
        return _one(source, target, value)
    values = [_one(source, target, one) for one in as_list(value)]
    if target.listed:
        return values
    if len(values) > 1:
        raise ValidationError("There are several values, and the field takes one.")
    return values[0] if values else None


def _one(source: FieldDefinition, target: FieldDefinition, value: Any) -> Any:
    if source.type == target.type and source.type in NESTING | {RICH_TEXT}:
        return value
    if target.type == RICH_TEXT:
        return validate(from_markdown(str(value)))
    if source.type == RICH_TEXT:
        value = to_text(value)
    read = _READ_AS.get(target.type)
    if read is not None and source.type != target.type:
        value = read(value)
    elif target.type != JSON and source.type != target.type:
        value = _plain(value)
    return read_scalar(target, value)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> Any:
    try:
        return Decimal(_plain(value).strip())
    except InvalidOperation:
        return value


def _boolean(value: Any) -> Any:
    return _BOOLEANS.get(_plain(value).strip().lower(), value)


def _moment(value: Any) -> Any:
    text = _plain(value)
    return f"{text}T00:00:00Z" if len(text) == len("2026-06-05") else text


_READ_AS: Mapping[str, Callable[[Any], Any]] = {
    INTEGER: _number,
    DECIMAL: _number,
    BOOLEAN: _boolean,
    DATE: lambda value: _plain(value)[: len("2026-06-05")],
    DATETIME: _moment,
    SLUG: lambda value: slugify(_plain(value)),
}
