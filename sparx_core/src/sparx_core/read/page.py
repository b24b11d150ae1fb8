"""A page of a list: what is asked for, and the one SELECT that answers it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import SQL, Case, Cast, Entity, Expression, Function, NodeList, Select

from sparx_core.db.fields import TextArrayField
from sparx_core.db.models import RowCount, owner_of, table_of
from sparx_core.db.statements import slot, sql_type
from sparx_core.read.compiler import Visible, in_trash, render, table_source, table_sources
from sparx_core.read.conditions import ONE_RANGE, Condition, Narrowing, Search
from sparx_core.read.documents import Beginning, DocumentValue
from sparx_core.read.ordering import Cursor, Ordering
from sparx_core.read.selection import Selection
from sparx_core.read.view import View, Views
from sparx_core.read.wire import Scope

DEFAULT_TAKE, MAX_TAKE, MAX_SKIP = 50, 250, 10_000


@dataclass(frozen=True)
class Page:
    """What a list is asked for, whatever surface it came through."""

    selection: Selection
    ordering: Ordering = field(default_factory=Ordering)
    conditions: Sequence[Narrowing] = ()
    cursor: Cursor | None = None
    take: int = DEFAULT_TAKE
    skip: int = 0
    locales: Sequence[str] = ()
    #: Whether triggers count the rows of the resource.
    counted: bool = True
    #: Which of the rows the reader is shown, if it is not all.
    visible: Visible | None = None
    #: Whether what is in the trash is wanted; None of a resource that has none.
    trashed: bool | None = None
    #: The columns that rows are counted by, if no other says which of them are wanted.
    counted_by: Sequence[str] = ()

    @property
    def shape(self) -> Hashable:
        """What two pages of a resource must share to share a statement."""
        return (
            self.selection,
            self.ordering.shape,
            tuple(one.shape for one in self.conditions),
            self.cursor is not None,
            len(self.locales),
            self.take if self.steady else None,
            self.skip > 0,
            self.trashed,
            bool(self.counted_by),
        )

    def scopes(self, view: View, views: Views) -> frozenset[str]:
        """The scopes that a key needs, beside the resource's own, to ask for it."""
        searched = (one.scopes for one in self.conditions if isinstance(one, Search))
        return self.selection.scopes(view, views).union(*searched)

    @property
    def steady(self) -> bool:
        """Whether the page is one range of one index, whatever the tenant and the values.

        Then there is one best plan, which the database need not look for each time. The size of
        the page is a part of it: with an unknown one PostgreSQL plans for a tenth of the table.
        """
        compared = [one for one in self.conditions if isinstance(one, Condition)]
        if self.skip or self.visible is not None or len(compared) < len(self.conditions):
            return False
        if self.trashed or not (self.ordering.column is None or self.ordering.column.steady):
            return False
        asked = [(one.on, one.comparison) for one in compared]
        if self.ordering.column is None:
            return not asked or [comparison for _, comparison in asked] == ["eq"]
        # What is compared of a filled column is not all in its index: so the count is planned.
        return all(
            on == self.ordering.column and not on.filled and how in ONE_RANGE for on, how in asked
        )

    def scope(self, source: Any) -> Scope:
        """The rows of ``source`` as its reader looks at them."""
        return Scope(source, locales=len(self.locales), lens=self.selection.lens)

    def wanted(self, scope: Scope) -> list[Any]:
        """The conditions on the rows of ``scope``."""
        wanted = [condition.sql(scope) for condition in self.conditions]
        if self.trashed is not None:
            wanted.append(in_trash(scope, self.trashed))
        return wanted if self.visible is None else [*wanted, self.visible(scope)]

    def following(self, scope: Scope) -> list[Any]:
        """The same, and that the rows come after the cursor."""
        wanted = self.wanted(scope)
        return wanted if self.cursor is None else [*wanted, self.ordering.following(scope)]

    def number(self, name: str) -> Any:
        """``take``, ``skip``, or ``limit``, which is one row more than the page shows."""
        if not self.steady:
            return slot(name)
        return SQL(str(self.take + (name == "limit")))

    @property
    def slots(self) -> dict[Hashable, Any]:
        """The parameters of its statement."""
        values: dict[Hashable, Any] = {"take": self.take, "limit": self.take + 1, "skip": self.skip}
        for condition in self.conditions:
            values |= condition.slots
        if self.cursor is not None:
            values |= self.cursor.slots
        return values | locale_slots(self.locales) | self.selection.slots


def locale_slots(locales: Sequence[str]) -> dict[Hashable, Any]:
    """The languages that a reader prefers, as parameters."""
    return {("locale", place): locale for place, locale in enumerate(locales)}


def select_page(view: View, views: Views, page: Page) -> Select:
    """(array as text, mark of the last row as JSON text, whether more follow, exact total).

    One row more than the page shows is read: it only tells that more follow.
    """
    table = page.scope(table_source(view.model, "_t"))
    wanted = page.following(table)
    first = _first(page)
    if first is not None:
        among = (SQL("= ANY (ARRAY("), first, SQL("))"))
        wanted.append(NodeList((table.column("id"), *among)))

    def chosen(rows: Select) -> Select:
        rows = rows.where(*wanted) if wanted else rows
        rows = rows.order_by(*page.ordering.terms(table)).limit(page.number("limit"))
        return rows.offset(slot("skip")) if page.skip else rows

    if page.skip:
        # Chosen before they are rendered: OFFSET renders the rows that it leaves out.
        source = chosen(Select([table.source], [SQL("*")])).alias("_t")
        rows = _rendered(view, views, page, page.scope(source))
        rows = rows.order_by(*page.ordering.terms(Scope(source)))
    else:
        rows = chosen(_rendered(view, views, page, table))
    answer = Select([rows.alias("_page")], [*_answer(page.number("take")), _total(view, page)])
    searches = [one.found for one in page.conditions if isinstance(one, Search)]
    return answer.with_cte(*searches) if searches else answer


