"""Component schemas: what clients send, what the API shows, and what a reader selects of it.

What is sent refuses fields that it does not know; what is shown never does, so that a new field
breaks no client.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Iterator
from typing import Any

from marshmallow import RAISE, fields, missing

from sparx_core.derived import Computed
from sparx_core.fields import Id, LocalizedText, Related
from sparx_core.forms import body_schema
from sparx_core.read.view import Relation, Shown, View, schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Operation
from sparx_core.schemas import ObjectSchema
from sparx_core.surfaces.openapi.examples import example_id
from sparx_core.surfaces.openapi.fields import JsonSchema, described
from sparx_core.surfaces.openapi.names import Names, Schema
from sparx_core.surfaces.openapi.prose import markdown
from sparx_core.surfaces.openapi.rewriting import nullable, referring, without_limits

#: Marks a property that is shown only to a reader who includes it, with the path to it.
INCLUDE = "x-sparx-include"


class Components:
    """The component schemas of a document, made when they are first referred to."""

    def __init__(self, registry: Registry, names: Names, modules: frozenset[str]) -> None:
        self.registry, self.names, self.modules = registry, names, modules
        self.views = registry.views(modules)
        self.schemas: dict[str, JsonSchema] = {}
        self.parameters: dict[str, JsonSchema] = {}

    # -- references ------------------------------------------------------------------------

    def resource(self, key: str) -> JsonSchema:
        """A resource with all that is shown unasked."""
        return self._refer(("resource", key), lambda: self._resource(key, whole=True))

    def selection(self, key: str) -> JsonSchema:
        """Any part of a resource, as ``fields`` asks for it."""
        return self._refer(("selection", key), lambda: self._resource(key, whole=False))

    def shown(self, key: str) -> JsonSchema:
        """What an answer shows of a resource: all of it, or what was selected."""
        return {"anyOf": [self.resource(key), self.selection(key)]}

    def object(self, module: str, schema: Schema) -> JsonSchema:
        """An object as it is shown."""
        return self._refer(("object", module, schema), lambda: self._object(module, schema))

    def body(self, operation: Operation) -> JsonSchema:
        """The values that an operation is sent."""
        schema = body_schema(operation)
        assert schema is not None
        return self._refer(
            ("body", operation.name),
            lambda: self._input(operation.module, schema, partial=operation.partial),
        )

    def sent(self, module: str, field: fields.Field[Any], *, partial: bool = False) -> JsonSchema:
        """A value as a client sends it."""

        def refer(schema: Schema) -> JsonSchema:
            # A PATCH may leave out fields of an object, but not of the entries of a list.
            if partial and isinstance(field, fields.Nested):
                return self._input(module, schema, partial=True)
            key = ("input", module, schema)
            return self._refer(key, lambda: self._input(module, schema))

        found: JsonSchema = referring(described(field), refer)
        return found

    def parameter(self, name: str, parameter: JsonSchema) -> JsonSchema:
        """A reference to a parameter that operations share."""
        self.parameters.setdefault(name, parameter)
        return {"$ref": f"#/components/parameters/{name}"}

    def kept(self, component: Hashable, make: Callable[[], JsonSchema]) -> JsonSchema:
        """A reference to a component that somebody else makes."""
        return self._refer(component, make)

    def _refer(self, component: Hashable, make: Callable[[], JsonSchema]) -> JsonSchema:
        name = self.names[component]
        if name not in self.schemas:
            self.schemas[name] = {}  # it may lead back to itself
            self.schemas[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}

    # -- what is shown ---------------------------------------------------------------------

    def _resource(self, key: str, *, whole: bool) -> JsonSchema:
        resource = self.registry.resources[key]
        told = _documentation(resource.schema)
        if not whole:
            told = f"What `fields` selects of a `{self.names['resource', key]}`: any part of it."
        made = self._view(self.views.resource(key), resource.module, told, whole=whole)
        made["properties"]["id"]["examples"] = [example_id(key)]
        return made

    def _rows(self, module: str, relation: Relation, prefix: str, *, whole: bool) -> JsonSchema:
        schema = relation.schema
        assert schema is not None
        told = _documentation(schema)
        if not whole:
            name = self.names["rows", module, schema]
            told = f"What `fields` selects of a `{name}`: any part of it."

        def make() -> JsonSchema:
            view = self.views.related(relation)
            return self._view(view, module, told, f"{prefix}{relation.name}.", whole=whole)

        return self._refer(("rows" if whole else "rows selection", module, schema), make)

    def _view(
        self, view: View, module: str, told: str, prefix: str = "", *, whole: bool
    ) -> JsonSchema:
        """``prefix`` is the path to these rows, as ``include`` has it."""
        properties: dict[str, JsonSchema] = {}
        required = []
        for name in self._names(view):
            relation = view.relations.get(name)
            if relation is None:
                properties[name] = self._shown(view, view.fields[name], module)
            else:
                properties[name] = self._related(view, relation, module, prefix, whole=whole)
            if relation.default if relation else view.fields[name].default:
                required.append(name)
        made: JsonSchema = {"type": "object", "description": told, "properties": properties}
        return {**made, "required": required} if whole else made

    def _names(self, view: View) -> Iterator[str]:
        """What is described of a view."""
        yield from view.names

    def _shown(self, view: View, shown: Shown, module: str) -> JsonSchema:
        field = shown.field
        if isinstance(field, Computed):
            may_be_null = field.metadata.get("nullable", True)
        else:
            may_be_null = field.allow_none or view.column(shown).null
        schema = self._output(field, shown.module or module)
        later = field.dump_only and not isinstance(field, Computed)
        return nullable(schema, later=later) if may_be_null else schema

    def _output(self, field: fields.Field[Any], module: str) -> JsonSchema:
        schema: JsonSchema = without_limits(
            referring(described(field), lambda one: self.object(module, one))
        )
        if isinstance(field, Related):
            schema["examples"] = [example_id(field.resource)]
        inner = field.field if isinstance(field, Computed) else field
        if isinstance(inner, LocalizedText):
            told = "The text in the language that `locale` asks for, if there is one."
            return {"anyOf": [schema, {"type": ["string", "null"], "description": told}]}
        return schema

    def _related(
        self, view: View, relation: Relation, module: str, prefix: str, *, whole: bool
    ) -> JsonSchema:
        if relation.resource is None:
            return {"type": "array", "items": self._rows(module, relation, prefix, whole=whole)}
        key = relation.resource.key
        target = self.resource(key) if whole else self.selection(key)
        path = prefix + relation.name
        told = f"Shown with `include={path}`"
        if relation.many:
            told += f": at most {relation.limit}, of `{relation.resource.path}`."
            listed = {"type": "array", "items": target, "maxItems": relation.limit}
            return {**listed, "description": told, INCLUDE: path}
        columns = view.model._meta.sorted_fields
        if any(one.null for one in columns if one.column_name == relation.by):
            target = {"anyOf": [target, {"type": "null"}]}
        return {**target, "description": f"{told}.", INCLUDE: path}

    def _object(self, module: str, schema: Schema) -> JsonSchema:
        shown = schema_instance(schema).dump_fields.values()
        properties = {}
        for field in shown:
            value = self._output(field, module)
            if type(field) is Id:
                value.setdefault("examples", [example_id(f"{module}.{schema.__name__}")])
            properties[str(field.data_key)] = nullable(value) if field.allow_none else value
        required = [str(one.data_key) for one in shown if one.required]
        return _described_object(schema, properties, required)

    # -- what is sent ----------------------------------------------------------------------

    def _input(self, module: str, schema: Schema, *, partial: bool = False) -> JsonSchema:
        found = schema_instance(schema)
        properties = {}
        for field in found.load_fields.values():
            value = self.sent(module, field, partial=partial)
            if isinstance(field, Related):
                value["examples"] = [example_id(field.resource)]
            if field.load_default is not missing and not callable(field.load_default):
                value["default"] = field.load_default
            properties[str(field.data_key)] = nullable(value) if field.allow_none else value
        required = [
            str(one.data_key) for one in found.load_fields.values() if one.required and not partial
        ]
        made = _described_object(schema, properties, required)
        return {**made, "additionalProperties": False} if found.unknown == RAISE else made


def _documentation(schema: type[ObjectSchema]) -> str:
    return markdown(inspect.cleandoc(schema.__doc__ or "")) if "__doc__" in vars(schema) else ""


def _described_object(
    schema: Schema, properties: dict[str, JsonSchema], required: list[str]
) -> JsonSchema:
    told = _documentation(schema)
    return {
        "type": "object",
        **({"description": told} if told else {}),
        "properties": properties,
        **({"required": required} if required else {}),
    }
