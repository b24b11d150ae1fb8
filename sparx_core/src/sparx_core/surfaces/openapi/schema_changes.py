"""Breaking changes of a schema: of what is sent one that accepts less, of what is shown one that
promises less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sparx_core.surfaces.openapi.examples import resolved
from sparx_core.surfaces.openapi.fields import JsonSchema

#: Limits that narrow a schema as they go up, and as they go down.
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_ALTERNATIVES = ("anyOf", "oneOf")


class Comparison:
    """Compares schemas of two documents, on a day."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any], today: date) -> None:
        self.old, self.new, self.today = old, new, today
        #: Pairs of references on the way here: schemas may lead back to themselves.
        self._open: set[tuple[str, str]] = set()
        #: What was found between two components, without the way to them: many ways lead there.
        self._found: dict[tuple[str, str, bool], list[str]] = {}

    def sent(self, old: JsonSchema, new: JsonSchema, path: str) -> Iterator[str]:
        """What a client that sends ``old`` would be refused for."""
        yield from self._compare(old, new, path, shown=False)

    def shown(self, old: JsonSchema, new: JsonSchema, path: str) -> Iterator[str]:
        """What a client that reads ``old`` would miss, or not expect."""
        yield from self._compare(old, new, path, shown=True)

    def removed(self, part: JsonSchema, place: str) -> Iterator[str]:
        """A part that is not there any more: it may be, if it was said in time to go away."""
        sunset = part.get("x-sunset") if part.get("deprecated") else None
        if sunset is None:
            yield f"{place}: removed"
        elif date.fromisoformat(sunset) >= self.today:
            yield f"{place}: removed before its sunset, {sunset}"

    def _compare(
        self, old: JsonSchema, new: JsonSchema, path: str, *, shown: bool
    ) -> Iterator[str]:
        pair = (old.get("$ref", ""), new.get("$ref", ""))
        if any(pair) and pair in self._open:
            return
        if not all(pair):
            yield from self._look(old, new, pair, path, shown=shown)
            return
        key = (*pair, shown)
        if key not in self._found:
            self._found[key] = list(self._look(old, new, pair, "", shown=shown))
        yield from (f"{path}{problem}" for problem in self._found[key])

    def _look(
        self, old: JsonSchema, new: JsonSchema, pair: tuple[str, str], path: str, *, shown: bool
    ) -> Iterator[str]:
        self._open.add(pair)
        before = _merged(resolved(old, self.old["components"]["schemas"]), self.old)
        after = _merged(resolved(new, self.new["components"]["schemas"]), self.new)
        if any(name in one for one in (before, after) for name in _ALTERNATIVES):
            yield from self._alternatives(before, after, path, shown=shown)
        else:
            yield from self._simple(before, after, path, shown=shown)
        self._open.discard(pair)

    def _alternatives(
        self, old: JsonSchema, new: JsonSchema, path: str, *, shown: bool
    ) -> Iterator[str]:
        """Each that may be sent must still be taken; each that may come must have been known."""
        before, after = _alternatives(old), _alternatives(new)
        asked, offered = (after, before) if shown else (before, after)
        for one in asked:
            same = [other for other in offered if _reference(other) == _reference(one) != ""]
            pairs = [(other, one) if shown else (one, other) for other in same or offered]
            problems = [list(self._compare(*pair, path, shown=shown)) for pair in pairs]
            yield from min(problems, key=len)

    def _simple(self, old: JsonSchema, new: JsonSchema, path: str, *, shown: bool) -> Iterator[str]:
        yield from _types(old, new, path, shown=shown)
        yield from _words(old, new, path, shown=shown)
        if not shown:
            yield from _limits(old, new, path)
        if "items" in old:
            yield from self._compare(old["items"], new.get("items", {}), f"{path}[]", shown=shown)
        extra, extra_now = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(extra, dict) and isinstance(extra_now, dict):
            yield from self._compare(extra, extra_now, f"{path}.*", shown=shown)
        yield from self._properties(old, new, path, shown=shown)

    def _properties(
        self, old: JsonSchema, new: JsonSchema, path: str, *, shown: bool
    ) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required, required_now = set(old.get("required", [])), set(new.get("required", []))
        for name, schema in before.items():
            place = f"{path}.{name}"
            if name not in after:
                if shown or new.get("additionalProperties") is False:
                    yield from self.removed(schema, place)
                continue
            if shown and name in required - required_now:
                yield f"{place}: no longer always shown"
            if not shown and name in required_now - required:
                yield f"{place}: now required"
            yield from self._compare(schema, after[name], place, shown=shown)
        if not shown:
            for name in sorted(required_now - before.keys()):
                yield f"{path}.{name}: new and required"


