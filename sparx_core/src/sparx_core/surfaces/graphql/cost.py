"""What a query could cost: the objects that it could show, by the sizes of its pages.

Reckoned from the schema and the variables before anything is asked of the database. Each field
with fields of its own costs one for each row that it could be shown in, a list one for each row
that it could have, a mutation ten. A field that is asked for twice costs twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from sparx_core.surfaces.graphql.rows import ROWS, Rows

#: What a write costs beside what it shows.
MUTATION = 10


def cost_of(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
) -> int:
    """The cost of a valid operation."""
    defaults = {
        one.variable.name.value: int(one.default_value.value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    root = schema.get_root_type(operation.operation)
    assert root is not None
    reckoning = _Reckoning(schema, fragments, {**defaults, **variables})
    cost = reckoning.selection(operation.selection_set, root, 1, None)
    if operation.operation is OperationType.MUTATION:
        cost += MUTATION * sum(
            isinstance(one, FieldNode) for one in operation.selection_set.selections
        )
    return max(cost, 1)


class _Reckoning:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self.schema, self.fragments, self.variables = schema, fragments, variables

    def selection(
        self, selected: SelectionSetNode, of: GraphQLNamedType, rows: int, page: int | None
    ) -> int:
        """``rows`` times what is selected; ``page`` are the rows of the page whose fields it is."""
        cost = 0
        for one in selected.selections:
            if isinstance(one, FieldNode):
                cost += self._field(one, of, rows, page)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                within = self.schema.get_type(fragment.type_condition.name.value) or of
                cost += self.selection(fragment.selection_set, within, rows, page)
            elif isinstance(one, InlineFragmentNode):
                condition = one.type_condition
                known = self.schema.get_type(condition.name.value) if condition else None
                cost += self.selection(one.selection_set, known or of, rows, page)
        return cost

    def _field(self, field: FieldNode, of: GraphQLNamedType, rows: int, page: int | None) -> int:
        name = field.name.value
        declared = of.fields.get(name) if isinstance(of, GraphQLObjectType) else None
        if declared is None or field.selection_set is None:
            return 0  # introspection, or a value of its row
        shown = get_named_type(declared.type)
        if not is_composite_type(shown):
            return 0
        listed = is_list_type(get_nullable_type(declared.type))
        size: Rows | None = declared.extensions.get(ROWS)
        if size is not None and not listed:  # a page: its rows are shown by the list inside
            most = rows * self._asked(field, size)
            return 1 + self.selection(field.selection_set, shown, rows, most)
        if size is not None:
            rows *= self._asked(field, size)
        elif listed and page is not None:
            rows = page
        return rows + self.selection(field.selection_set, shown, rows, None)

    def _asked(self, field: FieldNode, size: Rows) -> int:
        """How many rows the field asks for."""
        given = next(
            (one for one in field.arguments or () if one.name.value == size.argument), None
        )
        asked: Any = None
        if given is not None and isinstance(given.value, IntValueNode):
            asked = int(given.value.value)
        elif given is not None and isinstance(given.value, VariableNode):
            asked = self.variables.get(given.value.name.value)
        if not isinstance(asked, int) or isinstance(asked, bool):
            asked = size.default
        return min(max(int(asked), 1), size.most)
