"""Batches: each entry by itself, or all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.context import Context
from sparx_core.ids import uuid7
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner, StatementLog

from .conftest import PATH, Bulk

Nothing = Callable[[], AbstractContextManager[None]]


def create(name: str, **more: Any) -> dict[str, Any]:
    return {"op": "create", "data": {"name": name, **more}}


def upsert(code: str, **data: Any) -> dict[str, Any]:
    return {"op": "upsert", "by": "code", "data": {"code": code, **data}}


def events_of(owner: Owner, tenant: NewTenant) -> list[tuple[str, str]]:
    """(type, name) of what was told, in order."""
    return owner.rows(
        "SELECT type, data ->> 'name' FROM core.events WHERE tenant_id = %s AND type LIKE"
        " 'probe.%%' ORDER BY position",
        tenant.tenant_id,
    )


def test_every_entry_is_answered_as_a_request_of_its_own(
    bulk: Bulk, other_bulk: Bulk, owner: Owner, tenant: NewTenant, create_probe: Any
) -> None:
    old, gone = create_probe("old"), create_probe("gone")
    theirs = other_bulk.batch(create("theirs", code="mine")).data[0]["id"]
    answer = bulk.batch(
        create("new", code="c", notes=[{"text": "a"}, {"text": "b"}]),
        create(""),
        create("taken", code="c"),
        create("lost", parentId=str(uuid7())),
        create("theirs", parentId=theirs),
        {"op": "update", "id": old["id"], "version": 1, "data": {"name": "newer"}},
        {"op": "update", "id": gone["id"], "version": 7, "data": {"name": "x"}},
        {"op": "update", "id": theirs, "data": {"name": "x"}},
        {"op": "update", "id": "no id", "data": {}},
        {"op": "delete", "id": gone["id"]},
        {"op": "delete", "id": theirs},
        upsert("c", name="newest"),
        upsert("d"),
        upsert("d", name="made"),
        {"op": "update", "id": old["id"], "data": {"nme": "x"}},
    )
    assert answer.status == 200
    told = [(one["status"], one.get("error", {}).get("code")) for one in answer.data]
    assert told == [
        *((201, None), (422, "validation_error"), (409, "conflict")),
        *((422, "validation_error"), (422, "validation_error"), (200, None)),
        *((409, "version_conflict"), (404, "not_found"), (404, "not_found"), (200, None)),
        *((404, "not_found"), (200, None), (422, "validation_error"), (201, None)),
        (422, "validation_error"),
    ]
    assert [one["index"] for one in answer.data] == list(range(15))
    assert answer.meta == {"succeeded": 5, "failed": 10}
    assert answer.data[0]["data"]["notes"] == [{"text": "a"}, {"text": "b"}]
    pointers = {
        one["index"]: one["error"]["details"][0]["pointer"]
        for one in answer.data
        if isinstance(one.get("error", {}).get("details"), list)
    }
    assert pointers == {
        1: "/items/1/data/name",
        2: "/items/2/data/code",
        3: "/items/3/data/parentId",
        4: "/items/4/data/parentId",
        12: "/items/12/data/name",
        14: "/items/14/data/nme",
    }
    assert answer.data[6]["error"]["details"] == {"version": 1}
    assert answer.data[9]["data"] == {"id": gone["id"], "deleted": True}
    listed = {one["name"]: one["number"] for one in bulk.api.get(PATH).data}
    assert set(listed) == {"newer", "newest", "made"}
    kinds = [kind for kind, _ in events_of(owner, tenant)]
    assert sorted(kinds) == ["probe.created"] * 4 + ["probe.deleted"] + ["probe.updated"] * 2
    assert other_bulk.api.get(f"{PATH}/{theirs}").data["name"] == "theirs"


def test_an_atomic_batch_is_all_or_nothing(
    bulk: Bulk, create_probe: Any, nothing_written: Nothing
) -> None:
    one = create_probe("one", code="c")
    entries = [
        create("new"),
        {"op": "update", "id": one["id"], "data": {"name": "changed"}},
        create("taken", code="c"),
        create(""),
    ]
    with nothing_written():
        answer = bulk.batch(*entries, atomic=True)
    assert (answer.status, answer.error["code"]) == (422, "batch_failed")
    told = [(one["index"], one["status"]) for one in answer.error["details"]]
    assert told == [(2, 409), (3, 422)]
    answer = bulk.batch(*entries[:2], atomic=True)
    assert answer.meta == {"succeeded": 2, "failed": 0}


def test_a_thousand_entries_are_a_handful_of_statements(
    bulk: Bulk, query_count: Callable[[], AbstractContextManager[StatementLog]]
) -> None:
    notes = [{"text": "a"}]
    bulk.batch(create("warm", notes=notes), create("up", code="c"))
    with query_count() as log:
        answer = bulk.batch(*(create(str(n), code=str(n), notes=notes) for n in range(1000)))
    assert answer.meta == {"succeeded": 1000, "failed": 0}
    assert log.count <= 12, log.statements
    numbers = [int(one["data"]["number"]) for one in answer.data]
    assert numbers == list(range(3, 1003)), "counted in the order of the entries, without gaps"
    ids = [one["id"] for one in answer.data]
    changes = [{"op": "update", "id": one, "data": {"name": "x"}} for one in ids]
    with query_count() as log:
        assert bulk.batch(*changes).meta["succeeded"] == 1000
    assert log.count <= 10, log.statements
    with query_count() as log:
        assert bulk.batch(*({"op": "delete", "id": one} for one in ids)).meta["succeeded"] == 1000
    assert log.count <= 10, log.statements
    assert bulk.api.get(PATH).meta["total"] == 2


def test_what_follows_sees_what_came_before(bulk: Bulk, owner: Owner, tenant: NewTenant) -> None:
    first = bulk.batch(create("a", code="a")).data[0]["id"]
    answer = bulk.batch(
        {"op": "update", "id": first, "version": 1, "data": {"name": "b"}},
        {"op": "update", "id": first, "version": 2, "data": {"name": "c"}},
        {"op": "update", "id": first, "version": 2, "data": {"name": "stale"}},
        upsert("a", name="d"),
        {"op": "delete", "id": first},
        {"op": "update", "id": first, "data": {"name": "gone"}},
        upsert("a", name="again"),
        upsert("a", name="again"),
    )
    assert [one["status"] for one in answer.data] == [200, 200, 409, 200, 200, 404, 201, 200]
    names = [one["data"].get("name") for one in answer.data if "data" in one]
    assert names == ["b", "c", "d", None, "again", "again"]
    assert answer.data[-1]["data"]["version"] == 1, "an update that changes nothing is none"
    assert [kind for kind, _ in events_of(owner, tenant)] == [
        *("probe.created", "probe.updated", "probe.updated", "probe.updated", "probe.deleted"),
        "probe.created",
    ]


def test_an_upsert_finds_what_was_just_made_or_renamed(bulk: Bulk) -> None:
    answer = bulk.batch(create("a", code="A"), upsert("A", content={"n": 1}))
    assert [one["status"] for one in answer.data] == [201, 200]
    first = answer.data[0]["id"]
    answer = bulk.batch(
        {"op": "update", "id": first, "data": {"code": "B"}},
        upsert("A", name="another"),
        upsert("B", name="first"),
    )
    assert [(one["status"], one["id"] == first) for one in answer.data] == [
        *((200, True), (201, False), (200, True)),
    ]


def test_a_function_that_refuses_after_it_sent_something_costs_its_own_entry(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The core's own savepoints undo what it sent; the entries beside it stand."""
    from ..probe.declared import Probe, ProbeBusy, probes

    creating = probes.operations["create"].function
    assert creating is not None

    def busy(ctx: Context, data: Any) -> Any:
        name = data["name"]
        row = creating(ctx, data)
        if name.startswith("bad"):
            ctx.flush()
            assert ctx.first(Probe.select().where(Probe.name == name)) is not None
            raise ProbeBusy
        return row

    import dataclasses

    operation = dataclasses.replace(probes.operations["create"], function=busy)
    monkeypatch.setitem(probes.operations, "create", operation)
    names = ["a", "bad 1", "b", "bad 2", "bad 3", "c"]
    answer = bulk.batch(*(create(name) for name in names))
    assert [one["status"] for one in answer.data] == [201, 409, 201, 409, 409, 201]
    assert [one["name"] for one in reversed(bulk.api.get(PATH).data)] == ["a", "b", "c"]


