"""Kinds that a tenant declares, in the document of that tenant: ``CmsPost`` beside ``CmsEntry``.

A document is made for a set of modules; this adds to it what is of one tenant.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sparx_core.operations import Kind as Verb
from sparx_core.read.kinds import Kind, KindField, Kinds, Shapes
from sparx_core.resources import Resource
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.names import Names, pascal
from sparx_core.surfaces.openapi.parameters import of_value, plain_path

_NULL = {"type": "null"}
_LINK: JsonSchema = {
    "type": "object",
    "description": "A reference. With `include` there is the rest of what it leads to.",
    "properties": {"id": {"type": "string", "format": "uuid"}},
    "required": ["id"],
}
_SCHEMAS = "#/components/schemas/"


def with_kinds(content: JsonSchema, resource: Resource, names: Names, shapes: Shapes) -> JsonSchema:
    """A document with the kinds of one resource; the one that is given stays as it is."""
    return _Describing(content, resource, names, shapes).document()


class _Describing:
    def __init__(
        self, content: JsonSchema, resource: Resource, names: Names, shapes: Shapes
    ) -> None:
        assert resource.kinds is not None
        self.content, self.resource = content, resource
        self.kinds: Kinds = resource.kinds
        self.noun = names["resource", resource.key]
        self.shapes = shapes.kinds
        self.schemas: dict[str, JsonSchema] = dict(content["components"]["schemas"])
        prefix = pascal(resource.module)
        #: The components of each kind: as it is shown, and its values as they are sent.
        self.shown = {one.key: self._free(f"{prefix}{pascal(one.key)}") for one in self.shapes}
        self.sent = {one.key: self._free(f"{self.shown[one.key]}Input") for one in self.shapes}

    def document(self) -> JsonSchema:
        for kind in self.shapes:
            self.schemas[self.shown[kind.key]] = self._shown(kind)
            self.schemas[self.sent[kind.key]] = self._sent(kind)
        paths = dict(self.content["paths"])
        for operation in self.resource.operations.values():
            path = plain_path(operation.path)
            method = operation.method.lower()
            found = self._operation(operation.kind, paths[path][method])
            paths[path] = {**paths[path], method: found}
        components = {**self.content["components"], "schemas": dict(sorted(self.schemas.items()))}
        return {**self.content, "paths": paths, "components": components}

    def _free(self, name: str) -> str:
        """A name that no component has yet, whatever the tenant calls its kinds."""
        found, number = name, 2
        while found in self.schemas:
            found, number = f"{name}{number}", number + 1
        self.schemas[found] = {}
        return found

    # -- operations ------------------------------------------------------------------------

    def _operation(self, verb: Verb, described: JsonSchema) -> JsonSchema:
        found: JsonSchema = _replaced(described, f"{_SCHEMAS}{self.noun}", self._any())
        if verb is Verb.LIST:
            known = {one.get("name") for one in found["parameters"]}
            more = [one for one in self._parameters() if one["name"] not in known]
            ordered = [self._sorted(one) for one in found["parameters"]]
            return {**found, "parameters": [*ordered, *more]}
        if verb is Verb.CREATE:
            request = found["requestBody"]
            body = request["content"]["application/json"]
            kinds = [{"$ref": f"{_SCHEMAS}{one}"} for one in self.sent.values()]
            described_body = {**body, "schema": {"anyOf": [*kinds, body["schema"]]}}
            return {
                **found,
                "requestBody": {**request, "content": {"application/json": described_body}},
            }
        return found

    def _any(self) -> list[JsonSchema]:
        return [{"$ref": f"{_SCHEMAS}{one}"} for one in self.shown.values()]

    def _parameters(self) -> Iterator[JsonSchema]:
        """The filters by fields of kinds. One name may be a field of several."""
        told: dict[str, list[str]] = {}
        first: dict[str, KindField] = {}
        schemas: dict[str, set[str]] = {}
        for kind in self.shapes:
            for field in kind.fields:
                if field.operators:
                    first.setdefault(field.key, field)
                    told.setdefault(field.key, []).append(kind.key)
                    schemas.setdefault(field.key, set()).add(field.schema)
        asked = next(iter(self.kinds.parameters))
        for key, field in first.items():
            name = f"{self.kinds.holder}.{key}"
            of = ", ".join(f"`{asked}={one}`" for one in told[key])
            value = json.loads(field.schema)
            if len(schemas[key]) > 1:  # it is of another type in another kind
                value = {"type": "string"}
            if field.many:
                value = {"type": "array", "items": value}
            for operator in field.operators:
                made = of_value(name, operator, value)
                yield {**made, "description": f"{made['description']} With {of}."}

    def _sorted(self, parameter: JsonSchema) -> JsonSchema:
        if parameter.get("name") != "sort":
            return parameter
        keys = dict.fromkeys(one.key for kind in self.shapes for one in kind.fields if one.sorts)
        orders = [f"{sign}{self.kinds.holder}.{key}" for key in keys for sign in ("", "-")]
        known = parameter["schema"]["enum"]
        return {**parameter, "schema": {**parameter["schema"], "enum": [*known, *orders]}}

    # -- schemas ---------------------------------------------------------------------------

    def _shown(self, kind: Kind) -> JsonSchema:
        common = {"$ref": f"{_SCHEMAS}{self.noun}"}
        named = next(iter(self.kinds.parameters))
        values = _object(kind.fields, lambda one: self._value(one))
        own = {
            "type": "object",
            "properties": {named: {"const": kind.key}, self.kinds.holder: values},
            "required": [named, self.kinds.holder],
        }
        return {"description": kind.description or kind.name, "allOf": [common, own]}

    def _value(self, field: KindField) -> JsonSchema:
        one: JsonSchema = json.loads(field.schema)
        if field.kinds is not None:
            known = field.kinds or tuple(self.shown)
            targets = [
                {"$ref": f"{_SCHEMAS}{self.shown[key]}"} for key in known if key in self.shown
            ]
            one = {"anyOf": [*targets, _LINK]}
        elif field.resource is not None:
            one = _LINK
        elif field.fields:
            one = _object(field.fields, lambda inner: self._value(inner))
        return _may_be_null(_listed(field, one))

    def _sent(self, kind: Kind) -> JsonSchema:
        named = next(iter(self.kinds.parameters))
        body = self._body()
        own = {named: {"const": kind.key}, self.kinds.holder: _object(kind.fields, _sent_value)}
        return {
            **body,
            "type": "object",
            "description": f"{kind.name}, as it is sent.",
            "properties": {**body.get("properties", {}), **own},
            "required": list(dict.fromkeys([*body.get("required", ()), named])),
        }

    def _body(self) -> JsonSchema:
        """What is sent of a row of any kind."""
        for one in self.resource.operations.values():
            if one.kind is Verb.CREATE:
                described = self.content["paths"][plain_path(one.path)][one.method.lower()]
                sent = described["requestBody"]["content"]["application/json"]["schema"]
                found: JsonSchema = self.schemas.get(
                    str(sent.get("$ref", "")).removeprefix(_SCHEMAS), sent
                )
                return found
        return {}


def _sent_value(field: KindField) -> JsonSchema:
    one: JsonSchema = json.loads(field.schema)
    if field.fields and field.kinds is None:
        one = _object(field.fields, _sent_value)
    elif field.kinds is not None or field.resource is not None:
        one = {"anyOf": [one, _LINK]}
    return _may_be_null(_listed(field, one))


def _listed(field: KindField, one: JsonSchema) -> JsonSchema:
    found = {"type": "array", "items": one} if field.many else one
    return {**found, "description": field.description} if field.description else found


def _may_be_null(schema: JsonSchema) -> JsonSchema:
    if not schema.keys() - {"description"}:  # anything at all
        return schema
    told = {"description": schema["description"]} if "description" in schema else {}
    rest = {name: one for name, one in schema.items() if name != "description"}
    return {**told, "anyOf": [rest, _NULL]}


def _object(fields: Iterable[KindField], value: Any) -> JsonSchema:
    return {"type": "object", "properties": {one.key: value(one) for one in fields}}


def _replaced(value: Any, reference: str, others: list[JsonSchema]) -> Any:
    """Whatever may be a row may also be one of ``others``."""
    if isinstance(value, dict):
        options = value.get("anyOf")
        if isinstance(options, list) and {"$ref": reference} in options:
            return {**value, "anyOf": [*others, *options]}
        return {name: _replaced(one, reference, others) for name, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, reference, others) for one in value]
    return value
