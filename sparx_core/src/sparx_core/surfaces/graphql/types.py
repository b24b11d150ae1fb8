"""The types of a schema: what is shown of resources, and the objects inside them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Hashable, Mapping
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    get_nullable_type,
)
from marshmallow import fields

from sparx_core.deprecation.parts import parts_of
from sparx_core.derived import MAX_RELATED, Computed
from sparx_core.fields import LocalizedText
from sparx_core.modules import RegistryError
from sparx_core.read.view import Relation, Shown, View, schema_instance
from sparx_core.registry import Registry
from sparx_core.surfaces.graphql.rows import ROWS, Rows
from sparx_core.surfaces.graphql.scalars import BIG_INT, DATE, DATE_TIME, DECIMAL, JSON
from sparx_core.surfaces.openapi.fields import JsonSchema, described
from sparx_core.surfaces.openapi.names import Names, Schema, pascal

#: The most that Int holds.
_INT = 2**31 - 1
_NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")
_NO_WORDS = frozenset({"true", "false", "null"})
#: Rows that are a part of one, as a rule; and as many as there can be.
_PARTS, _MOST_PARTS = 10, 1000

_FORMATS = {"uuid": GraphQLID, "date-time": DATE_TIME, "date": DATE}

Refer = Callable[[Schema], Any]
Arguments = Callable[[Relation], dict[str, GraphQLArgument]]


class Types:
    """The types of one schema by name, made when they are first referred to.

    ``arguments`` are those of the lists of a relation.
    """

    def __init__(
        self, registry: Registry, names: Names, looks: frozenset[str], arguments: Arguments
    ) -> None:
        self.registry, self.names = registry, names
        self.views, self._arguments = registry.views(looks), arguments
        self._made: dict[str, tuple[Hashable, GraphQLNamedType]] = {}
        self._taken: set[str] = set()
        for resource in registry.resources.values():
            if resource.module in looks:  # so that fields name their enums before inputs do
                noun = names["resource", resource.key]
                for shown in self.views.resource(resource.key).fields.values():
                    self._output(shown.field, shown.module or resource.module, noun, shown.name)

    # -- what is shown ---------------------------------------------------------------------

    def resource(self, key: str) -> GraphQLObjectType:
        """A resource with everything that can be asked for."""
        resource = self.registry.resources[key]
        name = noun = self.names["resource", key]
        view = partial(self.views.resource, key)
        if resource.kinds is not None:
            prefix = pascal(resource.module)
            name = f"{prefix}Any{noun.removeprefix(prefix)}"

            def made() -> GraphQLObjectType:
                return GraphQLObjectType(
                    name,
                    lambda: self.fields_of(view(), resource.module, noun, key),
                    interfaces=lambda: [self.interface(key)],
                )

            found: GraphQLObjectType = self.made(("resource", key), name, made)
            return found
        return self._object(
            ("resource", key),
            name,
            lambda: self.fields_of(view(), resource.module, name, key),
            resource.schema,
        )

    def interface(self, key: str) -> Any:
        """What rows of all kinds of a resource have in common, where tenants declare kinds."""
        name = self.names["resource", key]
        told = inspect.cleandoc(self.registry.resources[key].schema.__doc__ or "")
        return self.made(
            ("interface", key),
            name,
            lambda: GraphQLInterfaceType(name, lambda: self.common(key), description=told),
        )

    def common(self, key: str) -> dict[str, GraphQLField]:
        """The fields of a row whatever its kind; but for the id they are null where a reference
        leads to what its reader does not see.
        """
        resource = self.registry.resources[key]
        assert resource.kinds is not None
        noun = self.names["resource", key]
        found = self.fields_of(self.views.resource(key), resource.module, noun, key)
        found.pop(resource.kinds.holder, None)
        return {name: made if name == "id" else nullable(made) for name, made in found.items()}

    def object(self, module: str, schema: Schema) -> Any:
        """An object as it is shown. What it has may be missing in one that was stored before."""
        name = self.names["object", module, schema]
        shown = [
            one for one in schema_instance(schema).dump_fields.values() if is_name(one.data_key)
        ]
        if not shown:
            return JSON

        def made() -> dict[str, GraphQLField]:
            return {
                str(one.data_key): self._field(
                    self._output(one, module, name, str(one.data_key)), one
                )
                for one in shown
            }

        return self._object(("object", module, schema), name, made, schema)

    def fields_of(
        self, view: View, module: str, noun: str, key: str | None = None
    ) -> dict[str, GraphQLField]:
        """The fields and relations of a view, which may be that of the resource ``key``."""
        found: dict[str, GraphQLField] = {}
        for name in filter(is_name, view.names):
            relation = view.relations.get(name)
            if relation is not None:
                found[name] = self._related(relation, module)
                found[name].deprecation_reason = self._goes(key, name)
            elif name in view.fields:
                shown = view.fields[name]
                found[name] = self._shown(view, shown, shown.module or module, noun)
        return found

    def _shown(self, view: View, shown: Shown, module: str, noun: str) -> GraphQLField:
        field = shown.field
        made = self._output(field, module, noun, shown.name)
        if isinstance(field, Computed):
            may_be_null = field.metadata.get("nullable", True)
        else:
            may_be_null = field.allow_none or view.column(shown).null
        if isinstance(getattr(field, "field", field), LocalizedText):
            may_be_null = True  # there may be none in the reader's language
        return self._field(made if may_be_null else GraphQLNonNull(made), field)

    def _field(self, made: Any, field: fields.Field[Any]) -> GraphQLField:
        return GraphQLField(
            made, description=told_of(field), deprecation_reason=deprecation_of(field)
        )

    def _related(self, relation: Relation, module: str) -> GraphQLField:
        if relation.resource is None:
            rows = GraphQLNonNull(GraphQLList(GraphQLNonNull(self._rows(relation, module))))
            return GraphQLField(rows, extensions={ROWS: Rows(None, _PARTS, _MOST_PARTS)})
        target = self.resource(relation.resource.key)
        told = f"Needs the scope `{relation.resource.read_scope}`."
        if not relation.many:  # null also where it is in the trash
            return GraphQLField(target, description=told)
        return GraphQLField(
            GraphQLNonNull(GraphQLList(GraphQLNonNull(target))),
            args=self._arguments(relation),
            description=f"At most {relation.limit}, unless `take` says otherwise. {told}",
            extensions={ROWS: Rows("take", int(relation.limit or 1), MAX_RELATED)},
        )

    def _goes(self, key: str | None, name: str) -> str | None:
        """Why not to follow a relation any more: its field says so."""
        if key is None:
            return None
        selected = parts_of(self.registry).selected(self.registry.resources[key], name)
        return next((one.deprecated.told() for one in selected), None)

    def _rows(self, relation: Relation, module: str) -> GraphQLObjectType:
        schema = relation.schema
        assert schema is not None
        name = self.names["rows", module, schema]
        return self._object(
            ("rows", module, schema),
            name,
            lambda: self.fields_of(self.views.related(relation), module, name),
            schema,
        )

    def _output(self, field: fields.Field[Any], module: str, noun: str, name: str) -> Any:
        found = described(field)
        if isinstance(field, Computed) and found.get("type") == "integer":
            return BIG_INT  # a sum is as large as it is
        enum = f"{noun}{pascal_field(name)}"
        return self.typed(found, lambda schema: self.object(module, schema), enum, enum)

    # -- by what is known of a value -------------------------------------------------------

    def typed(self, schema: JsonSchema | Schema, refer: Refer, enum: str, other: str) -> Any:
        """The type of what a JSON Schema describes, null aside. ``enum`` is the name of an enum, or
        ``other``, if that is one of other words.
        """
        if isinstance(schema, type):
            return refer(schema)
        if "$ref" in schema:
            return refer(schema["$ref"])
        kind = schema.get("type")
        if kind == "array":
            inner = self.typed(schema.get("items", {}), refer, enum, other)
            return GraphQLList(GraphQLNonNull(inner))
        if kind == "string":
            words = schema.get("enum", [])
            if words and all(_NAME.fullmatch(one) and one not in _NO_WORDS for one in words):
                return self._enum(enum, other, tuple(words))
            return _FORMATS.get(str(schema.get("format")), GraphQLString)
        if kind == "integer":
            least, most = schema.get("minimum", -_INT - 2), schema.get("maximum", _INT + 1)
            return GraphQLInt if least >= -_INT and most <= _INT else BIG_INT
        return {"number": DECIMAL, "boolean": GraphQLBoolean}.get(str(kind), JSON)

    def _enum(self, name: str, other: str, words: tuple[str, ...]) -> Any:
        if name in self._made and self._made[name][0] != ("enum", frozenset(words)):
            name = other
        values = {word: GraphQLEnumValue(word) for word in words}
        return self.made(("enum", frozenset(words)), name, lambda: GraphQLEnumType(name, values))

    def _object(
        self, component: Hashable, name: str, made: Callable[[], Any], schema: Schema
    ) -> GraphQLObjectType:
        told = inspect.cleandoc(schema.__doc__ or "") if "__doc__" in vars(schema) else None
        found: GraphQLObjectType = self.made(
            component, name, lambda: GraphQLObjectType(name, made, description=told)
        )
        return found

    def is_free(self, name: str) -> bool:
        """Whether no type is called so, once all that tenants share are made."""
        return name not in self._made and name not in self._taken

    def take(self, name: str) -> None:
        """Keep a name for a type of what a tenant declares."""
        self._taken.add(name)

    def made(self, component: Hashable, name: str, make: Callable[[], GraphQLNamedType]) -> Any:
        """The type of this name, made if there is none; ``RegistryError`` if it is another's."""
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = (component, make())
        if found[0] != component:
            raise RegistryError(
                f"both {found[0]} and {component} would be called {name!r} in the GraphQL schema"
            )
        return found[1]


def nullable(made: GraphQLField) -> GraphQLField:
    """The same field, which may be null."""
    type_: Any = get_nullable_type(made.type)
    return GraphQLField(
        type_,
        description=made.description,
        deprecation_reason=made.deprecation_reason,
        extensions=made.extensions,
    )


def is_name(name: str | None) -> bool:
    """Whether GraphQL has such names: what is called otherwise is there over REST alone."""
    return name is not None and _NAME.fullmatch(name) is not None


def told_of(field: fields.Field[Any]) -> str | None:
    """What is said about a field."""
    told = described(field).get("description")
    return None if told is None else str(told)


def deprecation_of(field: fields.Field[Any]) -> str | None:
    """Why not to use a field any more."""
    told = field.metadata.get("deprecated")
    return None if told is None else str(told.told())


def pascal_field(name: str) -> str:
    """``orderNumber`` as ``OrderNumber``."""
    return pascal(name)


def as_arguments(inputs: Mapping[str, Any]) -> dict[str, GraphQLArgument]:
    """Types of arguments by name, without those that are None."""
    return {name: GraphQLArgument(one) for name, one in inputs.items() if one is not None}
