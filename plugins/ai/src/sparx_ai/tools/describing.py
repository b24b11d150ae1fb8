"""What there is to ask for, told from the declarations: resources, and what operations take."""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import Any

from sparx_ai.tools.arguments import Arguments, refused
from sparx_ai.tools.catalogue import Tool, verb_of
from sparx_ai.tools.results import answered, fitted
from sparx_ai.tools.risk import Risk, risk_of
from sparx_ai.visit import Visit
from sparx_core import KindField, Operation
from sparx_core.surface import Kind, decode, documents_of, known_own, shapes_of

_CONVERTER = re.compile(r"\{(\w+):[^}]*\}")
_REFERENCE = "#/components/schemas/"
#: Characters of a pattern that is left out, such as all currencies that there are.
_LONG = 200
#: What of a schema is for documentation alone.
_LEFT_OUT = frozenset({"examples", "example", "x-sparx-include"})


def describe(visit: Visit, tool: Tool, arguments: Arguments) -> dict[str, Any]:
    """All that a tool can be asked for, one resource, or one operation."""
    resource, operation = arguments.text("resource"), arguments.text("operation")
    arguments.finish()
    if operation is not None:
        told = _operation(visit, _found(tool, operation))
    elif resource is not None:
        told = _resource(visit, tool, resource)
    else:
        told = _everything(tool)
    found, cut = fitted(told)
    return answered({"data": found, "truncated": cut})


def _everything(tool: Tool) -> dict[str, Any]:
    resources: dict[str, list[str]] = {}
    others = []
    for one in tool.operations:
        if one.resource is None:
            others.append(_line(one))
        else:
            verb = one.name.rpartition(".")[2]
            resources.setdefault(one.resource.key, []).append(verb)
    return {"resources": resources, "operations": others}


def _line(operation: Operation) -> dict[str, Any]:
    tool = f"{operation.module}_{verb_of(operation)}"
    first = operation.documentation.partition("\n\n")[0].replace("\n", " ")
    told = {"operation": operation.name, "tool": tool, "summary": first}
    if risk_of(operation) is Risk.DESTRUCTIVE:
        told["confirm"] = "planned first"
    return told


def _found(tool: Tool, named: str) -> Operation:
    for one in tool.operations:
        if named in (one.name, tool.told(one.name)):
            return one
    raise refused("operation", f"There is no operation {named[:64]!r} here.")


def _resource(visit: Visit, tool: Tool, named: str) -> dict[str, Any]:
    key = named if tool.module is None or "." in named else f"{tool.module}.{named}"
    operations = [
        one for one in tool.operations if one.resource is not None and one.resource.key == key
    ]
    if not operations or operations[0].resource is None:
        raise refused("resource", f"There is no resource {named[:64]!r} here.")
    resource = operations[0].resource
    view = visit.runtime.registry.views(visit.modules).resource(key)
    listing = resource.listing
    told: dict[str, Any] = {
        "resource": key,
        "about": cleandoc(resource.schema.__doc__ or "").partition("\n\n")[0],
        "fields": _fields(visit, operations),
        "relations": {
            name: one.resource.key if one.resource is not None else "rows of it"
            for name, one in view.relations.items()
        },
        "where": {one.name: list(one.operators) for one in listing.filters.values()},
        "sort": list(listing.sorts),
        "search": bool(listing.search_function),
        "customFields": resource.custom_fields,
        "operations": [_line(one) for one in operations],
    }
    kinds = _kinds(visit, key)
    if kinds:
        told["kinds"] = kinds
    if visit.hides:
        told["fields"] = {
            name: one for name, one in told["fields"].items() if f"{key}.{name}" not in visit.hides
        }
    return told


def _kinds(visit: Visit, key: str) -> dict[str, Any]:
    """What the tenant declares of a resource: its kinds, each with its fields."""
    runtime = visit.runtime
    own = known_own(runtime, visit.key, visit.modules)
    found = shapes_of(runtime.registry, visit.modules, own).get(key)
    kinds = found.kinds if found is not None else ()
    return {one.key: {each.key: _field(each) for each in one.fields} for one in kinds}


