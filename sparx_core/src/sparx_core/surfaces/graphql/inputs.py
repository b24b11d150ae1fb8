"""The types of what is sent: bodies of operations, filters and orders of lists."""

from __future__ import annotations

import inspect
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)
from marshmallow import fields

from sparx_core.actors import HIDDEN
from sparx_core.custom_fields.conditions import OPERATORS
from sparx_core.deprecation.parts import parts_of
from sparx_core.forms import is_versioned
from sparx_core.operations import Operation
from sparx_core.read.view import Relation, schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Resource
from sparx_core.surfaces.graphql.rows import ROWS, Rows
from sparx_core.surfaces.graphql.scalars import JSON
from sparx_core.surfaces.graphql.types import Types, deprecation_of, is_name, pascal_field, told_of
from sparx_core.surfaces.openapi.fields import described
from sparx_core.surfaces.openapi.names import Names, Schema, noun_of

ASCENDING, DESCENDING = "ASC", "DESC"
#: What a tenant's own fields are asked by.
CUSTOM = "custom"
_ALLOWED = sorted({operator for allowed in OPERATORS.values() for operator in allowed})
_CUSTOM_TOLD = (
    "Custom fields by their keys, each with an operator: `{size: {gte: 3}}`. What a field allows"
    f" depends on its type: {', '.join(_ALLOWED)}."
)


