"""Tools as the protocol lists them. All of it is our own text and names that were declared."""

from __future__ import annotations

from typing import Any

from sparx_ai.tools.catalogue import Tool, Verb
from sparx_ai.tools.risk import Risk, risk_of

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NAMES: Schema = {"type": "array", "items": _TEXT}
_OBJECT: Schema = {"type": "object"}
_FLAG: Schema = {"type": "boolean"}
_ID: Schema = {"type": "string", "description": "UUID"}
_SELECTED: dict[str, Schema] = {
    "fields": {**_NAMES, "description": "Show only these"},
    "include": {**_NAMES, "description": "Show related records, too"},
}
_WRITTEN: dict[str, Schema] = {
    **_SELECTED,
    "idempotencyKey": {"type": "string", "description": "New per write; the same to retry it"},
    "dryRun": {"type": "boolean", "description": "Only tell what would change"},
}
_VERSION: Schema = {
    "type": "integer",
    "description": "The version you read; refused if the record has another by now",
}
_TRUNCATED: dict[str, Schema] = {"untrusted": {"const": True}, "truncated": _FLAG}
_NULLABLE: Schema = {"type": ["integer", "null"]}
_PAGE: dict[str, Schema] = {
    **_TRUNCATED,
    "items": {"type": "array"},
    "total": _NULLABLE,
    "nextCursor": {"type": ["string", "null"]},
}
_DONE: dict[str, Schema] = {
    "untrusted": {"const": True},
    "status": {"enum": ["done", "planned"]},
    "data": {},
    "version": _NULLABLE,
    "changes": _OBJECT,
    "replayed": _FLAG,
    "idempotencyKey": _TEXT,
    "plan": _OBJECT,
}
_TITLES = {
    Verb.LIST: "List",
    Verb.GET: "Get",
    Verb.SEARCH: "Search",
    Verb.DESCRIBE: "Describe",
    Verb.CREATE: "Create",
    Verb.UPDATE: "Update",
    Verb.ACT: "Act on",
}
_TOLD = {
    Verb.LIST: "List records of a resource, a page at a time, or group and sum them with"
    " `aggregate`. Conditions in `where`: {field: value} or {field: {operator: value}};"
    " {describe} tells which there are.",
    Verb.GET: "Get one record by `resource` and `id`, or the answer to a question by `operation`.",
    Verb.SEARCH: "Find records by words, the best first.",
    Verb.DESCRIBE: "Tell what there is: without arguments the resources and operations; of a"
    " `resource` its fields, conditions and relations; of an `operation` what it takes. Ask before"
    " you write.",
    Verb.CREATE: "Create a record; `data` as {describe} tells for `<resource>.create`.",
    Verb.UPDATE: "Change fields of a record; `data` has only what is to change.",
    Verb.ACT: "Carry out any other operation. Those that delete, send, cancel, refund, merge or"
    " change many records answer first with a plan of what would change, and a token: send the"
    " same call again with it as `confirm` to have it done. Show the plan to your user before.",
}


def definition(tool: Tool, title: str, searched: list[str]) -> Schema:
    """A tool as it is listed; ``title`` is that of its module."""
    properties, required, output = _parts(tool, searched)
    told = _TOLD[tool.verb].replace("{describe}", _sibling(tool, Verb.DESCRIBE))
    return {
        "name": tool.name,
        "title": f"{_TITLES[tool.verb]}: {title}",
        "description": told,
        "inputSchema": {
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        },
        "outputSchema": {"type": "object", "properties": output, "required": ["untrusted"]},
        "annotations": _annotations(tool),
    }


def _sibling(tool: Tool, verb: Verb) -> str:
    return f"`{verb}`" if tool.module is None else f"`{tool.module}_{verb}`"


def _annotations(tool: Tool) -> Schema:
    """What may happen at worst; clients ask people by it."""
    reads = tool.verb in (Verb.LIST, Verb.GET, Verb.SEARCH, Verb.DESCRIBE)
    destroys = any(risk_of(one) is Risk.DESTRUCTIVE for one in tool.operations)
    return {
        "title": tool.name,
        "readOnlyHint": reads,
        "destructiveHint": not reads and destroys,
        "idempotentHint": reads or tool.verb is Verb.UPDATE,
        "openWorldHint": tool.verb is Verb.ACT,
    }


def _parts(
    tool: Tool, searched: list[str]
) -> tuple[dict[str, Schema], list[str], dict[str, Schema]]:
    resources = {"type": "string", "enum": [tool.told(one) for one in tool.resources]}
    named = {"type": "string", "enum": [tool.told(one) for one in tool.named]}
    if tool.verb is Verb.LIST:
        return _list(resources), ["resource"], _PAGE
    if tool.verb is Verb.GET:
        return _get(tool, resources, named), [], {**_TRUNCATED, "data": {}, "version": _NULLABLE}
    if tool.verb is Verb.SEARCH:
        types = {"type": "array", "items": {"enum": [tool.told(one) for one in searched]}}
        take = {"type": "integer", "maximum": 50, "default": 20}
        return {"q": {**_TEXT, "maxLength": 200}, "types": types, "take": take}, ["q"], _PAGE
    if tool.verb is Verb.DESCRIBE:
        return {"resource": _TEXT, "operation": _TEXT}, [], {**_TRUNCATED, "data": _OBJECT}
    if tool.verb is Verb.CREATE:
        return {"resource": resources, "data": _OBJECT, **_WRITTEN}, ["resource", "data"], _DONE
    if tool.verb is Verb.UPDATE:
        changed = {"resource": resources, "id": _ID, "data": _OBJECT, "version": _VERSION}
        return {**changed, **_WRITTEN}, ["resource", "id", "data"], _DONE
    acted: dict[str, Schema] = {"operation": named, "id": _ID, "data": {}, "version": _VERSION}
    more = {"path": _OBJECT, "query": _OBJECT, "confirm": {**_TEXT, "description": "From a plan"}}
    return {**acted, **more, **_WRITTEN}, ["operation"], _DONE


def _list(resources: Schema) -> dict[str, Schema]:
    return {
        "resource": resources,
        "where": _OBJECT,
        "q": {**_TEXT, "description": "Words to search for"},
        "sort": {**_TEXT, "description": "A field, `-` in front: descending"},
        "take": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
        "cursor": {**_TEXT, "description": "nextCursor of the page before"},
        **_SELECTED,
        "aggregate": {
            "type": "object",
            "description": "groupBy, sum, avg, min, max: lists of fields",
        },
        "trashed": _FLAG,
        "view": _TEXT,
        "locale": _TEXT,
    }


def _get(tool: Tool, resources: Schema, named: Schema) -> dict[str, Schema]:
    found: dict[str, Schema] = {"resource": resources, "id": _ID, **_SELECTED, "locale": _TEXT}
    if tool.named:
        found |= {"operation": named, "path": _OBJECT, "query": _OBJECT, "data": {}}
    return found
