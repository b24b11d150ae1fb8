"""What is found in a document: what it claims, refers to, says, and is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sparx_cms.models.entries import EVERY
from sparx_cms.richtext.references import references
from sparx_cms.richtext.to_text import to_text
from sparx_cms.types.definitions import (
    MEDIA,
    PROSE,
    REFERENCE,
    RICH_TEXT,
    FieldDefinition,
    TypeDefinition,
)
from sparx_cms.types.documents import Found, Path, all_of, as_list, everything, value_in

#: Longer values are claimed by their digest.
MAX_CLAIMED = 200
MAX_TITLE = 500


@dataclass(frozen=True)
class Claimed:
    """A value that no other entry may have, as ``cms.claims`` keeps it."""

    field: str
    locale: str
    value: str


@dataclass(frozen=True)
class Linked:
    """That a document refers to something: ``field`` is the entry's own, wherever in it; ``path``
    leads there by keys, and ``position`` counts within the field and language.
    """

    field: str
    locale: str
    position: int
    target: UUID
    path: Path


def claims_in(type: TypeDefinition, document: Mapping[str, Any]) -> list[Claimed]:
    """What a document claims. A field that is not localized claims for all languages at once."""
    found = [
        Claimed(field.id, locale if field.localized else EVERY, claimed_value(value))
        for field in type.by_key.values()
        if field.unique
        for locale, value in (document.get(field.id) or {}).items()
        if value is not None and value != ""
    ]
    return list(dict.fromkeys(found))


def claimed_value(value: Any) -> str:
    """A unique value as it is compared."""
    text = str(value)
    return text if len(text) <= MAX_CLAIMED else sha256(text.encode()).hexdigest()


def links_in(type: TypeDefinition, document: Mapping[str, Any]) -> list[Linked]:
    """The entries that a document refers to, in references and rich text at every depth."""
    return list(_linked(type, document, REFERENCE))


def assets_in(type: TypeDefinition, document: Mapping[str, Any]) -> list[Linked]:
    """The assets that a document refers to, in media fields and rich text at every depth."""
    return list(_linked(type, document, MEDIA))


def text_in(type: TypeDefinition, document: Mapping[str, Any], locale: str) -> str:
    """All prose of a document in a language, and in none, for searches: a line a value."""
    told = [
        _told(found.field, one)
        for field in type.by_key.values()
        if (value := value_in(field, document, (locale,))) is not None
        for found in everything(type, field, value, (field.key,))
        if found.field.type in PROSE
        for one in as_list(found.value)
    ]
    return "\n".join(filter(None, told))


def title_in(type: TypeDefinition, document: Mapping[str, Any], chain: Sequence[str]) -> str | None:
    """What an entry is called in the first language of ``chain`` that has a name for it."""
    field = type.by_id.get(type.display_field or "")
    value = None if field is None else value_in(field, document, chain)
    return str(value)[:MAX_TITLE] if value not in (None, "") else None


def _linked(type: TypeDefinition, document: Mapping[str, Any], kind: str) -> Iterator[Linked]:
    seen: Counter[tuple[str, str]] = Counter()
    for field_id, locale, found in all_of(type, document):
        for target in _targets(found, kind):
            yield Linked(field_id, locale, seen[field_id, locale], UUID(target), found.path)
            seen[field_id, locale] += 1


def _targets(found: Found, kind: str) -> Sequence[str]:
    if found.field.type == kind:
        return as_list(found.value)
    if found.field.type != RICH_TEXT:
        return ()
    referred = references(found.value)
    return referred.entries if kind == REFERENCE else referred.assets


def _told(field: FieldDefinition, value: Any) -> str:
    return to_text(value) if field.type == RICH_TEXT else str(value)