def select_rows(view: View, views: Views, page: Page) -> Select:
    """(row as text, its id) of as many rows as the page has: for whoever reads all of them, page
    by page, and asks for no total.
    """
    scope = page.scope(table_source(view.model, "_t"))
    wanted = page.following(scope)
    identity = scope.column("id").alias("id")
    sources = table_sources()
    rows = render(view, views, page.selection, scope, sources, identity, as_text=True)
    rows = rows.where(*wanted) if wanted else rows
    rows = rows.order_by(*page.ordering.terms(scope)).limit(SQL(str(page.take)))
    searches = [one.found for one in page.conditions if isinstance(one, Search)]
    return rows.with_cte(*searches) if searches else rows


def _first(page: Page) -> Any:
    """The ids of some rows, those of the page among them, where an index tells which these are.
    Where there are filters they may leave few rows: then it is faster to look at those.
    """
    column = page.ordering.column
    if not isinstance(column, DocumentValue) or column.first is None:
        return None
    if page.skip or not page.counted_by:
        return None
    after, limit = page.cursor is not None, page.number("limit")
    asked = Beginning(page.scope, page.following, page.ordering.descending, after, limit)
    return column.first(column, asked)


def _rendered(view: View, views: Views, page: Page, scope: Scope) -> Select:
    """The rows of ``scope`` with what marks each in the list."""
    mark = page.ordering.column.mark(scope) if page.ordering.column else SQL("NULL")
    return render(
        view,
        views,
        page.selection,
        scope,
        table_sources(),
        mark.alias("mark"),
        scope.column("id").alias("id"),
        as_text=True,
    )


def _answer(take: Any) -> list[Any]:
    """The rows of ``page`` up to its size, and what tells where the next one begins.

    The aggregates take the rows as they come from the ordered sub-select.
    """
    bodies, marks, ids = (
        Function("array_agg", (Entity("_page", name),)) for name in ("body", "mark", "id")
    )
    shown = Function("array_to_string", (_element(bodies, SQL(":"), take), SQL("','")))
    last = Function("json_build_array", (_element(ids, take), _element(marks, take)))
    return [
        Function("concat", (SQL("'['"), shown, SQL("']'"))),
        Cast(last, "text"),
        Expression(Function("count", (SQL("*"),)), ">", take),
    ]


def _element(array: Any, *index: Any) -> Any:
    return NodeList((SQL("("), array, SQL(")["), *index, SQL("]")), glue="")


def _total(view: View, page: Page) -> Any:
    """How many rows match, exactly."""
    known = _known_total(view, page)
    if known is None:
        return _looked_up(view, page)
    if owner_of(view.model) is None:
        return known
    # What was counted before is of all rows, and some keys do not see the rows of everybody.
    everybody = Expression(Select([], [Function("core.seen_owners", ())]), "IS", SQL("NULL"))
    return Case(None, [(everybody, known)], _looked_up(view, page))


def _known_total(view: View, page: Page) -> Select | None:
    """The total where no row has to be looked at for it.

    Triggers count the rows of a tenant by the values of fields with few of them.
    """
    compared = [one for one in page.conditions if isinstance(one, Condition) and one.counted]
    if page.counted_by:
        alike = Alike(table_source(RowCount, "_n"), lens=page.selection.lens, model=view.model)
        return _sum(view, alike.source, page.wanted(alike))
    if page.counted and len(compared) == len(page.conditions):
        counts = Scope(table_source(RowCount, "_n"))
        matching = [one.compared(_counted(one, counts)) for one in compared]
        if page.trashed is not None:
            told = Expression(counts.column("cell"), "->>", "trashed")
            matching.append(Expression(told, "=", "true" if page.trashed else "false"))
        return _sum(view, counts.source, matching)
    searches = [one for one in page.conditions if isinstance(one, Search)]
    if searches and len(page.conditions) == 1:
        # What the function finds are rows of this tenant, as the policy is going to say as well.
        return searches[0].count()
    return None


def _sum(view: View, counts: Any, matching: Sequence[Any]) -> Select:
    """How many rows were counted in the cells of the view's table that match."""
    total = Function("coalesce", (Function("sum", (counts.c.row_count,)), SQL("0")))
    of_table = Expression(counts.c.table_name, "=", table_of(view.model))
    return Select([counts], [Cast(total, "bigint")]).where(of_table, *matching)


@dataclass(frozen=True)
class Alike(Scope):
    """Rows that are counted together, as one of them: by the columns whose values they share."""

    model: Any = None

    def column(self, path: str) -> Any:
        column = next(one for one in self.model._meta.sorted_fields if one.column_name == path)
        cell = super().column("cell")
        if isinstance(column, TextArrayField):
            held = Function("jsonb_array_elements_text", (Expression(cell, "->", path),))
            return Function("ARRAY", (Select([], [held]),))
        return Cast(Expression(cell, "->>", path), sql_type(column))


def _looked_up(view: View, page: Page) -> Select:
    scope = page.scope(table_source(view.model, "_c"))
    found = Select([scope.source], [Function("count", (SQL("*"),))])
    wanted = page.wanted(scope)
    return found.where(*wanted) if wanted else found


def _counted(condition: Condition, counts: Scope) -> Any:
    """The value of a column that the rows of a count share."""
    value = Expression(counts.column("cell"), "->>", condition.on.name)
    return Cast(value, condition.on.type)
