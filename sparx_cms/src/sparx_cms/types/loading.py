"""Reading what a client sends for an entry: by key and as people write it, into the form in which
documents hold it. Drafts may be incomplete, but never hold what is no value of its type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from sparx_cms.models.entries import EVERY
from sparx_cms.richtext.checking import problems as problems_of_tree
from sparx_cms.richtext.checking import validate
from sparx_cms.types.definitions import (
    BLOCKS,
    MEDIA,
    NESTING,
    REFERENCE,
    RICH_TEXT,
    Document,
    FieldDefinition,
    Part,
    TypeDefinition,
    keyed,
)
from sparx_cms.types.documents import Path, as_list
from sparx_cms.types.locales import Locales, locales
from sparx_cms.types.scalars import read_scalar
from sparx_cms.types.targets import Sent, missing_targets
from sparx_core import Context, ValidationFailed, uuid7
from sparx_core import Id as IdField

MAX_ENTRIES = 1_000
Problem = tuple[Path, str]


def load_values(
    ctx: Context,
    type: TypeDefinition,
    values: Mapping[str, Any],
    locale: str,
    kept: Document | None = None,
) -> Document:
    """What a client sent for fields by key, as the part of a document to be :func:`merged`: None
    takes a value away. With the locale ``*`` localized fields are sent as ``{"<locale>": value}``.

    ``kept`` is the document so far: what clients do not see of it, omitted fields inside of
    components and blocks of components that are gone, stays. ``ValidationFailed`` lists every
    problem at ``fields.<key>``; entries and assets that are referred to, and were not before, have
    to be there.
    """
    known = locales(ctx)
    if locale != EVERY:
        known.chain(locale)
    reading = _Reading(type)
    part: Document = {}
    for key, value in values.items():
        path: Path = ("fields", key)
        field = type.by_key.get(key)
        if field is None:
            reading.refuse(path, "Unknown field.")
            continue
        held = (kept or {}).get(field.id) or {}
        sent = _by_locale(reading, known, field, value, locale, path)
        found = {
            place: reading.value(field, one, where, held.get(place))
            for place, (one, where) in sent.items()
        }
        part[field.id] = {**_spread(known, field, held), **found}
    problems = reading.problems or missing_targets(ctx, type, reading.sent, kept or {})
    if problems:
        raise ValidationFailed(problems)
    return part


def _by_locale(
    reading: _Reading, known: Locales, field: FieldDefinition, value: Any, locale: str, path: Path
) -> dict[str, tuple[Any, Path]]:
    """The values that were sent for a field by their place in the document, each with its path."""
    if not field.localized:
        return {EVERY: (value, path)}
    if locale != EVERY:
        return {locale: (value, path)}
    if not isinstance(value, Mapping):
        reading.refuse(path, "Must be an object with a value for each locale.")
        return {}
    for code in value.keys() - known.all.keys():
        reading.refuse((*path, code), "There is no such locale.")
    return {code: (value[code], (*path, code)) for code in value if code in known.all}


def _spread(known: Locales, field: FieldDefinition, held: Mapping[str, Any]) -> dict[str, Any]:
    """What a field had before it became localized is what it has in each language from now on."""
    if not field.localized or held.get(EVERY) is None:
        return {}
    return {EVERY: None, **{code: held[EVERY] for code in known.all if held.get(code) is None}}


class _Reading:
    """One body while it is read: what is wrong with it, and what it refers to."""

    def __init__(self, type: TypeDefinition) -> None:
        self.type = type
        self.problems: list[Problem] = []
        self.sent: list[Sent] = []

    def refuse(self, path: Path, message: str) -> None:
        self.problems.append((path, message))

    def value(self, field: FieldDefinition, value: Any, path: Path, kept: Any) -> Any:
        """The value of a field, None for none: of what is wrong, too."""
        if value is None:
            return None
        if not field.listed:
            return self._one(field, value, path, kept)
        if not isinstance(value, list):
            self.refuse(path, "Must be a list.")
            return None
        if len(value) > MAX_ENTRIES:
            self.refuse(path, f"Must have at most {MAX_ENTRIES:,} entries.")
            return None
        if field.type == BLOCKS:
            return self._blocks(field, value, path, kept)
        return [self._one(field, one, (*path, place), None) for place, one in enumerate(value)]

    def _one(self, field: FieldDefinition, value: Any, path: Path, kept: Any) -> Any:
        if field.type in NESTING:
            return self._part(self.type.inside(field), value, path, kept)
        try:
            if field.type == RICH_TEXT:
                found: Any = validate(value, path)
            else:
                found = read_scalar(field, value)
        except ValidationError as error:
            self.refuse(path, str(error.messages[0]))
            return None
        except ValidationFailed:
            self.problems.extend(problems_of_tree(value, path))
            return None
        if field.type in (REFERENCE, MEDIA, RICH_TEXT):
            self.sent.append(Sent(field, found, path))
        return found

    def _part(
        self, fields: Sequence[FieldDefinition], value: Any, path: Path, kept: Part | None
    ) -> Part | None:
        """What a component, an object or a block holds, by the ids of its fields."""
        if not isinstance(value, Mapping):
            self.refuse(path, "Must be an object.")
            return None
        known, before = keyed(fields), kept or {}
        found = {one.id: before[one.id] for one in fields if one.omitted and one.id in before}
        for key, sent in value.items():
            field = known.get(key)
            if field is None:
                self.refuse((*path, key), "Unknown field.")
                continue
            inner = self.value(field, sent, (*path, key), before.get(field.id))
            if inner is not None:
                found[field.id] = inner
        return found

    def _blocks(
        self, field: FieldDefinition, value: Sequence[Any], path: Path, kept: Any
    ) -> list[Part | None]:
        before = {one["id"]: one for one in as_list(kept)} if kept else {}
        found = [self._block(field, one, (*path, place), before) for place, one in enumerate(value)]
        ids: set[str] = set()
        for place, block in enumerate(found):
            if block is not None and block["id"] in ids:
                self.refuse((*path, place, "id"), "Another block has this id.")
            elif block is not None:
                ids.add(block["id"])
        return found

    def _block(
        self, field: FieldDefinition, value: Any, path: Path, before: Mapping[str, Part]
    ) -> Part | None:
        if not isinstance(value, Mapping) or not value.keys() <= {"id", "type", "data"}:
            self.refuse(path, "Must be an object with type, data, and its id if it has one.")
            return None
        block_id = self._block_id(value.get("id"), path)
        if block_id is None:
            return None
        kind, was = value.get("type"), before.get(block_id)
        unchanged = was is not None and was["type"] == kind
        fields = self.type.block_fields(kind) if isinstance(kind, str) else None
        if fields is None and unchanged:
            return was
        allowed = not field.allowed or kind in field.allowed
        if fields is None or not (allowed or unchanged):
            self.refuse((*path, "type"), "There is no such block here.")
            return None
        data = value.get("data", {})
        held = was["data"] if was is not None and unchanged else None
        part = self._part(fields, data, (*path, "data"), held)
        return None if part is None else {"id": block_id, "type": kind, "data": part}

    def _block_id(self, value: Any, path: Path) -> str | None:
        if value is None:
            return str(uuid7())
        try:
            return str(IdField().deserialize(value))
        except ValidationError as error:
            self.refuse((*path, "id"), str(error.messages[0]))
            return None
