"""Examples: to one subscription, and to all that want the type."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from .conftest import ATTEMPTS, DELIVERIES, SUBSCRIPTIONS, TRIGGER, Subscribe

Queued = Callable[[Any], list[str]]


def test_a_test_goes_to_one_subscription_alone(
    api: Api, subscribe: Subscribe, queued: Queued, owner: Owner, run_events: DeliveryRun
) -> None:
    one, two = subscribe("*"), subscribe("*")
    run_events()
    path = f"{SUBSCRIPTIONS}/{one['id']}/test"
    plain, typed = api.post(path).data, api.post(path, {"type": "probe.created"}).data
    assert queued(one) == ["webhook.test", "probe.created"]
    assert queued(two) == []
    delivery = api.get(f"{DELIVERIES}/{plain['deliveryId']}").data
    assert (delivery["eventId"], delivery["test"]) == (plain["eventId"], True)
    assert delivery["subscriptionId"] == one["id"]
    event = api.get(f"/v1/events/{typed['eventId']}").data
    assert (event["test"], event["resource"]) == (True, "probe.probes")
    types = {entry["type"]: entry for entry in api.get("/v1/events/types").data}
    assert event["data"] == types["probe.created"]["example"]
    assert run_events() == 0  # no handler is told
    assert plain["rate"] == 50  # the subscription is there, too


def test_a_test_needs_a_type_that_is_there_and_an_enabled_subscription(
    api: Api, subscribe: Subscribe, queued: Queued
) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    for type_ in ("probe.vanished", "probe.*", "key.created", 5):
        assert api.post(f"{path}/test", {"type": type_}).error["code"] == "validation_error"
    api.post(f"{path}/disable")
    assert api.post(f"{path}/test").error["code"] == "invalid_transition"
    assert queued(made) == []


def test_tests_go_to_ten_hosts_within_an_hour(
    api: Api, subscribe: Subscribe, owner: Owner, tenant: Any, new_tenant: TenantMaker
) -> None:
    made = subscribe()
    path = f"{SUBSCRIPTIONS}/{made['id']}"
    for number in range(10):
        api.patch(path, {"url": f"https://h{number}.example.com/"})
        assert api.post(f"{path}/test").status == 200
    assert api.post(f"{path}/test").status == 200  # one of the ten
    api.patch(path, {"url": "https://h10.example.com/"})
    refused = api.post(f"{path}/test")
    assert (refused.status, refused.error["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    # Deleting does not help, nor does it concern others.
    fresh = subscribe(url="https://h11.example.com/")
    api.delete(path)
    assert api.post(f"{SUBSCRIPTIONS}/{fresh['id']}/test").status == 429
    other = api.with_key(new_tenant().api_key)
    theirs = subscribe(client=other)
    assert other.post(f"{SUBSCRIPTIONS}/{theirs['id']}/test").status == 200
    owner.execute(
        "UPDATE core.webhook_test_hosts SET tested_at = tested_at - interval '61 minutes'"
        " WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    assert api.post(f"{SUBSCRIPTIONS}/{fresh['id']}/test").status == 200


def test_a_trigger_reaches_all_that_want_the_type_and_the_feed(
    api: Api,
    subscribe: Subscribe,
    queued: Queued,
    run_events: DeliveryRun,
    new_tenant: TenantMaker,
) -> None:
    wanting, other = subscribe("probe.*"), subscribe("delivery.died")
    stranger = api.with_key(new_tenant().api_key)
    theirs = subscribe("*", client=stranger)
    run_events()
    cursor = api.get("/v1/events/feed").meta["next_cursor"]
    made = api.post(TRIGGER, {"type": "probe.updated"})
    assert made.status == 200
    assert made.data == {
        "eventId": made.data["eventId"],
        "type": "probe.updated",
        "subscriptions": 1,
    }
    assert (queued(wanting), queued(other), queued(theirs)) == (["probe.updated"], [], [])
    # A transaction of somebody else, which is open still, holds it back.
    deadline = time.monotonic() + 30
    while not (feed := api.get("/v1/events/feed", params={"after": cursor, "test": "true"})).data:
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)
    assert [one["id"] for one in feed.data] == [made.data["eventId"]]
    assert api.get("/v1/events/feed", params={"after": cursor}).data == []
    assert run_events() == 0
    assert api.post(TRIGGER, {"type": "probe.vanished"}).status == 422
    assert api.post(TRIGGER, {"type": "key.created"}).status == 422
    assert api.post(TRIGGER, {}).status == 422


def test_deliveries_and_attempts_of_others_are_not_there(
    api: Api, subscribe: Subscribe, owner: Owner, tenant: Any, new_tenant: TenantMaker
) -> None:
    made = subscribe()
    delivery = api.post(f"{SUBSCRIPTIONS}/{made['id']}/test").data["deliveryId"]
    owner.execute(
        "INSERT INTO core.webhook_attempts (tenant_id, id, delivery_id, subscription_id,"
        " event_type, number, started_at, milliseconds, status, request_headers)"
        " VALUES (%s, core.new_id(), %s, %s, 'webhook.test', 1, now(), 12, 200, '[]')",
        tenant.tenant_id,
        delivery,
        made["id"],
    )
    found = api.get(ATTEMPTS, params={"subscriptionId": made["id"]})
    assert [one["status"] for one in found.data] == [200]
    shown = api.get(f"{DELIVERIES}/{delivery}").data
    assert [one["id"] for one in shown["attempts"]] == [found.data[0]["id"]]
    assert api.get(f"{SUBSCRIPTIONS}/{made['id']}").data["lastStatus"] == 200
    other = api.with_key(new_tenant().api_key)
    assert other.get(DELIVERIES).data == other.get(ATTEMPTS).data == []
    assert other.get(f"{DELIVERIES}/{delivery}").status == 404
    assert other.get(f"{ATTEMPTS}/{found.data[0]['id']}").status == 404
    assert other.post(f"{DELIVERIES}/{delivery}/resend").status == 404


def test_a_key_sees_deliveries_of_modules_that_it_may_read(
    api: Api, subscribe: Subscribe, key_for: Callable[..., Api], create_probe: Callable[..., Any]
) -> None:
    made = subscribe()
    create_probe()
    (delivery,) = api.get(DELIVERIES, params={"subscriptionId": made["id"]}).data
    core = key_for("read:core", "write:core")
    assert core.get(DELIVERIES).data == []
    assert core.get(f"{DELIVERIES}/{delivery['id']}").status == 404
    refused = core.post(f"{DELIVERIES}/{delivery['id']}/resend")
    assert refused.error["code"] == "insufficient_scope"
    both = key_for("read:core", "read:probe")
    assert [one["id"] for one in both.get(DELIVERIES).data] == [delivery["id"]]
