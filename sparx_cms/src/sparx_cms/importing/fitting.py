"""Values of other systems for types that are here already, the built-in ones above all: a `page` or
an `author` there is not always one here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sparx_cms.richtext.from_markdown import from_markdown
from sparx_cms.types import FieldDefinition, catalogue, locales
from sparx_cms.types.definitions import (
    DATE,
    DATETIME,
    EMAIL,
    ENUM,
    LONG_TEXT,
    REPEATABLE,
    RICH_TEXT,
    SLUG,
    TEXT,
    URL,
)
from sparx_core import Context

_TEXTS = (TEXT, LONG_TEXT, SLUG, EMAIL, URL, ENUM)


def can_fit(sent: str, there: str) -> bool:
    """Whether values of a field of one type may be such of another one."""
    if sent == there or (sent, there) == (DATETIME, DATE):
        return True
    return sent in _TEXTS and there in (*_TEXTS, RICH_TEXT)


def fitted(
    ctx: Context, key: str, localized: Collection[str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Values in the form of the type that is here: by language or not, one or several. Those that
    are by language are ``localized``; what is in none is in the tenant's own.
    """
    type_ = catalogue(ctx).by_key.get(key)
    fields: Mapping[str, FieldDefinition] = {} if type_ is None else type_.by_key
    own = locales(ctx).default
    return {
        name: value
        if name not in fields
        else _in_languages(fields[name], value, own, is_sent=name in localized)
        for name, value in values.items()
    }


def _in_languages(field: FieldDefinition, value: Any, own: str, *, is_sent: bool) -> Any:
    by_locale = value if is_sent and isinstance(value, dict) else {own: value}
    found = {code: _fitted(field, one) for code, one in by_locale.items()}
    if field.localized:
        return found
    return found.get(own, next(iter(found.values()), None))


def _fitted(field: FieldDefinition, value: Any) -> Any:
    if field.multiple and value is not None and not isinstance(value, list):
        value = [value]
    alone = field.type in REPEATABLE and not field.multiple
    if alone and isinstance(value, list) and len(value) < 2:
        value = next(iter(value), None)
    return [_one(field, one) for one in value] if isinstance(value, list) else _one(field, value)


def _one(field: FieldDefinition, value: Any) -> Any:
    if field.type == RICH_TEXT and isinstance(value, str):
        return from_markdown(value)
    if field.type == DATE and isinstance(value, str):
        return value[:10]
    return value
