"""Batches, imports and exports of a resource, and what jobs leave, in the document."""

from __future__ import annotations

from typing import Any

from sparx_core.bulk.formats import MEDIA_TYPES
from sparx_core.bulk.items import Reader
from sparx_core.bulk.schemas import CREATE, DELETE, MAX_ITEMS, UPDATE, UPSERT
from sparx_core.errors import (
    BadRequest,
    InsufficientScope,
    InternalError,
    InvalidTransition,
    ModuleDisabled,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from sparx_core.read.page import DEFAULT_TAKE, MAX_TAKE
from sparx_core.resources import CORE, Kind, Operation, Resource
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.errors import responses_of
from sparx_core.surfaces.openapi.examples import example_id, example_of
from sparx_core.surfaces.openapi.fields import JsonSchema

#: What answers with a job.
JOBS = "core.jobs"
_REFUSED = (
    BadRequest,
    Unauthorized,
    ModuleDisabled,
    InsufficientScope,
    NotFound,
    RateLimited,
    InternalError,
    Unavailable,
)
_UUID: JsonSchema = {"type": "string", "format": "uuid"}


def batch_body(operation: Operation, components: Components) -> JsonSchema:
    """The body of a batch: each entry as its operation takes it."""
    assert operation.resource is not None
    entries = _entries(operation.resource, components)
    return _object(
        {
            "atomic": {
                "type": "boolean",
                "description": "All or nothing; without it each entry by itself.",
                "examples": [False],
            },
            "items": {
                "type": "array",
                "items": {"oneOf": list(entries.values())},
                "minItems": 1,
                "maxItems": MAX_ITEMS,
            },
        },
        ["items"],
        "Rows to create, change or delete, in this order.",
    )


def batch_request(operation: Operation, components: Components) -> JsonSchema:
    component = ("body", operation.name)
    schema = components.kept(component, lambda: batch_body(operation, components))
    example = example_of(schema, components.schemas)
    return {
        "required": True,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def import_request(operation: Operation, components: Components) -> JsonSchema:
    """A file: the core cannot say what is in it before its header is read."""
    told = {"type": "string", "minLength": 1}
    return {
        "required": True,
        "content": {
            media.partition(";")[0]: {"schema": told, "example": _SAMPLES[name]}
            for name, media in MEDIA_TYPES.items()
        },
    }


_SAMPLES = {"csv": "name\r\nAnn Lindgren\r\n", "ndjson": '{"name":"Ann Lindgren"}\n'}


def batch_answer(operation: Operation, components: Components) -> tuple[JsonSchema, JsonSchema]:
    """``data`` and ``meta`` of the answer to a batch."""
    assert operation.resource is not None
    shown = components.shown(operation.resource.key)
    index: JsonSchema = {"type": "integer", "minimum": 0, "examples": [0]}
    identity = {**_UUID, "examples": [example_id(operation.resource.key)]}
    done = {
        "type": "object",
        "properties": {
            "index": index,
            "status": {"type": "integer", "enum": [201, 200]},
            "id": identity,
            "data": {"anyOf": [*shown["anyOf"], {"$ref": "#/components/schemas/Deleted"}]},
        },
        "required": ["index", "status", "id", "data"],
    }
    refused = {
        "type": "object",
        "properties": {
            "index": index,
            "status": {"type": "integer", "minimum": 400, "maximum": 499},
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "details": {},
                },
                "required": ["code", "message"],
            },
        },
        "required": ["index", "status", "error"],
    }
    count: JsonSchema = {"type": "integer", "minimum": 0}
    meta = {
        "type": "object",
        "properties": {
            "succeeded": {**count, "examples": [1]},
            "failed": {**count, "examples": [0]},
        },
        "required": ["succeeded", "failed"],
    }
    return {"type": "array", "items": {"anyOf": [done, refused]}}, meta


def import_parameters(operation: Operation) -> list[JsonSchema]:
    """How a file is to be understood."""
    assert operation.resource is not None
    reader = Reader(operation.resource)
    modes = [verb for verb in (CREATE, UPDATE, UPSERT) if verb in reader.verbs]
    found = [
        _query(
            "mode",
            "What is done with each row.",
            {"type": "string", "enum": modes, "default": modes[0]},
        ),
        _query(
            "dryRun",
            "Check all rows, and write none.",
            {"type": "boolean", "default": False},
        ),
        _query(
            "delimiter",
            "Between the cells of a CSV file.",
            {"type": "string", "enum": [",", ";", "|", "tab"], "default": ","},
        ),
    ]
    keys = [*(["id"] if UPDATE in modes else []), *reader.keys]
    if len(modes) > 1 and keys:
        told = "The field by which `update` and `upsert` find rows; a unique one for `upsert`."
        # No default: it is refused with mode=create, which finds no rows.
        found.append(_query("by", told, {"type": "string", "enum": keys}))
    told = "Which field a header of a CSV file means: `mapping[E-Mail]=email`; empty for none."
    return [
        *found,
        {
            "name": "mapping",
            "in": "query",
            "description": told,
            "style": "deepObject",
            "explode": True,
            "schema": {
                "type": "object",
                "propertyNames": {"minLength": 1},
                "additionalProperties": {"type": "string"},
                "maxProperties": 500,
            },
        },
    ]


