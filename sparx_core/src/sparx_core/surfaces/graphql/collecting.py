"""Reading a document: which fields are asked for, under which names, with which arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    get_directive_values,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values

from sparx_core.errors import BadRequest

#: Longer names PostgreSQL would cut, and the answer would be under another one.
MAX_NAME = 63

Collected = dict[str, list[FieldNode]]


@dataclass
class Fields:
    """The fields of one operation, with its variables.

    ``steady`` turns false when something was read that another request with the same document may
    have otherwise: a variable, as far as can be seen at little cost.
    """

    fragments: Mapping[str, FragmentDefinitionNode]
    variables: VariableValues
    steady: bool = field(default=True, init=False)

    @staticmethod
    def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
        found = (one for one in document.definitions if isinstance(one, FragmentDefinitionNode))
        return {one.name.value: one for one in found}

    def collect(self, nodes: Iterable[Any]) -> Collected:
        """What is asked for in the selection sets of ``nodes``, by the name that it is shown under.

        There are neither interfaces nor unions, so that a fragment always is of the type around.
        """
        found: Collected = {}
        for node in nodes:
            if node.selection_set is not None:
                self._collect(node.selection_set.selections, found)
        return found

    def _collect(self, selections: Iterable[SelectionNode], found: Collected) -> None:
        for one in selections:
            if one.directives and not self._included(one):
                continue
            if isinstance(one, FieldNode):
                name = (one.alias or one.name).value
                if len(name) > MAX_NAME:
                    raise BadRequest(f"{name[:MAX_NAME]!r} is longer than {MAX_NAME} characters.")
                found.setdefault(name, []).append(one)
            elif isinstance(one, InlineFragmentNode):
                self._collect(one.selection_set.selections, found)
            elif isinstance(one, FragmentSpreadNode):
                fragment = self.fragments[one.name.value]
                self._collect(fragment.selection_set.selections, found)

    def _included(self, node: SelectionNode) -> bool:
        self.steady = False
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        if skip and skip["if"]:
            return False
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not include or bool(include["if"])

    def arguments(self, declared: GraphQLField, node: FieldNode) -> dict[str, Any]:
        """The arguments of a field by name, those that are null left out."""
        if not node.arguments:
            return {}
        self.steady = False
        given = get_argument_values(declared, node, self.variables)
        for name, value in given.items():
            check_text(name, value)
        return {name: value for name, value in given.items() if value is not None}

    def outline(self, type_: Any, nodes: list[FieldNode]) -> str:
        """What is asked for, in one text: the same for requests that have the same answer."""
        if not isinstance(type_, GraphQLObjectType):
            return ""
        parts = []
        for name, asked in self.collect(nodes).items():
            declared = type_.fields.get(asked[0].name.value)
            if declared is None:
                parts.append(f"{name}:{asked[0].name.value}")
                continue
            given = sorted(self.arguments(declared, asked[0]).items())
            within = self.outline(get_named_type(declared.type), asked)
            parts.append(f"{name}:{asked[0].name.value}{given}{within}")
        return "{" + ",".join(parts) + "}"


def check_text(name: str, value: Any) -> None:
    """Refuse what no text column holds: NUL, and half of a surrogate pair."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
            raise BadRequest(f"{name[:64]} holds a character that is none.")
    elif isinstance(value, Mapping):
        for key, nested in value.items():
            check_text(name, key)
            check_text(name, nested)
    elif isinstance(value, list):
        for nested in value:
            check_text(name, nested)
