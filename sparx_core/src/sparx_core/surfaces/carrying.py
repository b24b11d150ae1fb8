"""Carrying out what somebody asks for, in one transaction: whatever surface it came through."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sparx_core.actors import looks_of
from sparx_core.auth.keys import PresentedKey
from sparx_core.confinement import check_confined, check_hiding, check_sent
from sparx_core.context import Context
from sparx_core.custom_fields.values import with_custom
from sparx_core.db.models import TrashModel
from sparx_core.errors import Conflict, NotFound, VersionRequired
from sparx_core.idempotency.claim import Claim, StoredAnswer
from sparx_core.ids import parse_uuid
from sparx_core.json import encode
from sparx_core.operations import Kind, Operation, Shown, Told, Values
from sparx_core.read.own import Own, is_own
from sparx_core.read.view import Relation, schema_instance
from sparx_core.references import note_references, tell_taken
from sparx_core.resources import Resource
from sparx_core.runtime import Runtime
from sparx_core.surfaces.calls import Call, Carried
from sparx_core.surfaces.rest.batch import carry_batch
from sparx_core.surfaces.rest.exports import carry_export
from sparx_core.surfaces.rest.parameters import no_parameters, parse_query
from sparx_core.surfaces.rest.query import NOBODYS, Chosen, parse_chosen
from sparx_core.transaction import Answer


def perform(
    runtime: Runtime,
    key: PresentedKey | None,
    call: Call,
    answered: Callable[[Context, Carried], StoredAnswer],
    claim: Claim | None = None,
) -> StoredAnswer | None:
    """Carry out a call for whoever presents ``key``, and commit.

    ``answered`` makes the answer, inside the transaction: if it raises, nothing was written. Who
    presents a ``claim`` that was answered before gets that answer back, and nothing is done.
    Raises ``ApiError`` for whatever is refused.
    """
    operation = call.operation
    with (
        told_who(runtime, key),
        runtime.as_key(
            key,
            read_only=not operation.writes,
            request_id=call.request_id,
            operation=operation.name,
            claim=claim,
        ) as context,
    ):
        call.note.actor, call.note.tenant = str(context.actor), context.tenant.slug
        context.require(operation.module, operation.scope)
        chosen = _chosen(call, context)
        if context.sees is not None:
            check_confined(operation, _related(operation, context, chosen))
        if context.hides:
            check_hiding(operation, context.hides, call.params)
        if claim is not None and (stored := claim.replay(context.claimed)) is not None:
            return stored
        answer = answered(context, _CARRYING[operation.kind](call, chosen, context))
        if claim is not None:
            runtime.remember(claim, answer, sealed=operation.answers_secret)
    return None


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


def _chosen(call: Call, context: Context) -> Chosen | None:
    """What the answer to a write is to show; nothing can be chosen of a deletion's or a call's."""
    operation = call.operation
    if operation.kind is Kind.EXPORT or operation.query is not None:
        return None  # it has a query of its own
    if operation.kind in (Kind.DELETE, Kind.CALL):
        no_parameters(call)
        return None
    resource = _resource(operation)
    views = context.registry.views(looks_of(context.modules, context.hides))
    if call.choose is not None:
        chosen = call.choose(views)
        if resource.kinds is not None and chosen.selection.lens is None:
            own = Own.of(context) if is_own(call.params, resource) else NOBODYS
            looked = resource.kinds.written(call.params, own.kinds(resource))
            chosen = chosen.through(looked.lens)
    else:
        # A create answers with what lists show: the quickstart's order, to the byte.
        detail = operation.kind in (Kind.UPDATE, Kind.ACTION)
        own = Own.of(context) if is_own(call.params, resource) else NOBODYS
        chosen = parse_chosen(call, resource, views, detail=detail, own=own, writes=True)
    for scope in sorted(chosen.selection.scopes(views.resource(resource.key), views)):
        context.require(scope.partition(":")[2], scope)
    return chosen


def _related(operation: Operation, context: Context, chosen: Chosen | None) -> Iterator[Relation]:
    if chosen is not None and operation.resource is not None:
        view = context.views.resource(operation.resource.key)
        for relation, _, _ in chosen.selection.relations(view, context.views):
            yield relation


def _carry_write(call: Call, chosen: Chosen | None, context: Context) -> Carried:
    operation = call.operation
    assert operation.function is not None
    parameters = _parameters(call)
    arguments = [context, *_row(call, context)]
    values, expected = call.values()
    if context.hides and call.sent is not None:
        check_sent(operation, context.hides, call.sent.optional_json())
    if operation.demands_version and expected is None and not call.states_version:
        raise VersionRequired
    if expected is not None:
        context.check_version(arguments[1], expected)
    if operation.body is not None:
        note_references(context, call.form.schema, values)
        values = with_custom(context, operation, values, *arguments[1:])
        arguments.append(values)
    written = operation.function(*arguments, *parameters)
    if chosen is None:
        context.finish()
        return Carried(encode({"id": arguments[1].id, "deleted": True}))
    row, extra = (written.row, written.extra) if isinstance(written, Shown) else (written, None)
    answer = Answer(_resource(operation), row, chosen.selection, chosen.locales)
    rendered = context.finish(answer)
    assert rendered is not None
    return Carried(rendered.text.encode(), version=rendered.version, extra=extra or {})


def _parameters(call: Call) -> list[Values]:
    """The parameters that the operation declares, if it declares some. What is wrong with them is
    told before anything is looked up.
    """
    query = call.operation.query
    return [] if query is None else [parse_query(call, schema_instance(query))]


def _carry_call(call: Call, chosen: Chosen | None, context: Context) -> Carried:
    operation = call.operation
    assert operation.function is not None
    if operation.writes:
        call.precondition(None)
    given: Values = dict(zip(("query",), _parameters(call), strict=False))
    values, _ = call.values()
    note_references(context, call.form.schema, values)
    if operation.body is not None and call.sent is not None:
        given["data"] = values
    result = operation.function(context, **call.path, **given)
    context.finish()
    if isinstance(result, Told):
        return Carried(encode(result.data), encode(result.meta))
    return Carried(encode(result))


def _row(call: Call, context: Context) -> Iterator[Any]:
    """The row that the operation changes, if its preconditions hold; a create has none."""
    if call.operation.kind is Kind.CREATE:
        call.precondition(None)
        return
    row_id = parse_uuid(call.path["id"])
    if row_id is None:
        raise NotFound
    row = context.get(_resource(call.operation).model, row_id, lock=True)
    if isinstance(row, TrashModel) and row.trashed and not call.operation.reaches_trash:
        raise NotFound
    kinds = _resource(call.operation).kinds
    if call.kind is not None and kinds is not None and not kinds.is_of(context, row, call.kind):
        raise NotFound
    call.precondition(int(row.version))
    yield row


def _resource(operation: Operation) -> Resource:
    assert operation.resource is not None
    return operation.resource


_CARRYING: dict[Kind, Callable[[Call, Chosen | None, Context], Carried]] = {
    Kind.CREATE: _carry_write,
    Kind.UPDATE: _carry_write,
    Kind.DELETE: _carry_write,
    Kind.ACTION: _carry_write,
    Kind.CALL: _carry_call,
    Kind.BATCH: carry_batch,
    Kind.EXPORT: carry_export,
}
