"""Executing a document: root field by root field, and nothing further down.

A query's field is one statement that answers with its JSON, so that nothing of it becomes an object
of Python and no resolver is called for any row. A mutation's field is one transaction. A field that
fails is null, with an error that says why; the others are not touched by that.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
)
from graphql.execution.values import get_variable_values
from graphql.language import DocumentNode, SelectionSetNode

from sparx_core.errors import Unauthorized, Unavailable
from sparx_core.json import encode
from sparx_core.read.portion import TYPE_NAME
from sparx_core.surfaces.graphql.asking import Asked, Asking, Executed
from sparx_core.surfaces.graphql.collecting import Fields
from sparx_core.surfaces.graphql.errors import told
from sparx_core.surfaces.graphql.fading import begin_field, note_uses
from sparx_core.surfaces.graphql.mutations import answer_mutation
from sparx_core.surfaces.graphql.queries import answer_query
from sparx_core.surfaces.reading import Outdated

__all__ = ["Asked", "Executed", "Outdated", "execute"]

#: Problems with variables that are told at once.
_MAX_ERRORS = 20


def execute(asked: Asked) -> Executed:
    """Carry out a valid operation.

    Before anything was written it may raise ``Unauthorized``, and ``Outdated`` if the schema is not
    that of the tenant any more. What is wrong with single fields is in the answer.
    """
    definitions = asked.operation.variable_definitions or ()
    variables = get_variable_values(
        asked.schema, definitions, dict(asked.variables), max_errors=_MAX_ERRORS
    )
    if isinstance(variables, list):
        return Executed(None, [told(one, asked.request_id) for one in variables])
    fields = Fields(Fields.fragments_of(asked.document), variables)
    return _Execution(asked, fields).run()


class _Execution:
    def __init__(self, asked: Asked, fields: Fields) -> None:
        self.asked, self.fields = asked, fields
        self.note = SimpleNamespace(actor="", tenant="", looks=asked.looks, confined=False)
        self.errors: list[GraphQLError] = []
        #: Whether a field was carried out, so that the document cannot be begun again.
        self.begun = False

    def run(self) -> Executed:
        asked = self.asked
        root = asked.schema.get_root_type(asked.operation.operation)
        assert root is not None
        collected = self.fields.collect([asked.operation])
        parts = [
            encode(key) + b":" + text
            for key, nodes in collected.items()
            for text in self._field(root, key, nodes)
        ]
        errors = [told(one, asked.request_id) for one in self.errors]
        data = b"{" + b",".join(parts) + b"}"
        return Executed(data, errors, self.note.actor, self.note.tenant)

    def _field(self, root: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> Iterator[bytes]:
        name = nodes[0].name.value
        if name == TYPE_NAME:
            yield encode(root.name)
            return
        if name not in root.fields:  # __schema and __type
            yield self._introspected(key, nodes)
            return
        asking = Asking(self.asked, self.fields, root.fields[name], nodes, self.note)
        begin_field()
        try:
            yield self._carried_out(asking)
            note_uses(asking)
        except Exception as error:
            if isinstance(error, Outdated | Unauthorized) and not self.begun:
                raise
            self._tell(error, key, nodes)
            yield b"null"
        self.begun = True

    def _carried_out(self, asking: Asking) -> bytes:
        if self.asked.operation.operation is OperationType.MUTATION:
            return answer_mutation(asking, first=not self.begun)
        return answer_query(asking)

    def _tell(self, error: Exception, key: str, nodes: list[FieldNode]) -> None:
        if isinstance(error, GraphQLError):  # about an argument
            self.errors.append(GraphQLError(error.message, nodes, path=[key]))
            return
        # What became outdated after other fields were carried out cannot be begun again.
        cause = Unavailable() if isinstance(error, Outdated) else error
        self.errors.append(GraphQLError(str(cause), nodes, path=[key], original_error=cause))

    def _introspected(self, key: str, nodes: list[FieldNode]) -> bytes:
        """What the schema says of itself: the one thing that is resolved in Python."""
        operation = self.asked.operation
        alone = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=operation.variable_definitions,
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        others = (
            one
            for one in self.asked.document.definitions
            if not isinstance(one, OperationDefinitionNode)
        )
        result = execute_sync(
            self.asked.schema,
            DocumentNode(definitions=(alone, *others)),
            variable_values=dict(self.asked.variables),
        )
        assert isinstance(result, ExecutionResult)
        self.errors.extend(result.errors or ())
        return encode((result.data or {}).get(key))
