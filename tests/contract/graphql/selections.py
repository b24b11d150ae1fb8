"""Random questions about rows, each in the words of REST and of GraphQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_required_argument,
)

from sparx_core.read.view import View, Views

#: How many relations there are on the way to a field, at most, and fields of one row.
DEPTH, MOST = 3, 6


@dataclass(frozen=True)
class Wanted:
    """A field by its name and by what it is called in the answer of GraphQL."""

    name: str
    alias: str
    #: What is wanted of each row, if it is a relation.
    rows: list[Wanted] | None = None
    #: The fields of an object inside the row, all of which GraphQL has to name.
    inside: list[str] = field(default_factory=list)

    def path(self) -> Iterator[str]:
        """As REST has it in ``fields``."""
        if self.rows is None:
            yield self.name
        for one in self.rows or ():
            yield from (f"{self.name}.{path}" for path in one.path())

    def text(self) -> str:
        """As a selection of GraphQL."""
        called = self.name if self.alias == self.name else f"{self.alias}: {self.name}"
        if self.rows is not None:
            return f"{called} {{ {' '.join(one.text() for one in self.rows)} }}"
        return f"{called} {{ {' '.join(self.inside)} }}" if self.inside else called


class Selections:
    """Random selections of a resource: of its fields, and of those of its relations."""

    def __init__(self, schema: GraphQLSchema, views: Views, chance: Random) -> None:
        self.schema, self.views, self.chance = schema, views, chance

    def of(self, view: View, type_name: str, depth: int = DEPTH, lists: int = 1) -> list[Wanted]:
        """At least one field of a view, in any order, with ``lists`` of other resources on the way
        to any: of more of them there could be more rows than are answered.
        """
        of = self.schema.type_map[type_name]
        assert isinstance(of, GraphQLObjectType)
        names = [name for name in view.names if name in of.fields]
        chosen = self.chance.sample(names, min(len(names), self.chance.randint(1, MOST)))
        found = [one for name in chosen if (one := self._wanted(view, of, name, (depth, lists)))]
        return found or [Wanted("id" if "id" in names else names[0], "one")]

    def _wanted(
        self, view: View, of: GraphQLObjectType, name: str, further: tuple[int, int]
    ) -> Wanted | None:
        depth, lists = further
        alias = self.chance.choice([name, f"{name}_{self.chance.randint(0, 99)}"])
        declared = of.fields[name]
        shown = get_named_type(declared.type)
        relation = view.relations.get(name)
        if relation is None:
            return Wanted(name, alias, inside=_inside(declared))
        lists -= relation.many and relation.resource is not None
        if depth == 0 or lists < 0:
            return None
        within = self.views.related(relation)
        return Wanted(name, alias, self.of(within, shown.name, depth - 1, lists))


def _inside(declared: GraphQLField) -> list[str]:
    shown = get_named_type(declared.type)
    if not isinstance(shown, GraphQLObjectType):
        return []
    assert not any(map(is_required_argument, declared.args.values()))
    return [
        f"{name} {{ {' '.join(inner)} }}" if (inner := _inside(one)) else name
        for name, one in shown.fields.items()
    ]


def as_rest(row: Any, wanted: list[Wanted]) -> Any:
    """A row of GraphQL's answer under the names of REST."""
    if row is None:
        return None
    if isinstance(row, list):
        return [as_rest(one, wanted) for one in row]
    return {
        one.name: without_nulls(row[one.alias])
        if one.rows is None
        else as_rest(row[one.alias], one.rows)
        for one in wanted
    }


def rest_row(row: Any, wanted: list[Wanted]) -> Any:
    """A row of REST's answer, with what its objects leave out left out of all."""
    if row is None:
        return None
    if isinstance(row, list):
        return [rest_row(one, wanted) for one in row]
    assert row.keys() == {one.name for one in wanted}
    return {
        one.name: without_nulls(row[one.name])
        if one.rows is None
        else rest_row(row[one.name], one.rows)
        for one in wanted
    }


def without_nulls(value: Any) -> Any:
    """An object that GraphQL shows has all its fields, and one that was stored perhaps not."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [without_nulls(one) for one in value]
    return value