def test_twenty_clients_that_upsert_the_same_rows_make_each_once(
    bulk: Bulk, owner: Owner, tenant: NewTenant
) -> None:
    codes = [f"code {number}" for number in range(20)]

    def work(worker: int) -> list[Any]:
        turned = codes[worker:] + codes[:worker]
        return [bulk.batch(*(upsert(code, name=f"by {worker}") for code in turned))
                for _ in range(3)]  # fmt: skip

    with ThreadPoolExecutor(20) as pool:
        answers = [one for found in pool.map(work, range(20)) for one in found]
    # Waiting for others has its deadline, which is told as such and can be retried.
    assert {one.status for one in answers} <= {200, 503}
    done = [one for one in answers if one.status == 200]
    assert len(done) > 20
    assert {one.meta["failed"] for one in done} == {0}
    found = owner.rows("SELECT code FROM probe.probes WHERE tenant_id = %s", tenant.tenant_id)
    assert sorted(code for (code,) in found) == sorted(codes)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "validation_error"),
        ({"items": []}, 422, "validation_error"),
        ({"items": {}}, 422, "validation_error"),
        ({"items": [1]}, 422, "validation_error"),
        ({"items": [{}]}, 422, "validation_error"),
        ({"items": [{"op": "replace"}]}, 422, "validation_error"),
        ({"items": [{"op": "create", "data": []}]}, 422, "validation_error"),
        ({"items": [{"op": "create", "data": {}, "more": 1}]}, 422, "validation_error"),
        ({"items": [{"op": "delete", "id": 1}]}, 422, "validation_error"),
        ({"items": [{"op": "create", "data": {"name": "x"}}], "atomic": 1}, 422,
         "validation_error"),
        ({"items": [{"op": "create", "data": {"name": "x"}}] * 1001}, 422, "validation_error"),
    ],
)  # fmt: skip
def test_a_batch_that_is_none_is_refused(
    bulk: Bulk, nothing_written: Nothing, body: Any, status: int, code: str
) -> None:
    with nothing_written():
        answer = bulk.api.post(f"{PATH}/batch", body)
    assert (answer.status, answer.error["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        ({"op": "upsert", "by": "name", "data": {"name": "x"}}, "/items/0/by"),
        ({"op": "upsert", "data": {"code": "x"}}, "/items/0/by"),
        ({"op": "upsert", "by": "code", "data": {"name": "x"}}, "/items/0/data/code"),
        ({"op": "upsert", "by": "code", "data": {"code": None}}, "/items/0/data/code"),
        ({"op": "create", "id": "x", "data": {"name": "x"}}, "/items/0/id"),
        ({"op": "create", "version": 1, "data": {"name": "x"}}, "/items/0/version"),
        ({"op": "update", "data": {"name": "x"}}, "/items/0/id"),
        ({"op": "create"}, "/items/0/data"),
    ],
)
def test_an_entry_that_is_none_is_told_by_itself(
    bulk: Bulk, nothing_written: Nothing, entry: Any, pointer: str
) -> None:
    with nothing_written():
        answer = bulk.batch(entry)
    (found,) = answer.data
    assert found["status"] == 422
    assert found["error"]["details"][0]["pointer"] == pointer


