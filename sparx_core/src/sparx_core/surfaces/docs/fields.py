"""Parameters and fields, each with its type, whether it must be there, and what it means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sparx_core.surfaces.docs.html import Child, Html, code, element, inline, together
from sparx_core.surfaces.openapi.examples import resolved
from sparx_core.surfaces.openapi.fields import JsonSchema

_OPERATOR = re.compile(r"(\w+)\[(\w+)\]")
_FORMATS = {"uuid": "id", "date-time": "UTC time", "idn-email": "e-mail address"}


class Fields:
    """Renders schemas of a document; ``homes`` says where the resource of a component is shown."""

    def __init__(self, schemas: Mapping[str, JsonSchema], homes: Mapping[str, str]) -> None:
        self.schemas, self.homes = schemas, homes

    def parameters(self, parameters: Sequence[Mapping[str, Any]]) -> Html:
        """Parameters of a request; those that filter by one field are told together."""
        operators: dict[str, list[str]] = {}
        for one in parameters:
            if found := _OPERATOR.fullmatch(one["name"]):
                operators.setdefault(found[1], []).append(one["name"])
        shown = [one for one in parameters if not _is_told_elsewhere(one["name"], parameters)]
        return element(
            "dl", [self._parameter(one, operators.get(one["name"], [])) for one in shown],
            class_="fields",
        )  # fmt: skip

    def _parameter(self, parameter: Mapping[str, Any], operators: Sequence[str]) -> Html:
        need = "required" if parameter.get("required") else ""
        told = together(
            going_note(parameter),
            inline(parameter["description"]),
            together(" Also ", _listed(code(one) for one in operators), ".") if operators else None,
        )
        return _entry(parameter["name"], self._kind(parameter["schema"]), need, told)

    def of(self, schema: JsonSchema, *, sent: bool) -> Html:
        """The fields of an object, and of the objects inside it."""
        rows = list(self._rows(self._object(schema), "", sent=sent))
        if not rows:
            return element("p", "Any JSON value.")
        return element("dl", rows, class_="fields")

    def _rows(self, schema: JsonSchema, prefix: str, *, sent: bool) -> Iterator[Html]:
        required = schema.get("required", [])
        for name, one in schema.get("properties", {}).items():
            found = resolved(one, self.schemas)
            if sent:
                need = "required" if name in required else ""
            else:
                need = "" if name in required else "not always"
            if "x-sparx-include" in one:
                need = "with include"
            told = inline(one.get("description") or one.get("items", {}).get("description", ""))
            yield _entry(prefix + name, self._kind(one), need, together(going_note(one), told))
            inner = self._inner(found)
            if inner is not None and "x-sparx-include" not in one:
                many = "[]" if _kind_of(found) == "array" else ""
                yield from self._rows(inner, f"{prefix}{name}{many}.", sent=sent)

    def _inner(self, schema: JsonSchema) -> JsonSchema | None:
        """The object inside a value that has fields of its own."""
        entry = resolved(schema.get("items", schema), self.schemas)
        return entry if "properties" in entry else None

    def _object(self, schema: JsonSchema) -> JsonSchema:
        """The object that a schema describes first: the whole one, before any part of it."""
        found = resolved(schema, self.schemas)
        if "items" in found:
            return self._object(found["items"])
        if "anyOf" in found:
            return self._object(found["anyOf"][0])
        if "allOf" not in found:
            return found
        parts = [self._object(one) for one in found["allOf"]]
        return {
            "properties": {k: v for part in parts for k, v in part["properties"].items()},
            "required": [name for part in parts for name in part.get("required", [])],
        }

    def _kind(self, schema: JsonSchema) -> Child:
        """The type of a value in a few words."""
        reference = schema.get("$ref", "").rpartition("/")[2]
        if reference:
            home = self.homes.get(reference)
            return element("a", reference, href=home) if home else "object"
        if "anyOf" in schema:
            kinds = (self._kind(one) for one in schema["anyOf"])
            return _listed(together(kind) for kind in kinds)
        if _kind_of(schema) == "array":
            return together("list of ", self._kind(schema.get("items", {})), _bounds(schema))
        told = _FORMATS.get(schema.get("format", ""), _kind_of(schema))
        if "enum" in schema or "const" in schema:
            words = schema.get("enum", [schema.get("const")])
            return _listed(code("null" if one is None else _word(one)) for one in words)
        null = ", or null" if "null" in schema.get("type", "") and told != "null" else ""
        return together(told, _bounds(schema), null)


def going_note(part: Mapping[str, Any]) -> Html | None:
    """What is said of an operation, a field, a parameter or an event that goes away."""
    if not part.get("deprecated"):
        return None
    since, sunset = part["x-deprecated-since"], part["x-sunset"]
    told = [f" since {since}, promised until {sunset}. "]
    if "x-replacement" in part:
        told.append(f"Use {part['x-replacement']}. ")
    return together(element("span", "deprecated", class_="need deprecated"), map(inline, told))


def _is_told_elsewhere(name: str, parameters: Sequence[Mapping[str, Any]]) -> bool:
    found = _OPERATOR.fullmatch(name)
    return found is not None and any(one["name"] == found[1] for one in parameters)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind_of(schema: JsonSchema) -> str:
    kind = schema.get("type", "any value")
    first = kind[0] if isinstance(kind, list) else kind
    return {"integer": "whole number", "string": "text"}.get(first, str(first))


def _bounds(schema: JsonSchema) -> str:
    unit = {"array": " entries", "text": " characters"}.get(_kind_of(schema), "")
    names = {"array": "Items", "text": "Length"}.get(_kind_of(schema), "")
    least = schema.get(f"min{names}" if names else "minimum")
    most = schema.get(f"max{names}" if names else "maximum")
    if names == "Length" and least == 1:
        least = None  # what everybody expects of a text
    if least is not None and most is not None:
        return f", {least:,} to {most:,}{unit}"
    if most is not None:
        return f", at most {most:,}{unit}"
    if "exclusiveMaximum" in schema:
        return f", below {schema['exclusiveMaximum']:,}"
    return "" if least is None else f", at least {least:,}{unit}"


def _listed(parts: Iterator[Html]) -> Html:
    """``a``, ``b`` and ``c`` with commas."""
    found = list(parts)
    return together(together(", " if place else "", one) for place, one in enumerate(found))


def _entry(name: str, kind: Child, need: str, told: Html) -> Html:
    head = element(
        "dt",
        element("code", name),
        " ",
        element("span", kind, class_="kind"),
        together(" ", element("span", need, class_=f"need {need.replace(' ', '-')}"))
        if need
        else None,
    )
    return together(head, element("dd", told))
