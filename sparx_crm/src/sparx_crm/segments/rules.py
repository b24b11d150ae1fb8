"""Rules as clients write them, read into what can be compiled; problems are told by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from marshmallow import ValidationError

from sparx_core import Context, ValidationFailed
from sparx_crm.segments.values import BARE, loaded
from sparx_crm.segments.vocabulary import RuleField, vocabulary

#: Levels of rules in rules, rules in one ``and`` or ``or``, and predicates in all.
MAX_DEPTH, MAX_CHILDREN, MAX_PREDICATES = 8, 20, 100
KINDS = ("predicate", "and", "or", "not")
_PARTS: Mapping[str, frozenset[str]] = {
    "predicate": frozenset({"kind", "field", "op", "value"}),
    "and": frozenset({"kind", "children"}),
    "or": frozenset({"kind", "children"}),
    "not": frozenset({"kind", "child"}),
}
#: Where in a body something is.
Path = tuple[str | int, ...]
_MISSING = "Missing data for required field."


@dataclass(frozen=True)
class Predicate:
    """A field compared with a value, which is of the field's sort."""

    field: RuleField
    op: str
    value: Any


@dataclass(frozen=True)
class Combined:
    """Several rules of which all (``and``) or at least one (``or``) has to hold."""

    kind: str
    children: tuple[Rule, ...]


@dataclass(frozen=True)
class Negated:
    """A rule that must not hold."""

    child: Rule


@dataclass(frozen=True)
class Nothing:
    """What a predicate comes to whose field is no more: true of nobody."""


Rule = Predicate | Combined | Negated | Nothing


@dataclass
class _Reading:
    """One reading of rules, and what is wrong with them."""

    fields: Mapping[str, RuleField]
    zone: str
    problems: list[tuple[Path, str]] = field(default_factory=list)
    predicates: int = 0

    def rule(self, given: Any, path: Path, depth: int = 1) -> Rule:
        if not isinstance(given, Mapping):
            return self._wrong(path, "Must be an object with a kind.")
        kind = given.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            return self._wrong((*path, "kind"), f"Must be one of: {', '.join(KINDS)}.")
        if depth > MAX_DEPTH:
            return self._wrong(path, f"Rules are nested at most {MAX_DEPTH} deep.")
        for name in given.keys() - _PARTS[kind]:
            self._wrong((*path, str(name)), "Unknown field.")
        if kind == "predicate":
            return self._predicate(given, path)
        if kind == "not":
            return Negated(self.rule(given.get("child"), (*path, "child"), depth + 1))
        children = given.get("children")
        if not isinstance(children, list) or not 1 <= len(children) <= MAX_CHILDREN:
            told = f"Must be a list of 1 to {MAX_CHILDREN} rules."
            return self._wrong((*path, "children"), told)
        return Combined(
            kind,
            tuple(
                self.rule(child, (*path, "children", place), depth + 1)
                for place, child in enumerate(children)
            ),
        )

    def _predicate(self, given: Mapping[str, Any], path: Path) -> Rule:
        self.predicates += 1
        if self.predicates == MAX_PREDICATES + 1:
            self._wrong((), f"At most {MAX_PREDICATES} predicates in all.")
        name, op = given.get("field"), given.get("op")
        found = self.fields.get(name) if isinstance(name, str) else None
        if found is None:
            return self._wrong((*path, "field"), self._no_field(name))
        if not isinstance(op, str) or op not in found.operators:
            allowed = ", ".join(found.operators)
            return self._wrong((*path, "op"), f"{found.name} allows {allowed}.")
        if op in BARE and "value" in given:
            return self._wrong((*path, "value"), f"{op} takes no value.")
        if op not in BARE and "value" not in given:
            return self._wrong((*path, "value"), _MISSING)
        try:
            return Predicate(found, op, loaded(found, op, given.get("value"), self.zone))
        except ValidationError as error:
            return self._told((*path, "value"), error.messages)

    def _told(self, path: Path, messages: Any) -> Rule:
        if isinstance(messages, Mapping):
            for name, nested in messages.items():
                self._told((*path, name), nested)
            return Nothing()
        return self._wrong(path, str(messages[0] if isinstance(messages, list) else messages))

    def _no_field(self, name: Any) -> str:
        if name is None:
            return _MISSING
        nearest = get_close_matches(str(name)[:100], self.fields, 1, 0.5)
        return f"There is no such field{f'; nearest is {nearest[0]}' if nearest else ''}."

    def _wrong(self, path: Path, message: str) -> Rule:
        self.problems.append((path, message))
        return Nothing()


def read_rules(ctx: Context, given: Any, *, place: Path = ("rules",)) -> Rule:
    """Rules that a client sent. ``ValidationFailed`` names each problem by its path:
    ``rules.children[0].value``.
    """
    reading = _Reading(vocabulary(ctx), ctx.timezone())
    rule = reading.rule(given, ())
    if reading.problems:
        raise ValidationFailed([((*place, *path), told) for path, told in reading.problems])
    return rule


def stored_rules(ctx: Context, given: Iterable[Any]) -> list[Rule]:
    """Rules of several segments that were checked when they were stored. A predicate whose custom
    field is no more, or has no such option any more, is true of nobody.
    """
    reading = _Reading(vocabulary(ctx), ctx.timezone())
    return [reading.rule(one, ()) for one in given]