def test_a_batch_has_a_limit_of_its_own(bulk: Bulk, installation: Runtime) -> None:
    filler = {"filler": "x" * 16_000}
    large = [create(str(number), content=filler) for number in range(100)]
    assert bulk.batch(*large).meta["succeeded"] == 100  # more than other bodies may have
    too_large = b'{"items": [' + b" " * installation.settings.max_batch_bytes + b"]}"
    answer = bulk.api.request("POST", f"{PATH}/batch", body=too_large)
    assert (answer.status, answer.error["code"]) == (413, "payload_too_large")
    answer = bulk.api.request(
        "POST", f"{PATH}/batch", body=b"{}", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert bulk.api.post(f"{PATH}/batch?take=1", {"items": [create("x")]}).status == 400


def test_a_batch_is_repeated_by_its_idempotency_key(bulk: Bulk, api: Api) -> None:
    sent = {"headers": {"Idempotency-Key": "batch-1"}}
    first = api.post(f"{PATH}/batch", {"items": [create("once"), create("")]}, **sent)
    again = api.post(f"{PATH}/batch", {"items": [create("once"), create("")]}, **sent)
    assert (first.status, first.body) == (again.status, again.body)
    assert api.get(PATH).meta["total"] == 1


def test_keys_need_the_scope_to_write(
    bulk: Bulk, api: Api, nothing_written: Nothing, tenant: NewTenant
) -> None:
    key = api.post("/v1/keys", {"name": "reader", "scopes": ["read:probe"]}).data["key"]
    reader = Bulk(api.with_key(key), bulk.run_events)
    with nothing_written():
        for answer in (reader.batch(create("x")), reader.send(b"name\nx\n")):
            assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
