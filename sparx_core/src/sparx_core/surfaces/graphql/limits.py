"""What a document may be, however harmless what it asks for: looked at before anything is asked.

All of it needs the document alone: no schema, and no database. Fragments count wherever they are
spread, so that a few lines cannot stand for millions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from sparx_core.errors import BadRequest, PayloadTooLarge, QueryTooComplex
from sparx_core.json import DEFAULT_LIMITS

#: Bytes of a document, and what it is read as.
MAX_BYTES, MAX_TOKENS = 32_768, 2_000
#: Levels of fields; of introspection, whose usual query has fifteen.
MAX_DEPTH, MAX_INTROSPECTION_DEPTH = 10, 20
#: Of one operation: fields that have another name in the answer, fields and directives in all.
MAX_ALIASES, MAX_FIELDS, MAX_DIRECTIVES = 50, 1_000, 50
#: What one operation may do at once, each with a statement of its own.
MAX_QUERIES, MAX_MUTATIONS = 20, 4
_QUERIES, _MUTATIONS = ("fields at its root", MAX_QUERIES), ("mutations", MAX_MUTATIONS)
#: Fields about the schema.
INTROSPECTION = frozenset({"__schema", "__type", "__typename"})


def parsed(text: str) -> DocumentNode:
    """The document of a text; ``BadRequest`` says where it is none."""
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise PayloadTooLarge(f"The document is larger than {MAX_BYTES:,} bytes.")
    try:
        return parse(text, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        if "Parsing aborted" in error.message:
            raise QueryTooComplex("tokens", MAX_TOKENS, MAX_TOKENS + 1) from None
        raise


@dataclass
class Measured:
    """What one operation amounts to, with its fragments in place."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    fields: int = 0
    directives: int = 0
    roots: int = 0

    def check(self, most_roots: int, roots: str) -> None:
        """Refuse what is beyond a limit."""
        for limit, most, found in (
            ("levels of fields", MAX_DEPTH, self.depth),
            ("levels of introspection", MAX_INTROSPECTION_DEPTH, self.introspection_depth),
            ("aliases", MAX_ALIASES, self.aliases),
            ("fields", MAX_FIELDS, self.fields),
            ("directives", MAX_DIRECTIVES, self.directives),
            (roots, most_roots, self.roots),
        ):
            if found > most:
                raise QueryTooComplex(limit, most, found)


def check_document(document: DocumentNode) -> None:
    """Refuse a document of which one operation is beyond a limit, or whose fragments are spread
    in themselves.
    """
    fragments = fragments_of(document)
    _refuse_cycles(fragments)
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            mutates = one.operation is OperationType.MUTATION
            walk = _Walk(fragments, *(_MUTATIONS if mutates else _QUERIES))
            walk.operation(one)


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The fragments of a document by name."""
    return {
        one.name.value: one
        for one in document.definitions
        if isinstance(one, FragmentDefinitionNode)
    }


def root_fields(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields at the root of an operation, those of fragments included; these have no cycles."""
    waiting: list[SelectionNode] = list(operation.selection_set.selections)
    while waiting:
        one = waiting.pop()
        if isinstance(one, FieldNode):
            yield one
        elif isinstance(one, InlineFragmentNode):
            waiting += one.selection_set.selections
        elif isinstance(one, FragmentSpreadNode) and one.name.value in fragments:
            waiting += fragments[one.name.value].selection_set.selections


class _Walk:
    """Counts as it goes, and stops at the first limit: what a bomb would be is never unfolded."""

    def __init__(
        self, fragments: Mapping[str, FragmentDefinitionNode], roots: str, most_roots: int
    ) -> None:
        self.fragments, self.roots, self.most_roots = fragments, roots, most_roots
        self.found = Measured()
        self._selections = 0

    def operation(self, operation: OperationDefinitionNode) -> None:
        self.found.directives += len(operation.directives or ())
        for one in operation.variable_definitions or ():
            if one.default_value is not None:
                _check_literal(one.default_value)
        try:
            self._selection(operation.selection_set, 1, meta=False)
        except RecursionError:
            raise QueryTooComplex("levels", MAX_DEPTH, self._selections) from None
        self.found.check(self.most_roots, self.roots)

    def _selection(self, selected: SelectionSetNode, depth: int, *, meta: bool) -> None:
        for one in selected.selections:
            self._selections += 1
            self.found.directives += len(one.directives or ())
            if isinstance(one, FieldNode):
                self._field(one, depth, meta=meta or one.name.value in INTROSPECTION)
            elif isinstance(one, FragmentSpreadNode):
                # Fragments that show nothing are work as well.
                if self._selections > 2 * MAX_FIELDS:
                    raise QueryTooComplex("fields", MAX_FIELDS, self._selections)
                fragment = self.fragments.get(one.name.value)
                if fragment is not None:
                    self._selection(fragment.selection_set, depth, meta=meta)
            elif isinstance(one, InlineFragmentNode):
                self._selection(one.selection_set, depth, meta=meta)

    def _field(self, field: FieldNode, depth: int, *, meta: bool) -> None:
        found = self.found
        found.fields += 1
        found.aliases += field.alias is not None
        found.roots += depth == 1
        if meta:
            found.introspection_depth = max(found.introspection_depth, depth)
        else:
            found.depth = max(found.depth, depth)
        found.check(self.most_roots, self.roots)
        for one in field.arguments or ():
            _check_literal(one.value)
        if field.selection_set is not None:
            self._selection(field.selection_set, depth + 1, meta=meta)


def _check_literal(value: ValueNode, levels: int = 1) -> None:
    """A value in the document is bounded as one in a body is, where JSON is the same."""
    inside: Sequence[ValueNode] = ()
    if isinstance(value, ListValueNode):
        inside = value.values
        if len(inside) > DEFAULT_LIMITS.entries:
            raise QueryTooComplex("entries of a list", DEFAULT_LIMITS.entries, len(inside))
    elif isinstance(value, ObjectValueNode):
        inside = [one.value for one in value.fields]
        longest = max((len(one.name.value) for one in value.fields), default=0)
        if longest > DEFAULT_LIMITS.name:
            raise QueryTooComplex("characters in a name", DEFAULT_LIMITS.name, longest)
    if inside and levels > DEFAULT_LIMITS.depth:
        raise QueryTooComplex("levels of values", DEFAULT_LIMITS.depth, levels)
    for one in inside:
        _check_literal(one, levels + 1)


def _refuse_cycles(fragments: Mapping[str, FragmentDefinitionNode]) -> None:
    """Of fragments that no operation spreads, too: validation follows them."""
    spread = {name: set(_spreads(one.selection_set)) for name, one in fragments.items()}
    while spread:
        ends = {name for name, within in spread.items() if not within & spread.keys()}
        if not ends:
            raise BadRequest(f"The fragment {min(spread)[:64]!r} is spread in itself.")
        spread = {name: within for name, within in spread.items() if name not in ends}


def _spreads(selected: SelectionSetNode) -> Iterator[str]:
    waiting = [selected]
    while waiting:
        for one in waiting.pop().selections:
            if isinstance(one, FragmentSpreadNode):
                yield one.name.value
            elif isinstance(one, FieldNode | InlineFragmentNode) and one.selection_set is not None:
                waiting.append(one.selection_set)
