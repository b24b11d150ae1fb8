"""Checking a tree: only what is of the closed set of nodes and marks is ever stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparx_cms.richtext.attributes import provider_of, unstorable
from sparx_cms.richtext.nodes import DOCUMENT, KINDS, MARK_ORDER, MARKS, TEXT, Kind, Node, Tree
from sparx_core import ValidationFailed

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

MAX_DEPTH, MAX_NODES, MAX_TEXT = 40, 10_000, 500_000
#: A tree that is wrong everywhere need not be read to its end.
_ENOUGH = 100


def validate(tree: object, path: Path = ()) -> Tree:
    """The tree as it is stored: without attributes that say nothing, marks in their order.

    Raises ``ValidationFailed`` with all that is wrong, each with its path behind ``path``.
    """
    check = _Check()
    checked = check.document(tree, path)
    if checked is None or check.problems:
        raise ValidationFailed(check.problems)
    return checked


def problems(tree: object, path: Path = ()) -> list[Problem]:
    """What is wrong with a tree, nothing if it can be stored."""
    check = _Check()
    check.document(tree, path)
    return check.problems


class _Check:
    """One tree while it is checked."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.nodes = self.characters = 0

    def document(self, tree: object, path: Path) -> Tree | None:
        checked = self._node(tree, path, frozenset({DOCUMENT}), 0)
        if self.nodes > MAX_NODES:
            self._wrong(path, f"More than {MAX_NODES:,} nodes.")
        if self.characters > MAX_TEXT:
            self._wrong(path, f"Longer than {MAX_TEXT:,} characters.")
        return checked

    def _wrong(self, path: Path, message: str) -> None:
        self.problems.append((path, message))

    def _node(
        self, value: object, path: Path, allowed: frozenset[str], depth: int, marked: bool = True
    ) -> Node | None:
        self.nodes += 1
        name = self._name(value, path, allowed)
        if name is None or not isinstance(value, dict):
            return None
        if depth > MAX_DEPTH:
            self._wrong(path, f"Nested more than {MAX_DEPTH} deep.")
            return None
        if name == TEXT:
            return self._text(value, path, marked)
        kind = KINDS[name]
        self._known(value, path, {"type", "attrs", "content", "marks"})
        checked: Node = {"type": name}
        if attrs := self._attrs(value.get("attrs"), kind, (*path, "attrs")):
            checked["attrs"] = attrs
        if name == "embed" and "url" in attrs:
            checked["attrs"]["provider"] = provider_of(attrs["url"])
        if kind.content is not None:
            checked["content"] = self._content(value, path, kind, depth)
        elif value.get("content"):
            self._wrong((*path, "content"), f"Nothing is inside of a {name}.")
        return checked

    def _name(self, value: object, path: Path, allowed: frozenset[str]) -> str | None:
        """Which node it is, None if it is none that may be here."""
        if not isinstance(value, dict):
            self._wrong(path, "Must be a node: an object with a type.")
            return None
        name = value.get("type")
        if not isinstance(name, str) or name not in {*KINDS, TEXT}:
            self._wrong((*path, "type"), f"Unknown node {str(name)[:64]!r}.")
            return None
        if name not in allowed:
            told = ", ".join(sorted(allowed))
            self._wrong((*path, "type"), f"There is no {name} here, but: {told}.")
            return None
        return name

    def _content(self, value: Node, path: Path, kind: Kind, depth: int) -> list[Node]:
        path = (*path, "content")
        given = value.get("content") or []
        if not isinstance(given, list):
            self._wrong(path, "Must be a list of nodes.")
            return []
        if len(given) < kind.minimum:
            self._wrong(path, "Must not be empty.")
        assert kind.content is not None
        found = []
        for place, one in enumerate(given):
            if len(self.problems) >= _ENOUGH or self.nodes > MAX_NODES:
                break
            checked = self._node(one, (*path, place), kind.content, depth + 1, kind.marked)
            if checked is not None:
                found.append(checked)
        return found

    def _text(self, value: Node, path: Path, marked: bool) -> Node | None:
        self._known(value, path, {"type", "text", "marks"})
        text = value.get("text")
        if not isinstance(text, str) or not text:
            self._wrong((*path, "text"), "Must be text, and not empty.")
            return None
        if (wrong := unstorable(text)) is not None:
            self._wrong((*path, "text"), wrong)
            return None
        self.characters += len(text)
        checked: Node = {"type": TEXT, "text": text}
        if marks := self._marks(value.get("marks"), (*path, "marks")):
            if not marked:
                self._wrong((*path, "marks"), "Code blocks have no marks.")
            checked["marks"] = marks
        return checked

    def _marks(self, given: object, path: Path) -> list[Node]:
        if given is None:
            return []
        if not isinstance(given, list):
            self._wrong(path, "Must be a list of marks.")
            return []
        found: dict[str, Node] = {}
        for place, mark in enumerate(given[: len(MARKS) + 1]):
            at = (*path, place)
            name = mark.get("type") if isinstance(mark, dict) else None
            if not isinstance(name, str) or name not in MARKS:
                self._wrong(at, f"Unknown mark {str(name)[:64]!r}.")
                continue
            if name in found:
                self._wrong(at, f"The mark {name} is there twice.")
            self._known(mark, at, {"type", "attrs"})
            attrs = self._attrs(mark.get("attrs"), MARKS[name], (*at, "attrs"))
            found[name] = {"type": name, "attrs": attrs} if attrs else {"type": name}
        return [found[name] for name in MARK_ORDER if name in found]

    def _attrs(self, given: object, kind: Kind, path: Path) -> dict[str, Any]:
        if given is not None and not isinstance(given, dict):
            self._wrong(path, "Must be an object.")
            return {}
        sent: Mapping[str, object] = given or {}
        # Editors send the attributes that they do not use as null.
        sent = {name: value for name, value in sent.items() if value is not None}
        self._known(sent, path, set(kind.attrs))
        found: dict[str, Any] = {}
        for name, attribute in kind.attrs.items():
            if name not in sent:
                if attribute.required:
                    self._wrong((*path, name), "Missing.")
                continue
            try:
                value = attribute.read(sent[name])
            except ValueError as error:
                self._wrong((*path, name), str(error))
                continue
            if value != attribute.default and value != "":
                found[name] = value
        if kind.one_of and sum(name in sent for name in kind.one_of) != 1:
            self._wrong(path, f"Give one of {', '.join(kind.one_of)}.")
        return found

    def _known(self, given: Mapping[str, object], path: Path, known: set[str]) -> None:
        for name in given:
            if name not in known:
                self._wrong((*path, str(name)[:64]), "Unknown.")
