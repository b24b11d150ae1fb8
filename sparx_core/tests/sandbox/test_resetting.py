"""Emptying a sandbox: all that is in it goes but its keys, whoever is in it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import UUID

from sparx_core.auth.keys import parse_key
from sparx_core.context import Context
from sparx_core.runtime import Runtime
from sparx_core.testing import DeliveryRun, Owner

from .conftest import Pair

_WAITS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND mode = 'ExclusiveLock'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)
_LOCK = "SELECT {}(hashtextextended('sandbox ' || %s, 0))"


def test_what_was_tried_is_gone_and_it_begins_anew(
    pair: Pair, run_events: DeliveryRun, owner: Owner
) -> None:
    pair.live.post("/v1/probe/probes", {"name": "kept"})
    for name in ("a", "b"):
        assert pair.test.post("/v1/probe/probes", {"name": name}).status == 201
    hook = {"url": "https://test.example.com/", "events": ["*"]}
    assert pair.test.post("/v1/webhooks/subscriptions", hook).status == 201
    view = {"resource": "probe.probes", "name": "All", "query": {}}
    assert pair.test.post("/v1/views", view).status == 201
    assert pair.test.patch("/v1/tenant", {"timezone": "Europe/Stockholm"}).status == 200
    run_events()
    with untouched(owner, pair.live_id):
        assert pair.live.post("/v1/sandbox/reset").data["state"] == "resetting"
        run_events()
    shown = pair.shown()
    assert (shown["state"], shown["modules"]) == ("ready", ["addon", "probe"])
    assert shown["resetAt"] >= shown["createdAt"]
    assert pair.test.get("/v1/probe/probes").meta["total"] == 0
    for path in ("/v1/webhooks/subscriptions", "/v1/views", "/v1/jobs"):
        assert pair.test.get(path).data == []
    assert pair.test.get("/v1/tenant").data["timezone"] == "UTC"
    assert pair.test.post("/v1/probe/probes", {"name": "first"}).data["number"] == "1"
    assert pair.test.get("/v1/probe/probes").meta["total"] == 1
    assert [one["name"] for one in pair.live.get("/v1/probe/probes").data] == ["kept"]


def test_the_sandbox_can_reset_itself(pair: Pair, run_events: DeliveryRun, owner: Owner) -> None:
    pair.live.post("/v1/probe/probes", {"name": "kept"})
    run_events()
    pair.test.post("/v1/probe/probes", {"name": "gone"})
    with untouched(owner, pair.live_id):
        assert pair.test.post("/v1/sandbox/reset").data["state"] == "resetting"
        assert pair.test.post("/v1/sandbox/reset").data["state"] == "resetting"
        run_events()
    assert pair.test.get("/v1/sandbox").data["state"] == "ready"
    assert pair.test.get("/v1/probe/probes").data == []
    assert owner.count("core.deliveries", pair.test_id) == 1  # the one that did it


def test_keys_stay_with_the_members_who_act_with_them(pair: Pair, run_events: DeliveryRun) -> None:
    people = [pair.test.post("/v1/members", {"name": name}).data for name in ("Ann", "Bo")]
    asked = {"name": "own", "scopes": ["*"], "visibility": "own", "memberId": people[0]["id"]}
    confined = pair.test.with_key(pair.test.post("/v1/keys", asked).data["key"])
    pair.test.post("/v1/sandbox/reset")
    run_events()
    assert [one["name"] for one in pair.test.get("/v1/members").data] == ["Ann"]
    assert pair.test.get("/v1/members").meta["total"] == 1
    assert confined.get("/v1/me").status == 200
    assert pair.test.get("/v1/keys").meta["total"] == 2


def test_what_a_process_remembers_of_a_sandbox_goes_with_it(
    pair: Pair, run_events: DeliveryRun
) -> None:
    """What a tenant declared is kept by a number: the same number must not come again."""
    view = {"resource": "probe.probes", "name": "Old", "query": {"filters": {"code": "A"}}}
    old = pair.test.post("/v1/views", view).data
    path = "/v1/probe/probes"
    assert pair.test.get(path, params={"view": old["id"]}).status == 200
    pair.test.post("/v1/sandbox/reset")
    run_events()
    assert pair.test.get(path, params={"view": old["id"]}).status in (400, 404, 422)
    new = pair.test.post("/v1/views", {**view, "name": "New"}).data
    assert pair.test.get(path, params={"view": new["id"]}).status == 200
    assert pair.test.get(path, params={"view": old["id"]}).status in (400, 404, 422)


def test_an_answer_that_was_kept_is_forgotten(pair: Pair, run_events: DeliveryRun) -> None:
    headers = {"Idempotency-Key": "once"}
    first = pair.test.post("/v1/probe/probes", {"name": "x"}, headers=headers).data
    pair.test.post("/v1/sandbox/reset")
    run_events()
    again = pair.test.post("/v1/probe/probes", {"name": "x"}, headers=headers).data
    assert again["id"] != first["id"]


def test_whoever_is_inside_is_waited_for(
    pair: Pair, installation: Runtime, run_events: DeliveryRun, owner: Owner, until: Until
) -> None:
    """What an open transaction writes is not left behind."""
    key = parse_key(pair.test.key or "")
    pair.live.post("/v1/sandbox/reset")
    with installation.as_key(key) as ctx:
        write_probe(ctx)
        worker = Thread(target=run_events)
        worker.start()
        until(lambda: bool(owner.value(_WAITS)))
    worker.join()
    run_events.make_due()  # had it waited too long, it would be tried again
    run_events()
    assert pair.shown()["state"] == "ready"
    assert owner.count("probe.probes", pair.test_id) == 0


def test_whoever_comes_meanwhile_is_told_to_come_back(pair: Pair, owner: Owner) -> None:
    owner.rows(_LOCK.format("pg_advisory_lock"), str(pair.test_id))
    try:
        answer = pair.test.get("/v1/probe/probes")
        assert pair.live.get("/v1/probe/probes").status == 200
    finally:
        owner.rows(_LOCK.format("pg_advisory_unlock"), str(pair.test_id))
    assert (answer.status, answer.error["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"
    assert pair.test.get("/v1/probe/probes").status == 200


@contextmanager
def untouched(owner: Owner, tenant: UUID) -> Iterator[None]:
    """Fails if the block changes any row of a tenant."""
    before = {name: told for name, (_, told) in owner.fingerprint([tenant]).items()}
    yield
    after = {name: told for name, (_, told) in owner.fingerprint([tenant]).items()}
    assert after == before


def write_probe(ctx: Context) -> None:
    model = ctx.registry.resources["probe.probes"].model
    ctx.insert(model(name="late"))
    ctx.finish()


Until = Callable[[Callable[[], bool]], None]
