"""Documents of entries, by field and language: what of one is seen in a language, and what is live.

A document is ``{"<field id>": {"<locale>": value}}``, and a slice of one has a single language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparx_cms.models.entries import EVERY
from sparx_cms.types import Document, FieldDefinition, TypeDefinition


def languages_of(document: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The languages that something in a document is in."""
    return {locale for values in document.values() for locale in values if locale != EVERY}


def slice_of(type_: TypeDefinition, document: Document, locale: str, default: str) -> Document:
    """A draft as it goes live in one language: each field under that language, and no fallback.

    Omitted fields are a part of it, because they may come back.
    """
    found: Document = {}
    for field in type_.by_id.values():
        values = document.get(field.id, {})
        for place in _places(field, locale, default):
            if place in values:
                found[field.id] = {locale: values[place]}
                break
    return found


def _places(field: FieldDefinition, locale: str, default: str) -> tuple[str, str]:
    """Where the value of a field is: first where it belongs, then where it was before somebody made
    the field localized, or no longer so.
    """
    return (locale, EVERY) if field.localized else (EVERY, default)


def with_slice(live: Document | None, locale: str, part: Document) -> Document:
    """What is live, with all of one language replaced by ``part``."""
    found = without_languages(live, [locale])
    for field, values in part.items():
        found[field] = {**found.get(field, {}), **values}
    return found


def without_languages(live: Document | None, locales: Iterable[str]) -> Document:
    """What is live, without some languages."""
    gone = set(locales)
    kept = {
        field: {locale: value for locale, value in values.items() if locale not in gone}
        for field, values in (live or {}).items()
    }
    return {field: values for field, values in kept.items() if values}


def is_same(live: Document | None, part: Document, locale: str) -> bool:
    """Whether what is live in a language is what ``part``, its slice of a draft, has there."""
    present = {field: values[locale] for field, values in (live or {}).items() if locale in values}
    return present == {field: values[locale] for field, values in part.items()}


def back_to_live(
    type_: TypeDefinition, draft: Document, live: Document, locales: Iterable[str]
) -> Document:
    """A draft in which some languages are again as they are live.

    What is not localized is taken from the first of them.
    """
    found = {field: dict(values) for field, values in draft.items()}
    for locale in reversed(list(locales)):
        for field in type_.by_id.values():
            values = found.setdefault(field.id, {})
            place = locale if field.localized else EVERY
            if locale in live.get(field.id, {}):
                values[place] = live[field.id][locale]
            else:
                values.pop(place, None)
    return {field: values for field, values in found.items() if values}
