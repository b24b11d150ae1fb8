"""Migrations of entries: what each step of one does to a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from sparx_cms.models.entries import EVERY
from sparx_cms.types.converting import can_convert, converted
from sparx_cms.types.definitions import Document, FieldDefinition, TypeDefinition
from sparx_cms.types.documents import Path, merged, value_in
from sparx_core import ValidationFailed

COPY, SET, CLEAR = OPS = ("copy", "set", "clear")
Step = Mapping[str, Any]


class Migration:
    """Steps that are done one after the other on entries of a type.

    Fields are found by their keys when the migration begins, omitted ones as well, and then by
    their ids; a value that is set is as documents hold it.
    """

    def __init__(self, type: TypeDefinition, steps: Sequence[Step]) -> None:
        self.type, self.steps = type, steps

    @property
    def fields(self) -> set[str]:
        """The ids of the fields that it reads and writes."""
        return {step[name] for step in self.steps for name in ("from", "to") if name in step}

    def apply(self, document: Document, languages: Sequence[str], chain: Sequence[str]) -> Document:
        """A document as the steps make it; the same, if they were done before. ``chain`` begins
        with the tenant's own language. ``ValidationFailed`` tells which field cannot take what.
        """
        found = document
        for step in self.steps:
            target = self.type.by_id[step["to"]]
            part = self._part(step, target, found, languages, chain)
            if step["op"] != CLEAR and not step.get("overwrite"):
                held = found.get(target.id, {})
                part = {place: one for place, one in part.items() if held.get(place) is None}
            found = merged(self.type, found, {target.id: part})
        return found

    def _part(
        self,
        step: Step,
        target: FieldDefinition,
        document: Document,
        languages: Sequence[str],
        chain: Sequence[str],
    ) -> dict[str, Any]:
        if step["op"] == CLEAR:
            return dict.fromkeys(document.get(target.id, {}))
        places = languages if target.localized else (EVERY,)
        if step["op"] == SET:
            return dict.fromkeys(places, step["value"])
        source = self.type.by_id[step["from"]]
        found = {}
        for place in places:
            value = value_in(source, document, chain if place == EVERY else (place,))
            if value is not None:
                found[place] = self._converted(source, target, value)
        return found

    def _converted(self, source: FieldDefinition, target: FieldDefinition, value: Any) -> Any:
        try:
            return converted(source, target, value)
        except ValidationError as error:
            raise ValidationFailed([(("fields", target.key), str(error.messages[0]))]) from None


def checked_steps(type: TypeDefinition, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Steps with the ids of fields for their keys; ``ValidationFailed`` lists what is wrong."""
    problems: list[tuple[Path, str]] = []
    by_key = {one.key: one for one in type.fields}
    found = []
    for place, step in enumerate(steps):
        path: Path = ("ops", place)
        source, target = by_key.get(step.get("from", "")), by_key.get(step["to"])
        if target is None:
            problems.append(((*path, "to"), "There is no such field."))
        if step["op"] == COPY and source is None:
            problems.append(((*path, "from"), "There is no such field."))
        elif step["op"] == COPY and target and source and not can_convert(source, target):
            told = f"A {source.type} cannot become a {target.type}."
            problems.append(((*path, "to"), told))
        if step["op"] == SET and step.get("value") is None:
            problems.append(((*path, "value"), "Missing data for required field."))
        if target is not None:
            known = {"to": target.id} if source is None else {"to": target.id, "from": source.id}
            found.append({**step, **known})
    if problems:
        raise ValidationFailed(problems)
    return found
