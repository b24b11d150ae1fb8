"""Questions about the schema itself: answered without the database, and bounded like all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)

from sparx_core.errors import QueryTooExpensive
from sparx_core.surfaces.graphql.limits import INTROSPECTION, fragments_of, root_fields

#: As much as so many of the usual queries, which show everything once.
MOST = 2


def is_introspective(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> bool:
    """Whether an operation asks of nothing but the schema."""
    return all(one.name.value in INTROSPECTION for one in root_fields(operation, fragments))


def check_introspection(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> None:
    """Refuse an operation that shows more of the schema than it would take to show it all."""
    asked = [one for one in root_fields(operation, fragments) if one.selection_set is not None]
    meta = [one for one in asked if one.name.value in INTROSPECTION]
    if not meta:
        return
    sizes = sizes_of(schema)
    found = sum(sizes.field(one, fragments) for one in meta)
    if found > MOST * sizes.usual:
        raise QueryTooExpensive(found, MOST * sizes.usual)


@dataclass(frozen=True)
class Sizes:
    """How many there are of what introspection lists: in all, or of each type or field, in the
    mean. ``usual`` is what the usual query would show by them.
    """

    lists: Mapping[str, float]
    usual: int = 0

    def field(self, field: FieldNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
        return int(self._selection([field], 1, fragments))

    def _selection(
        self, selected: Iterable[Any], rows: float, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> float:
        found = 0.0
        for one in selected:
            if isinstance(one, FragmentSpreadNode):
                within: SelectionSetNode | None = fragments[one.name.value].selection_set
                shown = rows
            elif isinstance(one, InlineFragmentNode):
                within, shown = one.selection_set, rows
            else:
                within = one.selection_set
                shown = rows * self.lists.get(one.name.value, 1)
                found += shown
            if within is not None:
                found += self._selection(within.selections, shown, fragments)
        return found


@lru_cache(maxsize=32)
def sizes_of(schema: GraphQLSchema) -> Sizes:
    types = schema.type_map.values()
    fields = [
        field
        for one in types
        if isinstance(one, GraphQLObjectType)
        for field in one.fields.values()
    ]
    arguments = sum(len(one.args) for one in fields)
    inputs = sum(len(one.fields) for one in types if isinstance(one, GraphQLInputObjectType))
    values = sum(len(one.values) for one in types if isinstance(one, GraphQLEnumType))
    of_a_type = len(schema.type_map)
    lists = {
        "types": float(of_a_type),
        "fields": len(fields) / of_a_type,
        "args": arguments / max(len(fields), 1),
        "inputFields": inputs / of_a_type,
        "enumValues": values / of_a_type,
        "possibleTypes": 1.0,
        "interfaces": 1.0,
        "directives": float(len(schema.directives)),
        "locations": 4.0,
    }
    usual = parse(get_introspection_query(specified_by_url=True, directive_is_repeatable=True))
    operation = next(one for one in usual.definitions if isinstance(one, OperationDefinitionNode))
    fragments = fragments_of(usual)
    sizes = Sizes(lists)
    return Sizes(
        lists, sum(sizes.field(one, fragments) for one in root_fields(operation, fragments))
    )
