"""The root fields of a schema: a query for each read, a mutation for each write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
)

from sparx_core.bulk.schemas import MAX_ITEMS
from sparx_core.operations import Kind, Operation
from sparx_core.read.aggregates import DEFAULT_GROUPS, MAX_GROUPS
from sparx_core.read.page import DEFAULT_TAKE, MAX_TAKE
from sparx_core.read.view import schema_instance
from sparx_core.resources import Resource
from sparx_core.surfaces.graphql.inputs import Inputs, list_rows
from sparx_core.surfaces.graphql.rows import ROWS, Rows
from sparx_core.surfaces.graphql.scalars import JSON
from sparx_core.surfaces.openapi.bulk import JOBS
from sparx_core.surfaces.openapi.names import pascal

#: Under which a root field keeps what it does, in ``extensions``.
ROOT = "sparx_root"
#: What is made of files is not for GraphQL: they are sent and fetched over REST.
_NOT_HERE = frozenset({Kind.FILE, Kind.IMPORT})
_ID = {"id": GraphQLArgument(GraphQLNonNull(GraphQLID))}
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Root:
    """What a root field does: an operation, whose path has parts with these names."""

    operation: Operation
    path: tuple[str, ...] = ()
    #: The key of the kind that it is about, of those that the tenant declares.
    kind: str | None = None


def is_rooted(operation: Operation) -> bool:
    """Whether an operation has a root field."""
    return not operation.public and operation.kind not in _NOT_HERE


class Roots:
    """Makes the root field of an operation."""

    def __init__(self, inputs: Inputs) -> None:
        self.inputs, self.types = inputs, inputs.types
        self.names = inputs.names

    def field(self, operation: Operation) -> GraphQLField:
        makers = {
            Kind.LIST: self._list,
            Kind.GET: self._get,
            Kind.AGGREGATE: self._groups,
            Kind.BATCH: self._batch,
            Kind.EXPORT: self._export,
            Kind.CALL: self._call,
        }
        path = tuple(_PART.findall(operation.path))
        made = makers.get(operation.kind, self._write)(operation, path)
        made.description = _told(operation)
        made.extensions = {**made.extensions, ROOT: Root(operation, path)}
        if operation.deprecated is not None:
            made.deprecation_reason = operation.deprecated.told()
        return made

    # -- reads -----------------------------------------------------------------------------

    def _list(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        resource = _resource(operation)
        noun = self.names["resource", resource.key]
        row = self.types.resource(resource.key)
        page = self.types.made(
            ("page", resource.key),
            f"{noun}List",
            lambda: GraphQLObjectType(
                f"{noun}List",
                {
                    "items": GraphQLField(_many(row)),
                    "total": GraphQLField(
                        GraphQLNonNull(GraphQLInt), description="Of all pages, exactly."
                    ),
                    "nextCursor": GraphQLField(GraphQLString, description="Null on the last page."),
                },
            ),
        )
        rows = list_rows(DEFAULT_TAKE, MAX_TAKE)
        return GraphQLField(page, args=self.inputs.of_list(resource), extensions=rows)

    def _get(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        resource = _resource(operation)
        args = {**_ID, **self.inputs.locale(), **self.inputs.of_kinds(resource, get=True)}
        return GraphQLField(self.types.resource(_resource(operation).key), args=args)

    def _groups(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        fields = {
            "groups": GraphQLField(_many(JSON)),
            "truncated": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
            "timezone": GraphQLField(GraphQLNonNull(GraphQLString)),
        }
        made = self.types.made(
            "groups", "AggregateGroups", lambda: GraphQLObjectType("AggregateGroups", fields)
        )
        args = self.inputs.of_groups(_resource(operation))
        rows = list_rows(DEFAULT_GROUPS, MAX_GROUPS)
        return GraphQLField(made, args=args, extensions=rows)

    # -- writes ----------------------------------------------------------------------------

    def _write(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        resource = _resource(operation)
        args = {} if operation.kind is Kind.CREATE else dict(_ID)
        args |= self._input(operation) | self.inputs.query(operation)
        if operation.kind is not Kind.CREATE:
            told = "The version that was read: `version_conflict` if it is another by now."
            args["version"] = GraphQLArgument(GraphQLInt, description=told)
        shows = operation.kind is not Kind.DELETE and operation.query is None
        if shows:
            args |= self.inputs.locale()
        made = self._answer(operation, resource) if shows else self._deleted()
        return GraphQLField(made, args={**args, **idempotency()})

    def _answer(self, operation: Operation, resource: Resource) -> Any:
        """The resource, with what the operation answers besides."""
        if operation.answer is None:
            return self.types.resource(resource.key)
        schema = operation.answer if isinstance(operation.answer, type) else type(operation.answer)
        name = f"{pascal(operation.name)}Answer"

        def fields() -> dict[str, GraphQLField]:
            view = self.types.views.resource(resource.key)
            noun = self.names["resource", resource.key]
            beside = getattr(self.types.object(operation.module, schema), "fields", {})
            return {**beside, **self.types.fields_of(view, resource.module, noun, resource.key)}

        return self.types.made(
            ("answer", operation.name), name, lambda: GraphQLObjectType(name, fields)
        )

    def _deleted(self) -> Any:
        fields = {
            "id": GraphQLField(GraphQLNonNull(GraphQLID)),
            "deleted": GraphQLField(GraphQLNonNull(GraphQLBoolean)),
        }
        return self.types.made("deleted", "Deleted", lambda: GraphQLObjectType("Deleted", fields))

    def _batch(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        resource = _resource(operation)
        noun = self.names["resource", resource.key]
        entry = self.types.made(
            ("batch entry", resource.key),
            f"{noun}BatchEntry",
            lambda: GraphQLObjectType(
                f"{noun}BatchEntry",
                {
                    "index": GraphQLField(GraphQLNonNull(GraphQLInt)),
                    "status": GraphQLField(GraphQLNonNull(GraphQLInt)),
                    "id": GraphQLField(GraphQLID),
                    "data": GraphQLField(self.types.resource(resource.key)),
                    "error": GraphQLField(JSON, description="`code`, `message` and `details`."),
                },
            ),
        )
        answer = self.types.made(
            ("batch", resource.key),
            f"{noun}BatchAnswer",
            lambda: GraphQLObjectType(
                f"{noun}BatchAnswer",
                {
                    "items": GraphQLField(_many(entry)),
                    "succeeded": GraphQLField(GraphQLNonNull(GraphQLInt)),
                    "failed": GraphQLField(GraphQLNonNull(GraphQLInt)),
                },
            ),
        )
        told = 'Each as over REST: `{operation: "create", data: {...}}`.'
        items = GraphQLArgument(_many(JSON), description=told)
        args = {"items": items, "atomic": GraphQLArgument(GraphQLBoolean), **self.inputs.locale()}
        rows = {ROWS: Rows(None, _BATCHED, MAX_ITEMS)}
        return GraphQLField(answer, args={**args, **idempotency()}, extensions=rows)

    def _export(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        args = {**self.inputs.of_export(_resource(operation)), **idempotency()}
        return GraphQLField(self.types.resource(JOBS), args=args)

    # -- calls -----------------------------------------------------------------------------

    def _call(self, operation: Operation, path: tuple[str, ...]) -> GraphQLField:
        args = {name: GraphQLArgument(GraphQLNonNull(GraphQLString)) for name in path}
        args |= self._input(operation) | self.inputs.query(operation)
        if operation.writes:
            args |= idempotency()
        made = self._called(operation)
        if operation.meta is not None:
            name = f"{pascal(operation.name)}Answer"
            beside = self.types.object(operation.module, operation.meta)
            data = {"data": GraphQLField(made), "meta": GraphQLField(beside)}
            made = self.types.made(
                ("answer", operation.name), name, lambda: GraphQLObjectType(name, data)
            )
        return GraphQLField(made, args=args)

    def _called(self, operation: Operation) -> Any:
        answer = operation.answer
        if answer is None:
            return JSON
        schema = answer if isinstance(answer, type) else type(answer)
        if not schema_instance(schema).dump_fields:
            return JSON
        for resource in self.inputs.registry.resources.values():
            if resource.schema is schema:
                found: Any = self.types.resource(resource.key)
                break
        else:
            found = self.types.object(operation.module, schema)
        many = not isinstance(answer, type) and answer.many
        return GraphQLList(GraphQLNonNull(found)) if many else found

    def _input(self, operation: Operation) -> dict[str, GraphQLArgument]:
        made = self.inputs.body(operation)
        if made is None:
            return {}
        needed = any(one.type.__class__ is GraphQLNonNull for one in made.fields.values())
        return {"input": GraphQLArgument(GraphQLNonNull(made) if needed else made)}


#: Entries of a batch, as a rule.
_BATCHED = 10


def idempotency() -> dict[str, GraphQLArgument]:
    """The argument of what is to be done once."""
    told = "Sent again with the same key and the same arguments, the answer is that of before."
    return {"idempotencyKey": GraphQLArgument(GraphQLString, description=told)}


def _many(row: Any) -> Any:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(row)))


def _resource(operation: Operation) -> Resource:
    assert operation.resource is not None
    return operation.resource


def _told(operation: Operation) -> str:
    scope = f"Needs the scope `{operation.scope}`." if operation.scope else ""
    return "\n\n".join(part for part in (operation.documentation, scope) if part)