def _field(field: KindField) -> Any:
    told: Any = _brief(decode(field.schema.encode()))
    if field.kinds is not None:
        told = f"id of {' or '.join(field.kinds) or 'any kind'}"
    elif field.resource is not None:
        told = f"id of {field.resource}"
    elif field.fields:
        told = {one.key: _field(one) for one in field.fields}
    return [told] if field.many else told


def _fields(visit: Visit, operations: list[Operation]) -> dict[str, Any]:
    """The fields that are shown, as JSON Schema without what describes them at length."""
    shown = next((one for one in operations if one.kind in (Kind.GET, Kind.LIST)), None)
    if shown is None:
        return {}
    document = _document(visit)
    answer = _object(document, shown)["responses"]["200"]["content"]["application/json"]
    data = answer["schema"]["properties"]["data"]
    if shown.kind is Kind.LIST:
        data = data["items"]
    # Before the resource and its selection are the kinds that the tenant declares.
    reference = data["anyOf"][-2] if "anyOf" in data else data
    schema = document["components"]["schemas"][reference["$ref"].removeprefix(_REFERENCE)]
    return {name: _brief(one) for name, one in schema["properties"].items()}


def _brief(schema: Any) -> Any:
    """A schema in few words: its type, its choices, what it refers to."""
    if "$ref" in schema:
        return schema["$ref"].removeprefix(_REFERENCE)
    if "enum" in schema:
        return schema["enum"]
    if "anyOf" in schema:
        return " or ".join(str(_brief(one)) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return [_brief(schema.get("items", {}))]
    kind = schema.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    form = schema.get("format")
    return f"{kind} ({form})" if form else kind


def _operation(visit: Visit, operation: Operation) -> dict[str, Any]:
    document = _document(visit)
    told = _object(document, operation)
    parameters = [
        _resolved(document, one) for one in told.get("parameters", ()) if "$ref" not in one
    ]
    found: dict[str, Any] = {
        **_line(operation),
        "about": told["description"],
        "path": [one["name"] for one in parameters if one["in"] == "path"],
        "query": {
            one["name"]: _without_prose(one["schema"]) for one in parameters if one["in"] == "query"
        },
        "emits": told.get("x-sparx-emits", []),
    }
    body = told.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        found["data"] = _with_definitions(document, body["schema"])
    return found


def _document(visit: Visit) -> dict[str, Any]:
    runtime = visit.runtime
    own = known_own(runtime, visit.key, visit.modules)
    return documents_of(runtime.registry, runtime.settings).of(visit.modules, own).content


def _object(document: dict[str, Any], operation: Operation) -> dict[str, Any]:
    path = _CONVERTER.sub(r"{\1}", operation.path)
    found: dict[str, Any] = document["paths"][path][operation.method.lower()]
    return found


def _resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return found


def _with_definitions(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that stands by itself: what it refers to is in ``$defs``."""
    schemas, definitions = document["components"]["schemas"], {}
    waiting = _references(schema)
    while waiting:
        name = waiting.pop()
        if name not in definitions:
            definitions[name] = _without_prose(schemas[name])
            waiting += _references(schemas[name])
    name = schema.get("$ref", "").removeprefix(_REFERENCE)
    own = definitions.pop(name) if name else _without_prose(schema)
    if name and name in _references(own) + [
        n for one in definitions.values() for n in _references(one)
    ]:
        definitions[name] = own
    whole = {**own, **({"$defs": definitions} if definitions else {})}
    placed: dict[str, Any] = _placed(whole)
    return placed


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for one in schema for name in _references(one)]
    if not isinstance(schema, dict):
        return []
    found = [name for one in schema.values() for name in _references(one)]
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found.append(reference.removeprefix(_REFERENCE))
    return found


def _without_prose(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_prose(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_prose(one)
        for name, one in schema.items()
        if name not in _LEFT_OUT and not (name == "pattern" and len(str(one)) > _LONG)
    }


def _placed(schema: Any) -> Any:
    """References to where the definitions are now."""
    if isinstance(schema, list):
        return [_placed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: one.replace(_REFERENCE, "#/$defs/")
        if name == "$ref" and isinstance(one, str)
        else _placed(one)
        for name, one in schema.items()
    }
