"""What a reader may ask of a selection beside its fields: other names, parts of objects, and fewer
rows of a relation, or others.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Function, Node, NodeList

from sparx_core.db.statements import Slot, slot
from sparx_core.read.conditions import Narrowing
from sparx_core.read.ordering import Ordering

#: An entry that tells the name of a type, and no field.
TYPE_NAME = "__typename"


@dataclass(frozen=True)
class As:
    """Under which name an entry is shown, and which ``parts`` of it, if it is an object."""

    name: str
    parts: Parts | None = None


@dataclass(frozen=True)
class Parts:
    """Parts of an object inside a field, or of each in a list of them: (name shown, name, its own
    parts). ``type_name`` is what ``__typename`` tells.
    """

    many: bool
    entries: tuple[tuple[str, str, Parts | None], ...]
    type_name: str = ""


@dataclass(frozen=True, eq=False)
class Portion:
    """Which rows of a relation are shown with each row. ``place`` is the path of names to it, which
    keeps its values apart from those of other relations in the statement.

    Equal to any other that makes the same SQL, whatever its values are.
    """

    place: tuple[str, ...]
    take: int
    skip: int = 0
    ordering: Ordering | None = None
    conditions: Sequence[Narrowing] = ()

    @property
    def shape(self) -> Hashable:
        """What two of them must share to share a statement."""
        order = None if self.ordering is None else self.ordering.shape
        return (self.place, self.skip > 0, order, tuple(one.shape for one in self.conditions))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Portion) and self.shape == other.shape

    def __hash__(self) -> int:
        return hash(self.shape)

    @property
    def slots(self) -> Mapping[Hashable, Any]:
        """The parameters of its SQL."""
        values: dict[Hashable, Any] = {"take": self.take, "skip": self.skip}
        for condition in self.conditions:
            values |= condition.slots
        return {(self.place, name): value for name, value in values.items()}

    def narrowed(self, rows: Any, scope: Any) -> Any:
        """Those of the ``rows`` of a relation that are asked for, in no order yet."""
        wanted = [_Placed(self.place, one.sql(scope)) for one in self.conditions]
        return rows.where(*wanted) if wanted else rows

    def cut(self, rows: Any) -> Any:
        """As many of the ``rows`` as are asked for."""
        rows = rows.limit(_Placed(self.place, slot("take")))
        return rows.offset(_Placed(self.place, slot("skip"))) if self.skip else rows


class _Placed(Node):
    """SQL whose slots are those of one place in the statement."""

    def __init__(self, place: tuple[str, ...], node: Any) -> None:
        self.place, self.node = place, node

    def __sql__(self, ctx: Any) -> Any:
        before = len(ctx._values)
        ctx.sql(self.node)
        ctx._values[before:] = [
            Slot((self.place, one.name)) if isinstance(one, Slot) else one
            for one in ctx._values[before:]
        ]
        return ctx


def shown_parts(value: Any, parts: Parts) -> Any:
    """SQL of the parts of a value that is JSON; null where it is not what it is said to be."""
    document = Function("to_jsonb", (value,))
    kind = "array" if parts.many else "object"
    inner = _listed(parts) if parts.many else _object(SQL("_j.v"), parts)
    return NodeList((
        SQL(f"(SELECT CASE WHEN jsonb_typeof(_j.v) = '{kind}' THEN"),
        inner,
        SQL("END FROM (SELECT"),
        document,
        SQL("AS v) AS _j)"),
    ))  # fmt: skip


def _listed(parts: Parts) -> Any:
    each = _object(SQL("_e.v"), parts)
    return NodeList((
        SQL("(SELECT coalesce(json_agg("),
        each,
        SQL("), '[]') FROM jsonb_array_elements(_j.v) AS _e(v))"),
    ))  # fmt: skip


def _object(value: Any, parts: Parts) -> Any:
    columns: list[Any] = []
    for shown, name, nested in parts.entries:
        if name == TYPE_NAME:
            found: Any = NodeList((parts.type_name, SQL("::text")), glue="")
        else:
            found = NodeList((value, SQL("->"), NodeList((name, SQL("::text")), glue="")))
            found = found if nested is None else shown_parts(found, nested)
        columns += [SQL(","), found, SQL(f'AS "{shown}"')]
    return NodeList((
        SQL("(SELECT row_to_json(_o) FROM (SELECT"), *columns[1:], SQL(") AS _o)"),
    ))  # fmt: skip
