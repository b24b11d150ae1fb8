"""Sending again: one delivery, or all that did not arrive."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import DELIVERIES, SUBSCRIPTIONS, Subscribe

#: Seconds: a recovery waits for all transactions that are open.
PATIENCE = 60


def ago(**units: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**units):%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def recovered(
    api: Api, run_events: DeliveryRun, owner: Owner, tenant: NewTenant
) -> Callable[[str], list[Any]]:
    """Works a recovery off until it has looked at all events; the deliveries that it made."""

    def work(job: str) -> list[Any]:
        deadline = time.monotonic() + PATIENCE
        while not owner.value(
            "SELECT cursor -> 'exhausted' = 'true' FROM core.jobs WHERE id = %s", job
        ):
            assert time.monotonic() < deadline, "the events were not looked at"
            run_events()
            owner.execute(
                "UPDATE core.deliveries SET due_at = clock_timestamp()"
                " WHERE tenant_id = %s AND state = 'pending'",
                tenant.tenant_id,
            )
        return list(api.get(DELIVERIES, params={"replayId": job}).data)

    return work


@pytest.fixture
def set_state(owner: Owner) -> Callable[..., None]:
    """Makes deliveries what a sender would."""

    def change(delivery: str, state: str, error: str | None = None, body: str = "{}") -> None:
        owner.execute(
            "UPDATE core.webhook_deliveries SET state = %s, last_error = %s, body = %s,"
            " finished_at = now() WHERE id = %s",
            state,
            error,
            body,
            delivery,
        )

    return change


def test_resending_makes_a_delivery_with_the_same_body(
    api: Api,
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    set_state: Callable[..., None],
    owner: Owner,
) -> None:
    made = subscribe()
    create_probe()
    (old,) = api.get(DELIVERIES, params={"subscriptionId": made["id"]}).data
    for state in ("delivered", "failed", "cancelled"):
        set_state(old["id"], state, body='{"id": "the same"}')
        fresh = api.post(f"{DELIVERIES}/{old['id']}/resend")
        assert fresh.status == 200
        assert fresh.data["id"] != old["id"]
        assert (fresh.data["state"], fresh.data["eventId"]) == ("pending", old["eventId"])
        body = "SELECT body FROM core.webhook_deliveries WHERE id = %s"
        assert owner.value(body, fresh.data["id"]) == '{"id": "the same"}'
    now = api.post(f"{DELIVERIES}/{fresh.data['id']}/resend").data
    assert now["id"] == fresh.data["id"]  # pending: tried now
    before = api.get(DELIVERIES).meta["total"]
    set_state(old["id"], "sending")
    refused = api.post(f"{DELIVERIES}/{old['id']}/resend")
    assert (refused.status, refused.error["code"]) == (409, "invalid_transition")
    set_state(old["id"], "failed")
    api.post(f"{SUBSCRIPTIONS}/{made['id']}/disable")
    assert api.post(f"{DELIVERIES}/{old['id']}/resend").error["code"] == "invalid_transition"
    assert api.get(DELIVERIES).meta["total"] == before


def test_recovering_sends_what_did_not_arrive_each_once(
    api: Api,
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    set_state: Callable[..., None],
    owner: Owner,
    run_events: DeliveryRun,
    recovered: Callable[[str], list[Any]],
) -> None:
    made, other = subscribe(filter={"name": {"ne": "unwanted"}}), subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    rows = {}
    for name in ("arrived", "failed", "cancelled", "waiting", "unwanted"):
        create_probe(name)
        found = api.get(DELIVERIES, params={"subscriptionId": made["id"]}).data
        if name != "unwanted":
            rows[name] = found[0]
    set_state(rows["arrived"]["id"], "delivered")
    set_state(rows["failed"]["id"], "failed", "status", '{"was": "sent"}')
    set_state(rows["cancelled"]["id"], "cancelled", "subscription_disabled")
    api.post(f"{path}/disable")
    create_probe("missed")  # while nothing was queued
    run_events()
    enabled = api.post(f"{path}/enable", {"recoverSince": ago(hours=1)}).data
    job = f"/v1/jobs/{enabled['jobId']}"
    shown = api.get(job).data
    assert (shown["kind"], shown["state"]) == ("replay", "queued")
    fresh = recovered(enabled["jobId"])
    missed = api.get("/v1/events", params={"type": "probe.created"}).data[0]["id"]
    wanted = {rows["failed"]["eventId"], rows["cancelled"]["eventId"], missed}
    assert {one["eventId"] for one in fresh} == wanted
    assert len(fresh) == 3
    assert {one["subscriptionId"] for one in fresh} == {made["id"]}
    body = "SELECT body FROM core.webhook_deliveries WHERE replay_id IS NOT NULL AND event_id = %s"
    assert owner.value(body, rows["failed"]["eventId"]) == '{"was": "sent"}'
    assert api.get(job).data["rowsSucceeded"] == 3
    # Again there is nothing: all of it is on its way.
    again = api.post(f"{path}/recover", {"since": ago(hours=1)}).data["jobId"]
    owner.execute("UPDATE core.jobs SET state = 'succeeded' WHERE id = %s", enabled["jobId"])
    assert recovered(again) == []
    others = api.get(DELIVERIES, params={"subscriptionId": other["id"]}).meta["total"]
    assert others == 6


def test_recovering_can_be_cancelled(
    api: Api,
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    owner: Owner,
    recovered: Callable[[str], list[Any]],
) -> None:
    made = subscribe()
    for _ in range(3):
        create_probe()
    owner.execute(
        "UPDATE core.webhook_deliveries SET state = 'failed' WHERE subscription_id = %s", made["id"]
    )
    asked = {"since": ago(hours=1), "perSecond": 1}
    job = api.post(f"{SUBSCRIPTIONS}/{made['id']}/recover", asked).data["jobId"]
    assert [one["state"] for one in recovered(job)] == ["pending"] * 3
    assert api.post(f"/v1/jobs/{job}/cancel").data["state"] == "cancelled"
    found = api.get(DELIVERIES, params={"replayId": job}).data
    assert [(one["state"], one["lastError"]) for one in found] == [("cancelled", "cancelled")] * 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/since"),
        ({"since": ago(days=31)}, "/since"),
        ({"since": ago(days=-1)}, "/since"),
        ({"since": "yesterday"}, "/since"),
        ({"since": ago(hours=1), "until": ago(hours=2)}, "/until"),
        ({"since": ago(hours=1), "perSecond": 0}, "/perSecond"),
        ({"since": ago(hours=1), "perSecond": 1001}, "/perSecond"),
    ],
)
def test_what_cannot_be_recovered_is_refused(
    api: Api, subscribe: Subscribe, body: Any, field: str
) -> None:
    made = subscribe()
    refused = api.post(f"{SUBSCRIPTIONS}/{made['id']}/recover", body)
    assert refused.status == 422
    assert [one["pointer"] for one in refused.error["details"]] == [field]
    assert api.get("/v1/jobs").data == []


def test_a_disabled_one_recovers_nothing(api: Api, subscribe: Subscribe) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    api.post(f"{path}/disable")
    refused = api.post(f"{path}/recover", {"since": ago(hours=1)})
    assert refused.error["code"] == "invalid_transition"
    assert api.post(f"{path}/enable", {"recoverSince": ago(days=31)}).status == 422
    assert api.get(path).data["state"] == "disabled"
    assert api.get("/v1/jobs").data == []
