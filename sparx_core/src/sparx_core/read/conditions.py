"""Conditions: filters of a query with their values, as SQL."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from peewee import CTE, SQL, Cast, Expression, Function, NodeList, Select, Table

from sparx_core.db.search import IN_TRASH
from sparx_core.db.statements import slot
from sparx_core.read.columns import Comparable
from sparx_core.read.wire import Scope


@dataclass(frozen=True)
class Condition:
    """One filter of a query: the operator as asked for, the comparison that it comes down to,
    and the value as the database compares it.

    ``counted``: how many rows have each value of the column is known without looking at them.
    """

    name: str
    on: Comparable
    operator: str
    comparison: str
    value: Any = field(hash=False)
    counted: bool = False

    @property
    def shape(self) -> Hashable:
        """What two conditions must share to share a statement."""
        open_ended = isinstance(self.value, tuple) and self.value[1] is None
        return (self.name, self.operator, self.comparison, open_ended)

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        if isinstance(self.value, tuple):
            return {self._key("from"): self.value[0], self._key("to"): self.value[1]}
        return {self._key(): self.value}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        on = self.on
        exactly = self.compared(scope.column(on.name))
        if on.filled and self.comparison == "empty":
            return Expression(on.of(scope), "=", on.least) & exactly
        if on.filled and self.comparison in ONE_RANGE | {"in"}:
            # What the index holds finds the rows, what the column holds is the truth.
            by_index = self.compared(on.of(scope)) & exactly
            if self.comparison in ("lt", "lte") and on.spare:
                # Or the range would begin with all that have no value.
                return by_index & Expression(on.of(scope), ">", on.least)
            return by_index
        return exactly

    def compared(self, operand: Any) -> Any:
        """The condition on any SQL that has the column's value."""
        return _SQL[self.comparison](self, operand)

    def slot(self, part: str = "") -> Any:
        return slot(self._key(part))

    def _key(self, part: str = "") -> Hashable:
        return (self.name, self.operator, part)


def _plain(sign: str) -> Callable[[Condition, Any], Any]:
    return lambda condition, operand: Expression(operand, sign, condition.slot())


def _any_of(condition: Condition, operand: Any) -> Any:
    values = Cast(condition.slot(), f"{condition.on.type}[]")
    return Expression(operand, "=", Function("ANY", (values,)))


def _none_of(condition: Condition, operand: Any) -> Any:
    values = Cast(condition.slot(), f"{condition.on.type}[]")
    none_of = Expression(operand, "<>", Function("ALL", (values,)))
    return NodeList((SQL("("), none_of, SQL("OR"), operand, SQL("IS NULL)")))


def _within(condition: Condition, operand: Any) -> Any:
    above = Expression(operand, ">=", condition.slot("from"))
    if condition.value[1] is None:
        return above
    return above & Expression(operand, "<", condition.slot("to"))


def _without(condition: Condition, operand: Any) -> Any:
    below = Expression(operand, "<", condition.slot("from"))
    above = Expression(operand, ">=", condition.slot("to"))
    return NodeList((SQL("("), below, SQL("OR"), above, SQL("OR"), operand, SQL("IS NULL)")))


def _is_filled(condition: Condition, operand: Any) -> Any:
    return NodeList((operand, SQL("IS NOT NULL")))


def _is_empty(condition: Condition, operand: Any) -> Any:
    return NodeList((operand, SQL("IS NULL")))


_SQL: dict[str, Callable[[Condition, Any], Any]] = {
    "eq": _plain("="),
    "ne": _plain("IS DISTINCT FROM"),
    "lt": _plain("<"),
    "lte": _plain("<="),
    "gt": _plain(">"),
    "gte": _plain(">="),
    "in": _any_of,
    "nin": _none_of,
    "within": _within,
    "without": _without,
    "filled": _is_filled,
    "empty": _is_empty,
}


@dataclass(frozen=True)
class ComputedCondition:
    """A condition on what is computed: the declaration says how rows are found."""

    name: str
    computed: Callable[[Scope, Any], Any]
    value: Any = field(hash=False)
    type: str = "text"

    counted = False

    @property
    def shape(self) -> Hashable:
        """What two conditions must share to share a statement."""
        return (self.name, "computed")

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        return {self.shape: self.value}

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
        return self.computed(scope, Cast(slot(self.shape), self.type))


#: Comparisons that are true of one range of values, and never of NULL.
ONE_RANGE = frozenset({"eq", "lt", "lte", "gt", "gte", "within"})


@dataclass(frozen=True)
class Search:
    """A condition that the search function of a resource decides: ``q``, or what a field contains.

    Every word occurs in ``column``, or anywhere in what the resource is searched by. ``scopes``
    are those of the resources that are looked into besides.
    """

    name: str
    function: str
    words: tuple[str, ...] = field(hash=False)
    column: str | None = None
    scopes: frozenset[str] = frozenset()

    counted = False

    @property
    def shape(self) -> Hashable:
        """What two searches must share to share a statement."""
        return (self.name, "contains")

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""
        return {self.shape: list(self.words)}

    def of_trash(self) -> Search:
        """The same search of what is in the trash."""
        return replace(self, function=f"{self.function}{IN_TRASH}")

    @property
    def found(self) -> CTE:
        """The ids that the function finds, for all who ask in one statement."""
        words = Cast(slot(self.shape), "text[]")
        found = Select([], [Function(self.function, (words, self.column))])
        ids = Select([], [Function("ARRAY", (found,)).alias("ids")])
        return ids.cte(f"_found_{self.name}", materialized=True)

    def sql(self, scope: Scope) -> Any:
        """Whether the function found a row of ``scope``.

        By ids, which may use an index under a policy; as an array, so that they are looked up
        and not joined.
        """
        ids = Cast(self._select(lambda ids: ids), "uuid[]")
        return Expression(scope.column("id"), "=", Function("ANY", (ids,)))

    def count(self) -> Select:
        """How many rows the function found."""
        return self._select(lambda ids: Function("cardinality", (ids,)))

    def _select(self, of: Callable[[Any], Any]) -> Select:
        found = Table(f"_found_{self.name}")
        return Select([found], [of(found.c.ids)])


class Narrowing(Protocol):
    """Whatever narrows a list."""

    @property
    def counted(self) -> bool:
        """Whether how many rows it leaves is known without looking at them."""

    @property
    def shape(self) -> Hashable:
        """What two of them must share to share a statement."""

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its SQL."""

    def sql(self, scope: Scope) -> Any:
        """The condition on the rows of ``scope``."""
