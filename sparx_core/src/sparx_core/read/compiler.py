"""The compiler: a selection becomes one SELECT whose result is the JSON of the answer.

Its aliases begin with an underscore, so that they are none that the author of a ``Computed``
would choose for his own sub-select.

No row becomes a Python object. The same expressions render a list, a single resource, the
answer to a write and the payload of an event, so these cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from peewee import SQL, Cast, Entity, Expression, Function, Node, NodeList, Select, Table

from sparx_core.db.models import TrashModel
from sparx_core.db.statements import slot
from sparx_core.db.tables import has_living_key
from sparx_core.derived import Computed
from sparx_core.read.portion import TYPE_NAME, As, Parts, shown_parts
from sparx_core.read.selection import Selection
from sparx_core.read.view import Body, Relation, Shown, View, Views
from sparx_core.read.wire import Scope, wire_expression

if TYPE_CHECKING:
    from sparx_core.resources import Resource

#: Where the rows of a relation come from: a table, or rows that this statement inserts.
Sources = Callable[[Relation], Any]
#: Which rows a reader is shown, as SQL.
Visible = Callable[[Scope], Any]


def table_source(model: Any, alias: str | None = None) -> Table:
    """The table of a model, under an alias where a statement may read it twice."""
    meta = model._meta
    return Table(meta.table_name, schema=meta.schema, alias=alias)


def table_sources() -> Sources:
    """Every relation read from its table, each under an alias of its own."""
    numbers = count(1)
    return lambda relation: table_source(relation.model, f"_m{next(numbers)}")


def render(
    view: View,
    views: Views,
    selection: Selection,
    scope: Scope,
    sources: Sources,
    *more: Node,
    as_text: bool = False,
) -> Select:
    """The rows of ``scope`` as JSON, and ``more`` columns of each.

    As text for whoever leaves the database: psycopg2 would parse JSON.
    """
    if view.body is not None:
        made = _made(view.body, selection, scope)
        made = Cast(made, "text") if as_text else made
        return Select([scope.source], [made.alias("body"), *more])
    columns = list(_columns(view, views, selection, scope, sources))
    # The planner pulls this up: naming the columns of the object costs no sub-plan.
    row = NodeList((SQL("LATERAL"), Select([], columns).alias("_r")))
    body = Function("row_to_json", (Entity("_r"),))
    shown = Cast(body, "text") if as_text else body
    return Select([scope.source, row], [shown.alias("body"), *more])


def _made(body: Body, selection: Selection, scope: Scope) -> Any:
    """The JSON of a row that a function of the database makes, under the names asked for."""
    value = body(scope, selection)
    if not selection.shown:
        return value
    named = zip(selection.entries, selection.shown, strict=True)
    parts = tuple((how.name, name, how.parts) for (name, _), how in named)
    return shown_parts(value, Parts(False, parts, selection.type_name))


def _columns(
    view: View, views: Views, selection: Selection, scope: Scope, sources: Sources
) -> Iterator[Node]:
    for place, (name, nested) in enumerate(selection.entries):
        how = selection.shown[place] if selection.shown else As(name)
        if nested is not None:
            value: Any = _related(view.relations[name], views, nested, scope, sources)
        elif name == TYPE_NAME:
            value = Cast(selection.type_name, "text")
        else:
            value = _value(view, view.fields[name], scope)
        if how.parts is not None:
            value = shown_parts(value, how.parts)
        yield value.alias(how.name)


def _value(view: View, shown: Shown, scope: Scope) -> Any:
    field = shown.field
    if isinstance(field, Computed):
        return wire_expression(field.field, field.expression(scope), scope)
    return wire_expression(field, scope.column(view.column(shown).column_name), scope)


def _related(
    relation: Relation, views: Views, selection: Selection, parent: Scope, sources: Sources
) -> Select:
    source = sources(relation)
    scope = Scope(source, parent, relation.parent_name, parent.locales)
    rows = render(views.related(relation), views, selection, scope, sources)
    if relation.resource is not None:
        rows = shown_to(rows, relation.model, scope, relation.resource.visible)
    if not relation.many:
        return rows.where(scope.column("id") == parent.column(relation.by))
    rows = rows.where(scope.column(relation.by) == parent.column("id"))
    portion = selection.portion
    ordering = relation.ordering if portion is None else portion.ordering or relation.ordering
    if ordering is not None:
        rows = rows.order_by(*ordering.terms(scope))
    if portion is not None:
        rows = portion.cut(portion.narrowed(rows, scope))
    elif relation.limit is not None:
        rows = rows.limit(SQL(str(relation.limit)))
    array = Function("json_agg", (Entity("_e", "body"),))
    return Select([rows.alias("_e")], [Function("coalesce", (array, SQL("'[]'")))])


def shown_to(rows: Select, model: Any, scope: Scope, visible: Visible | None) -> Select:
    """Those of ``rows`` that are visible and not in the trash."""
    if visible is not None:
        rows = rows.where(visible(scope))
    return rows.where(in_trash(scope, False)) if issubclass(model, TrashModel) else rows


def in_trash(scope: Scope, trashed: bool) -> Any:
    """The condition that rows are in the trash, or that they are not."""
    # Written out, and not a parameter: indexes are of the one or of the other.
    return NodeList((SQL("" if trashed else "NOT"), scope.column("trashed")))


def checked_reference(model: Any, column: Any, value: Any) -> Any:
    """The value of a reference that is written, refused if it is to a row in the trash."""
    schema, _, name = column.target.partition(".")
    target = Scope(Table(name, schema=schema, alias="_g"))
    gone = Select([target.source], [SQL("1")]).where(
        target.column("id") == value, in_trash(target, True)
    )
    key = f"{model._meta.table_name}_{column.column_name}_fkey"
    refusal = Function("core.refuse_reference", (model._meta.schema, model._meta.table_name, key))
    parts = (SQL("CASE WHEN EXISTS"), gone, SQL("THEN"), refusal, SQL("ELSE"), value, SQL("END"))
    return NodeList(parts)


def models_read(
    view: View, views: Views, selection: Selection, *, children: bool = True
) -> set[Any]:
    """The models of other rows that a selection reads.

    ``children=False`` leaves out the rows that are a part of the resource itself.
    """
    found = {
        model
        for name, _ in selection.entries
        if name in view.fields and isinstance(field := view.fields[name].field, Computed)
        for model in field.reads
    }
    for name, nested in selection.entries:
        if nested is None:
            continue
        relation = view.relations[name]
        if children or relation.resource is not None:
            found.add(relation.model)
        found |= models_read(views.related(relation), views, nested)
    return found


def select_row(model: Any, lock: bool) -> Select:
    """A row with all its columns; ``lock`` keeps other writers away, but not references to it."""
    source = table_source(model)
    columns = [getattr(source.c, column.column_name) for column in model._meta.fields.values()]
    query: Any = Select([source], columns).where(source.c.id == slot("id"))
    found: Select = query.for_update("FOR NO KEY UPDATE") if lock else query
    return found


def select_one(resource: Resource, views: Views, selection: Selection, locales: int = 0) -> Select:
    """The row of a resource with the id in slot ``id``, as text, and its version as readers see it;
    no row if the tenant has none, or none that is visible.
    """
    view = views.resource(resource.key)
    scope = Scope(table_source(view.model, "_t"), locales=locales, lens=selection.lens)
    told = resource.version
    version = scope.column("version") if told is None else told(scope)
    rows = render(view, views, selection, scope, table_sources(), version, as_text=True)
    rows = shown_to(rows, view.model, scope, resource.visible)
    return rows.where(scope.column("id") == slot("id"))


def array_slot(name: Hashable, type_: str) -> Any:
    """A list of texts that are read as values of a type: the driver sends lists as ``text[]``."""
    return Cast(Cast(slot(name), "text[]"), f"{type_}[]")


def select_rendered(view: View, views: Views, selection: Selection, locales: int = 0) -> Select:
    """The resources with the ids in slot ``ids``: each as text, its id, its version."""
    scope = Scope(table_source(view.model, "_t"), locales=locales, lens=selection.lens)
    more = (scope.column("id"), scope.column("version"))
    rows = render(view, views, selection, scope, table_sources(), *more, as_text=True)
    ids = array_slot("ids", "uuid")
    return rows.where(Expression(scope.column("id"), "=", Function("ANY", (ids,))))


def select_matching(model: Any, column: str, type_: str, *, lock: bool) -> Select:
    """The rows whose ``column`` is one of those in slot ``values``; to ``lock`` them, in the order
    of their ids, so that nobody who locks some of them waits for somebody who waits for him.

    One that is unique outside of the trash finds no rows that are in it, as its index does.
    """
    source = table_source(model)
    columns = [getattr(source.c, one.column_name) for one in model._meta.fields.values()]
    values = array_slot("values", type_)
    query: Any = Select([source], columns).where(
        Expression(getattr(source.c, column), "=", Function("ANY", (values,)))
    )
    if has_living_key(model, column):
        query = query.where(in_trash(Scope(source), False))
    query = query.order_by(source.c.id)
    found: Select = query.for_update("FOR NO KEY UPDATE") if lock else query
    return found
