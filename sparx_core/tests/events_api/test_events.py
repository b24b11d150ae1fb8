"""The list of events and single ones: who sees what, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import DELIVERIES, EVENTS, PROBES, get, types_of

Create = Callable[..., Any]


def test_an_event_is_the_resource_and_who_did_what_when(
    api: Api, create_probe: Create, tenant: NewTenant, owner: Owner
) -> None:
    probe = create_probe("one", notes=[{"text": "a"}])
    (event,) = get(api, EVENTS, type="probe.created").data
    assert event["data"] == probe
    position = owner.value("SELECT position FROM core.events WHERE id = %s", event["id"])
    (key,) = owner.rows("SELECT id FROM core.api_keys WHERE tenant_id = %s", tenant.tenant_id)
    assert {name: event[name] for name in event if name not in ("data", "occurredAt", "id")} == {
        "version": 1,
        "type": "probe.created",
        "resource": "probe.probes",
        "resourceId": probe["id"],
        "sequence": position,
        "requestId": event["requestId"],
        "actor": f"key:{key[0]}",
        "public": True,
        "test": False,
    }
    assert len(event["requestId"]) == 32
    assert event["occurredAt"].endswith("Z")


def test_list_is_newest_first_and_pages(api: Api, create_probe: Create) -> None:
    made = [create_probe(name)["id"] for name in "abcde"]
    first = get(api, EVENTS, type="probe.created", take=2)
    second = get(api, EVENTS, type="probe.created", take=3, cursor=first.meta["next_cursor"])
    shown = [one["resourceId"] for one in first.data + second.data]
    assert shown == made[::-1]
    assert first.meta["total"] == second.meta["total"] == 5
    assert second.meta["next_cursor"] is None
    fields = get(api, EVENTS, fields="type,data", take=1).data
    assert [list(one) for one in fields] == [["type", "data"]]


def test_filters(api: Api, create_probe: Create, owner: Owner) -> None:
    one, two = create_probe("one"), create_probe("two")
    api.patch(f"{PROBES}/{one['id']}", {"name": "ONE"})
    api.delete(f"{PROBES}/{two['id']}")
    owner.execute(
        "UPDATE core.events SET occurred_at = occurred_at - interval '3 days'"
        " WHERE aggregate_id = %s AND type = 'probe.created'",
        one["id"],
    )
    own = {"resource": "probe.probes"}
    every = ["probe.deleted", "probe.updated", "probe.created", "probe.created"]
    assert types_of(get(api, EVENTS, **own)) == every
    assert types_of(get(api, EVENTS, type_startsWith="probe.")) == every
    assert types_of(get(api, EVENTS, type_startsWith="prob.")) == []
    chosen = get(api, EVENTS, type_in="probe.deleted,probe.updated,key.created")
    assert types_of(chosen) == ["probe.deleted", "probe.updated"]
    assert types_of(get(api, EVENTS, resourceId=one["id"])) == ["probe.updated", "probe.created"]
    assert types_of(get(api, EVENTS, test="true")) == []
    assert types_of(get(api, EVENTS, test="false", **own)) == every
    assert types_of(get(api, EVENTS, public="true", **own)) == every
    old = get(api, EVENTS, **own).data[-1]["occurredAt"]
    assert types_of(get(api, EVENTS, occurredAt_lte=old)) == ["probe.created"]
    assert types_of(get(api, EVENTS, occurredAt_gt=old, **own)) == every[:3]
    request = get(api, EVENTS, type="probe.updated").data[0]["requestId"]
    assert types_of(get(api, EVENTS, requestId=request)) == ["probe.updated"]


@pytest.mark.parametrize(
    "query",
    [
        "unknown=1", "type[like]=x", "resourceId=x", "occurredAt[gte]=yesterday", "test=maybe",
        "take=0", "take=251", "cursor=x", "sort=type", "q=x", "fields=token", "include=data",
        "resource=a&resource=b", "type=%00",
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused(api: Api, query: str) -> None:
    answer = api.get(EVENTS, query=query)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["details"]["parameter"] == query.partition("=")[0]


def test_nobody_writes_events(api: Api, create_probe: Create, event_of: Callable[..., str]) -> None:
    one = event_of(create_probe())
    for method, path in (("POST", EVENTS), ("PATCH", f"{EVENTS}/{one}"), ("DELETE", EVENTS)):
        assert api.request(method, path, json={}).status == 405


# -- one event -------------------------------------------------------------------------------------


def test_one_event_has_its_deliveries(
    api: Api, create_probe: Create, event_of: Callable[..., str], run_events: DeliveryRun
) -> None:
    probe = create_probe()
    path = f"{EVENTS}/{event_of(probe)}"
    waiting = api.get(path).data
    assert waiting["data"] == probe
    assert {(one["handler"], one["state"], one["attempt"]) for one in waiting["deliveries"]} == {
        ("addon.react_too", "pending", 0),
        ("probe.react", "pending", 0),
    }
    assert run_events() == 2
    (react,) = [one for one in api.get(path).data["deliveries"] if one["module"] == "probe"]
    assert react["finishedAt"] is not None
    assert {name: react[name] for name in react if not name.endswith(("At", "id"))} == {
        "version": react["version"],
        "eventId": waiting["id"],
        "eventType": "probe.created",
        "resourceId": probe["id"],
        "handler": "probe.react",
        "module": "probe",
        "state": "done",
        "attempt": 1,
        "lastError": None,
        "replayId": None,
    }
    assert list(get(api, path, fields="type").data) == ["type"]
    assert api.get(f"{DELIVERIES}/{react['id']}").data == react
    by_event = get(api, DELIVERIES, eventId=waiting["id"], module="probe").data
    assert by_event == [react]


def test_one_event_has_what_is_sent_to_webhooks(
    api: Api,
    create_probe: Create,
    event_of: Callable[..., str],
    owner: Owner,
    tenant: NewTenant,
    other_tenant: NewTenant,
) -> None:
    for one in (tenant, other_tenant):
        owner.execute(
            "INSERT INTO core.webhook_subscriptions (tenant_id, id, url, events, secrets)"
            " VALUES (%s, gen_random_uuid(), 'https://example.com', '{probe.*}', 'x')",
            one.tenant_id,
        )
    path = f"{EVENTS}/{event_of(create_probe())}"
    (sent,) = api.get(path).data["webhookDeliveries"]
    subscription = owner.value(
        "SELECT id FROM core.webhook_subscriptions WHERE tenant_id = %s", tenant.tenant_id
    )
    assert (sent["subscriptionId"], sent["state"]) == (str(subscription), "pending")
    assert (sent["attempt"], sent["lastStatus"], sent["replayId"]) == (0, None, None)


def test_no_such_event(api: Api) -> None:
    for id in ("x", "01a215bc-73cb-7956-96af-f72e3838ddcf"):
        for path in (EVENTS, DELIVERIES):
            assert api.get(f"{path}/{id}").status == 404


# -- who sees what -----------------------------------------------------------------------------


def test_a_key_sees_events_of_modules_that_it_may_read(
    api: Api,
    create_probe: Create,
    key_for: Callable[..., Api],
    event_of: Callable[..., str],
    run_events: DeliveryRun,
) -> None:
    one = event_of(create_probe())
    run_events()
    core, both, probe = (
        key_for("read:core"),
        key_for("read:core", "read:probe"),
        key_for("read:probe"),
    )
    assert set(types_of(core.get(EVENTS))) == {"module.activated", "key.created"}
    assert core.get(f"{EVENTS}/{one}").status == 404
    assert core.get(DELIVERIES).data == []
    assert core.get(EVENTS).meta["total"] == len(core.get(EVENTS).data)
    assert types_of(get(both, EVENTS, resource="probe.probes")) == ["probe.created"]
    # addon's reaction is none of its business: it may not read addon.
    assert [d["handler"] for d in both.get(f"{EVENTS}/{one}").data["deliveries"]] == ["probe.react"]
    assert [d["handler"] for d in both.get(DELIVERIES).data] == ["probe.react"]
    for path in (EVENTS, DELIVERIES, "/v1/events/feed"):
        assert probe.get(path).error["code"] == "insufficient_scope"
        assert api.with_key(None).get(path).status == 401


def test_events_of_a_module_that_is_off_are_not_there(
    api: Api,
    create_probe: Create,
    event_of: Callable[..., str],
    deactivate: Callable[..., None],
    activate: Callable[..., None],
) -> None:
    one = event_of(create_probe())
    deactivate("addon")
    deactivate("probe")
    assert get(api, EVENTS, resource="probe.probes").data == []
    assert api.get(f"{EVENTS}/{one}").status == 404
    assert get(api, "/v1/events/feed", after="beginning", type="probe.*").data == []
    activate("probe")
    assert types_of(get(api, EVENTS, resource="probe.probes")) == ["probe.created"]
    assert get(api, DELIVERIES, module="addon").data == []


def test_another_tenant_sees_nothing_of_it(
    api: Api,
    other_api: Api,
    create_probe: Create,
    event_of: Callable[..., str],
    run_events: DeliveryRun,
    owner: Owner,
) -> None:
    mine, theirs = create_probe("mine"), create_probe("theirs", other_api)
    run_events()
    one, other = event_of(mine), event_of(theirs)
    owner.settle()
    assert other_api.get(f"{EVENTS}/{one}").status == api.get(f"{EVENTS}/{other}").status == 404
    for path in (EVENTS, "/v1/events/feed?after=beginning"):
        first, second = api.get(path).text, other_api.get(path).text
        assert one in first
        assert other not in first
        assert other in second
        assert one not in second
    delivery = api.get(DELIVERIES).data[0]["id"]
    assert other_api.get(f"{DELIVERIES}/{delivery}").status == 404
    assert {d["eventId"] for d in other_api.get(DELIVERIES).data} == {other}


def test_what_the_engine_notes_for_itself_is_no_event(
    api: Api, owner: Owner, tenant: NewTenant
) -> None:
    owner.execute(
        "INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,"
        " actor, depth, data) VALUES (%s, gen_random_uuid(), 'schedule.due', 1, 'core.schedules',"
        " gen_random_uuid(), 'schedule:x', 0, '{}')",
        tenant.tenant_id,
    )
    assert get(api, EVENTS, type="schedule.due").data == []
    assert "schedule.due" not in api.get(EVENTS).text


def test_a_lease_is_nobodys_business(
    api: Api, create_probe: Create, owner: Owner, tenant: NewTenant
) -> None:
    create_probe()
    token = "01a215bc-73cb-4956-96af-f72e3838ddcf"
    owner.execute(
        "UPDATE core.deliveries SET state = 'running', token = %s WHERE tenant_id = %s",
        token,
        tenant.tenant_id,
    )
    shown = api.get(DELIVERIES)
    assert {one["state"] for one in shown.data} == {"running"}
    assert token not in shown.text + api.get(f"{DELIVERIES}/{shown.data[0]['id']}").text
    for name in ("token", "leaseUntil"):
        assert get(api, DELIVERIES, fields=name).status == 400
        assert api.get(DELIVERIES, query=f"{name}={token}").status == 400
