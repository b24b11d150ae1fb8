"""Tools that read: lists, groups, single rows, searches, and questions that modules answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sparx_ai.errors import UseRest
from sparx_ai.tools.arguments import Arguments, as_params, plain_params, refused
from sparx_ai.tools.catalogue import Tool, Verb, catalogue_of
from sparx_ai.tools.results import MAX_CHARACTERS, answered, fitted, parsed, size
from sparx_ai.visit import Visit
from sparx_core import NotFound, Operation, Resource
from sparx_core.surface import (
    Asking,
    Call,
    Carried,
    Form,
    Given,
    Kind,
    Reading,
    StoredAnswer,
    encode,
    perform,
    query_groups,
    query_one,
    query_page,
)

DEFAULT_TAKE, MAX_TAKE, MAX_HITS = 20, 100, 50
#: The parts of a path, each with its converter, and what those of routes make of a text.
_PART = re.compile(r"\{(\w+)(?::(\w+)[^}]*)?\}")
_CONVERTERS: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "uuid": UUID}
#: Characters of one part.
_LONGEST = 1_000
#: Parameters of lists that are arguments of their own.
_PLAIN = ("q", "sort", "cursor", "view", "locale")
_MEASURES = frozenset({"groupBy", "sum", "avg", "min", "max", "take"})


def operation_named(tool: Tool, named: str | None, argument: str) -> Operation:
    """The operation of a tool that an argument names, with its module in front or without."""
    found = tool.resources if argument == "resource" else tool.named
    if named is None:
        raise refused(argument, f"{argument} is missing.")
    operation = found.get(named)
    if operation is None and tool.module is not None:
        operation = found.get(f"{tool.module}.{named}")
    if operation is None:
        known = ", ".join(map(tool.told, found))
        raise refused(argument, f"There is no {argument} {named[:64]!r} here, but: {known}.")
    return operation


def list_rows(visit: Visit, tool: Tool, arguments: Arguments) -> tuple[Operation, dict[str, Any]]:
    """A page of a list, as many rows of it as fit, or the groups of an aggregate."""
    operation = operation_named(tool, arguments.text("resource"), "resource")
    params = as_params(arguments.object("where"))
    grouped = arguments.object("aggregate")
    if grouped:
        return _groups(visit, tool, operation, params, grouped, arguments)
    params |= _selected(arguments)
    params |= {name: one for name in _PLAIN if (one := arguments.text(name)) is not None}
    if arguments.flag("trashed"):
        params["trashed"] = "true"
    take = arguments.whole("take", 1, MAX_TAKE) or DEFAULT_TAKE
    arguments.finish()
    return operation, _page(visit, operation, params, take)


def _page(visit: Visit, operation: Operation, params: dict[str, Any], take: int) -> dict[str, Any]:
    reads = Reading(visit.runtime, operation)
    text, meta = query_page(reads, Asking(visit.key, {**params, "take": str(take)}))
    rows = parsed(text)
    fitting = _that_fit(rows)
    truncated = fitting < len(rows)
    if truncated:
        # The cursor is that of a page that ends where this one does.
        text, meta = query_page(reads, Asking(visit.key, {**params, "take": str(max(fitting, 1))}))
        rows, _ = (parsed(text), False) if fitting else fitted(parsed(text))
    told = {"items": rows, "total": meta["total"], "nextCursor": meta["next_cursor"]}
    return answered({**told, "truncated": truncated})


def _that_fit(rows: list[Any]) -> int:
    """How many of the first rows are not more than a result may be."""
    total = 0
    for number, row in enumerate(rows):
        total += size(row) + 1
        if total > MAX_CHARACTERS:
            return number
    return len(rows)


def _groups(
    visit: Visit,
    tool: Tool,
    listed: Operation,
    params: dict[str, Any],
    grouped: dict[str, Any],
    arguments: Arguments,
) -> tuple[Operation, dict[str, Any]]:
    assert listed.resource is not None
    operation = tool.groups.get(listed.resource.key)
    if operation is None:
        raise refused("aggregate", f"{tool.told(listed.resource.key)} has no aggregates.")
    for name in sorted(grouped.keys() - _MEASURES):
        raise refused("aggregate", f"aggregate has no {name[:64]!r}.")
    params |= plain_params(grouped)
    params |= {name: one for name in ("q", "view") if (one := arguments.text(name)) is not None}
    arguments.finish()
    text, meta = query_groups(Reading(visit.runtime, operation), Asking(visit.key, params))
    groups, cut = fitted(parsed(text))
    cut = cut or bool(meta["truncated"])
    told = {"items": groups, "total": None, "nextCursor": None, "truncated": cut}
    return operation, answered(told)


def get_row(visit: Visit, tool: Tool, arguments: Arguments) -> tuple[Operation, dict[str, Any]]:
    """One row by its id, or what a module answers to a question."""
    named = arguments.text("operation")
    if named is not None:
        return _ask(visit, operation_named(tool, named, "operation"), arguments)
    operation = operation_named(tool, arguments.text("resource"), "resource")
    row_id = arguments.text("id")
    if row_id is None:
        raise refused("id", "id is missing.")
    params = plain_params(arguments.object("query")) | _selected(arguments)
    locale = arguments.text("locale")
    if locale is not None:
        params["locale"] = locale
    arguments.finish()
    text, version = query_one(Reading(visit.runtime, operation), Asking(visit.key, params), row_id)
    found, cut = fitted(parsed(text))
    links = []
    if cut:
        assert operation.resource is not None
        links.append(_link(operation.resource, row_id))
    return operation, answered({"data": found, "version": version, "truncated": cut}, *links)


def _link(resource: Resource, row_id: str) -> dict[str, Any]:
    """Where the whole of a row is that was too long."""
    return {
        "type": "resource_link",
        "uri": f"sparx://{resource.module}/{resource.name}/{row_id}",
        "name": f"{resource.key} {row_id}",
        "mimeType": "application/json",
    }


def _ask(
    visit: Visit, operation: Operation, arguments: Arguments
) -> tuple[Operation, dict[str, Any]]:
    if operation.kind is Kind.FILE:
        raise UseRest(operation.method, operation.path)
    path = path_of(operation, arguments)
    params = plain_params(arguments.object("query"))
    data = arguments.value("data")
    arguments.finish()
    found: list[Carried] = []

    def keep(context: Any, carried: Carried) -> StoredAnswer:
        found.append(carried)
        return StoredAnswer(200, {}, b"")

    sent = Given(data) if operation.writes else None
    call = Call(operation, Form.of(operation), path, sent, params, request_id=visit.request_id)
    perform(visit.runtime, visit.key, call, keep)
    told, cut = fitted(parsed(found[0].whole))
    meta = parsed(found[0].meta) if found[0].meta else None
    return operation, answered({"data": told, "meta": meta, "version": None, "truncated": cut})


def path_of(operation: Operation, arguments: Arguments) -> dict[str, Any]:
    """The parts of an operation's path, as a route has them: ``id``, and what else is in ``path``.
    Raises ``NotFound`` where a route would not match.
    """
    given = arguments.object("path")
    row_id = arguments.text("id")
    if row_id is not None:
        given = {"id": row_id, **given}
    parts = dict(_PART.findall(operation.path))
    for name in parts:
        if not isinstance(given.get(name), str):
            raise refused(name, f"{name} is missing: it is a part of {operation.path}.")
    for name in sorted(given.keys() - parts.keys()):
        raise refused(name, f"{operation.name} has no {name[:64]!r} in its path.")
    return {name: _converted(given[name], converter) for name, converter in parts.items()}


def _converted(text: str, converter: str) -> Any:
    if not text or "/" in text or len(text) > _LONGEST:
        raise NotFound
    try:
        return _CONVERTERS.get(converter, str)(text)
    except ValueError:
        raise NotFound from None


def search(visit: Visit, tool: Tool, arguments: Arguments) -> tuple[Operation, dict[str, Any]]:
    """What the search of all resources finds in those of the tool."""
    operation = visit.runtime.registry.operations["core.search"]
    searched = searched_by(visit, tool)
    types = arguments.names("types")
    chosen = [one if one in searched else f"{tool.module}.{one}" for one in types] or searched
    for one in chosen:
        if one not in searched:
            known = ", ".join(map(tool.told, searched))
            raise refused("types", f"{one[:64]!r} is not searched here, but: {known}.")
    params = {"q": arguments.text("q") or "", "types": ",".join(chosen)}
    params["take"] = str(arguments.whole("take", 1, MAX_HITS) or DEFAULT_TAKE)
    asked = Arguments({"query": params})
    arguments.finish()
    _, result = _ask(visit, operation, asked)
    told = result["structuredContent"]
    items = {"items": told["data"], "total": None, "nextCursor": None}
    return operation, answered({**items, "truncated": told["truncated"]})


def searched_by(visit: Visit, tool: Tool) -> list[str]:
    """The resources that a tool searches."""
    found = catalogue_of(visit).searched
    return [one for one in found if tool.module is None or one.startswith(f"{tool.module}.")]


def _selected(arguments: Arguments) -> dict[str, Any]:
    found = {name: arguments.names(name) for name in ("fields", "include")}
    return {name: ",".join(names) for name, names in found.items() if names}


# -- records as resources of the protocol ---------------------------------------------------------


def readable(visit: Visit) -> list[Resource]:
    """The resources that a visit may read one by one."""
    catalogue = catalogue_of(visit)
    return [
        one.resource
        for one in catalogue.operations
        if one.kind is Kind.GET
        and one.resource is not None
        and (one.module, Verb.GET) in catalogue.verbs
    ]


def read_record(visit: Visit, resource: Resource, id: str) -> str:
    """The JSON of one row as a get gives it, without hidden characters."""
    operation = resource.operations["get"]
    text, _ = query_one(Reading(visit.runtime, operation), Asking(visit.key), id)
    return encode(parsed(text)).decode()
