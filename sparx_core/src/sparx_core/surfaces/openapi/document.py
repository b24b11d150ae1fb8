"""The whole document: what the core and the active modules of a tenant can be asked."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

import msgspec

from sparx_core.errors import ApiError
from sparx_core.json import encode
from sparx_core.modules import RegistryError
from sparx_core.read.kinds import Shapes
from sparx_core.read.own import Own
from sparx_core.registry import Registry
from sparx_core.resources import CORE
from sparx_core.settings import Settings
from sparx_core.surfaces.cached import Cached
from sparx_core.surfaces.openapi.about import HEADERS, SECURITY, info
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.core_pages import core_paths, core_schemas
from sparx_core.surfaces.openapi.errors import documentation_of, error_schemas
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.kinds import with_kinds
from sparx_core.surfaces.openapi.names import Names
from sparx_core.surfaces.openapi.operations import BEARER, answer_schemas, operation_object
from sparx_core.surfaces.openapi.parameters import HEADERS as PARAMETERS_IN_HEADERS
from sparx_core.surfaces.openapi.parameters import SHARED, plain_path
from sparx_core.surfaces.openapi.payloads import event_type
from sparx_core.surfaces.openapi.request_limits import limits_object
from sparx_core.surfaces.rest.envelope import MEDIA_TYPE
from sparx_core.surfaces.rest.query import NOBODYS
from sparx_core.surfaces.shapes import shapes_of

#: Documents that are kept, one for each set of modules that some tenant has active.
MAX_KEPT = 64

_METHODS = ("get", "post", "patch", "delete")


@dataclass(frozen=True)
class Document:
    """A document, and the same as compact JSON for clients."""

    content: JsonSchema
    cached: Cached


class Documents:
    """The documents of an installation, built once for each set of modules.

    Raises ``RegistryError`` for declarations that cannot be described: two components of one name,
    an error that no module declares.
    """

    def __init__(self, registry: Registry, settings: Settings | None = None) -> None:
        self.registry, self.settings = registry, settings
        self._names = Names(registry)
        self._kept: OrderedDict[frozenset[str], Document] = OrderedDict()
        self._lock = Lock()
        for operation in registry.operations.values():
            _check_errors(f"operation {operation.name}", operation.raises or (), registry)
        for guard in registry.guards.values():
            _check_errors(f"guard {guard.name}", guard.raises, registry)

    def everything(self) -> Document:
        """The document of all modules that are installed."""
        return self.of(self.registry.modules)

    def of(self, modules: Iterable[str], own: Own = NOBODYS) -> Document:
        """The document of the core and ``modules``, with the kinds that a tenant declares."""
        active = frozenset(modules) & frozenset(self.registry.modules) | {CORE}
        shapes = shapes_of(self.registry, active, own)
        key = active | {f"={one}:{found.digest}" for one, found in shapes.items()}
        with self._lock:
            found = self._kept.pop(key, None) or self._build(active, shapes)
            self._kept[key] = found
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return found

    def _build(self, modules: frozenset[str], shapes: Mapping[str, Shapes]) -> Document:
        content = build(self.registry, self._names, modules)
        for key, found in shapes.items():
            content = with_kinds(content, self.registry.resources[key], self._names, found)
        content["x-sparx-limits"] = limits_object(self.settings)
        return Document(content, Cached(encode(content), MEDIA_TYPE))


@lru_cache(maxsize=8)
def documents_of(registry: Registry, settings: Settings | None = None) -> Documents:
    """The documents of a registry, which never changes; with the usual limits, if no settings are
    given.
    """
    return Documents(registry, settings)


def build(registry: Registry, names: Names, modules: frozenset[str]) -> JsonSchema:
    """The OpenAPI Object for a set of modules."""
    components = Components(registry, names, modules)
    responses: dict[str, JsonSchema] = {}
    paths = _paths(components, responses, modules)
    events = [
        event_type(one, components)
        for name, one in registry.events.items()
        if registry.event_modules[name] in modules
    ]
    schemas = {**components.schemas, **answer_schemas(), **error_schemas(), **core_schemas()}
    return {
        "openapi": "3.1.1",
        "info": info(),
        "servers": [{"url": "/"}],
        "tags": [_tag(registry, key) for key in registry.modules if key in modules],
        "security": [{BEARER: []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "parameters": {
                **SHARED,
                **PARAMETERS_IN_HEADERS,
                **dict(sorted(components.parameters.items())),
            },
            "headers": HEADERS,
            "responses": dict(sorted(responses.items())),
            "securitySchemes": {BEARER: SECURITY},
        },
        "x-sparx-errors": _errors(registry, modules),
        "x-sparx-events": events,
    }


def released_on(document: Document, day: date) -> Document:
    """The document as clients were given it on a day."""
    content = {**document.content, "info": {**document.content["info"], "x-released": str(day)}}
    return Document(content, Cached(encode(content), MEDIA_TYPE))


def pretty(document: Document) -> str:
    """For people and for version control."""
    return msgspec.json.format(document.cached.data, indent=2).decode() + "\n"


def _paths(
    components: Components, responses: dict[str, JsonSchema], modules: frozenset[str]
) -> JsonSchema:
    paths = core_paths(responses)
    for operation in components.registry.operations.values():
        if operation.module in modules:
            found = operation_object(operation, components, responses)
            path = paths.setdefault(plain_path(operation.path), {})
            path[operation.method.lower()] = found
    return {
        path: {method: paths[path][method] for method in _METHODS if method in paths[path]}
        for path in sorted(paths)
    }


def _tag(registry: Registry, key: str) -> JsonSchema:
    module = registry.modules[key].module
    told = {"description": module.description} if module.description else {}
    return {"name": key, "x-displayName": module.title, **told}


def _errors(registry: Registry, modules: frozenset[str]) -> list[dict[str, Any]]:
    """Every code that a client can receive, those included that no single operation answers."""
    found = [
        one for code, one in registry.errors.items() if registry.error_modules[code] in modules
    ]
    return [
        {"code": one.code, "status": one.status, "description": documentation_of(one)}
        for one in sorted(found, key=lambda one: one.status)
    ]


def _check_errors(who: str, raised: Iterable[type[ApiError]], registry: Registry) -> None:
    for error in raised:
        if registry.errors.get(error.code) is not error:
            raise RegistryError(f"{who} raises {error.code}, which no module declares")
