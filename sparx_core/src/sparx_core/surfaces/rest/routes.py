"""Falcon resources derived from the declared operations: the same few steps for each verb."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import falcon

from sparx_core.actors import looks_of
from sparx_core.auth.keys import PresentedKey, bearer
from sparx_core.confinement import check_confined, check_hiding, check_sent
from sparx_core.context import Context
from sparx_core.custom_fields.values import with_custom
from sparx_core.db.models import TrashModel
from sparx_core.errors import Conflict, NotFound
from sparx_core.forms import Form
from sparx_core.ids import parse_uuid
from sparx_core.json import Limits, encode
from sparx_core.read.view import Relation, schema_instance
from sparx_core.references import note_references, tell_taken
from sparx_core.resources import Kind, Operation, Resource, Shown, Told, Values
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.batch import BATCH_LIMITS, answer_batch
from sparx_core.surfaces.rest.body import Body
from sparx_core.surfaces.rest.envelope import success
from sparx_core.surfaces.rest.exports import answer_export
from sparx_core.surfaces.rest.files import Filing
from sparx_core.surfaces.rest.imports import Importing
from sparx_core.surfaces.rest.linked import Linked
from sparx_core.surfaces.rest.preconditions import check_other, check_row, tag
from sparx_core.surfaces.rest.query import Chosen, no_parameters, parse_chosen, parse_query
from sparx_core.surfaces.rest.reading import Reading
from sparx_core.surfaces.rest.replays import answer_of, claim_of, replay
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
    answer, form = _ANSWERS[operation.kind], Form.of(operation)
    limit = runtime.settings.max_body_bytes
    limits = Limits(values=runtime.settings.max_body_values)
    if operation.kind is Kind.BATCH:
        limit, limits = runtime.settings.max_batch_bytes, BATCH_LIMITS

    def respond(request: falcon.Request, response: falcon.Response, **path: str) -> None:
        request.context.operation = operation.name
        body = Body(request, limit, limits) if operation.writes else None
        key = bearer(request.get_header("Authorization"))
        with told_who(runtime, key):
            write(key, body, request, response, path)

    def write(
        key: PresentedKey | None,
        body: Body | None,
        request: falcon.Request,
        response: falcon.Response,
        path: dict[str, str],
    ) -> None:
        claim = claim_of(request, operation, key, body) if body is not None else None
        with runtime.as_key(
            key,
            read_only=not operation.writes,
            request_id=request.context.id,
            operation=operation.name,
            claim=claim,
        ) as context:
            request.context.actor = str(context.actor)
            request.context.tenant = context.tenant.slug
            context.require(operation.module, operation.scope)
            chosen = _chosen(operation, context, request)
            if context.sees is not None:
                check_confined(operation, _related(operation, context, chosen))
            if context.hides:
                check_hiding(operation, context.hides, request.params)
            if claim is not None and (stored := claim.replay(context.claimed)) is not None:
                replay(response, stored)
                return
            response.status = operation.status
            answer(Asked(operation, form, request, chosen, body, path), context, response)
            if claim is not None:
                runtime.remember(claim, answer_of(response), sealed=operation.answers_secret)

    return respond


@contextmanager
def told_who(runtime: Runtime, key: PresentedKey | None) -> Iterator[None]:
    """Have conflicts about unique values name the rows that have them: they are looked up when
    the transaction that was refused is over.
    """
    try:
        yield
    except Conflict as error:
        if error.taken is not None:
            with runtime.as_key(key, read_only=True) as context:
                tell_taken(context, error)
        raise


@dataclass(frozen=True)
class Asked:
    """A request for an operation: what it wants to see, its body, and the parts of its path."""

    operation: Operation
    form: Form
    request: falcon.Request
    chosen: Chosen | None
    body: Body | None
    path: Values

    def values(self) -> tuple[Values, int | None]:
        """The values of the body, and the version of the row that it is about."""
        if self.body is None:
            return {}, None
        optional = self.form.optional
        return self.form.load(self.body.optional_json() if optional else self.body.json())


# -- writes ------------------------------------------------------------------------------------


def _answer_write(asked: Asked, context: Context, response: falcon.Response) -> None:
    operation, arguments = asked.operation, [context, *_row(asked, context)]
    assert operation.function is not None
    values, expected = asked.values()
    if context.hides and asked.body is not None:
        check_sent(operation, context.hides, asked.body.optional_json())
    if expected is not None:
        context.check_version(arguments[1], expected)
    if operation.body is not None:
        note_references(context, asked.form.schema, values)
        values = with_custom(context, operation, values, *arguments[1:])
        arguments.append(values)
    if operation.query is not None:
        arguments.append(parse_query(asked.request, schema_instance(operation.query)))
    written = operation.function(*arguments)
    if asked.chosen is None:
        context.finish()
        success(response, encode({"id": arguments[1].id, "deleted": True}))
        return
    row, extra = (written.row, written.extra) if isinstance(written, Shown) else (written, None)
    answer = Answer(_resource(operation), row, asked.chosen.selection, asked.chosen.locales)
    rendered = context.finish(answer)
    assert rendered is not None
    text = rendered.text.encode()
    if extra:
        text = text[:-1] + b"," + encode(extra)[1:]
    response.set_header("ETag", tag(rendered.version))
    success(response, text)


def _chosen(operation: Operation, context: Context, request: falcon.Request) -> Chosen | None:
    """What the answer to a write is to show; nothing can be chosen of a deletion's or a call's."""
    if operation.kind is Kind.EXPORT or operation.query is not None:
        return None  # it has a query of its own
    if operation.kind in (Kind.DELETE, Kind.CALL):
        no_parameters(request)
        return None
    resource = _resource(operation)
    views = context.registry.views(looks_of(context.modules, context.hides))
    # A create answers with what lists show: the quickstart's order, to the byte.
    detail = operation.kind in (Kind.UPDATE, Kind.ACTION)
    chosen = parse_chosen(request, resource, views, detail=detail)
    for scope in sorted(chosen.selection.scopes(views.resource(resource.key), views)):
        context.require(scope.partition(":")[2], scope)
    return chosen


def _related(operation: Operation, context: Context, chosen: Chosen | None) -> Iterator[Relation]:
    if chosen is not None and operation.resource is not None:
        view = context.views.resource(operation.resource.key)
        for relation, _, _ in chosen.selection.relations(view, context.views):
            yield relation


def _answer_call(asked: Asked, context: Context, response: falcon.Response) -> None:
    operation = asked.operation
    assert operation.function is not None
    if operation.writes:
        check_other(asked.request)
    values, _ = asked.values()
    note_references(context, asked.form.schema, values)
    given = {"data": values} if operation.body is not None and asked.body is not None else {}
    if operation.query is not None:
        given["query"] = parse_query(asked.request, schema_instance(operation.query))
    result = operation.function(context, **asked.path, **given)
    context.finish()
    if isinstance(result, Told):
        success(response, encode(result.data), encode(result.meta))
        return
    success(response, encode(result))


def _row(asked: Asked, context: Context) -> Iterator[Any]:
    """The row that the operation changes, if its preconditions hold; a create has none."""
    if asked.operation.kind is Kind.CREATE:
        check_other(asked.request)
        return
    row_id = parse_uuid(asked.path["id"])
    if row_id is None:
        raise NotFound
    row = context.get(_resource(asked.operation).model, row_id, lock=True)
    if isinstance(row, TrashModel) and row.trashed and not asked.operation.reaches_trash:
        raise NotFound
    check_row(asked.request, int(row.version))
    yield row


def _resource(operation: Operation) -> Resource:
    assert operation.resource is not None
    return operation.resource


_ANSWERS = {
    Kind.CREATE: _answer_write,
    Kind.UPDATE: _answer_write,
    Kind.DELETE: _answer_write,
    Kind.ACTION: _answer_write,
    Kind.CALL: _answer_call,
    Kind.BATCH: answer_batch,
    Kind.EXPORT: answer_export,
}