def format_parameter() -> JsonSchema:
    """What an export makes."""
    formats = list(MEDIA_TYPES)
    schema = {"type": "string", "enum": formats, "default": formats[0]}
    return _query("format", "What the file is.", schema)


def job_paths(responses: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    """The routes of what jobs leave, which no operation declares."""
    return {
        "/v1/jobs/{id}/errors": {"get": _errors(responses)},
        "/v1/jobs/{id}/file": {"get": _file(responses)},
    }


def job_schemas() -> dict[str, JsonSchema]:
    """The components of those routes."""
    line = "Where the row begins in the file, from 1; 0 for a row that has no line."
    properties: JsonSchema = {
        "line": {"type": "integer", "minimum": 0, "description": line, "examples": [3]},
        "field": {"type": "string", "examples": ["email"]},
        "code": {"type": "string", "examples": ["validation_error"]},
        "message": {"type": "string", "examples": ["Must not be blank."]},
        "rowId": {
            "type": ["string", "null"],
            "format": "uuid",
            "description": "The row that could not be put back, of the undoing of an import.",
            "examples": [None],
        },
    }
    error = {
        "type": "object",
        "description": "What is wrong with a row.",
        "properties": properties,
        "required": list(properties),
    }
    return {"JobError": error}


def _errors(responses: dict[str, JsonSchema]) -> JsonSchema:
    meta: JsonSchema = {
        "type": "object",
        "properties": {
            "failed": {"type": "integer", "description": "Rows that were refused."},
            "per_page": {"type": "integer"},
            "next_cursor": {"type": ["string", "null"]},
        },
        "required": ["failed", "per_page", "next_cursor"],
    }
    schema = {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "const": True},
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/JobError"}},
            "meta": meta,
        },
        "required": ["success", "data", "meta"],
    }
    example = {
        "success": True,
        "data": [example_of({"$ref": "#/components/schemas/JobError"}, job_schemas())],
        "meta": {"failed": 1, "per_page": DEFAULT_TAKE, "next_cursor": None},
    }
    take = {"type": "integer", "minimum": 1, "maximum": MAX_TAKE, "default": DEFAULT_TAKE}
    form = {"type": "string", "pattern": r"^\d{1,9}-\d{1,9}$", "examples": ["3-0"]}
    told = "What is wrong with rows of an import, by line; of an undoing, which rows were left."
    return {
        **_about("jobs.errors", told),
        "parameters": [
            _id(),
            _query("take", "Entries on a page.", take),
            _query("cursor", "Where the page before ended: its `meta.next_cursor`.", form),
        ],
        "responses": {
            "200": {
                "description": "A page of the list.",
                "headers": _headers("X-Request-Id"),
                "content": {"application/json": {"schema": schema, "example": example}},
            },
            **responses_of(_REFUSED, responses),
        },
    }


def _file(responses: dict[str, JsonSchema]) -> JsonSchema:
    told = (
        "What an export made; or the rows that an import refused, as they were sent, below the"
        " header of the file. `invalid_transition` as long as an export is not done."
    )
    return {
        **_about("jobs.file", told),
        "parameters": [_id()],
        "responses": {
            "200": {
                "description": "The file, as an attachment.",
                "headers": _headers("X-Request-Id"),
                "content": {
                    media.partition(";")[0]: {"schema": {"type": "string"}}
                    for media in MEDIA_TYPES.values()
                },
            },
            **responses_of([*_REFUSED, InvalidTransition], responses),
        },
    }


def _about(name: str, told: str) -> dict[str, Any]:
    need = "Needs the scope to read the module that the job is of."
    return {
        "operationId": f"{CORE}.{name}",
        "tags": [CORE],
        "summary": told.partition(";")[0].partition(". ")[0].removesuffix(".") + ".",
        "description": f"{told}\n\n{need}",
        "security": [{"apiKey": []}],
    }


def _headers(*names: str) -> JsonSchema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _id() -> JsonSchema:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The id of one of the jobs.",
        "schema": {**_UUID, "examples": [example_id(JOBS)]},
    }


def _query(name: str, told: str, schema: JsonSchema) -> JsonSchema:
    return {"name": name, "in": "query", "description": told, "schema": schema}


def _entries(resource: Resource, components: Components) -> dict[str, JsonSchema]:
    reader = Reader(resource)
    version = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
    identity = {**_UUID, "examples": [example_id(resource.key)]}
    data = {
        verb: components.body(reader.operations[kind])
        for verb, kind in ((CREATE, Kind.CREATE), (UPDATE, Kind.UPDATE))
        if kind in reader.operations
    }
    found = {}
    for verb in (CREATE, UPDATE, UPSERT, DELETE):
        if verb not in reader.verbs:
            continue
        values: JsonSchema = {"op": {"type": "string", "const": verb}}
        if verb in (UPDATE, DELETE):
            values["id"] = identity
        if verb == UPSERT:
            values["by"] = {"type": "string", "enum": list(reader.keys)}
        if verb != CREATE:
            values["version"] = version
        if verb != DELETE:
            values["data"] = data[CREATE if verb == CREATE else UPDATE]
        found[verb] = _object(values, [name for name in values if name != "version"])
    return found


def _object(properties: JsonSchema, required: list[str], told: str = "") -> JsonSchema:
    return {
        "type": "object",
        **({"description": told} if told else {}),
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
