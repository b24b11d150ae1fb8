"""Reading: a resource schema compiles to one SELECT whose result is the JSON of the answer.

No row becomes a Python object. The same expressions render a list, a single resource, the
answer to a write and the payload of an event, so these cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from typing import Any

from marshmallow import fields
from peewee import SQL, ColumnBase, Entity, Function, Node, Select, Table

from sparx_core.db.statements import slot
from sparx_core.fields import Many
from sparx_core.schemas import ObjectSchema
from sparx_core.wire import Scope, wire_expression

#: Where the rows of a relation come from: a table, or rows that this statement inserts.
Sources = Callable[[Many], Any]


def table_source(model: Any, alias: str | None = None) -> Table:
    """The table of a model, under an alias where a statement may read it twice."""
    meta = model._meta
    return Table(meta.table_name, schema=meta.schema, alias=alias)


def table_sources() -> Sources:
    """Every relation read from its table, each under an alias of its own."""
    numbers = count(1)
    return lambda many: table_source(many.model, f"m{next(numbers)}")


@cache
def schema_instance(schema: type[ObjectSchema]) -> ObjectSchema:
    """The one instance of a schema class; schemas hold no state of a request."""
    return schema()


def select_resource(
    schema: type[ObjectSchema], model: Any, scope: Scope, sources: Sources
) -> Select:
    """Columns named and formed as on the wire; ``row_to_json`` of it is the resource."""
    return Select([scope.source], list(_columns(schema, model, scope, sources)))


def _columns(
    schema: type[ObjectSchema], model: Any, scope: Scope, sources: Sources
) -> Iterator[Node]:
    for name, field in schema_instance(schema).dump_fields.items():
        yield _expression(name, field, model, scope, sources).alias(field.data_key)


def _expression(
    name: str, field: fields.Field[Any], model: Any, scope: Scope, sources: Sources
) -> Any:
    if isinstance(field, Many):
        return _related_rows(field, scope, sources)
    column = model._meta.fields[field.attribute or name].column_name
    return wire_expression(field, scope, column)


def _related_rows(many: Many, parent: Scope, sources: Sources) -> Select:
    source = sources(many)
    scope = Scope(source, parent, many.by)
    meta = many.model._meta
    rows = (
        select_resource(many.schema_class, many.model, scope, sources)
        .where(scope.column(meta.fields[many.by].column_name) == parent.column("id"))
        .order_by(scope.column(meta.fields[many.order_by].column_name))
        .alias("entry")
    )
    array = Function("json_agg", (Function("row_to_json", (Entity("entry"),)),))
    return Select([rows], [Function("coalesce", (array, SQL("'[]'")))])


def json_of(rows: Select) -> Select:
    """``row_to_json`` of the one row of ``rows``, as text: psycopg2 would parse json."""
    body = Function("row_to_json", (Entity("resource"),))
    return Select([rows.alias("resource")], [body.cast("text")])


def select_row(model: Any, lock: bool) -> Select:
    """A row with all its columns; ``lock`` keeps other writers away, but not references to it."""
    source = table_source(model)
    columns = [getattr(source.c, column.column_name) for column in model._meta.fields.values()]
    query: Any = Select([source], columns).where(source.c.id == slot("id"))
    found: Select = query.for_update("FOR NO KEY UPDATE") if lock else query
    return found


def select_one(schema: type[ObjectSchema], model: Any, id_value: Node) -> Select:
    """The resource with this id, as text; no row if the tenant has none."""
    scope = Scope(table_source(model, "t"))
    rows = select_resource(schema, model, scope, table_sources())
    return json_of(rows.where(scope.column("id") == id_value))


def select_page(
    schema: type[ObjectSchema],
    model: Any,
    conditions: Callable[[Scope], list[ColumnBase]],
    *,
    after: ColumnBase | None,
    limit: ColumnBase,
    offset: ColumnBase,
) -> Select:
    """One page, newest first: (array as text, id of its last row if more follow, exact total).

    ``limit`` is one more than the page shows: the extra row only tells that more follow. Ids
    are UUIDv7, so the order is that of creation and the primary key is its index.
    """
    scope = Scope(table_source(model, "t"))
    wanted = conditions(scope)
    page = select_resource(schema, model, scope, table_sources())
    chosen = [*wanted, scope.column("id") < after] if after is not None else wanted
    if chosen:
        page = page.where(*chosen)
    page = page.order_by(scope.column("id").desc()).limit(limit).offset(offset)
    numbered = Select(
        [page.alias("resource")],
        [
            Function("row_to_json", (Entity("resource"),)).cast("text").alias("body"),
            Entity("resource", "id").alias("id"),
            SQL("row_number() OVER ()").alias("n"),
        ],
    ).alias("page")
    counted = Scope(table_source(model, "c"))
    total = Select([counted.source], [Function("count", (SQL("*"),))])
    if matching := conditions(counted):
        total = total.where(*matching)
    number = Entity("page", "n")
    bodies = Function("string_agg", (Entity("page", "body"), SQL("','")))
    last_id = Function("max", (Entity("page", "id").cast("text"),))
    return Select(
        [numbered],
        [
            Function(
                "concat",
                (SQL("'['"), bodies.order_by(number).filter(number < limit), SQL("']'")),
            ),
            last_id.filter(number == limit - 1),
            Function("coalesce", (Function("max", (number,)) == limit, SQL("false"))),
            total,
        ],
    )
