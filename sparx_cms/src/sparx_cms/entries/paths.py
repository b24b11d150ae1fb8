"""The path of an entry's page, made of its type's pattern."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from sparx_cms.redirects.paths import NotAPath, normal_path
from sparx_cms.types import Document, TypeDefinition

_PLACE = re.compile(r"\{([A-Za-z][A-Za-z0-9_]*)\}")


def path_of(type_: TypeDefinition, part: Document, locale: str) -> str | None:
    """The path in one language, from the slice of the document in it: ``{locale}`` in the pattern
    is the language, other names are those of fields. None if the type has no pages, or a field in
    the pattern has no value.
    """
    if type_.url_pattern is None:
        return None
    named = {"locale": locale}
    for key in _PLACE.findall(type_.url_pattern):
        field = type_.by_key.get(key)
        if field is not None:
            named[key] = _segment(part.get(field.id, {}).get(locale))
    if not all(named.get(key) for key in _PLACE.findall(type_.url_pattern)):
        return None
    try:
        return normal_path(_PLACE.sub(lambda found: named[found[1]], type_.url_pattern))
    except NotAPath:  # too long, or a value that is only points
        return None


def _segment(value: Any) -> str:
    """A value as a part of a path: its slashes part nothing."""
    return quote(str(value), safe="") if isinstance(value, str | int) else ""