def _merged(schema: JsonSchema, document: Mapping[str, Any]) -> JsonSchema:
    """A schema with the parts of its ``allOf`` in it."""
    if "allOf" not in schema:
        return schema
    found = {name: value for name, value in schema.items() if name != "allOf"}
    for part in schema["allOf"]:
        one = _merged(resolved(part, document["components"]["schemas"]), document)
        properties = {**found.get("properties", {}), **one.get("properties", {})}
        required = [*found.get("required", []), *one.get("required", [])]
        found |= one
        if properties:
            found["properties"] = properties
        if required:
            found["required"] = required
    return found


def _alternatives(schema: JsonSchema) -> list[JsonSchema]:
    for name in _ALTERNATIVES:
        if name in schema:
            beside = {
                key: value for key, value in schema.items() if key in ("properties", "required")
            }
            return [{"allOf": [one, beside]} if beside else one for one in schema[name]]
    return [schema]


def _reference(alternative: JsonSchema) -> str:
    """The component that an alternative is, or begins with."""
    first = alternative.get("allOf", [alternative])[0]
    return str(first.get("$ref", ""))


def _kinds(schema: JsonSchema) -> set[str]:
    """The types of a schema; none for any."""
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def _types(old: JsonSchema, new: JsonSchema, path: str, *, shown: bool) -> Iterator[str]:
    before, after = _kinds(old), _kinds(new)
    narrow, wide = (after, before) if shown else (before, after)
    missing = narrow - wide - ({"integer"} if "number" in wide else set())
    if wide and (missing or not narrow):
        was, now = (", ".join(sorted(one)) or "anything" for one in (before, after))
        yield f"{path}: was {was}, is {now}"
    elif _form(old) != _form(new) and (_form(old) if shown else _form(new)):
        yield f"{path}: was {_form(old) or 'any text'}, is {_form(new) or 'any text'}"


def _form(schema: JsonSchema) -> str:
    """The format of a text; that of a number says nothing about what is accepted."""
    return str(schema.get("format", "")) if "string" in _kinds(schema) else ""


def _words(old: JsonSchema, new: JsonSchema, path: str, *, shown: bool) -> Iterator[str]:
    before, after = _choices(old), _choices(new)
    if before is not None and after is not None:
        gone = [one for one in before if one not in after]
        if gone:
            yield f"{path}: no longer {', '.join(str(one) for one in gone)}"
    elif before is None and after is not None and not shown:
        yield f"{path}: now only {', '.join(str(one) for one in after)}"
    elif before is not None and after is None and shown:
        yield f"{path}: no longer one of {', '.join(str(one) for one in before)}"


def _choices(schema: JsonSchema) -> list[Any] | None:
    """The values that there are, null aside, which is a type."""
    words = [schema["const"]] if "const" in schema else schema.get("enum")
    return None if words is None else [one for one in words if one is not None]


def _limits(old: JsonSchema, new: JsonSchema, path: str) -> Iterator[str]:
    for name in (*_LOWER, *_UPPER):
        before, after = old.get(name), new.get(name)
        if after is None or after == before:
            continue
        if before is None or (after > before) == (name in _LOWER):
            yield f"{path}: {name} is now {after}" + ("" if before is None else f", was {before}")
    if new.get("pattern") not in (None, old.get("pattern")):
        yield f"{path}: has to match {new['pattern']} now"
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield f"{path}: refuses fields that it does not know now"
