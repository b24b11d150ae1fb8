"""Falcon resources derived from the declared operations: the same few steps for each verb."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.context import Context
from sparx_core.forms import Form
from sparx_core.idempotency.claim import StoredAnswer
from sparx_core.json import Limits
from sparx_core.resources import Kind, Operation
from sparx_core.runtime import Runtime
from sparx_core.surfaces.calls import Call, Carried
from sparx_core.surfaces.carrying import perform
from sparx_core.surfaces.rest.batch import BATCH_LIMITS
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import Failure, success
from sparx_core.surfaces.rest.files import Filing
from sparx_core.surfaces.rest.imports import Importing
from sparx_core.surfaces.rest.linked import Linked
from sparx_core.surfaces.rest.preconditions import check_precondition, tag
from sparx_core.surfaces.rest.reading import Reading
from sparx_core.surfaces.rest.replays import answer_of, claim_of, replay

Responder = Callable[..., None]
_RESPONDERS = {"GET": "on_get", "POST": "on_post", "PATCH": "on_patch", "DELETE": "on_delete"}


def add_routes(app: falcon.App[Any, Any], runtime: Runtime) -> dict[str, Failure]:
    """One route a path, with a responder for each operation on it; answers how errors are told at
    the paths of modules that have a way of their own.
    """
    by_path: dict[str, list[Operation]] = {}
    for operation in runtime.registry.operations.values():
        by_path.setdefault(operation.path, []).append(operation)
    for path, operations in by_path.items():
        app.add_route(path, Route(runtime, operations))
    failures: dict[str, Failure] = {}
    for path, factory in runtime.registry.routes:
        resource = factory(runtime)
        app.add_route(path, resource)
        if hasattr(resource, "failure"):
            failures[path] = resource.failure
    return failures


class Route:
    """The operations of one path. Falcon answers 405 for the methods that are not here."""

    def __init__(self, runtime: Runtime, operations: Iterable[Operation]) -> None:
        for operation in operations:
            responder = _responder(runtime, operation)
            setattr(self, _RESPONDERS[operation.method], responder)
            if operation.method == "GET":
                self.on_head = responder  # the server leaves out the body


def _responder(runtime: Runtime, operation: Operation) -> Responder:
    if operation.public:
        return Linked(runtime, operation).respond
    if operation.kind in (Kind.LIST, Kind.GET, Kind.AGGREGATE):
        return Reading(runtime, operation).respond
    if operation.kind is Kind.IMPORT:
        return Importing(runtime, operation).respond
    if operation.kind is Kind.FILE:
        return Filing(runtime, operation).respond
    form = Form.of(operation)
    limit = runtime.settings.max_body_bytes
    limits = Limits(values=runtime.settings.max_body_values)
    if operation.kind is Kind.BATCH:
        limit, limits = runtime.settings.max_batch_bytes, BATCH_LIMITS

    def respond(request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = operation.name
        body = Body(request, limit, limits) if operation.writes else None
        key = bearer(request.get_header("Authorization"))
        call = Call(
            operation,
            form,
            path,
            body,
            request.params,
            precondition=partial(check_precondition, request),
            states_version=request.get_header("If-Match") is not None,
            note=request.context,
            request_id=request.context.id,
        )

        def answered(_: Context, done: Carried) -> StoredAnswer:
            _tell(response, operation, done)
            return answer_of(response)

        claim = claim_of(request, operation, key, body) if body is not None else None
        stored = perform(runtime, key, call, answered, claim)
        if stored is not None:
            replay(response, stored)

    return respond


def _tell(response: falcon.Response, operation: Operation, done: Carried) -> None:
    response.status = done.status or operation.status
    if done.version is not None:
        response.set_header("ETag", tag(done.version))
    if done.location is not None:
        response.set_header("Location", done.location)
    success(response, done.whole, done.meta)
