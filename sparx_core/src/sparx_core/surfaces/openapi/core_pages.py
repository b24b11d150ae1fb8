"""What the application answers beside the operations: health, and the document itself."""

from __future__ import annotations

from typing import Any

from sparx_core.errors import BadRequest, InternalError, RateLimited, Unauthorized, Unavailable
from sparx_core.resources import CORE
from sparx_core.surfaces.openapi.bulk import job_paths, job_schemas
from sparx_core.surfaces.openapi.errors import responses_of
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.operations import BEARER, success_response, success_schema

#: Who needs no key.
_ANYBODY: list[dict[str, list[str]]] = []
_REFUSED = (BadRequest, Unauthorized, RateLimited, InternalError, Unavailable)


def core_paths(responses: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    """Path Items; ``responses`` are the components in which errors are kept."""
    return {
        "/health": {"get": _health(responses)},
        "/ready": {"get": _ready(responses)},
        "/v1/openapi.json": {"get": _document(responses)},
        **job_paths(responses),
    }


def core_schemas() -> dict[str, JsonSchema]:
    """The components of those paths."""
    health = {
        "type": "object",
        "properties": {"status": {"type": "string", "const": "ok"}},
        "required": ["status"],
    }
    check = {
        "type": "object",
        "properties": {
            "ok": {"type": "boolean"},
            "milliseconds": {"type": "number", "description": "How long it took to find out."},
            "problem": {"type": "string", "description": "There if it is not `ok`."},
        },
        "required": ["ok", "milliseconds"],
    }
    readiness = {
        "type": "object",
        "properties": {
            "status": {"type": "string", "const": "ready"},
            "checks": {
                "type": "object",
                "description": "`database` and `migrations` decide; `queue` is reported.",
                "additionalProperties": check,
            },
        },
        "required": ["status", "checks"],
    }
    return {"Health": health, "Readiness": readiness, **job_schemas()}


def _health(responses: dict[str, JsonSchema]) -> JsonSchema:
    schema = success_schema({"$ref": "#/components/schemas/Health"})
    return {
        **_about("health", "Whether the process answers at all."),
        "responses": {
            "200": success_response("It does.", schema, _example({"status": "ok"})),
            **responses_of([InternalError], responses),
        },
    }


def _ready(responses: dict[str, JsonSchema]) -> JsonSchema:
    schema = success_schema({"$ref": "#/components/schemas/Readiness"})
    names = ("database", "migrations", "queue")
    checks = {name: {"ok": True, "milliseconds": 1} for name in names}
    example = _example({"status": "ready", "checks": checks})
    told = "Whether the database answers and its migrations are at head."
    return {
        **_about("ready", told),
        "responses": {
            "200": success_response("It can serve.", schema, example),
            **responses_of([InternalError, Unavailable], responses),
        },
    }


def _document(responses: dict[str, JsonSchema]) -> JsonSchema:
    told = (
        "This document. Without a key it describes all installed modules; with one the modules that"
        " are active for its tenant, with the fields that they add to resources of others."
    )
    return {
        **_about("openapi", told),
        "security": [{}, {BEARER: []}],
        "parameters": [
            {
                "name": "If-None-Match",
                "in": "header",
                "description": "The `ETag` of an answer that the client still has.",
                "schema": {"type": "string"},
            }
        ],
        "responses": {
            "200": {
                "description": "An OpenAPI 3.1 document, not in the envelope.",
                "headers": {
                    name: {"$ref": f"#/components/headers/{name}"}
                    for name in ("X-Request-Id", "ETag")
                },
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            "304": {"description": "The client has it already."},
            **responses_of(_REFUSED, responses),
        },
    }


def _about(name: str, told: str) -> dict[str, Any]:
    return {
        "operationId": f"{CORE}.{name}",
        "tags": [CORE],
        "summary": told.partition(". ")[0].removesuffix(".") + ".",
        "description": told,
        "security": _ANYBODY,
    }


def _example(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data}
