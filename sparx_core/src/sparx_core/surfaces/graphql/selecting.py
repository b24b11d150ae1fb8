"""Selection sets as what the read compiler takes: names, relations, arguments, parts of objects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from sparx_core.derived import MAX_RELATED
from sparx_core.read.conditions import Search
from sparx_core.read.listing import BadSort
from sparx_core.read.ordering import Ordering
from sparx_core.read.page import MAX_SKIP
from sparx_core.read.portion import TYPE_NAME, As, Parts, Portion
from sparx_core.read.selection import Selection
from sparx_core.read.view import Relation, View, Views
from sparx_core.resources import Resource
from sparx_core.surfaces.graphql.arguments import sort_of, where_params
from sparx_core.surfaces.graphql.collecting import Fields
from sparx_core.surfaces.graphql.inputs import CUSTOM
from sparx_core.surfaces.rest.parameters import number_of, refused
from sparx_core.surfaces.rest.query import NOBODYS, narrowing


@dataclass(frozen=True)
class Selecting:
    """Makes selections of what a document asks for. ``views`` may be newer than the schema: what
    they do not have is left out.
    """

    fields: Fields
    views: Views

    def rows(
        self, view: View, type_: Any, nodes: Iterable[FieldNode], place: tuple[str, ...] = ()
    ) -> Selection:
        """What is shown of the rows of a view. ``place`` is the way to them."""
        entries: list[tuple[str, Selection | None]] = []
        shown: list[As] = []
        for key, asked in self.fields.collect(nodes).items():
            name = asked[0].name.value
            relation = view.relations.get(name)
            parts = None
            nested = None
            if relation is not None:
                nested = self._related(relation, type_.fields[name], asked, (*place, key))
            elif name in view.fields:
                parts = self._parts(type_.fields[name], asked)
            elif name != TYPE_NAME:
                continue
            entries.append((name, nested))
            shown.append(As(key, parts))
        return Selection(tuple(entries), tuple(shown), type_name=type_.name)

    def _related(
        self,
        relation: Relation,
        declared: GraphQLField,
        nodes: list[FieldNode],
        place: tuple[str, ...],
    ) -> Selection:
        within = self.views.related(relation)
        found = self.rows(within, get_named_type(declared.type), nodes, place)
        given = self.fields.arguments(declared, nodes[0])
        if not given or relation.resource is None:
            return found
        portion = _portion(relation, relation.resource, given, place)
        return Selection(found.entries, found.shown, portion, found.type_name)

    def _parts(self, declared: GraphQLField, nodes: list[FieldNode]) -> Parts | None:
        """The parts of an object that is inside a field; None of a field that is shown whole."""
        type_ = get_named_type(declared.type)
        if not is_composite_type(type_):
            return None
        entries = []
        for key, asked in self.fields.collect(nodes).items():
            name = asked[0].name.value
            within = None
            if name != TYPE_NAME:
                within = self._parts(type_.fields[name], asked)  # type: ignore[union-attr]
            entries.append((key, name, within))
        many = is_list_type(get_nullable_type(declared.type))
        return Parts(many, tuple(entries), type_.name)


def _portion(
    relation: Relation, resource: Resource, given: dict[str, Any], place: tuple[str, ...]
) -> Portion:
    """The rows of a relation that are asked for; ``BadRequest`` names the argument that is wrong.

    What the whole tenant would have to be searched for with each row is for root lists.
    """
    take = number_of("take", str(given.get("take", relation.limit)), 1, MAX_RELATED)
    skip = number_of("skip", str(given.get("skip", 0)), 0, MAX_SKIP)
    where = given.get("where", {})
    order = given.get("orderBy")
    if CUSTOM in where or (order is not None and CUSTOM in order):
        raise refused(CUSTOM, "Custom fields narrow and sort lists at the root.")
    narrowed = narrowing(where_params(where), resource, NOBODYS, ())
    for one in narrowed.conditions:
        if isinstance(one, Search):
            raise refused(f"{one.name}[contains]", "contains is for lists at the root.")
    return Portion(place, take, skip, _ordering(resource, order), tuple(narrowed.conditions))


def _ordering(resource: Resource, order: Any) -> Ordering | None:
    if order is None:
        return None
    try:
        return resource.listing.ordering(sort_of(order))
    except BadSort as error:
        raise refused("orderBy", str(error)) from None
