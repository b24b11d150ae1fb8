"""What a new entry begins with beside what was sent for it."""

from __future__ import annotations

from collections.abc import Iterable

from sparx_cms.models.entries import EVERY
from sparx_cms.types.definitions import SLUG, Document, FieldDefinition, TypeDefinition
from sparx_cms.types.documents import value_in
from sparx_cms.types.slugs import slugify


def starting_values(type: TypeDefinition, part: Document, locale: str) -> Document:
    """What was sent for a new entry, with the defaults of fields that were not, and slugs made of
    the fields that they are to be made of. A null that was sent stays none.
    """
    found = dict(part)
    for field in type.by_key.values():
        if "default" in field.settings and field.id not in part:
            default = field.settings["default"]
            found[field.id] = dict.fromkeys(_places(field, part, locale), default)
    for field in type.by_key.values():
        source = type.by_key.get(field.settings.get("sourceField", ""))
        if field.type == SLUG and source is not None:
            for place in _places(field, part, locale):
                _derive(field, source, found, place)
    return found


def _derive(field: FieldDefinition, source: FieldDefinition, part: Document, place: str) -> None:
    if place in part.get(field.id, {}):
        return
    chain = (place,) if place != EVERY else tuple(sorted(part.get(source.id, {})))
    slug = slugify(str(value_in(source, part, chain) or ""))
    if slug:
        part[field.id] = {**part.get(field.id, {}), place: slug}


def _places(field: FieldDefinition, part: Document, locale: str) -> Iterable[str]:
    """Where the values of a field are in the part of a document that is of a language, or of
    several.
    """
    if not field.localized:
        return (EVERY,)
    if locale != EVERY:
        return (locale,)
    return sorted({place for held in part.values() for place in held} - {EVERY})
