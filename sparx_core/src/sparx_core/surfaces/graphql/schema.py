"""Schemas: what GraphQL shows of the installed modules to somebody, derived from the registry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import cached_property
from threading import Lock

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema

from sparx_core.actors import HIDDEN
from sparx_core.modules import NameTaken
from sparx_core.operations import Operation
from sparx_core.read.kinds import Shapes
from sparx_core.read.own import Own
from sparx_core.registry import Registry
from sparx_core.surfaces.graphql.inputs import Inputs
from sparx_core.surfaces.graphql.kinds import KindRoots
from sparx_core.surfaces.graphql.naming import root_name
from sparx_core.surfaces.graphql.roots import Roots, is_rooted
from sparx_core.surfaces.openapi.names import Names
from sparx_core.surfaces.rest.query import NOBODYS
from sparx_core.surfaces.shapes import shapes_of

#: Schemas that are kept, of those from whom no field is hidden and of others: a large one takes
#: some megabytes.
MAX_SCHEMAS, MAX_HIDING = 32, 16


class _Kept:
    """As many schemas as there is room for; who was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._schemas: OrderedDict[frozenset[str], GraphQLSchema] = OrderedDict()

    def find(self, looks: frozenset[str]) -> GraphQLSchema | None:
        with self._lock:
            found = self._schemas.get(looks)
            if found is not None:
                self._schemas.move_to_end(looks)
            return found

    def keep(self, looks: frozenset[str], schema: GraphQLSchema) -> None:
        with self._lock:
            self._schemas[looks] = schema
            if len(self._schemas) > self._most:
                self._schemas.popitem(last=False)


class Schemas:
    """The schemas of one process. Which modules are active and which fields are hidden decides
    what one has; tenants with the same share it.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._names = Names(registry)
        self._modules = self._named()
        self._kept, self._hiding = _Kept(MAX_SCHEMAS), _Kept(MAX_HIDING)
        self._lock = Lock()

    @cached_property
    def whole(self) -> GraphQLSchema:
        """That of a tenant with every module."""
        return self.of(frozenset(self.registry.modules))

    def _named(self) -> dict[str, str]:
        """The modules of root fields; ``NameTaken`` if two operations have one name."""
        found: dict[str, Operation] = {}
        for one in self.registry.operations.values():
            if is_rooted(one):
                name = root_name(one, self._names)
                other = found.setdefault(name, one)
                if other is not one:
                    raise NameTaken(
                        f"{other.name} and {one.name} would both be called {name!r} in GraphQL"
                    )
        return {name: one.module for name, one in found.items()}

    def module_of(self, root: str) -> str | None:
        """The module that a root field belongs to, whether it is active or not."""
        return self._modules.get(root)

    def of(self, looks: frozenset[str], own: Own = NOBODYS) -> GraphQLSchema:
        """The schema for who sees this (:func:`sparx_core.actors.looks_of`), with the kinds that
        its tenant declares. The same object for the same looks and kinds, as long as it is kept.
        """
        shapes = shapes_of(self.registry, looks, own)
        key = looks | {f"={one}:{found.digest}" for one, found in shapes.items()}
        # Each tenant can hide what it likes: that must not cost others theirs.
        kept = self._hiding if any(one.startswith(HIDDEN) for one in looks) else self._kept
        found = kept.find(key)
        if found is not None:
            return found
        with self._lock:  # to build one takes long, and others would do the same
            found = kept.find(key)
            if found is None:
                found = self._build(looks, shapes)
                kept.keep(key, found)
        return found

    def _build(self, looks: frozenset[str], shapes: Mapping[str, Shapes]) -> GraphQLSchema:
        roots = Roots(Inputs(self.registry, self._names, looks))
        queries: dict[str, GraphQLField] = {}
        mutations: dict[str, GraphQLField] = {}
        for operation in self.registry.operations.values():
            if operation.module not in looks or not is_rooted(operation):
                continue
            name = root_name(operation, self._names)
            (mutations if operation.writes else queries)[name] = roots.field(operation)
        schema = _schema(queries, mutations)
        if not shapes:
            return schema
        # What is the same for all tenants has its types, and their names, by now.
        for key, found in shapes.items():
            kinds = KindRoots(roots.inputs, self.registry.resources[key], found)
            for operation, name, field in kinds.fields({*queries, *mutations}):
                (mutations if operation.writes else queries)[name] = field
        return _schema(queries, mutations)


def _schema(queries: dict[str, GraphQLField], mutations: dict[str, GraphQLField]) -> GraphQLSchema:
    return GraphQLSchema(
        GraphQLObjectType("Query", queries),
        GraphQLObjectType("Mutation", mutations) if mutations else None,
    )
