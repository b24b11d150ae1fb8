"""Which errors an operation can be answered with, and what those answers look like."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from sparx_core.errors import (
    ApiError,
    BadRequest,
    Conflict,
    InsufficientScope,
    InternalError,
    ModuleDisabled,
    NotFound,
    PayloadTooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from sparx_core.registry import Registry
from sparx_core.resources import CORE, Kind, Operation
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.names import pascal
from sparx_core.surfaces.openapi.prose import markdown

Errors = Sequence[type[ApiError]]

_REQUEST_ID = "5f0f6e0c6d0d4a3f9a54b1c2a7d9e310"
_DETAILS: dict[type[ApiError], Any] = {
    BadRequest: {"parameter": "page"},
    ModuleDisabled: {"module": "crm"},
    InsufficientScope: {"requiredScopes": ["read:crm"]},
    ValidationFailed: [{"field": "name", "message": "Missing data for required field."}],
}
_HEADERS: dict[type[ApiError], str] = {
    Unauthorized: "WWW-Authenticate",
    Unavailable: "Retry-After",
}


def errors_of(operation: Operation, registry: Registry) -> list[type[ApiError]]:
    """The errors that an operation can be answered with, by status.

    What the core answers follows from the kind of operation. What its function raises it declares;
    where it does not, every error counts of its module and of those that it requires.
    """
    found: dict[type[ApiError], None] = dict.fromkeys(
        [BadRequest, Unauthorized, InternalError, Unavailable]
    )
    if operation.module != CORE:
        found[ModuleDisabled] = None
    if operation.scope is not None:
        found[InsufficientScope] = None
    if operation.resource is not None and operation.kind not in (Kind.LIST, Kind.CREATE):
        found[NotFound] = None
    if operation.writes:
        found |= dict.fromkeys([PayloadTooLarge, UnsupportedMediaType, ValidationFailed])
        if operation.resource is not None:
            found[Conflict] = None
    found |= dict.fromkeys(_raised(operation, registry))
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
    problem = {
        "type": "object",
        "description": "What is wrong with one value of a body.",
        "properties": {
            "field": {
                "type": "string",
                "description": "The path of the field, such as `items[0].quantity`; empty for all.",
            },
            "message": {"type": "string"},
        },
        "required": ["field", "message"],
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
    return {"Error": error, "Problem": problem}


def _response(errors: Errors) -> JsonSchema:
    codes: dict[str, JsonSchema] = {"code": {"enum": [one.code for one in errors]}}
    if list(errors) == [ValidationFailed]:
        listed = {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}}
        codes["details"] = listed
    told = [f"`{one.code}`: {documentation_of(one)}" for one in errors]
    headers = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    for one in errors:
        if one in _HEADERS:
            headers[_HEADERS[one]] = {"$ref": f"#/components/headers/{_HEADERS[one]}"}
    return {
        "description": told[0] if len(told) == 1 else "\n".join(f"- {one}" for one in told),
        "headers": headers,
        "content": {
            "application/json": {
                "schema": _envelope(codes, details="details" in codes),
                "examples": {one.code: {"value": example_error(one)} for one in errors},
            }
        },
    }


def _envelope(properties: dict[str, JsonSchema], *, details: bool) -> JsonSchema:
    narrowed: JsonSchema = {"type": "object", "properties": properties}
    if details:
        narrowed["required"] = ["details"]
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
