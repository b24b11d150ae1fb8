"""Falcon resources derived from the declared operations: the same few steps for each verb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.context import Context
from sparx_core.db.models import TenantModel
from sparx_core.errors import NotFound
from sparx_core.ids import parse_uuid
from sparx_core.json import encode
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation, Resource, Shown, Values
from sparx_core.runtime import Runtime
from sparx_core.schemas import ObjectSchema, load
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.query import Chosen, no_parameters, parse_chosen
from sparx_core.surfaces.rest.reading import Reading
from sparx_core.transaction import Answer

Responder = Callable[..., None]
_RESPONDERS = {"GET": "on_get", "POST": "on_post", "PATCH": "on_patch", "DELETE": "on_delete"}


def add_routes(app: falcon.App[Any, Any], runtime: Runtime) -> None:
    """One route a path, with a responder for each operation on it."""
    by_path: dict[str, list[Operation]] = {}
    for operation in runtime.registry.operations.values():
        by_path.setdefault(operation.path, []).append(operation)
    for path, operations in by_path.items():
        app.add_route(path, Route(runtime, operations))
    for path, factory in runtime.registry.routes:
        app.add_route(path, factory(runtime))


class Route:
    """The operations of one path. Falcon answers 405 for the methods that are not here."""

    def __init__(self, runtime: Runtime, operations: Iterable[Operation]) -> None:
        for operation in operations:
            setattr(self, _RESPONDERS[operation.method], _responder(runtime, operation))


def _responder(runtime: Runtime, operation: Operation) -> Responder:
    if operation.kind in (Kind.LIST, Kind.GET):
        return Reading(runtime, operation).respond
    answer = _ANSWERS[operation.kind]
    limit = runtime.settings.max_body_bytes

    def respond(request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = operation.name
        body = Body(request, limit) if operation.writes else None
        with runtime.as_key(
            bearer(request.get_header("Authorization")),
            read_only=not operation.writes,
            request_id=request.context.id,
        ) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(operation.module, operation.scope)
            answer(operation, context, request, response, body, path)
        response.status = operation.status

    return respond


# -- writes ------------------------------------------------------------------------------------


def _answer_write(
    operation: Operation,
    context: Context,
    request: falcon.Request,
    response: falcon.Response,
    body: Body | None,
    path: Values,
) -> None:
    assert operation.function is not None
    assert body is not None
    resource = _resource(operation)
    chosen = _chosen(operation, context, request, resource)
    arguments: list[Any] = [context]
    if operation.kind is not Kind.CREATE:
        arguments.append(_row(context, resource, path))
    if operation.body is not None:
        arguments.append(_values(operation, body))
    else:
        _no_values(body)
    written = operation.function(*arguments)
    if operation.kind is Kind.DELETE:
        context.finish()
        success(response, encode({"id": arguments[1].id, "deleted": True}))
        return
    row, extra = (written.row, written.extra) if isinstance(written, Shown) else (written, None)
    assert chosen is not None
    answer = Answer(resource, row, chosen.selection, chosen.locales)
    text = (context.finish(answer) or "").encode()
    if extra:
        text = text[:-1] + b"," + encode(extra)[1:]
    success(response, text)


def _chosen(
    operation: Operation, context: Context, request: falcon.Request, resource: Resource
) -> Chosen | None:
    """What the answer to a write is to show; nothing can be chosen of a deletion's."""
    if operation.kind is Kind.DELETE:
        no_parameters(request)
        return None
    views = context.views
    chosen = parse_chosen(request, resource, views)
    for scope in sorted(chosen.selection.scopes(views.resource(resource.key), views)):
        context.require(scope.partition(":")[2], scope)
    return chosen


def _answer_call(
    operation: Operation,
    context: Context,
    request: falcon.Request,
    response: falcon.Response,
    body: Body | None,
    path: Values,
) -> None:
    no_parameters(request)
    assert operation.function is not None
    if operation.body is not None and body is not None:
        path = {**path, "data": _values(operation, body)}
    else:
        _no_values(body)
    result = operation.function(context, **path)
    context.finish()
    success(response, encode(result))


def _row(context: Context, resource: Resource, path: Values) -> TenantModel:
    row_id = parse_uuid(path["id"])
    if row_id is None:
        raise NotFound
    return context.get(resource.model, row_id, lock=True)


def _values(operation: Operation, body: Body) -> Values:
    assert operation.body is not None
    # An action or call all of whose values may be absent may come without a body.
    optional = operation.kind in (Kind.ACTION, Kind.CALL)
    value = body.optional_json() if optional else body.json()
    return load(schema_instance(operation.body), value, partial=operation.partial)


def _no_values(body: Body | None) -> None:
    """An operation that takes no values is sent no body, or an empty object."""
    if body is not None:
        load(schema_instance(ObjectSchema), body.optional_json())


def _resource(operation: Operation) -> Resource:
    assert operation.resource is not None
    return operation.resource


_ANSWERS = {
    Kind.CREATE: _answer_write,
    Kind.UPDATE: _answer_write,
    Kind.DELETE: _answer_write,
    Kind.ACTION: _answer_write,
    Kind.CALL: _answer_call,
}
