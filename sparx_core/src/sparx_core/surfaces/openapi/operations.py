"""Operations: what is asked, and every answer to it, each in the envelope."""

from __future__ import annotations

from typing import Any

from sparx_core.forms import body_schema
from sparx_core.read.page import DEFAULT_TAKE
from sparx_core.resources import Kind, Operation
from sparx_core.surfaces.openapi.aggregates import aggregate_answer
from sparx_core.surfaces.openapi.bulk import (
    JOBS,
    batch_answer,
    batch_request,
    import_request,
)
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.errors import errors_of, responses_of
from sparx_core.surfaces.openapi.examples import example_id, example_of, resolved
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.parameters import parameters_of
from sparx_core.surfaces.openapi.prose import first_sentence, markdown

#: The name of the security scheme.
BEARER = "apiKey"
#: Fields in the example of a PATCH.
_CHANGED = 2


def operation_object(
    operation: Operation, components: Components, responses: dict[str, JsonSchema]
) -> JsonSchema:
    """The Operation Object; ``responses`` are the components in which errors are kept."""
    parameters = parameters_of(operation, components)
    errors = errors_of(operation, components.registry, components.modules)
    emitted = [event.name for event in operation.emits]
    return {
        "operationId": operation.name,
        "tags": [operation.module],
        "summary": first_sentence(operation.documentation),
        "description": _description(operation),
        "security": _security(operation),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _request(operation, components)} if _has_body(operation) else {}),
        "responses": {
            str(operation.status): _success(operation, components),
            **responses_of(errors, responses),
        },
        **({"x-sparx-emits": emitted} if emitted else {}),
        **(operation.deprecated.marks() if operation.deprecated else {}),
    }


def _security(operation: Operation) -> list[JsonSchema]:
    """Who may ask: a key, or with an empty list anybody who has the path."""
    if operation.public:
        return []
    return [{BEARER: [operation.scope] if operation.scope else []}]


def _has_body(operation: Operation) -> bool:
    return operation.kind is Kind.IMPORT or body_schema(operation) is not None


def success_schema(data: JsonSchema, meta: JsonSchema | None = None) -> JsonSchema:
    """The envelope of a success."""
    properties: dict[str, JsonSchema] = {
        "success": {"type": "boolean", "const": True},
        "data": data,
    }
    if meta is not None:
        properties["meta"] = meta
    return {"type": "object", "properties": properties, "required": list(properties)}


def success_response(
    told: str, schema: JsonSchema, example: Any, headers: JsonSchema | None = None
) -> JsonSchema:
    """A Response Object for an answer in the envelope; ``headers`` beside those of all answers."""
    return {
        "description": told,
        "headers": {
            "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
            **(headers or {}),
        },
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def answer_schemas() -> dict[str, JsonSchema]:
    """The components that answers share."""
    meta = {
        "type": "object",
        "description": "Beside a list.",
        "properties": {
            "total": {"type": "integer", "description": "How many entries match, exactly."},
            "per_page": {"type": "integer", "description": "The size of a page."},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Send it as `cursor` for the next page; null on the last one.",
            },
        },
        "required": ["total", "per_page", "next_cursor"],
    }
    deleted = {
        "type": "object",
        "description": "What was deleted.",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "deleted": {"type": "boolean", "const": True},
        },
        "required": ["id", "deleted"],
    }
    return {"ListMeta": meta, "Deleted": deleted}


def _description(operation: Operation) -> str:
    if operation.public:
        link = "For those who have the link; no key is looked at."
        return "\n\n".join(part for part in (markdown(operation.documentation), link) if part)
    need = f"Needs the scope `{operation.scope}`." if operation.scope else "Any valid key may ask."
    return "\n\n".join(part for part in (markdown(operation.documentation), need) if part)


