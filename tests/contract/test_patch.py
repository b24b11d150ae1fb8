"""Every resource that can be changed, of every installed module: a PATCH changes what it names."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.registry import Registry
from sparx_core.resources import Kind, Operation
from sparx_core.runtime import Runtime
from sparx_core.schemas import ResourceSchema
from sparx_core.testing import Api

from .patching.making import Maker, key_of, known_of, sent, told_beside

#: What a change may move beside the field that it names, and what is computed from that.
FOLLOWS = {"version", "updatedAt"}
UPDATES = [name for name, one in Registry.discover().operations.items() if one.kind is Kind.UPDATE]
updates = pytest.mark.parametrize("name", UPDATES)
NothingWritten = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def update(installation: Runtime, name: str) -> Operation:
    return installation.registry.operations[name]


@pytest.fixture
def make(api: Api, installation: Runtime) -> Maker:
    return Maker(api, installation.registry)


def without(data: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


def test_there_is_something_to_change() -> None:
    assert "crm.customers.update" in UPDATES


@updates
def test_one_field_and_no_other(api: Api, update: Operation, make: Maker) -> None:
    row, known = make(key_of(update)), known_of(key_of(update))
    path = update.path.replace("{id}", row["id"])
    changed = 0
    for wire in [one for one in sent(update) if one not in known.bound | known.fixed]:
        moved = {wire, *FOLLOWS, *known.moved.get(wire, ())}
        for value in make.values(update, wire, row):
            answer = api.patch(path, {wire: value})
            assert answer.status == 200, (wire, value, answer.text)
            found = without(answer.data, told_beside(update))
            differing = {one for one in row if found[one] != row[one]}
            assert differing <= moved, (wire, value)
            assert found == make.look(key_of(update), row["id"])
            if wire in differing:
                changed += 1
                # Some show it only on request.
                assert "version" not in row or found["version"] == row["version"] + 1
            else:
                assert found == row, "what changes nothing is no change"
            row = found
    assert changed >= (known.few or len(sent(update))), "hardly anything was changed"


@updates
def test_nothing_is_no_change(
    api: Api,
    update: Operation,
    make: Maker,
    nothing_written: NothingWritten,
) -> None:
    row = make(key_of(update))
    path = update.path.replace("{id}", row["id"])
    with nothing_written():
        assert without(api.patch(path, {}).data, told_beside(update)) == row


@updates
def test_null_where_there_has_to_be_a_value(
    api: Api,
    update: Operation,
    make: Maker,
    nothing_written: NothingWritten,
) -> None:
    row = make(key_of(update))
    path = update.path.replace("{id}", row["id"])
    needed = [wire for wire, field in sent(update).items() if not field.allow_none]
    assert needed
    with nothing_written():
        for wire in needed:
            answer = api.patch(path, {wire: None})
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), wire
            assert [one["pointer"] for one in answer.error["details"]] == [f"/{wire}"]


@updates
def test_what_the_server_computes(
    api: Api,
    update: Operation,
    make: Maker,
    nothing_written: NothingWritten,
) -> None:
    row = make(key_of(update))
    path = update.path.replace("{id}", row["id"])
    # `version` in a PATCH is the one that was read.
    computed = [wire for wire in row if wire not in sent(update) and wire != "version"]
    assert "id" in computed
    assert update.body is not None
    known = issubclass(update.body, ResourceSchema)
    told = "Computed by the server; leave it out." if known else "Unknown field."
    with nothing_written():
        for wire in computed:
            answer = api.patch(path, {wire: row[wire]})
            assert answer.status == 422, wire
            assert answer.error["details"] == [
                {
                    "field": wire,
                    "pointer": f"/{wire}",
                    "message": told,
                }
            ]
