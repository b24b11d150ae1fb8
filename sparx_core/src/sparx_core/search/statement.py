"""One statement that searches several resources: finds, ranks, and renders the best.

Which rows a resource's function finds is one thing, which of them the reader sees another: the
policy judges them as always, before they are counted among the best.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from peewee import SQL, Cast, Entity, Expression, Function, NodeList, Select

from sparx_core.db.models import TrashModel
from sparx_core.db.statements import slot
from sparx_core.fields import Related
from sparx_core.read.compiler import in_trash, render, table_source, table_sources
from sparx_core.read.view import Views, schema_instance
from sparx_core.read.wire import Scope
from sparx_core.resources import Resource
from sparx_core.schemas import camel
from sparx_core.search.functions import function_of

#: Hits of another resource through which rows are found that refer to them, and how good those are.
_THROUGH, _RELATED_SCORE = 10, 10


def select_hits(
    resources: Sequence[Resource], looked_into: Mapping[str, Resource], views: Views, take: int
) -> Any:
    """(type, id, title, subtitle, score, row as text), the best ``take`` of them, the best first.

    ``looked_into`` are the resources by key that the reader may see at all: those through which
    rows of others may be found.
    """
    through = dict.fromkeys(
        target
        for one in resources
        for target in one.listing.search_related.values()
        if target in looked_into
    )
    keys = dict.fromkeys([*(one.key for one in resources), *through])
    places = {key: place for place, key in enumerate(keys)}
    parts: list[Any] = []
    for key, place in places.items():
        parts += [SQL(f"{', ' if parts else 'WITH '}f{place} AS MATERIALIZED ("),
                  _found(looked_into[key], take), SQL(")")]  # fmt: skip
    ranked = _joined(_ranked(one, places, take) for one in resources)
    parts += [SQL(", ranked AS ("), ranked, SQL(")")]
    parts.append(SQL(
        ", best AS MATERIALIZED (SELECT type, id, max(score) AS score FROM ranked"
        " GROUP BY type, id ORDER BY score DESC, id DESC LIMIT"
    ))  # fmt: skip
    # Written out: with a number that it does not know the planner plans for a tenth of all rows.
    parts.append(SQL(f"{take})"))
    parts.append(_joined(_rendered(one, looked_into, views) for one in resources))
    parts.append(SQL("ORDER BY score DESC, id DESC"))
    return NodeList(tuple(parts))


def _joined(selects: Iterator[Any]) -> Any:
    parts: list[Any] = []
    for one in selects:
        parts += [SQL("UNION ALL")] if parts else []
        parts.append(one)
    return NodeList(tuple(parts))


def _found(resource: Resource, take: int) -> Any:
    """The rows that the resource's function finds."""
    words = Cast(slot("words"), "text[]")
    found = Function(function_of(resource), (words, SQL(str(take))))
    return NodeList((SQL("SELECT id, score FROM"), found))


def _ranked(resource: Resource, places: Mapping[str, int], take: int) -> Any:
    """What the reader sees of what was found, and of what refers to what was found elsewhere."""
    scope = Scope(table_source(resource.model, "_t"))
    own = f"f{places[resource.key]}"
    score = SQL(f"(SELECT f.score FROM {own} f WHERE f.id = _t.id)")
    among = _among(scope.column("id"), f"SELECT id FROM {own}")
    selects: list[Any] = [_seen(resource, scope, score).where(among)]
    for column, target in resource.listing.search_related.items():
        if target not in places:
            continue
        best = f"SELECT id FROM f{places[target]} ORDER BY score DESC, id DESC LIMIT {_THROUGH}"
        newest = _seen(resource, scope, SQL(str(_RELATED_SCORE)))
        newest = newest.where(Expression(scope.column(column), "=", SQL("b.id")))
        newest = newest.order_by(scope.column("id").desc()).limit(SQL(str(take)))
        # For each of these by itself, from the index that holds its rows in their order.
        begin = SQL(f"SELECT r.* FROM ({best}) b CROSS JOIN LATERAL (")
        selects.append(NodeList((begin, newest, SQL(") r"))))
    return _joined(NodeList((SQL("("), one, SQL(")"))) for one in selects)


def _seen(resource: Resource, scope: Scope, score: Any) -> Select:
    columns = [
        SQL(f"'{resource.key}'").alias("type"), scope.column("id").alias("id"), score.alias("score")
    ]  # fmt: skip
    return _visible(Select([scope.source], columns), resource, scope)


def _visible(rows: Select, resource: Resource, scope: Scope) -> Select:
    if resource.visible is not None:
        rows = rows.where(resource.visible(scope))
    return rows.where(in_trash(scope, False)) if issubclass(resource.model, TrashModel) else rows


def _among(column: Any, ids: str) -> Any:
    """By an array, so that the rows are looked up and not joined."""
    array = NodeList((SQL(f"(SELECT ARRAY({ids}))::uuid[]"),))
    return Expression(column, "=", Function("ANY", (array,)))


def _rendered(resource: Resource, looked_into: Mapping[str, Resource], views: Views) -> Any:
    view, scope = views.resource(resource.key), Scope(table_source(resource.model, "_t"))
    score = SQL(f"(SELECT b.score FROM best b WHERE b.type = '{resource.key}' AND b.id = _t.id)")
    titles = _titles(resource, scope, looked_into)
    rows = render(
        view,
        views,
        views.whole(resource.key),
        scope,
        table_sources(),
        SQL(f"'{resource.key}'").alias("type"),
        scope.column("id").alias("id"),
        *(one.alias(name) for name, one in zip(("title", "subtitle"), titles, strict=True)),
        score.alias("score"),
        as_text=True,
    )
    rows = rows.where(
        _among(scope.column("id"), f"SELECT id FROM best WHERE type = '{resource.key}'")
    )
    named = (Entity("_h", one) for one in ("type", "id", "title", "subtitle", "score", "body"))
    return Select([rows.alias("_h")], list(named))


def _titles(resource: Resource, scope: Scope, looked_into: Mapping[str, Resource]) -> list[Any]:
    """The first two of what it is searched by: a reference is told by what it refers to."""
    names = [*resource.listing.search_names[:2], None][:2]
    return [_title(resource, scope, one, looked_into) for one in names]


def _title(
    resource: Resource, scope: Scope, name: str | None, looked_into: Mapping[str, Resource]
) -> Any:
    fields = schema_instance(resource.schema).fields.values()
    for field in fields if name is not None else ():
        column = resource.model._meta.fields.get(field.attribute or str(field.name))
        if field.data_key == name and column is not None:
            value = scope.column(column.column_name)
            if column.field_type == "TEXT[]":
                return Function("core.search_lines", (value,))
            return Cast(value, "text")
        if isinstance(field, Related) and camel(str(field.name)) == name:
            target = looked_into.get(field.resource)
            if target is None or not target.listing.search_names:
                break
            other = Scope(table_source(target.model, "_o"))
            told = _title(target, other, target.listing.search_names[0], {})
            refers = other.column("id") == scope.column(column.column_name)
            return _visible(Select([other.source], [told]).where(refers), target, other)
    return Cast(SQL("NULL"), "text")
