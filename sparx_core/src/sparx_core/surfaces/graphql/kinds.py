"""The types and root fields of kinds that a tenant declares: ``CmsPost``, ``cmsPosts``.

A tenant chooses their names, and must not be able to break its schema with them: one that is taken
already gets a number.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from sparx_core.actors import HIDDEN
from sparx_core.operations import Kind as Verb
from sparx_core.operations import Operation
from sparx_core.read.kinds import Kind, KindField, Shapes
from sparx_core.read.page import DEFAULT_TAKE, MAX_TAKE
from sparx_core.resources import Resource
from sparx_core.surfaces.graphql.inputs import ASCENDING, DESCENDING, Inputs, list_rows
from sparx_core.surfaces.graphql.naming import dotted, plural_of
from sparx_core.surfaces.graphql.roots import ROOT, Root, idempotency
from sparx_core.surfaces.graphql.rows import ROWS, Rows
from sparx_core.surfaces.graphql.scalars import JSON
from sparx_core.surfaces.graphql.types import is_name, nullable
from sparx_core.surfaces.openapi.names import pascal

#: Under which a field says that it leads to rows, or to those of another resource.
LINK = "sparx_link"
Maker = Callable[[Operation, Kind], GraphQLField]
#: Values of a list, as a rule; and as many of its rows as are shown whole.
_VALUES, _MOST_VALUES = 10, 100


class KindRoots:
    """Makes the root fields of the kinds of one resource."""

    def __init__(self, inputs: Inputs, resource: Resource, shapes: Shapes) -> None:
        assert resource.kinds is not None
        self.inputs, self.types, self.resource = inputs, inputs.types, resource
        self.kinds, self.holder = resource.kinds, resource.kinds.holder
        #: Whether the key is not shown the values of kinds.
        self.hides = f"{HIDDEN}{resource.key}.{self.holder}" in inputs.looks
        known = (replace(one, fields=()) for one in shapes.kinds) if self.hides else shapes.kinds
        self.shapes = {one.key: one for one in known if is_name(one.key)}
        self.noun = inputs.names["resource", resource.key]
        self.prefix = pascal(resource.module)
        self._names: dict[str, str] = {}
        self._made: dict[str, GraphQLObjectType] = {}

    def fields(self, taken: Container[str]) -> Iterator[tuple[Operation, str, GraphQLField]]:
        """The root fields, each with its operation and a name that is not ``taken``."""
        used: set[str] = set()

        def free(name: str) -> str:
            found = next(one for one in _numbered(name) if one not in taken and one not in used)
            used.add(found)
            return found

        # Lists first: of two kinds, story and stories, the first has cmsStories.
        for operation, name, kind, make in self._wanted():
            yield operation, free(name), self._rooted(operation, kind, make)

    def _wanted(self) -> Iterator[tuple[Operation, str, Kind, Maker]]:
        verbs = {one.kind: one for one in self.resource.operations.values()}
        for verb, suffix, make in (
            (Verb.LIST, "", self._list),
            (Verb.GET, "", self._get),
            (Verb.CREATE, "Create", self._create),
            (Verb.UPDATE, "Update", self._update),
        ):
            for kind in self.shapes.values():
                one = dotted(f"{self.resource.module}_{kind.key}")
                many = plural_of(one)
                if verb in verbs:
                    name = one if verb is Verb.GET else f"{many}{suffix}"
                    yield verbs[verb], name, kind, make

    def _rooted(self, operation: Operation, kind: Kind, make: Maker) -> GraphQLField:
        made = make(operation, kind)
        path = () if operation.kind in (Verb.LIST, Verb.CREATE) else ("id",)
        made.extensions = {**made.extensions, ROOT: Root(operation, path, kind.key)}
        made.description = f"{kind.name}. Needs the scope `{operation.scope}`."
        return made

    # -- what is shown ---------------------------------------------------------------------

    def object(self, key: str) -> GraphQLObjectType:
        """The rows of a kind."""
        if key not in self._made:
            kind, name = self.shapes[key], self._name(f"{self.prefix}{pascal(key)}")
            self._made[key] = self.types.made(
                ("kind", self.resource.key, key),
                name,
                lambda: GraphQLObjectType(
                    name,
                    lambda: self._row(name, kind.fields),
                    interfaces=lambda: [self.interface()],
                    description=kind.description or kind.name,
                ),
            )
        return self._made[key]

    def interface(self) -> GraphQLInterfaceType:
        """What the rows of all kinds have in common."""
        found: GraphQLInterfaceType = self.types.interface(self.resource.key)
        return found

    def _row(self, name: str, fields: Iterable[KindField]) -> dict[str, GraphQLField]:
        found = self.types.common(self.resource.key)
        values = [one for one in fields if is_name(one.key)]
        if self.hides:
            return found
        if values:
            inside = self._parts(f"{name}{pascal(self.holder)}", values)
            found[self.holder] = GraphQLField(inside)
        else:
            found[self.holder] = GraphQLField(JSON)
        return found

    def _parts(self, name: str, fields: Iterable[KindField]) -> GraphQLObjectType:
        name = self._name(name)

        def made() -> dict[str, GraphQLField]:
            return {one.key: self._value(name, one) for one in fields}

        found: GraphQLObjectType = self.types.made(
            ("kind parts", name), name, lambda: GraphQLObjectType(name, made)
        )
        return found

    def _value(self, noun: str, field: KindField) -> GraphQLField:
        inside = [one for one in field.fields if is_name(one.key)]
        rows: dict[str, Any] = {}
        if field.kinds is not None:
            known = [one for one in field.kinds if one in self.shapes]
            single = known[0] if len(field.kinds) == len(known) == 1 else None
            shown: Any = self.object(single) if single else self.types.resource(self.resource.key)
            rows[LINK] = True
        elif field.resource is not None:
            shown = self._other(field.resource)
            rows[LINK] = True
        elif inside:
            shown = self._parts(f"{noun}{pascal(field.key)}", inside)
        else:
            shown = self._scalar(field)
        if field.many:
            rows[ROWS] = Rows(None, _VALUES, _MOST_VALUES)
            shown = GraphQLList(GraphQLNonNull(shown))
        return GraphQLField(shown, description=field.description or None, extensions=rows)

    def _scalar(self, field: KindField) -> Any:
        schema = json.loads(field.schema)
        schema.pop("enum", None)  # words of tenants are no names
        return (
            JSON
            if schema.get("type") == "object"
            else self.types.typed(schema, lambda _: JSON, "", "")
        )

    def _other(self, key: str) -> Any:
        """Rows of another resource, of which nothing may be known but the id."""
        if key not in self.inputs.registry.resources:
            return JSON
        name = self._name(f"{self.inputs.names['resource', key]}Link")
        view = partial(self.types.views.resource, key)
        module = key.partition(".")[0]

        def made() -> dict[str, GraphQLField]:
            fields = self.types.fields_of(view(), module, self.inputs.names["resource", key])
            return {
                name: field if name == "id" else nullable(field)
                for name, field in fields.items()
                if not field.args
            }

        return self.types.made(("kind link", key), name, lambda: GraphQLObjectType(name, made))

    # -- reads -----------------------------------------------------------------------------

    def _list(self, operation: Operation, kind: Kind) -> GraphQLField:
        row = self.object(kind.key)
        name = self._name(f"{row.name}List")
        page = GraphQLObjectType(
            name,
            {
                "items": GraphQLField(GraphQLNonNull(GraphQLList(GraphQLNonNull(row)))),
                "total": GraphQLField(GraphQLNonNull(GraphQLInt)),
                "nextCursor": GraphQLField(GraphQLString),
            },
        )
        self.types.made(("kind page", name), name, lambda: page)
        args = self.inputs.of_list(self.resource)
        args |= self.inputs.of_kinds(self.resource, typed=True)
        narrowing = {
            "where": self._where(row.name, kind, args.get("where")),
            "orderBy": self._order(row.name, kind, args.get("orderBy")),
        }
        args |= {one: GraphQLArgument(made) for one, made in narrowing.items() if made is not None}
        return GraphQLField(page, args=args, extensions=list_rows(DEFAULT_TAKE, MAX_TAKE))

    def _get(self, operation: Operation, kind: Kind) -> GraphQLField:
        args = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID)), **self.inputs.locale()}
        args |= self.inputs.of_kinds(self.resource, typed=True, get=True)
        return GraphQLField(self.object(kind.key), args=args)

    def _where(self, noun: str, kind: Kind, common: GraphQLArgument | None) -> Any:
        name = self._name(f"{noun}Where")
        inside = self._name(f"{noun}{pascal(self.holder)}Where")
        fields = {
            one.key: GraphQLInputField(self._filter(one))
            for one in kind.fields
            if one.operators and is_name(one.key)
        }
        found = dict(common.type.fields) if common is not None else {}  # type: ignore[union-attr]
        if fields:
            found[self.holder] = GraphQLInputField(GraphQLInputObjectType(inside, fields))
        return GraphQLInputObjectType(name, found) if found else None

    def _filter(self, field: KindField) -> Any:
        value = self._scalar(field)
        sent = "List" if field.many else ""
        name = f"{self.prefix}{value}{sent}Filter{len(field.operators)}"
        several = GraphQLList(GraphQLNonNull(value))
        others = {"in": several, "nin": several, "exists": GraphQLBoolean}
        return self.types.made(
            ("kind filter", name),
            name,
            lambda: GraphQLInputObjectType(
                name,
                {one: GraphQLInputField(others.get(one, value)) for one in field.operators},
            ),
        )

    def _order(self, noun: str, kind: Kind, common: GraphQLArgument | None) -> Any:
        found = dict(common.type.fields) if common is not None else {}  # type: ignore[union-attr]
        way = self.types.made(
            "direction",
            "Direction",
            lambda: GraphQLEnumType("Direction", {one: one for one in (ASCENDING, DESCENDING)}),
        )
        fields = {
            one.key: GraphQLInputField(way) for one in kind.fields if one.sorts and is_name(one.key)
        }
        if fields:
            inside = self._name(f"{noun}{pascal(self.holder)}OrderBy")
            found[self.holder] = GraphQLInputField(
                GraphQLInputObjectType(inside, fields, description="Exactly one of these.")
            )
        if not found:
            return None
        name = self._name(f"{noun}OrderBy")
        return GraphQLInputObjectType(name, found, description="Exactly one of these.")

    # -- writes ----------------------------------------------------------------------------

    def _create(self, operation: Operation, kind: Kind) -> GraphQLField:
        made = self._input(operation, kind, "Input")
        args = {"input": GraphQLArgument(GraphQLNonNull(made)), **self.inputs.locale()}
        return GraphQLField(self.object(kind.key), args={**args, **idempotency()})

    def _update(self, operation: Operation, kind: Kind) -> GraphQLField:
        args = {
            "id": GraphQLArgument(GraphQLNonNull(GraphQLID)),
            "input": GraphQLArgument(GraphQLNonNull(self._input(operation, kind, "Changes"))),
            "version": GraphQLArgument(GraphQLInt),
            **self.inputs.locale(),
        }
        return GraphQLField(self.object(kind.key), args={**args, **idempotency()})

    def _input(self, operation: Operation, kind: Kind, suffix: str) -> Any:
        """What is sent: the body of the operation, its values by the fields of the kind."""
        noun = self.object(kind.key).name
        body = self.inputs.body(operation)
        name = self._name(f"{noun}{suffix}")
        kind_of = next(iter(self.kinds.parameters))
        found = {one: made for one, made in body.fields.items() if one != kind_of}
        values = [one for one in kind.fields if is_name(one.key)]
        if values:
            found[self.holder] = GraphQLInputField(
                self._sent(f"{noun}{pascal(self.holder)}{suffix}", values)
            )
        return GraphQLInputObjectType(name, found)

    def _sent(self, name: str, fields: Iterable[KindField]) -> Any:
        name = self._name(name)
        found = {}
        for one in fields:
            inside = [each for each in one.fields if is_name(each.key)]
            if one.kinds is not None or one.resource is not None:
                value: Any = GraphQLID
            elif inside:
                value = self._sent(f"{name}{pascal(one.key)}", inside)
            else:
                value = self._scalar(one)
            if one.many:
                value = GraphQLList(GraphQLNonNull(value))
            found[one.key] = GraphQLInputField(value, description=one.description or None)
        return GraphQLInputObjectType(name, found)

    def _name(self, wanted: str) -> str:
        """A name that no type has yet."""
        found = next(one for one in _numbered(wanted) if self.types.is_free(one))
        self.types.take(found)
        return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1
