"""Rules about what is shown: one JSON everywhere, and lists that keep their promises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sparx_core.fields import Many, Related
from sparx_core.read.page import MAX_TAKE
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation, Resource
from sparx_core.schemas import ObjectSchema, camel
from sparx_core.testing.api import Answer
from sparx_core.testing.contract.bodies import Underivable, value_of
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.scene import Scene
from sparx_core.testing.contract.stage import Stage
from sparx_core.testing.contract.subject import Subject

#: Pages that a list is turned in, about.
_PAGES = 4


@rule("same_json")
def same_json(subject: Subject) -> Iterator[str]:
    """A write, a get, a list and an event show the same JSON.

    Return the row from the operation, and put what has to be computed into the schema as Computed,
    out of stored values: nothing that differs from one moment to the next. What only single rows
    show, because it is of their detail, is left out.
    """
    stage = subject.stage
    for resource in subject.resources:
        for operation in resource.operations.values():
            if operation.writes and operation.kind is not Kind.DELETE:
                yield from _shown_alike(stage, resource, operation)


def _shown_alike(stage: Stage, resource: Resource, operation: Operation) -> Iterator[str]:
    scene = stage.home
    answer = scene.perform(operation)
    if answer is None or answer.status != operation.status:
        return  # the rule 'samples' tells of creates; the rest may depend on a state
    detail = set(_of_detail(resource.schema))
    shown = _undetailed(_without(answer.data, operation), detail)
    row_id = str(answer.data["id"])
    views = [("GET", _got(scene, resource, row_id)), ("the list", _listed(scene, resource, row_id))]
    if not _as_written(resource):
        views += [("the event", data) for data in _told(stage, operation, row_id)]
    for where, other in views:
        other = _undetailed(other, detail)
        if other is not None and other != shown:
            yield f"{operation.name}: {_difference(shown, other)} in {where}"


def _without(data: dict[str, Any], operation: Operation) -> dict[str, Any]:
    """An answer without what the operation declares to show beside the resource."""
    if operation.answer is None:
        return data
    beside = operation.answer if not isinstance(operation.answer, type) else operation.answer()
    names = {field.data_key for field in beside.fields.values()}
    return {name: value for name, value in data.items() if name not in names}


def _of_detail(schema: type[ObjectSchema]) -> Iterator[str]:
    """The fields of a resource, and of the rows that are a part of it, which lists leave out."""
    for field in schema_instance(schema).dump_fields.values():
        if field.metadata.get("detail") or field.metadata.get("included"):
            yield str(field.data_key)
            if isinstance(field, Related):  # the row that it refers to
                yield camel(str(field.name))
        if isinstance(field, Many):
            yield from _of_detail(field.schema_class)


def _undetailed(data: Any, names: set[str]) -> Any:
    if isinstance(data, list):
        return [_undetailed(one, names) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        name: _undetailed(one, names) if isinstance(one, list) else one
        for name, one in data.items()
        if name not in names
    }


def _as_written(resource: Resource) -> dict[str, str]:
    """The parameters with which reads show what writes answer with."""
    return {} if resource.kinds is None else dict(resource.kinds.as_written)


def _got(scene: Scene, resource: Resource, row_id: str) -> Any:
    if "get" not in resource.operations:
        return None
    answer = scene.api.get(f"{resource.path}/{row_id}", params=_as_written(resource))
    return answer.data if answer.status == 200 else {"status": answer.status}


def _listed(scene: Scene, resource: Resource, row_id: str) -> Any:
    if "list" not in resource.operations:
        return None
    answer = scene.api.get(resource.path, params={"take": MAX_TAKE, **_as_written(resource)})
    if answer.status != 200:
        return {"status": answer.status}
    return next((one for one in answer.data if one["id"] == row_id), None)


def _told(stage: Stage, operation: Operation, row_id: str) -> Iterator[Any]:
    """The payload of the last event of an operation about a row."""
    from sparx_core.json import decode

    for event in operation.emits:
        found = stage.owner.rows(
            "SELECT data::text FROM core.events WHERE tenant_id = %s AND aggregate_id = %s"
            " AND type = %s ORDER BY position DESC LIMIT 1",
            stage.home.tenant.tenant_id,
            row_id,
            event.name,
        )
        if found and operation.resource and event.resource == operation.resource.key:
            yield decode(found[0][0].encode())


def _difference(shown: dict[str, Any], other: dict[str, Any]) -> str:
    names = [
        name
        for name in {**shown, **other}
        if shown.get(name, "absent") != other.get(name, "absent")
    ]
    told = (
        f"{name} is {shown.get(name, 'absent')!r} and {other.get(name, 'absent')!r}"
        for name in names
    )
    return ", ".join(told)


@rule("lists")
def lists(subject: Subject) -> Iterator[str]:
    """Lists turn their pages, and every declared filter, order and search answers 200.

    A filter takes the values that the resource shows: let the field of a class of your own read
    what it writes. Declare only what lists are to be asked for.
    """
    stage = subject.stage
    for resource in subject.resources:
        if "list" in resource.operations and resource.key not in stage.home.unmade:
            yield from _asked(stage.home, resource)
            yield from _paged(stage.home, resource)


def _asked(scene: Scene, resource: Resource) -> Iterator[str]:
    """Every filter with every operator, every order, and the search."""
    listed = scene.api.get(resource.path, params=_as_written(resource))
    rows = listed.data if listed.status == 200 else []
    row = rows[0] if rows else {}
    queries = [
        {f"{name}[{operator}]": _text(scene, resource, name, operator, row)}
        for name, one in resource.listing.filters.items()
        for operator in one.operators
    ]
    queries += [{"sort": f"{sign}{name}"} for name in resource.listing.sorts for sign in ("", "-")]
    if resource.listing.search_function:
        queries.append({"q": "example"})
    for query in queries:
        answer = scene.api.get(resource.path, params={**query, **_as_written(resource)})
        if answer.status != 200:
            (asked,) = query.items()
            yield f"GET {resource.path}?{'='.join(asked)} is answered with {_short(answer)}"


def _text(scene: Scene, resource: Resource, name: str, operator: str, row: Any) -> str:
    """A value for a filter: what a row shows, or else one that fits."""
    if operator == "exists":
        return "true"
    value = row.get(name)
    if isinstance(value, list):
        value = value[0] if value else "example"
    if value is None:
        value = _fitting(scene, resource, name)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.split()[0] if operator == "contains" and text.split() else text


def _fitting(scene: Scene, resource: Resource, name: str) -> Any:
    for attribute, field in schema_instance(resource.schema).fields.items():
        if field.data_key == name:
            try:
                return value_of(field, attribute, 1, scene.first)
            except Underivable:
                break
    return "00000000-0000-7000-8000-000000000000"


def _paged(scene: Scene, resource: Resource) -> Iterator[str]:
    """A few rows a page, in each order: every row comes once."""
    whole = scene.api.get(resource.path, params={"take": MAX_TAKE, **_as_written(resource)})
    if whole.status != 200 or whole.meta["next_cursor"] is not None:
        return
    ids = sorted(one["id"] for one in whole.data)
    for sort in (None, *resource.listing.sorts):
        order = {"sort": sort} if sort else {}
        asked = {"take": max(1, len(ids) // _PAGES), **order, **_as_written(resource)}
        by = f" sorted by {sort}" if sort else ""
        try:
            seen = _turned(scene, resource, asked, len(ids))
        except AssertionError as error:
            yield f"a page of GET {resource.path}{by} is answered with {error}"
            continue
        if sorted(seen) != ids:
            yield f"the pages of GET {resource.path}{by} show {len(seen)} rows of {len(ids)}"


def _turned(scene: Scene, resource: Resource, asked: dict[str, Any], rows: int) -> list[str]:
    """The ids on all pages, one after another."""
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while len(seen) <= rows:
        answer = scene.api.get(resource.path, params={**asked, **cursor})
        seen += [one["id"] for one in answer.data]
        if answer.meta["next_cursor"] is None:
            break
        cursor = {"cursor": answer.meta["next_cursor"]}
    return seen


def _short(answer: Answer) -> str:
    return f"{answer.status}: {answer.text[:300]}"