def _request(operation: Operation, components: Components) -> JsonSchema:
    if operation.kind is Kind.BATCH:
        return batch_request(operation, components)
    if operation.kind is Kind.IMPORT:
        return import_request(operation, components)
    schema = components.body(operation)
    body = resolved(schema, components.schemas)
    # An action or call all of whose values may be absent may come without a body.
    required = operation.kind not in (Kind.ACTION, Kind.CALL) or "required" in body
    example = example_of(schema, components.schemas)
    if operation.partial:
        example = dict(list(example.items())[:_CHANGED])
    return {
        "required": required,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _success(operation: Operation, components: Components) -> JsonSchema:
    if operation.kind is Kind.BATCH:
        return _batch(operation, components)
    if operation.kind is Kind.AGGREGATE:
        return _aggregate(operation, components)
    if operation.file is not None:
        return _file(operation)
    data = _data(operation, components)
    if operation.kind is Kind.DELETE:
        assert operation.resource is not None
        example: Any = {"id": example_id(operation.resource.key), "deleted": True}
    else:
        example = example_of(data, components.schemas)
    answer = {"success": True, "data": example}
    if operation.kind is not Kind.LIST:
        told = {201: "Created.", 202: "Accepted: a worker does it."}.get(operation.status, "Done.")
        if operation.method == "GET":
            told = "Found."
        beside = None
        if operation.meta is not None:
            beside = components.object(operation.module, operation.meta)
            answer["meta"] = example_of(beside, components.schemas)
        return success_response(told, success_schema(data, beside), answer, _headers(operation))
    meta = {"$ref": "#/components/schemas/ListMeta"}
    answer["meta"] = {"total": 1, "per_page": DEFAULT_TAKE, "next_cursor": None}
    page = success_schema(data, meta)
    return success_response("A page of the list.", page, answer, _headers(operation))


def _aggregate(operation: Operation, components: Components) -> JsonSchema:
    assert operation.resource is not None
    data, meta = aggregate_answer(operation.resource)
    return _with_meta("The groups, in their order.", operation, data, meta, components)


def _with_meta(
    told: str, operation: Operation, data: JsonSchema, meta: JsonSchema, components: Components
) -> JsonSchema:
    answer = {
        "success": True,
        "data": example_of(data, components.schemas),
        "meta": example_of(meta, components.schemas),
    }
    return success_response(told, success_schema(data, meta), answer, _headers(operation))


def _batch(operation: Operation, components: Components) -> JsonSchema:
    data, meta = batch_answer(operation, components)
    return _with_meta("What became of each entry.", operation, data, meta, components)


def _file(operation: Operation) -> JsonSchema:
    disposition = {"description": "The name of the file.", "schema": {"type": "string"}}
    return {
        "description": "The file.",
        "headers": {
            "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
            "Content-Disposition": disposition,
            **_headers(operation),
        },
        "content": {operation.file: {"schema": {"type": "string", "format": "binary"}}},
    }


#: What does not answer with one row.
_WITHOUT_VERSION = frozenset(
    {Kind.LIST, Kind.DELETE, Kind.BATCH, Kind.IMPORT, Kind.EXPORT, Kind.FILE, Kind.AGGREGATE}
)


def _headers(operation: Operation) -> JsonSchema:
    if operation.public:
        return {}
    names = ["RateLimit", "RateLimit-Policy"]
    if operation.deprecated is not None:
        names += ["Deprecation", "Sunset", "Link"]
    headers: JsonSchema = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if operation.resource is not None and operation.kind not in _WITHOUT_VERSION:
        headers["ETag"] = {"$ref": "#/components/headers/RowVersion"}
    if operation.writes:
        replayed = "Idempotent-Replayed"
        headers[replayed] = {"$ref": f"#/components/headers/{replayed}"}
    return headers


def _data(operation: Operation, components: Components) -> JsonSchema:
    """What is in ``data``."""
    if operation.kind is Kind.DELETE:
        return {"$ref": "#/components/schemas/Deleted"}
    if operation.kind in (Kind.IMPORT, Kind.EXPORT):
        return components.resource(JOBS)
    if operation.resource is not None:
        shown = components.shown(operation.resource.key)
        if operation.kind is Kind.LIST:
            return {"type": "array", "items": shown}
        if operation.answer is None:
            return shown
        return {"allOf": [shown, _declared(operation, components)]}
    if operation.answer is None:
        return {"description": "Whatever the operation answers with.", "examples": [{}]}
    declared = _declared(operation, components)
    many = not isinstance(operation.answer, type) and operation.answer.many
    return {"type": "array", "items": declared} if many else declared


def _declared(operation: Operation, components: Components) -> JsonSchema:
    answer = operation.answer
    assert answer is not None
    schema = answer if isinstance(answer, type) else type(answer)
    for resource in components.registry.resources.values():
        if resource.schema is schema:
            return components.resource(resource.key)
    return components.object(operation.module, schema)