class Inputs:
    """The input types of one schema."""

    def __init__(self, registry: Registry, names: Names, looks: frozenset[str]) -> None:
        self.registry, self.names, self.looks = registry, names, looks
        self.types = Types(registry, names, looks, self.of_relation)

    # -- lists -----------------------------------------------------------------------------

    def of_relation(self, relation: Relation) -> dict[str, GraphQLArgument]:
        """The arguments of a list of related rows."""
        assert relation.resource is not None
        found = {"take": GraphQLArgument(GraphQLInt), "skip": GraphQLArgument(GraphQLInt)}
        return found | self._narrowing(relation.resource)

    def of_list(self, resource: Resource) -> dict[str, GraphQLArgument]:
        """The arguments of the list of a resource."""
        found = {
            "take": GraphQLArgument(GraphQLInt),
            "skip": GraphQLArgument(GraphQLInt),
            "cursor": GraphQLArgument(
                GraphQLString, description="`nextCursor` of the page before."
            ),
        }
        found |= self._narrowing(resource) | self.searching(resource) | self.locale()
        return found | self.of_kinds(resource)

    def of_kinds(
        self, resource: Resource, *, typed: bool = False, get: bool = False
    ) -> dict[str, GraphQLArgument]:
        """What rows of kinds that tenants declare are asked by, besides; ``typed`` without the
        parameter that says of which kind they are.
        """
        if resource.kinds is None:
            return {}
        named = resource.kinds.parameters
        names = resource.kinds.of_gets if get else list(named)[typed:]
        return {
            one: GraphQLArgument(GraphQLString, description=named[one].description) for one in names
        }

    def of_groups(self, resource: Resource) -> dict[str, GraphQLArgument]:
        """The arguments of an aggregate."""
        names = GraphQLList(GraphQLNonNull(GraphQLString))
        found = {name: GraphQLArgument(names) for name in ("groupBy", "sum", "avg", "min", "max")}
        found["take"] = GraphQLArgument(GraphQLInt)
        where = self._where(resource)
        if where is not None:
            found["where"] = GraphQLArgument(where)
        return found | self.searching(resource)

    def of_export(self, resource: Resource) -> dict[str, GraphQLArgument]:
        """The arguments of an export: those of a list that say what is in it."""
        names = GraphQLList(GraphQLNonNull(GraphQLString))
        found = {
            "format": GraphQLArgument(GraphQLString, description="`csv`, or `ndjson`."),
            "fields": GraphQLArgument(names),
            "include": GraphQLArgument(names),
        }
        where = self._where(resource)
        if where is not None:
            found["where"] = GraphQLArgument(where)
        return found | self.searching(resource) | self.locale()

    def searching(self, resource: Resource) -> dict[str, GraphQLArgument]:
        """What else a list is asked by."""
        found = {}
        if resource.listing.search_function:
            found["q"] = GraphQLArgument(
                GraphQLString,
                description="Words that occur in it.",
                deprecation_reason=self._goes(resource, "q"),
            )
        if resource.trash:
            found["trashed"] = GraphQLArgument(
                GraphQLBoolean, description="True: what is in the trash, and nothing else."
            )
        found["view"] = GraphQLArgument(GraphQLID, description="A saved view to start from.")
        return found

    @staticmethod
    def locale() -> dict[str, GraphQLArgument]:
        told = "The language of localized text: one text instead of an object."
        return {"locale": GraphQLArgument(GraphQLString, description=told)}

    def _narrowing(self, resource: Resource) -> dict[str, GraphQLArgument]:
        found = {"where": self._where(resource), "orderBy": self._order(resource)}
        return {name: GraphQLArgument(one) for name, one in found.items() if one is not None}

    def _where(self, resource: Resource) -> Any:
        name = f"{self.names['resource', resource.key]}Where"
        filters = {
            one: declared
            for one, declared in resource.listing.filters.items()
            if f"{HIDDEN}{resource.key}.{one}" not in self.looks and is_name(one)
        }
        if not filters and not resource.custom_fields:
            return None

        def made() -> dict[str, GraphQLInputField]:
            found = {
                one: GraphQLInputField(
                    self._filter(resource, declared),
                    deprecation_reason=self._goes(resource, one),
                )
                for one, declared in filters.items()
            }
            if resource.custom_fields:
                found[CUSTOM] = GraphQLInputField(JSON, description=_CUSTOM_TOLD)
            return found

        told = "All of these hold."
        return self.types.made(
            ("where", resource.key),
            name,
            lambda: GraphQLInputObjectType(name, made, description=told),
        )

    def _filter(self, resource: Resource, declared: Any) -> Any:
        noun = self.names["resource", resource.key]
        name = f"{noun}{pascal_field(declared.name)}Filter"

        def made() -> dict[str, GraphQLInputField]:
            value = self._sent(declared.field, resource.module, noun, declared.name, noun)
            several = GraphQLList(GraphQLNonNull(value))
            others = {
                "in": several,
                "nin": several,
                "exists": GraphQLBoolean,
                "startsWith": GraphQLString,
                "contains": GraphQLString,
            }
            return {
                one: GraphQLInputField(
                    others.get(one, value),
                    deprecation_reason=self._goes(resource, f"{declared.name}[{one}]"),
                )
                for one in declared.operators
            }

        return self.types.made(
            ("filter", resource.key, declared.name),
            name,
            lambda: GraphQLInputObjectType(name, made),
        )

    def _order(self, resource: Resource) -> Any:
        name = f"{self.names['resource', resource.key]}OrderBy"
        sorts = [
            one
            for one in resource.listing.sorts
            if f"{HIDDEN}{resource.key}.{one}" not in self.looks and is_name(one)
        ]
        if not sorts and not resource.custom_fields:
            return None
        way = self.types.made(
            "direction",
            "Direction",
            lambda: GraphQLEnumType(
                "Direction", {one: GraphQLEnumValue(one) for one in (ASCENDING, DESCENDING)}
            ),
        )
        own = self.types.made(
            "custom order",
            "CustomOrder",
            lambda: GraphQLInputObjectType(
                "CustomOrder",
                {
                    "key": GraphQLInputField(GraphQLNonNull(GraphQLString)),
                    "direction": GraphQLInputField(way),
                },
            ),
        )
        inputs = {one: GraphQLInputField(way) for one in sorts}
        if resource.custom_fields:
            inputs[CUSTOM] = GraphQLInputField(own)
        return self.types.made(
            ("order", resource.key),
            name,
            lambda: GraphQLInputObjectType(name, inputs, description="Exactly one of these."),
        )

    def _goes(self, resource: Resource, name: str) -> str | None:
        """Why not to ask by a parameter any more."""
        found = parts_of(self.registry).parameters.get(resource.key, {}).get(name)
        return None if found is None else found.deprecated.told()

    # -- bodies ----------------------------------------------------------------------------

    def body(self, operation: Operation) -> Any:
        """What an operation is sent, without the row's version; None if it takes nothing."""
        if operation.body is None:
            return None
        name = self.names["body", operation.name]
        without = {"version"} if is_versioned(operation) else set()
        owner = name
        if operation.resource is not None:
            owner = noun_of(operation.module, operation.resource.schema)
        made = self._inputs(
            operation.module, operation.body, (name, owner), without, operation.partial
        )
        if not made:
            return None
        told = inspect.cleandoc(operation.body.__doc__ or "")
        return self.types.made(
            ("body", operation.name),
            name,
            lambda: GraphQLInputObjectType(name, made, description=told or None),
        )

    def query(self, operation: Operation) -> dict[str, GraphQLArgument]:
        """The parameters of an operation as arguments."""
        if operation.query is None:
            return {}
        module, noun = operation.module, self._noun_of(operation)
        found = {}
        for field in schema_instance(operation.query).load_fields.values():
            name = str(field.data_key)
            if not is_name(name):
                continue
            made = self._sent(field, module, noun, name, noun)
            found[name] = GraphQLArgument(
                GraphQLNonNull(made) if field.required else made, description=told_of(field)
            )
        return found

    def _noun_of(self, operation: Operation) -> str:
        return pascal_field(operation.name)

    def _object(self, module: str, schema: Schema, partial: bool) -> Any:
        name = self.names["input", module, schema] + ("Changes" if partial else "")
        if not any(is_name(one.data_key) for one in schema_instance(schema).load_fields.values()):
            return JSON

        def made() -> dict[str, GraphQLInputField]:
            return self._inputs(module, schema, (name, name), set(), partial)

        return self.types.made(
            ("input", module, schema, partial),
            name,
            lambda: GraphQLInputObjectType(name, made),
        )

    def _inputs(
        self,
        module: str,
        schema: Schema,
        nouns: tuple[str, str],
        without: set[str],
        partial: bool,
    ) -> dict[str, GraphQLInputField]:
        """``nouns`` are the name of the type itself, and whose enums its fields share."""
        noun, owner = nouns
        found = {}
        for field in schema_instance(schema).load_fields.values():
            name = str(field.data_key)
            if name in without or not is_name(name):
                continue
            made = self._sent(field, module, owner, name, noun, partial)
            goes = deprecation_of(field)
            needed = field.required and not partial and not field.allow_none and goes is None
            found[name] = GraphQLInputField(
                GraphQLNonNull(made) if needed else made,
                description=told_of(field),
                deprecation_reason=goes,
            )
        return found

    def _sent(
        self,
        field: fields.Field[Any],
        module: str,
        owner: str,
        name: str,
        noun: str,
        partial: bool = False,
    ) -> Any:
        # A change may leave out fields of an object, but not of the entries of a list.
        parts = partial and isinstance(field, fields.Nested)
        enums = (f"{owner}{pascal_field(name)}", f"{noun}{pascal_field(name)}")
        return self.types.typed(
            described(field), lambda schema: self._object(module, schema, parts), *enums
        )


def list_rows(default: int, most: int) -> dict[str, Any]:
    """What a field of the schema says of its rows."""
    return {ROWS: Rows("take", default, most)}
