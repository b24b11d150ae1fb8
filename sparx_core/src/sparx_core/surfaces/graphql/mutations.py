"""Mutations, and calls that read: carried out as REST does, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from graphql import FieldNode, get_named_type

from sparx_core.context import Context
from sparx_core.errors import BadRequest, VersionConflict
from sparx_core.forms import Form
from sparx_core.idempotency.claim import Claim, StoredAnswer
from sparx_core.json import encode
from sparx_core.operations import Kind
from sparx_core.read.selection import Selection
from sparx_core.read.view import Views
from sparx_core.surfaces.calls import Call, Carried, Given
from sparx_core.surfaces.carrying import perform
from sparx_core.surfaces.graphql.arguments import params_of, query_params
from sparx_core.surfaces.graphql.asking import Asking
from sparx_core.surfaces.graphql.following import kind_params
from sparx_core.surfaces.graphql.projecting import decoded, project
from sparx_core.surfaces.reading import Outdated
from sparx_core.surfaces.rest.query import Chosen, check_related, locales_of

_canonical = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
#: Arguments that are neither parameters nor values.
_OWN_OF_CALLS = frozenset({"input", "idempotencyKey"})
#: Those that answer with the row.
_SHOWING = frozenset({Kind.CREATE, Kind.UPDATE, Kind.ACTION})
_OWN = _OWN_OF_CALLS | {"id", "version", "locale"}


def answer_mutation(asking: Asking, *, first: bool) -> bytes:
    """The JSON of a root field, once the transaction is committed. Raises ``ApiError``; and if it
    is the ``first`` of a request, before anything was written, ``Outdated``.
    """
    shown = _SHOWN.get(asking.operation.kind, _shown_row)

    def choose(views: Views) -> Chosen:
        asked = asking.asked
        if views is not asked.views and first:
            raise Outdated(asked.runtime.known_looks(asked.key) or asked.looks)
        return _chosen(asking, None if views is asked.views else views)

    return _performed(asking, choose, lambda carried: shown(asking, carried))


def answer_call(asking: Asking) -> bytes:
    """The JSON of a call that has no resource."""
    return _performed(asking, None, lambda carried: _shown_call(asking, carried))


def _performed(
    asking: Asking,
    choose: Callable[[Views], Chosen] | None,
    shown: Callable[[Carried], bytes],
) -> bytes:
    asked, operation, given = asking.asked, asking.operation, asking.arguments
    found: list[bytes] = []

    def answered(_: Context, carried: Carried) -> StoredAnswer:
        found.append(shown(carried))
        return StoredAnswer(carried.status or operation.status, {}, found[0])

    call = Call(
        operation,
        Form.of(operation),
        {name: given[name] for name in asking.root.path},
        _sent(asking),
        _params(asking),
        choose,
        _precondition(given.get("version")),
        given.get("version") is not None,
        asking.note,
        asked.request_id,
        asking.root.kind,
    )
    stored = perform(asked.runtime, asked.key, call, answered, _claim(asking))
    return found[0] if stored is None else stored.body


def _sent(asking: Asking) -> Given | None:
    if not asking.operation.writes:
        return None
    if asking.operation.kind is Kind.BATCH:
        given = asking.arguments
        return Given({name: given[name] for name in ("items", "atomic") if name in given})
    return Given(_of_kind(asking, asking.arguments.get("input")))


def _of_kind(asking: Asking, sent: Any) -> Any:
    """What is sent of a new row, with its kind, if the root field says it."""
    if asking.root.kind is None or asking.operation.kind is not Kind.CREATE:
        return sent
    kinds = asking.resource.kinds
    assert kinds is not None
    return {**(sent or {}), next(iter(kinds.parameters)): asking.root.kind}


def _params(asking: Asking) -> dict[str, Any]:
    operation = asking.operation
    if operation.kind is Kind.EXPORT:
        return params_of(asking.arguments)
    if operation.query is None and operation.kind in _SHOWING:
        return dict(kind_params(asking, asking.type, asking.nodes))
    if operation.query is None:
        return {}
    # A call has no row, so that some of these may be names of its own.
    own = _OWN_OF_CALLS if operation.kind is Kind.CALL else _OWN
    without = own.union(asking.root.path)
    given = {name: one for name, one in asking.arguments.items() if name not in without}
    return query_params(given)


def _precondition(expected: int | None) -> Callable[[int | None], None]:
    def check(version: int | None) -> None:
        if expected is not None and version is not None and version != expected:
            raise VersionConflict(version)

    return check


def _claim(asking: Asking) -> Claim | None:
    """The claim of a mutation with an idempotency key. Asked for the same, in other words or with
    variables, it is the same request.
    """
    key = asking.arguments.get("idempotencyKey")
    if key is None or not asking.operation.writes:
        return None
    rest = {name: one for name, one in asking.arguments.items() if name != "idempotencyKey"}
    outline = asking.fields.outline(asking.type, asking.nodes)
    return Claim.of(
        key,
        asking.operation.name,
        asking.asked.key.secret_hash,
        b"graphql",
        _canonical(rest),
        outline.encode(),
    )


def _chosen(asking: Asking, views: Views | None) -> Chosen:
    """What the answer shows of the resource."""
    type_, nodes = asking.type, asking.nodes
    if asking.operation.kind is Kind.BATCH:
        type_, nodes = _batched(asking)
    selection = Selection(())
    if nodes:
        selection = asking.selection(type_, nodes, views)
    rows = len(asking.arguments["items"]) if asking.operation.kind is Kind.BATCH else 1
    check_related(selection, asking.resource, views or asking.asked.views, rows)
    locale = asking.arguments.get("locale")
    if asking.resource.kinds is not None:
        locale = None  # it is one of the parameters by which the answer is looked at
    return Chosen(selection, () if locale is None else locales_of(locale))


def _batched(asking: Asking) -> tuple[Any, list[FieldNode]]:
    """What is asked for of the rows of a batch: under one name."""
    items = [
        node
        for nodes in asking.fields.collect(asking.nodes).values()
        for node in nodes
        if node.name.value == "items"
    ]
    collected = asking.fields.collect(items).items()
    found = {key: nodes for key, nodes in collected if nodes[0].name.value == "data"}
    if len(found) > 1:
        raise BadRequest("Ask for the data of a batch under one name.")
    entry: Any = get_named_type(asking.type.fields["items"].type)
    type_ = get_named_type(entry.fields["data"].type)
    return type_, [one for nodes in found.values() for one in nodes]


# -- answers -----------------------------------------------------------------------------------


def _shown_row(asking: Asking, carried: Carried) -> bytes:
    if not carried.extra:
        return carried.data
    beside = {
        key: project(asking.fields, carried.extra.get(name), asking.type.fields[name].type, nodes)
        for key, nodes in asking.fields.collect(asking.nodes).items()
        if (name := nodes[0].name.value) in carried.extra
        and name not in asking.asked.views.resource(asking.resource.key).names
    }
    return Carried(carried.data, extra=beside).whole


def _shown_value(asking: Asking, carried: Carried) -> bytes:
    value = decoded(carried.data)
    return encode(project(asking.fields, value, asking.declared.type, asking.nodes))


def _shown_call(asking: Asking, carried: Carried) -> bytes:
    if asking.operation.meta is None:
        if not hasattr(asking.type, "fields"):
            return carried.data
        return _shown_value(asking, carried)
    whole = {
        "data": decoded(carried.data),
        "meta": None if carried.meta is None else decoded(carried.meta),
    }
    return encode(project(asking.fields, whole, asking.declared.type, asking.nodes))


def _shown_batch(asking: Asking, carried: Carried) -> bytes:
    meta = {} if carried.meta is None else decoded(carried.meta)
    whole = {**meta, "items": decoded(carried.data)}
    return encode(_with_rows(asking, whole))


def _with_rows(asking: Asking, whole: dict[str, Any]) -> Any:
    """The parts of a batch's answer that are asked for; its rows were rendered as they are."""
    found: dict[str, Any] = {}
    for key, nodes in asking.fields.collect(asking.nodes).items():
        name = nodes[0].name.value
        if name != "items":
            found[key] = asking.type.name if name == "__typename" else whole[name]
            continue
        entry: Any = get_named_type(asking.type.fields["items"].type)
        found[key] = [
            {
                inner: entry.name
                if (part := asked[0].name.value) == "__typename"
                else one.get(part)
                for inner, asked in asking.fields.collect(nodes).items()
            }
            for one in whole["items"]
        ]
    return found


_SHOWN: dict[Kind, Callable[[Asking, Carried], bytes]] = {
    Kind.DELETE: _shown_value,
    Kind.CALL: _shown_call,
    Kind.BATCH: _shown_batch,
    Kind.EXPORT: _shown_value,
}
