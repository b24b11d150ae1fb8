"""Documents that were read and found valid: kept, because clients send the same again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any, Generic, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    specified_rules,
    validate,
)
from graphql.validation import MaxIntrospectionDepthRule

from sparx_core.errors import BadRequest, QueryTooComplex
from sparx_core.surfaces.graphql.introspection import check_introspection
from sparx_core.surfaces.graphql.limits import MAX_DEPTH, check_document, fragments_of, parsed

#: Documents that are kept, and the characters of one that is: a long one takes half a megabyte.
MAX_KEPT, MAX_KEPT_CHARACTERS = 300, 4_096
#: Schemas of which documents are kept: each takes megabytes for as long as one is.
MAX_SCHEMAS = 32
#: What is told of a document that is wrong, at most.
MAX_ERRORS = 20
_RULES = tuple(dict.fromkeys((*specified_rules, MaxIntrospectionDepthRule)))

Value = TypeVar("Value")


class InvalidDocument(Exception):
    """A document that the schema has no answer to; ``errors`` say where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


@dataclass(frozen=True)
class Prepared:
    """A valid document. ``kept`` is for what is made of it, and lives as long as it does."""

    document: DocumentNode
    kept: dict[Any, Any] = field(default_factory=dict)

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        return fragments_of(self.document)

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of this name; without one the only one that there is."""
        found = [
            one
            for one in self.document.definitions
            if isinstance(one, OperationDefinitionNode)
            and (name is None or (one.name is not None and one.name.value == name))
        ]
        if len(found) == 1:
            return found[0]
        if name is None:
            told = "Say by 'operationName' which of the operations is meant."
            raise BadRequest(told if found else "The document has no operation.")
        raise BadRequest(f"The document has no operation {name[:64]!r}.")


class Kept(Generic[Value]):
    """As many values as there is room for; who was not asked for longest makes room."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def find(self, key: Hashable) -> Value | None:
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
        return found

    def keep(self, key: Hashable, value: Value) -> Hashable | None:
        """Keep a value; the key of the one that made room for it, if one had to."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                return self._values.popitem(last=False)[0]
        return None

    def forget(self, fits: Callable[[Any], bool]) -> None:
        """Give up the values whose keys fit."""
        with self._lock:
            for key in [one for one in self._values if fits(one)]:
                del self._values[key]


class Documents:
    """Reads documents, and keeps those of the schemas that are asked most."""

    def __init__(self) -> None:
        self._parsed: Kept[DocumentNode] = Kept(MAX_KEPT)
        self._prepared: Kept[Prepared] = Kept(MAX_KEPT)
        self._schemas: Kept[bool] = Kept(MAX_SCHEMAS)

    def parse(self, text: str) -> DocumentNode:
        """The document, if it is within the limits that need no schema."""
        document = self._parsed.find(text)
        if document is None:
            document = parsed(text)
            check_document(document)
            if len(text) <= MAX_KEPT_CHARACTERS:
                self._parsed.keep(text, document)
        return document

    def prepare(self, text: str, schema: GraphQLSchema) -> Prepared:
        """The document, valid; ``InvalidDocument`` if it is not."""
        prepared = self._prepared.find((schema, text))
        if prepared is None:
            document = self.parse(text)
            _validate(schema, document)
            prepared = Prepared(document)
            for one in document.definitions:
                if isinstance(one, OperationDefinitionNode):
                    check_introspection(schema, one, prepared.fragments)
            if len(text) <= MAX_KEPT_CHARACTERS:
                self._keep(schema, text, prepared)
        return prepared

    def _keep(self, schema: GraphQLSchema, text: str, prepared: Prepared) -> None:
        """What is kept of a document keeps its schema as well."""
        given_up = self._schemas.keep(schema, True)
        if given_up is not None:
            self._prepared.forget(lambda key: key[0] is given_up)
        self._prepared.keep((schema, text), prepared)


def _validate(schema: GraphQLSchema, document: DocumentNode) -> None:
    try:
        errors = validate(schema, document, _RULES, MAX_ERRORS)
    except RecursionError:
        raise QueryTooComplex("levels", MAX_DEPTH, MAX_DEPTH + 1) from None
    if errors:
        raise InvalidDocument(errors)
