"""What is carried out: one operation of a document, and one root field of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)

from sparx_core.auth.keys import PresentedKey
from sparx_core.operations import Operation
from sparx_core.read.selection import Selection
from sparx_core.read.view import Views
from sparx_core.resources import Resource
from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.collecting import Fields
from sparx_core.surfaces.graphql.roots import ROOT, Root
from sparx_core.surfaces.graphql.selecting import Selecting


@dataclass(frozen=True)
class Asked:
    """A valid ``operation`` of a ``document``, and who asks.

    ``schema`` is that of ``looks``, what resources looked like to the key the last time. The
    ``variables`` are as they were sent. ``kept`` lives as long as the document is known.
    """

    runtime: Runtime
    key: PresentedKey
    looks: frozenset[str]
    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any]
    request_id: str
    kept: dict[Any, Any] = field(default_factory=dict)
    #: Whether the tenant declares other kinds by now than the schema has.
    is_outdated: Callable[[], bool] = lambda: False

    @property
    def views(self) -> Views:
        return self.runtime.registry.views(self.looks)


@dataclass(frozen=True)
class Executed:
    """An answer: ``data`` is JSON text, None if nothing was carried out. ``errors`` are ready to be
    sent. ``actor`` and ``tenant`` are who it was, for the log.
    """

    data: bytes | None
    errors: list[dict[str, Any]]
    actor: str = ""
    tenant: str = ""


@dataclass(frozen=True)
class Asking:
    """One root field: the nodes that ask for it under one name, and what it is declared as.

    ``note`` is told who asked.
    """

    asked: Asked
    fields: Fields
    declared: GraphQLField
    nodes: list[FieldNode]
    note: SimpleNamespace
    #: What was shown of the resource, once it is known.
    shown: list[Selection] = field(default_factory=list)

    @property
    def root(self) -> Root:
        found: Root = self.declared.extensions[ROOT]
        return found

    @property
    def operation(self) -> Operation:
        return self.root.operation

    @property
    def resource(self) -> Resource:
        assert self.operation.resource is not None
        return self.operation.resource

    @property
    def type(self) -> Any:
        """The type of its value, or of each in the list that it is."""
        return get_named_type(self.declared.type)

    @cached_property
    def arguments(self) -> dict[str, Any]:
        return self.fields.arguments(self.declared, self.nodes[0])

    def selection(
        self, type_: Any, nodes: list[FieldNode], views: Views | None = None
    ) -> Selection:
        """What is shown of the resource; made once for a document, if it has no variables there."""
        kept, key = self.asked.kept, ("selection", *map(id, nodes))
        found = kept.get(key) if views is None else None
        if found is None:
            found = self._selected(type_, nodes, views)
        self.shown.append(found)
        return found

    def _selected(self, type_: Any, nodes: list[FieldNode], views: Views | None) -> Selection:
        kept, key = self.asked.kept, ("selection", *map(id, nodes))
        found_in = views or self.asked.views
        fields = Fields(self.fields.fragments, self.fields.variables)
        view = found_in.resource(self.resource.key)
        found = Selecting(fields, found_in).rows(view, type_, nodes)
        if views is None and fields.steady:
            kept[key] = found
        return found
