"""The catalogue of events: what each type tells, with the schema of its payload and an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sparx_core.events.types import Event
from sparx_core.json import encode
from sparx_core.read.view import View
from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.examples import example_of
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.names import Names
from sparx_core.surfaces.openapi.prose import markdown

_COMPONENTS = "#/components/schemas/"


class Payloads(Components):
    """The schemas of payloads: resources with what is shown unasked, at least in detail."""

    def _names(self, view: View) -> Iterator[str]:
        for name in super()._names(view):
            shown = view.relations.get(name) or view.fields[name]
            if shown.default or shown.detail:
                yield name


def event_type(event: type[Event], components: Components) -> dict[str, Any]:
    """An entry of the catalogue. ``public``: webhooks may subscribe to it."""
    payload = components.resource(event.resource)
    return {
        "type": event.name,
        "version": event.version,
        "public": event.public,
        "resource": event.resource,
        "description": markdown(event.documentation()),
        **(event.deprecated.marks() if event.deprecated else {}),
        "data": payload,
        "example": example_of(payload, components.schemas),
    }


def catalogue(registry: Registry, modules: frozenset[str]) -> dict[str, Any]:
    """The events of ``modules``, and the schemas that their payloads refer to."""
    components = Payloads(registry, Names(registry), modules)
    found = []
    for name, event in registry.events.items():
        module = registry.event_modules[name]
        if module in modules:
            told = event_type(event, components)
            found.append({"type": name, "module": module} | told)
    schemas = dict(sorted(components.schemas.items()))
    return {"events": found, "components": {"schemas": schemas}}


def pretty_catalogue(content: Mapping[str, Any]) -> str:
    """For people and for version control."""
    return msgspec.json.format(encode(content), indent=2).decode() + "\n"


def standalone(schema: JsonSchema, schemas: Mapping[str, JsonSchema]) -> JsonSchema:
    """A JSON Schema with all that it refers to inside of it."""
    needed: dict[str, JsonSchema] = {}
    _collect(schema, schemas, needed)
    moved = {name: _moved(one) for name, one in sorted(needed.items())}
    return {**_moved(schema), "$defs": moved}


def _collect(part: Any, schemas: Mapping[str, JsonSchema], needed: dict[str, JsonSchema]) -> None:
    if isinstance(part, list):
        for one in part:
            _collect(one, schemas, needed)
    elif isinstance(part, dict):
        name = _component(part)
        if name is not None and name not in needed:
            needed[name] = schemas[name]
            _collect(schemas[name], schemas, needed)
        for one in part.values():
            _collect(one, schemas, needed)


def _moved(part: Any) -> Any:
    if isinstance(part, list):
        return [_moved(one) for one in part]
    if not isinstance(part, dict):
        return part
    name = _component(part)
    moved = {key: _moved(one) for key, one in part.items()}
    return moved if name is None else {**moved, "$ref": f"#/$defs/{name}"}


def _component(part: JsonSchema) -> str | None:
    reference = part.get("$ref")
    if isinstance(reference, str) and reference.startswith(_COMPONENTS):
        return reference.removeprefix(_COMPONENTS)
    return None
