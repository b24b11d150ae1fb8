"""A write that is sent again with its idempotency key is answered again, and done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier, Event
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.events.retention import Retention, kept
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, Owner

PROBES = "/v1/probe/probes"
Watch = Callable[[], AbstractContextManager[None]]


def send(api: Api, key: str = "k-1", body: Any = None, path: str = PROBES, **more: Any) -> Answer:
    headers = {"Idempotency-Key": key, **more.pop("headers", {})}
    return api.post(path, {"name": "one"} if body is None else body, headers=headers, **more)


def told(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status, answer.body, answer.headers.get("etag")


def test_second_request_is_answered_like_the_first(
    api: Api, owner: Owner, tenant: NewTenant
) -> None:
    first = send(api)
    with owner.nothing_written(tenant.tenant_id):
        second = send(api)
    assert first.status == 201
    assert "idempotent-replayed" not in first.headers
    assert told(second) == told(first)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert len(api.get(PROBES).data) == 1


@pytest.mark.parametrize(
    "same",
    [
        b'{"content":{"a":1.50,"b":[]},"name":"one"}',
        b' {"name":"one","content":{"b":[],"a":1.50}} ',
    ],
)
def test_the_same_json_is_the_same_request(api: Api, same: bytes) -> None:
    headers = {"Idempotency-Key": "k"}
    body = b'{"name": "one", "content": {"a": 1.50, "b": []}}'
    first = api.request("POST", PROBES, body=body, headers=headers)
    second = api.request("POST", PROBES, body=same, headers=headers)
    assert first.status == 201
    assert told(second) == told(first)


@pytest.mark.parametrize("form", ["k-2", '"k-2"', ' "k-2" '])
def test_key_may_be_quoted(api: Api, form: str) -> None:
    first, second = send(api, "k-2"), send(api, form)
    assert told(second) == told(first)


@pytest.mark.parametrize(
    "key", ["", " ", '"', '""', "a b", 'a"b', "a\\b", "a" * 256, "schl\xfcssel", "a\tb"]
)
def test_what_is_no_key_is_refused(api: Api, nothing_written: Watch, key: str) -> None:
    with nothing_written():
        answer = send(api, key)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_longest_key_is_one(api: Api) -> None:
    assert told(send(api, "a" * 255)) == told(send(api, "a" * 255))


@pytest.mark.parametrize(
    "other",
    [
        {"body": {"name": "two"}},
        {"query": "fields=id"},
        {"headers": {"If-Match": "*"}},
    ],
)
def test_key_of_another_request_is_refused(
    api: Api, nothing_written: Watch, other: dict[str, Any]
) -> None:
    send(api)
    with nothing_written():
        answer = send(api, **other)
    assert (answer.status, answer.error["code"]) == (422, "idempotency_key_reused")


def test_key_is_of_one_operation(api: Api) -> None:
    created = send(api, "k").data
    path = f"{PROBES}/{created['id']}"
    changed = api.patch(path, {"name": "two"}, headers={"Idempotency-Key": "k"})
    assert (changed.status, changed.data["name"]) == (200, "two")


def test_key_is_of_one_tenant(api: Api, other_api: Api) -> None:
    first, second = send(api), send(other_api)
    assert (first.status, second.status) == (201, 201)
    assert first.data["id"] != second.data["id"]
    assert "idempotent-replayed" not in second.headers


def test_change_and_deletion_are_repeated(api: Api, create_probe: Callable[..., Any]) -> None:
    path, key = f"{PROBES}/{create_probe()['id']}", {"Idempotency-Key": "k"}
    changed = [api.patch(path, {"name": "two"}, headers=key) for _ in range(2)]
    assert told(changed[0]) == told(changed[1])
    assert api.get(path).data["version"] == 2
    deleted = [api.delete(path, headers=key) for _ in range(2)]
    assert told(deleted[0]) == told(deleted[1])
    assert deleted[1].status == 200
    assert api.delete(path).status == 404


@pytest.mark.parametrize(
    "body", [{"name": ""}, {"name": "x", "parentId": "0190a1b2-0000-7000-8000-000000000000"}]
)
def test_refusal_is_not_stored(api: Api, owner: Owner, body: Any) -> None:  # fmt: skip
    with owner.nothing_written():
        assert send(api, body=body).status == 422
    assert send(api).status == 201


def test_failure_is_not_stored(api: Api, control: Any, owner: Owner) -> None:
    control.call = lambda ctx: 1 / 0
    with owner.nothing_written():
        assert send(api, path="/v1/probe/call", body={}).status == 500
    control.call = lambda ctx: {"done": True}
    assert send(api, path="/v1/probe/call", body={}).data == {"done": True}
    control.call = lambda ctx: {"done": "again"}
    assert send(api, path="/v1/probe/call", body={}).data == {"done": True}


def test_replay_needs_the_scope_and_the_module(
    api: Api, anonymous: Api, deactivate: Callable[..., Any]
) -> None:
    send(api)
    weak = api.post("/v1/keys", {"name": "weak", "scopes": ["read:probe"]}).data["key"]
    refused = send(anonymous.with_key(weak))
    assert refused.error["code"] == "insufficient_scope"
    deactivate("addon")
    deactivate("probe")
    assert send(api).error["code"] == "module_disabled"
    assert send(anonymous).status == 401


def test_another_key_of_the_tenant_is_answered(api: Api, anonymous: Api) -> None:
    second = api.post("/v1/keys", {"name": "second", "scopes": ["*"]}).data["key"]
    assert told(send(api)) == told(send(anonymous.with_key(second)))


def test_secret_is_told_again_and_kept_nowhere(
    api: Api, anonymous: Api, owner: Owner, tenant: NewTenant
) -> None:
    body = {"name": "new", "scopes": ["read:probe"]}
    made, again = (send(api, path="/v1/keys", body=body) for _ in range(2))
    assert told(made) == told(again)
    secret = made.data["key"]
    other = api.post("/v1/keys", {"name": "other", "scopes": ["*"]}).data["key"]
    asked = send(anonymous.with_key(other), path="/v1/keys", body=body)
    assert (asked.status, asked.error["code"]) == (422, "idempotency_key_reused")
    stored = owner.value(
        "SELECT string_agg(encode(body, 'escape'), '') FROM core.idempotency_keys"
        " WHERE tenant_id = %s", tenant.tenant_id,
    )  # fmt: skip
    assert secret not in stored
    assert secret[-20:] not in stored


def test_a_claim_and_its_answer_cost_no_round_trip(
    api: Api, query_count: Callable[..., Any]
) -> None:
    for key in ("warm", "warm", "warmer"):
        send(api, key)
        api.post(PROBES, {"name": "x"})
    with query_count() as plain:
        api.post(PROBES, {"name": "x"})
    with query_count() as claimed:
        send(api, "new")
    with query_count() as replayed:
        send(api, "new")
    assert (plain.count, claimed.count, replayed.count) == (3, 3, 2)


def test_parallel_requests_make_one_row(api: Api) -> None:
    together = Barrier(20)

    def one(_: int) -> Answer:
        together.wait()
        return send(api, "together")

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(one, range(20)))
    created = [answer for answer in answers if answer.status == 201]
    others = {answer.error["code"] for answer in answers if answer.status != 201}
    assert len({answer.body for answer in created}) == 1
    assert others <= {"idempotency_in_progress"}
    assert sum("idempotent-replayed" not in answer.headers for answer in created) == 1
    assert len(api.get(PROBES).data) == 1


def test_request_that_is_under_way_is_waited_for_briefly(api: Api, control: Any) -> None:
    entered, leave = Event(), Event()

    def slow(ctx: Any) -> dict[str, Any]:
        entered.set()
        assert leave.wait(20)
        return {"done": True}

    control.call = slow
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(send, api, path="/v1/probe/call", body={})
        assert entered.wait(20)
        second = send(api, path="/v1/probe/call", body={})
        leave.set()
        assert first.result(20).data == {"done": True}
    assert (second.status, second.error["code"]) == (409, "idempotency_in_progress")
    assert second.headers["retry-after"] == "1"
    assert send(api, path="/v1/probe/call", body={}).data == {"done": True}


def test_sql_of_a_module_does_not_lose_the_answer(api: Api, control: Any) -> None:
    def careless(ctx: Any) -> dict[str, Any]:
        ctx.run(_Sql("DEALLOCATE ALL"))
        return {"done": True}

    control.call = careless
    first, second = (send(api, path="/v1/probe/call", body={}) for _ in range(2))
    assert told(first) == told(second)
    assert second.headers["idempotent-replayed"] == "true"


class _Sql:
    def __init__(self, text: str) -> None:
        self.text = text

    def execute(self, database: Any) -> Any:
        return database.execute_sql(self.text)


def test_old_keys_are_forgotten(
    api: Api, other_api: Api, installation: Runtime, owner: Owner, tenant: NewTenant
) -> None:
    first = send(api, "old")
    send(other_api, "young")
    owner.execute(
        "UPDATE core.idempotency_keys SET created_at = now() - interval '73 hours'"
        " WHERE tenant_id = %s", tenant.tenant_id,
    )  # fmt: skip
    before = owner.count("core.idempotency_keys")
    everything = kept(installation.settings)
    retention = Retention(Database(installation.urls.dispatch), everything)
    assert {one.name: retention.delete(one) for one in everything}["idempotency_keys"] == 1
    assert owner.count("core.idempotency_keys") == before - 1
    assert send(other_api, "young").headers["idempotent-replayed"] == "true"
    second = send(api, "old")
    assert second.data["id"] != first.data["id"]
