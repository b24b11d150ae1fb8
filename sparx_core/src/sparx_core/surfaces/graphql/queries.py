"""Queries: each root field is one statement of the read compiler, whatever is asked for in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import FieldNode, get_named_type

from sparx_core.errors import (
    ApiError,
    BadRequest,
    InsufficientScope,
    ModuleDisabled,
    NotFound,
    Unavailable,
)
from sparx_core.ids import parse_uuid
from sparx_core.json import encode
from sparx_core.operations import Kind
from sparx_core.read.own import Own
from sparx_core.read.selection import Selection
from sparx_core.surfaces.graphql.arguments import params_of
from sparx_core.surfaces.graphql.asking import Asking
from sparx_core.surfaces.graphql.following import kind_params
from sparx_core.surfaces.graphql.mutations import answer_call
from sparx_core.surfaces.graphql.projecting import assembled
from sparx_core.surfaces.reading import ATTEMPTS, Outdated, Reading
from sparx_core.surfaces.reading import Asking as Reader
from sparx_core.surfaces.rest.aggregating import parse_aggregate
from sparx_core.surfaces.rest.query import NOBODYS, Chosen, check_related, locales_of, parse_page

#: What a list is asked for of which only the total is wanted.
_IDS = Selection((("id", None),))
_REFUSED = (BadRequest, NotFound, InsufficientScope, ModuleDisabled)


def answer_query(asking: Asking) -> bytes:
    """The JSON of a root field. Raises ``ApiError``, and ``Outdated`` if the schema is."""
    if asking.operation.kind is Kind.CALL:
        return answer_call(asking)
    reading = Reading(asking.asked.runtime, asking.operation)
    params = {} if asking.operation.kind is Kind.GET else params_of(asking.arguments)
    reader = Reader(asking.asked.key, params, asking.note)
    answers = {Kind.LIST: _list, Kind.AGGREGATE: _groups}
    ask = partial(answers.get(asking.operation.kind, _get), asking, reading, reader)
    return _asked(asking, reading, reader, ask)


def _asked(asking: Asking, reading: Reading, reader: Reader, ask: Callable[[], bytes]) -> bytes:
    """What ``ask`` answers, if it is right for the schema; once more if what the tenant declares
    itself has changed.
    """
    runtime, looks = asking.asked.runtime, asking.asked.looks
    for _ in range(ATTEMPTS):
        try:
            found = ask()
            if reader.note.looks != looks:
                raise Outdated(reader.note.looks)
            return found
        except Outdated:
            if reader.note.looks != looks or asking.asked.is_outdated():
                raise Outdated(reader.note.looks) from None
        except _REFUSED as error:
            # What is wrong with the question is told to those who may ask it.
            known = runtime.known_own(reader.key)
            now = reading.check(reader)
            if now != looks:
                raise Outdated(now) from None
            if asking.asked.is_outdated():
                raise Outdated(now) from None
            if runtime.known_own(reader.key) is known:
                return _refused(error)
    raise Unavailable


def _refused(error: ApiError) -> bytes:
    """A row that is not there is null, whoever has one with this id."""
    if isinstance(error, NotFound):
        return b"null"
    raise error


def _list(asking: Asking, reading: Reading, reader: Reader) -> bytes:
    views = asking.asked.views

    def page(
        selection: Selection, type_: Any = None, nodes: Sequence[FieldNode] = ()
    ) -> tuple[bytes, dict[str, bytes]]:
        more = kind_params(asking, type_, nodes)
        asker = replace(reader, params={**reader.params, **more}) if more else reader
        own = reading.own(asker)
        asked = parse_page(asker, asking.resource, views, own or NOBODYS, selection)
        text, meta = reading.page(asker, views, asked, own)
        beside = {"total": encode(meta["total"]), "nextCursor": encode(meta["next_cursor"])}
        return text.encode(), beside

    asked = asking.fields.collect(asking.nodes)
    row = get_named_type(asking.type.fields["items"].type)
    pages = {
        key: page(asking.selection(row, nodes), row, nodes)
        for key, nodes in asked.items()
        if nodes[0].name.value == "items"
    }
    beside = next(iter(pages.values()), None) or page(_IDS)

    def part(name: str, nodes: list[FieldNode]) -> bytes:
        if name == "items":
            return pages[(nodes[0].alias or nodes[0].name).value][0]
        return beside[1][name]

    return assembled(asking.fields, asking.type, asking.nodes, part)


def _groups(asking: Asking, reading: Reading, reader: Reader) -> bytes:
    own = reading.own(reader)
    asked = parse_aggregate(reader, asking.resource, own or NOBODYS)
    text, meta = reading.groups(reader, asking.asked.views, asked, own)
    parts = {"groups": text.encode(), **{name: encode(one) for name, one in meta.items()}}
    return assembled(asking.fields, asking.type, asking.nodes, lambda name, _: parts[name])


def _get(asking: Asking, reading: Reading, reader: Reader) -> bytes:
    views = asking.asked.views
    selection = asking.selection(asking.type, asking.nodes)
    check_related(selection, asking.resource, views, 1)
    row_id = parse_uuid(asking.arguments["id"])
    if row_id is None:
        raise NotFound
    reader = replace(reader, params=kind_params(asking, asking.type, asking.nodes))
    chosen, own = _chosen(asking, reading, reader, selection)
    text, _ = reading.one(reader, views, chosen, row_id, own)
    return text.encode()


def _chosen(
    asking: Asking, reading: Reading, reader: Reader, selection: Selection
) -> tuple[Chosen, Own | None]:
    """What of a row is shown; and what the tenant declares, if it is by that."""
    kinds = asking.resource.kinds
    if kinds is None:
        locale = asking.arguments.get("locale")
        return Chosen(selection, () if locale is None else locales_of(locale)), None
    own = reading.own(reader)
    looked = kinds.one(reader.params, (own or NOBODYS).kinds(asking.resource))
    return Chosen(selection).through(looked.lens), own
