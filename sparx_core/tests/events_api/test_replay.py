"""Events of the past once more: to whom, in what order, how fast, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from sparx_core.events import replaying
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control
from .conftest import DELIVERIES, PROBES, ago, codes_of, get, later, replayed, until

Create = Callable[..., Any]
REPLAY = "/v1/events/replay"
#: Enough that a slow machine does not get through them at one a second.
EVENTS = 60


# -- to handlers -------------------------------------------------------------------------------


def test_handlers_get_the_events_again_in_order(
    api: Api,
    create_probe: Create,
    control: Control,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
) -> None:
    probes = [create_probe(name) for name in "abc"]
    for name in ("x", "y"):
        api.patch(f"{PROBES}/{probes[0]['id']}", {"name": name})
    run_events()
    assert {one.replay for one in control.seen} == {False}
    before = [(one.id, one.type, one.data) for one in control.seen]
    past()
    control.seen.clear()

    answer = api.post(REPLAY, {"from": ago(hours=2), "types": ["probe.*"], "perSecond": 1000})
    assert answer.status == 200
    shown = answer.data
    assert {name: shown[name] for name in shown if name != "jobId"} == {
        "events": 5,
        "deliveries": 8,
        "seconds": 1,
        "types": [
            {"type": "probe.created", "events": 3},
            {"type": "probe.updated", "events": 2},
        ],
        "targets": [
            {"handler": "probe.react", "subscriptionId": None, "deliveries": 3},
            {"handler": "probe.follow", "subscriptionId": None, "deliveries": 2},
            {"handler": "addon.react_too", "subscriptionId": None, "deliveries": 3},
        ],
    }
    job = finish(shown["jobId"])
    assert (job["kind"], job["state"], job["resource"]) == ("replay", "succeeded", "core.events")
    assert (job["rowsProcessed"], job["rowsSucceeded"], job["rowsFailed"]) == (5, 8, 0)
    assert job["options"]["events"] == 5
    assert {one.replay for one in control.seen} == {True}
    again = [(one.id, one.type, one.data) for one in control.seen]
    assert sorted(again, key=str) == sorted(before, key=str)
    of_first = [one for one in again if one[2]["id"] == probes[0]["id"]]
    assert [one[1:] for one in of_first if one[1] == "probe.updated"] == [
        one[1:] for one in before if one[1] == "probe.updated"
    ]
    assert [d["replayId"] for d in get(api, DELIVERIES, replayId=job["id"]).data] == [job["id"]] * 8
    assert {row[3] for row in replayed(owner, job["id"])} == {"done"}


def test_only_what_is_asked_for_is_replayed(
    api: Api,
    create_probe: Create,
    control: Control,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
) -> None:
    early, example = create_probe("early"), create_probe("example")
    run_events()
    past()
    late = create_probe("late")
    run_events()
    owner.execute("UPDATE core.events SET test = true WHERE aggregate_id = %s", example["id"])
    control.seen.clear()
    body = {"from": ago(hours=2), "handlers": ["probe.react"], "perSecond": 1000}
    for more, expected in (
        ({"to": ago(minutes=30)}, [early]),
        ({"from": ago(minutes=30), "to": later()}, [late]),
        ({"types": ["probe.updated"], "to": later()}, []),
        ({"resource": "probe.probes", "to": later()}, [early, late]),
    ):
        # Until a moment after the last one: `to` in the future is now, in whole seconds and more.
        shown = api.post(REPLAY, {**body, **more}).data
        assert shown["events"] == shown["deliveries"] == len(expected)
        finish(shown["jobId"])
        assert [one.data for one in control.seen] == expected
        control.seen.clear()


def test_a_dry_run_counts_and_writes_nothing(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    nothing_written: Callable[[], Any],
) -> None:
    create_probe()
    run_events()
    past()
    with nothing_written():
        shown = api.post(REPLAY, {"from": ago(hours=2), "dryRun": True}).data
    assert (shown["jobId"], shown["events"], shown["deliveries"]) == (None, 1, 2)
    assert shown["types"] == [{"type": "probe.created", "events": 1}]
    real = api.post(REPLAY, {"from": ago(hours=2)}).data
    assert {**real, "jobId": None} == shown


# -- how fast --------------------------------------------------------------------------------------


def test_deliveries_fall_due_one_after_another_and_can_be_cancelled(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    control: Control,
    owner: Owner,
) -> None:
    for number in range(EVENTS):
        create_probe(str(number))
    run_events()
    past()
    control.seen.clear()
    body = {"from": ago(hours=2), "handlers": ["probe.react"], "perSecond": 1}
    id = api.post(REPLAY, body).data["jobId"]

    def has_made() -> Any:
        run_events()
        return replayed(owner, id)

    made = until(has_made, "deliveries are made")
    # Not all of them, but what falls due in the next seconds: live events wait behind these.
    assert 11 <= len(made) < EVENTS
    assert api.get(f"/v1/jobs/{id}").data["state"] == "running"
    gaps = [later[4] - sooner[4] for sooner, later in pairwise(made)]
    assert set(gaps) == {timedelta(seconds=1)}
    assert api.post(f"/v1/jobs/{id}/cancel").data["state"] == "cancelled"
    states = [row[3] for row in replayed(owner, id)]
    assert set(states) <= {"done", "skipped"}
    assert states.count("done") == len(control.seen) < len(states)
    run_events.make_due()
    run_events()
    assert len(control.seen) == states.count("done")
    assert [row[3] for row in replayed(owner, id)] == states
    job = api.get(f"/v1/jobs/{id}").data
    assert (job["rowsProcessed"], job["rowsSucceeded"]) == (len(states), len(states))
    assert api.post(f"/v1/jobs/{id}/cancel").error["code"] == "invalid_transition"


def test_replays_of_a_tenant_come_one_after_another(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
) -> None:
    create_probe()
    run_events()
    past()
    body = {"from": ago(hours=2), "handlers": ["probe.react"], "perSecond": 1}
    first, second = (api.post(REPLAY, body).data["jobId"] for _ in range(2))

    def has_made() -> Any:
        run_events()
        return replayed(owner, first)

    assert len(until(has_made, "deliveries are made")) == 1
    assert replayed(owner, second) == []
    assert finish(first)["state"] == "succeeded"
    assert finish(second)["state"] == "succeeded"
    assert [row[1] for row in replayed(owner, first)] == [row[1] for row in replayed(owner, second)]


def test_many_events_are_many_transactions_and_each_is_replayed_once(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    probes = [create_probe(str(number))["id"] for number in range(7)]
    run_events()
    past()
    monkeypatch.setattr(replaying, "LOOK", 3)
    monkeypatch.setattr(replaying, "MAKE", 2)
    id = api.post(REPLAY, {"from": ago(hours=2), "perSecond": 1000}).data["jobId"]
    job = finish(id)
    assert (job["rowsProcessed"], job["rowsSucceeded"]) == (7, 14)
    rows = replayed(owner, id)
    assert len({(handler, event) for handler, event, *_ in rows}) == len(rows) == 14
    written = owner.value(
        "SELECT count(DISTINCT created_at) FROM core.deliveries WHERE replay_id = %s", id
    )
    assert written > 3
    assert len(probes) == 7


# -- to webhooks -----------------------------------------------------------------------------------


def subscription(owner: Owner, tenant: NewTenant, patterns: list[str], state: str) -> str:
    return str(
        owner.value(
            "INSERT INTO core.webhook_subscriptions (tenant_id, id, url, events, state, secrets)"
            " VALUES (%s, gen_random_uuid(), 'https://example.com', %s, %s, 'x') RETURNING id",
            tenant.tenant_id,
            patterns,
            state,
        )
    )


def test_webhooks_get_what_they_want_of_it(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
    tenant: NewTenant,
    other_tenant: NewTenant,
) -> None:
    probe = create_probe()
    api.patch(f"{PROBES}/{probe['id']}", {"name": "x"})
    api.request("POST", "/v1/probe/probes/export", body=b"{}")
    run_events()
    past()
    every = subscription(owner, tenant, ["*"], "enabled")
    some = subscription(owner, tenant, ["probe.updated", "job.*"], "enabled")
    off = subscription(owner, tenant, ["*"], "disabled")
    theirs = subscription(owner, other_tenant, ["*"], "enabled")
    owner.execute("DELETE FROM core.webhook_deliveries")
    refused = api.post(
        REPLAY, {"from": ago(hours=2), "subscriptions": [every, off, theirs, probe["id"]]}
    )
    assert codes_of(refused) == ["/subscriptions/1", "/subscriptions/2", "/subscriptions/3"]

    body = {"from": ago(hours=2), "subscriptions": [every, some], "perSecond": 1000}
    shown = api.post(REPLAY, {**body, "types": ["probe.*", "job.*"]}).data
    assert shown["targets"] == [
        {"handler": None, "subscriptionId": every, "deliveries": 3},
        {"handler": None, "subscriptionId": some, "deliveries": 2},
    ]
    id = shown["jobId"]
    assert finish(id)["rowsSucceeded"] == 5
    rows = owner.rows(
        "SELECT subscription_id::text, event_type, module, state, test, body FROM"
        " core.webhook_deliveries WHERE replay_id = %s ORDER BY position, subscription_id = %s",
        id,
        some,
    )
    assert rows == [
        (every, "probe.created", "probe", "pending", False, None),
        (every, "probe.updated", "probe", "pending", False, None),
        (some, "probe.updated", "probe", "pending", False, None),
        (every, "job.finished", "core", "pending", False, None),
        (some, "job.finished", "core", "pending", False, None),
    ]
    assert replayed(owner, id) == []
    assert owner.count("core.webhook_deliveries", other_tenant.tenant_id) == 0


# -- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/from"),
        ({"from": "yesterday"}, "/from"),
        ({"from": ago(days=100)}, "/from"),
        ({"from": ago(days=-1)}, "/from"),
        ({"from": ago(hours=1), "to": ago(hours=2)}, "/from"),
        ({"from": ago(hours=1), "types": []}, "/types"),
        ({"from": ago(hours=1), "types": ["order"]}, "/types/0"),
        ({"from": ago(hours=1), "types": ["probe.*", "nothing.*"]}, "/types/1"),
        ({"from": ago(hours=1), "resource": "probe.nothing"}, "/resource"),
        ({"from": ago(hours=1), "handlers": []}, "/handlers"),
        ({"from": ago(hours=1), "handlers": ["probe.react", "probe.nothing"]}, "/handlers/1"),
        ({"from": ago(hours=1), "handlers": ["core.run_job"]}, "/handlers/0"),
        ({"from": ago(hours=1), "handlers": ["core.archive_module"]}, "/handlers/0"),
        ({"from": ago(hours=1), "subscriptions": ["x"]}, "/subscriptions/0"),
        ({"from": ago(hours=1), "perSecond": 0}, "/perSecond"),
        ({"from": ago(hours=1), "perSecond": 1001}, "/perSecond"),
        ({"from": ago(hours=1), "dryRun": 1}, "/dryRun"),
        ({"from": ago(hours=1), "unknown": 1}, "/unknown"),
    ],
)
def test_what_cannot_be_replayed_is_refused(
    api: Api, nothing_written: Callable[[], Any], body: Any, pointer: str
) -> None:
    with nothing_written():
        answer = api.post(REPLAY, body)
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert codes_of(answer) == [pointer]


def test_handlers_of_a_module_that_is_off_are_none(
    api: Api, deactivate: Callable[..., None], nothing_written: Callable[[], Any]
) -> None:
    deactivate("addon")
    with nothing_written():
        answer = api.post(REPLAY, {"from": ago(hours=1), "handlers": ["addon.react_too"]})
    assert codes_of(answer) == ["/handlers/0"]


def test_scopes(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    key_for: Callable[..., Api],
    nothing_written: Callable[[], Any],
) -> None:
    create_probe()
    run_events()
    past()
    body = {"from": ago(hours=2), "types": ["probe.created"]}
    reader = key_for("read:core", "read:probe")
    blind = key_for("write:core", "read:core")
    for client, dry in ((reader, True), (blind, True), (blind, False)):
        with nothing_written():
            answer = client.post(REPLAY, {**body, "dryRun": dry})
        assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    assert "read:probe" in answer.text
    # All types: it would be those that the key may not read as well.
    assert blind.post(REPLAY, {"from": ago(hours=2)}).status == 403
    allowed = key_for("write:core", "read:probe")
    assert allowed.post(REPLAY, {**body, "dryRun": True}).data["events"] == 1


def test_another_tenant_is_not_touched(
    api: Api,
    other_api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    owner: Owner,
    other_tenant: NewTenant,
) -> None:
    create_probe("mine")
    create_probe("theirs", other_api)
    run_events()
    past()
    owner.execute(
        "UPDATE core.events SET occurred_at = occurred_at - interval '1 hour' WHERE tenant_id = %s",
        other_tenant.tenant_id,
    )
    before = owner.fingerprint([other_tenant.tenant_id])
    shown = api.post(REPLAY, {"from": ago(hours=2), "perSecond": 1000}).data
    assert shown["events"] == 1
    job = finish(shown["jobId"])
    assert job["rowsSucceeded"] == 2
    after = owner.fingerprint([other_tenant.tenant_id])
    assert {name: one[1] for name, one in after.items()} == {
        name: one[1] for name, one in before.items()
    }
    assert other_api.get(f"/v1/jobs/{job['id']}").status == 404
    assert other_api.post(f"/v1/jobs/{job['id']}/cancel").status == 404
