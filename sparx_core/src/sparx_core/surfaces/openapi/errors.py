"""Which errors an operation can be answered with, and what those answers look like."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from sparx_core.errors import (
    AnswerErased,
    ApiError,
    BadRequest,
    Conflict,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InsufficientScope,
    InternalError,
    ModuleDisabled,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    RateLimited,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
    VersionConflict,
    VersionRequired,
)
from sparx_core.forms import is_versioned
from sparx_core.pointers import problem
from sparx_core.registry import Registry
from sparx_core.resources import CORE, Kind, Operation
from sparx_core.surfaces.openapi.about import HEADERS
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.names import pascal
from sparx_core.surfaces.openapi.prose import markdown

Errors = Sequence[type[ApiError]]

_REQUEST_ID = "5f0f6e0c6d0d4a3f9a54b1c2a7d9e310"
_DETAILS: dict[type[ApiError], Any] = {
    PreconditionFailed: {"version": 4},
    VersionConflict: {"version": 4},
    BadRequest: {"parameter": "page"},
    ModuleDisabled: {"module": "crm"},
    InsufficientScope: {"requiredScopes": ["read:crm"]},
    ValidationFailed: [problem("items[0].quantity", "Missing data for required field.")],
}
_HEADERS: dict[type[ApiError], str] = {
    Unauthorized: "WWW-Authenticate",
    IdempotencyInProgress: "Retry-After",
    RateLimited: "Retry-After",
    Unavailable: "Retry-After",
}
#: Kinds that are about no single row, and refuse rows one by one.
_OF_MANY = (Kind.BATCH, Kind.IMPORT, Kind.EXPORT, Kind.AGGREGATE)


def errors_of(
    operation: Operation, registry: Registry, modules: frozenset[str]
) -> list[type[ApiError]]:
    """The errors that an operation can be answered with, by status, while ``modules`` are active.

    What the core answers follows from the kind of operation. What its function raises it declares,
    and so do the guards of its events; where a function does not, every error counts of its module
    and of those that it requires.
    """
    found: dict[type[ApiError], None] = dict.fromkeys(
        [BadRequest, RateLimited, InternalError, Unavailable]
    )
    if not operation.public:
        found[Unauthorized] = None
    if operation.module != CORE:
        found[ModuleDisabled] = None
    if operation.scope is not None:
        found[InsufficientScope] = None
    about_row = operation.resource is not None and operation.kind not in (Kind.LIST, *_OF_MANY)
    if about_row and operation.kind is not Kind.CREATE:
        found[NotFound] = None
    if operation.writes:
        found |= dict.fromkeys([PayloadTooLarge, UnsupportedMediaType, ValidationFailed])
        if not operation.public:
            found |= dict.fromkeys([IdempotencyInProgress, IdempotencyKeyReused, AnswerErased])
        if about_row:
            found[Conflict] = None
    reads_list = operation.kind in (Kind.LIST, Kind.AGGREGATE) or operation.public
    if not reads_list and (operation.writes or operation.resource is not None):
        found[PreconditionFailed] = None
    if is_versioned(operation):
        found[VersionConflict] = None
    if operation.demands_version:
        found[VersionRequired] = None
    found |= dict.fromkeys(_raised(operation, registry))
    if operation.kind not in _OF_MANY:
        guards = [registry.guards_of(event.name, modules) for event in operation.emits]
        found |= dict.fromkeys(error for one in chain(*guards) for error in one.raises)
    places = {code: place for place, code in enumerate(registry.errors)}
    return sorted(found, key=lambda one: (one.status, places[one.code]))


def _raised(operation: Operation, registry: Registry) -> Iterable[type[ApiError]]:
    if operation.raises is not None:
        return operation.raises
    if operation.function is None or operation.module == CORE:
        return ()
    modules = {operation.module, *registry.requires(operation.module)} - {CORE}
    found = [
        one for code, one in registry.errors.items() if registry.error_modules[code] in modules
    ]
    return [*found, NotFound] if "{" in operation.path else found


def responses_of(errors: Errors, responses: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    """References to the answers by status; ``responses`` are the components that they are kept in.

    Operations with the same codes under a status share the component.
    """
    by_status: dict[int, list[type[ApiError]]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    found = {}
    for status, those in sorted(by_status.items()):
        name = "Or".join(pascal(one.code) for one in those)
        responses.setdefault(name, _response(those))
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return found


def documentation_of(error: type[ApiError]) -> str:
    """What is published of an error code."""
    return markdown(inspect.cleandoc(error.__doc__ or ""))


def error_schemas() -> dict[str, JsonSchema]:
    """The components that all errors share."""
    wrong = {
        "type": "object",
        "description": "What is wrong with one value of a body.",
        "properties": {
            "field": {
                "type": "string",
                "description": "The path of the field, such as `items[0].quantity`; empty for all.",
            },
            "pointer": {
                "type": "string",
                "description": "The same as a JSON pointer (RFC 6901): `/items/0/quantity`.",
            },
            "message": {"type": "string"},
        },
        "required": ["field", "pointer", "message"],
    }
    error = {
        "type": "object",
        "description": "What a request was refused for.",
        "properties": {
            "code": {"type": "string", "description": "For programs; its meaning never changes."},
            "message": {"type": "string", "description": "For people; may change."},
            "details": {"description": "More about it, where there is more to say."},
            "requestId": {
                "type": "string",
                "description": "Also the header `X-Request-Id`, and in the log.",
            },
        },
        "required": ["code", "message", "requestId"],
    }
    return {"Error": error, "Problem": wrong}


def _response(errors: Errors) -> JsonSchema:
    told = [f"`{one.code}`: {documentation_of(one)}" for one in errors]
    return {
        "description": told[0] if len(told) == 1 else "\n".join(f"- {one}" for one in told),
        "headers": _headers(errors),
        "content": {
            "application/json": {
                "schema": _envelope(errors),
                "examples": {one.code: {"value": example_error(one)} for one in errors},
            }
        },
    }


def _headers(errors: Errors) -> JsonSchema:
    found: JsonSchema = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    for one in errors:
        name = _HEADERS.get(one)
        if name is not None and len(errors) == 1:
            found[name] = {"$ref": f"#/components/headers/{name}"}
        elif name is not None:  # the others come without it
            told = f"With `{one.code}`: {HEADERS[name]['description']}"
            found[name] = {**HEADERS[name], "required": False, "description": told}
    return found


def _envelope(errors: Errors) -> JsonSchema:
    codes: JsonSchema = {"code": {"enum": [one.code for one in errors]}}
    narrowed: JsonSchema = {"type": "object", "properties": codes}
    if ValidationFailed in errors:
        listed = {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}}
        wrong: JsonSchema = {"properties": {"details": listed}, "required": ["details"]}
        if len(errors) == 1:
            codes |= wrong["properties"]
            narrowed["required"] = wrong["required"]
        else:
            is_wrong = {"properties": {"code": {"const": ValidationFailed.code}}}
            narrowed |= {"if": is_wrong, "then": wrong}
    return {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "const": False},
            "error": {"allOf": [{"$ref": "#/components/schemas/Error"}, narrowed]},
        },
        "required": ["success", "error"],
    }


def example_error(error: type[ApiError]) -> dict[str, Any]:
    """The envelope as a client may receive it."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error in _DETAILS:
        body["details"] = _DETAILS[error]
    return {"success": False, "error": {**body, "requestId": _REQUEST_ID}}
