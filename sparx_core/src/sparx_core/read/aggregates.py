"""Groups of a list, counted and summed: what is asked for, and the one SELECT that answers it.

Amounts are never added over currencies: whoever sums or averages money has its currency among the
groups, asked for or not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Cast, Entity, Expression, Function, NodeList, Select

from sparx_core.db.statements import slot
from sparx_core.read.compiler import Visible, in_trash, table_source
from sparx_core.read.conditions import Narrowing, Search
from sparx_core.read.wire import Scope

#: Parts of a period, each named by the day on which it begins in the tenant's time zone.
BUCKETS = ("day", "week", "month", "quarter", "year")
#: What can be computed of a number, beside how many rows there are.
FUNCTIONS = ("sum", "avg", "min", "max")
DEFAULT_GROUPS, MAX_GROUPS = 100, 1_000
#: Fields to group by, and to compute of each function.
MAX_FIELDS = 4
#: Digits after the point of averages of plain numbers.
AVERAGE_DIGITS = 6

_ZONE = "core.tenant_timezone()"


@dataclass(frozen=True)
class Group:
    """A value that the rows of a group share; a time is that of its ``bucket``.

    ``value`` makes its SQL. ``instant`` says that it is a moment, and no day of its own.
    """

    name: str
    value: Callable[[Scope], Any]
    bucket: str | None = None
    instant: bool = False

    @property
    def shape(self) -> Hashable:
        """What two groups must share to share a statement."""
        return (self.name, self.bucket)

    def sql(self, scope: Scope) -> Any:
        """What the rows are grouped by."""
        value = self.value(scope)
        if self.bucket is None:
            return value
        local: Any = Cast(value, "timestamp")
        if self.instant:
            local = Function("timezone", (SQL(_ZONE), Cast(value, "timestamptz")))
        return Cast(Function("date_trunc", (self.bucket, local)), "date")


@dataclass(frozen=True)
class Measure:
    """Something computed of a field: ``digits`` after the point are stored in a whole number;
    None of what is a number as it is. Of money, ``currency`` is the group that says which.
    """

    function: str
    name: str
    value: Callable[[Scope], Any]
    digits: int | None = None
    currency: str | None = None

    @property
    def shape(self) -> Hashable:
        """What two measures must share to share a statement."""
        return (self.function, self.name)

    def shown(self, computed: Any, currency: Any) -> Any:
        """SQL of the wire form of what was ``computed`` in a group."""
        value: Any = Cast(computed, "numeric")
        if self.digits is None:
            if self.function == "avg":
                value = Function("round", (value, SQL(str(AVERAGE_DIGITS))))
            return Function("trim_scale", (value,))
        unit: Any = Expression(value, "*", SQL(f"0.{1:0{self.digits}d}"))
        places: Any = Function("core.currency_digits", (currency,))
        if self.function != "avg":  # all of the digits that there are
            places = Function("greatest", (places, Function("min_scale", (unit,))))
        return Function("round", (unit, places))


@dataclass(frozen=True)
class Aggregate:
    """What is asked of a list, whatever surface it came through."""

    groups: Sequence[Group]
    measures: Sequence[Measure]
    conditions: Sequence[Narrowing] = ()
    trashed: bool | None = None
    visible: Visible | None = None
    take: int = DEFAULT_GROUPS

    @property
    def shape(self) -> Hashable:
        """What two of them must share to share a statement."""
        return (
            tuple(one.shape for one in self.groups),
            tuple(one.shape for one in self.measures),
            tuple(one.shape for one in self.conditions),
            self.trashed,
        )

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its statement."""
        values: dict[Hashable, Any] = {"take": self.take, "limit": self.take + 1}
        for condition in self.conditions:
            values |= condition.slots
        return values

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that a key needs beside the resource's own."""
        searched = (one.scopes for one in self.conditions if isinstance(one, Search))
        return frozenset[str]().union(*searched)


def select_groups(model: Any, asked: Aggregate) -> Select:
    """(array of groups as text, whether there are more than it shows, the tenant's time zone).

    Groups are in the order of what they share. One more than is shown is made.
    """
    rows = Select([_groups(model, asked).alias("_g")], [Cast(_shown(asked), "text").alias("body")])
    bodies = Function("array_agg", (Entity("_a", "body"),))
    taken = (SQL("("), bodies, SQL(")[:"), slot("take"), SQL("]"))
    listed = Function("array_to_string", (NodeList(taken, glue=""), SQL("','")))
    return Select(
        [rows.alias("_a")],
        [
            Function("concat", (SQL("'['"), listed, SQL("']'"))),
            Expression(Function("count", (SQL("*"),)), ">", slot("take")),
            SQL(_ZONE),
        ],
    )


def _groups(model: Any, asked: Aggregate) -> Select:
    scope = Scope(table_source(model, "_t"))
    columns = [one.sql(scope).alias(f"g{place}") for place, one in enumerate(asked.groups)]
    columns.append(Function("count", (SQL("*"),)).alias("n"))
    columns += [
        Function(one.function, (one.value(scope),)).alias(f"m{place}")
        for place, one in enumerate(asked.measures)
    ]
    found = Select([scope.source], columns)
    wanted = [one.sql(scope) for one in asked.conditions]
    if asked.trashed is not None:
        wanted.append(in_trash(scope, asked.trashed))
    if asked.visible is not None:
        wanted.append(asked.visible(scope))
    found = found.where(*wanted) if wanted else found
    places = [SQL(str(place + 1)) for place in range(len(asked.groups))]
    if places:
        found = found.group_by(*places).order_by(*places)
    found = found.limit(slot("limit"))
    searches = [one.found for one in asked.conditions if isinstance(one, Search)]
    return found.with_cte(*searches) if searches else found


def _shown(asked: Aggregate) -> Any:
    """SQL of the JSON of a group."""
    names = {one.name: Entity("_g", f"g{place}") for place, one in enumerate(asked.groups)}
    parts: list[Any] = [SQL("'group'"), _object(list(names.items()))]
    parts += [SQL("'count'"), Entity("_g", "n")]
    for function in FUNCTIONS:
        found = [
            (one.name, one.shown(Entity("_g", f"m{place}"), names.get(one.currency or "")))
            for place, one in enumerate(asked.measures)
            if one.function == function
        ]
        if found:
            parts += [SQL(f"'{function}'"), _object(found)]
    return Function("json_build_object", tuple(parts))


def _object(pairs: Sequence[tuple[str, Any]]) -> Any:
    arguments = [part for name, value in pairs for part in (Cast(name, "text"), value)]
    return Function("json_build_object", tuple(arguments))
