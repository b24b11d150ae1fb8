"""What the system appends to timelines: each event once, with its time and actor, for good."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from sparx_core import Occurrence
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DeliveryRun, Owner
from sparx_crm import record_activity

PATH = "/v1/crm/activities"
#: What handlers of the CRM cause themselves when customers order: its place among the others is
#: that of the worker.
CAUSED = {"customer.stage_changed"}


@pytest.fixture
def state(owner: Owner, tenant: Any) -> Callable[..., str]:
    """States an event of a module that is not there, as its outbox would; its id."""

    def stated(type_: str, row: str | None = None, **data: Any) -> str:
        event, row = str(uuid4()), row or str(uuid4())
        at = owner.value(
            "INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type,"
            " aggregate_id, actor, depth, data)"
            " VALUES (%s, %s, %s, 1, 'x.y', %s, 'handler:email.send', 0, %s) RETURNING position",
            *(tenant.tenant_id, event, type_, row, json.dumps(data)),
        )
        noun = type_.partition(".")[0]
        owner.execute(
            "INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type,"
            " aggregate_id, position) VALUES (%s, %s, %s, 'crm', %s, %s, %s, %s)",
            *(tenant.tenant_id, str(uuid4()), f"crm.record_{noun}_event"),
            *(event, type_, row, at),
        )
        return event

    return stated


def shown(api: Api, **asked: Any) -> list[Any]:
    """The events of a timeline, or what else its entries are, oldest first."""
    told = [one["event"] or one["type"] for one in reversed(api.get(PATH, params=asked).data)]
    return [one for one in told if one not in CAUSED]


def run_again(owner: Owner, tenant: Any, run_events: DeliveryRun) -> None:
    """Have all handlers do all that they did once more: their workers died before they said so."""
    owner.execute(
        "UPDATE core.deliveries SET state = 'pending', finished_at = NULL,"
        " due_at = clock_timestamp() WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    run_events()


def test_all_that_happened_once_each_in_order_with_actor(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    state: Callable[..., str],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: Any,
) -> None:
    order = place_order(customer, "12.50")
    state("email.opened", customerId=customer["id"], subject="Your order")
    deal = str(uuid4())
    state("deal.stage_changed", deal, customerId=customer["id"], title="Injectors", stageId="s2")
    sent = {"type": "note", "body": "Called.", "customerId": customer["id"]}
    api.post(PATH, sent)
    run_events()
    happened = ["customer.created", "order.created", "email.opened", "deal.stage_changed", "note"]
    assert shown(api, customerId=customer["id"]) == happened
    told = api.get(PATH, params={"customerId": customer["id"]}).data[::-1]
    entries = [one for one in told if one["event"] not in CAUSED]
    me = api.get("/v1/me").data["actor"]
    acted = [(one["actor"]["type"], one["actor"]["name"]) for one in entries]
    key, handler = ("key", me["name"]), ("handler", "email.send")
    assert acted == [key, key, handler, handler, key]
    assert [one["actor"]["id"] for one in entries] == [me["id"], me["id"], None, None, me["id"]]
    times = dict(owner.rows("SELECT id::text, occurred_at FROM core.events"))
    assert all(
        one["occurredAt"] == times[one["eventId"]].strftime("%Y-%m-%dT%H:%M:%SZ")
        for one in entries[:4]
    )
    assert entries[1]["subject"] == f"Order {order['orderNumber']} created"
    assert (entries[1]["orderId"], entries[1]["details"]["total"]) == (order["id"], order["total"])
    assert entries[3]["subject"] == "Deal Injectors stage changed"
    assert shown(api, orderId=order["id"]) == ["order.created"]
    run_again(owner, tenant, run_events)
    assert api.get(PATH, params={"customerId": customer["id"]}).data[::-1] == told
    assert not {"dead", "retry"} & set(run_events.states())


def test_a_replay_adds_nothing(
    api: Api, customer: Any, place_order: Callable[..., Any], run_events: DeliveryRun
) -> None:
    place_order(customer)
    run_events()
    before = api.get(PATH).data
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    asked = {"from": hour_ago, "handlers": ["crm.record_order_event"]}
    replayed = api.post("/v1/events/replay", {**asked, "types": ["order.created"]})
    assert replayed.data["deliveries"] == 1, replayed.text
    run_events()
    run_events.make_due()
    assert run_events() >= 0
    assert api.get(PATH).data == before


def test_handlers_that_have_an_event_at_once(
    api: Api, customer: Any, installation: Runtime, tenant: Any
) -> None:
    event = Occurrence(
        *(uuid4(), "email.opened", 1, uuid4(), {}),
        occurred_at=datetime.now(UTC),
        delivery_id=uuid4(),
        actor="handler:email.track",
        actor_name="email.track",
    )
    appended: list[bool] = []

    def append() -> None:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            appended.append(record_activity(ctx, event, {"customer": UUID(customer["id"])}))
            ctx.finish()

    threads = [Thread(target=append) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(appended) == [False] * 19 + [True]
    assert shown(api, customerId=customer["id"]) == ["email.opened"]


def test_entries_of_the_system_stay_as_they_are(
    api: Api,
    customer: Any,
    run_events: DeliveryRun,
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    run_events()
    (entry,) = api.get(PATH, params={"customerId": customer["id"], "type": "system"}).data
    path = f"{PATH}/{entry['id']}"
    with nothing_written():
        for answer in (api.patch(path, {"body": "x"}), api.delete(path)):
            assert (answer.status, answer.error["code"]) == (409, "activity_immutable")
        sent = {"op": "update", "id": entry["id"], "data": {"body": "x"}}
        (batched,) = api.post(f"{PATH}/batch", {"items": [sent]}).data
        assert batched["error"]["code"] == "activity_immutable"
    assert api.get(path).data == entry


def test_what_changes_in_detail_or_is_gone_is_told_elsewhere(
    api: Api, customer: Any, state: Callable[..., str], run_events: DeliveryRun
) -> None:
    api.patch(f"/v1/crm/customers/{customer['id']}", {"name": "Ann Lindgren"})
    state("order.updated", customerId=customer["id"])
    state("email.opened", subject="to nobody that we know")
    state("email.opened", customerId=str(uuid4()))
    run_events()
    assert shown(api, customerId=customer["id"]) == ["customer.created"]
    assert api.get(PATH).meta["total"] == 1
    assert not {"dead", "retry"} & set(run_events.states())


def test_what_happens_to_orders_later(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    state: Callable[..., str],
    run_events: DeliveryRun,
) -> None:
    order = place_order(customer)
    for type_ in ("order.paid", "order.fulfilled", "order.delivered", "order.refunded"):
        state(type_, order["id"], customerId=customer["id"], orderNumber=order["orderNumber"])
    state("payment.captured", orderId=order["id"], customerId=customer["id"], amount=3)
    run_events()
    told = ["paid", "fulfilled", "delivered", "refunded"]
    wanted = ["order.created", *(f"order.{one}" for one in told), "payment.captured"]
    assert shown(api, orderId=order["id"]) == wanted
    only = api.get(PATH, params={"orderId": order["id"], "event": "order.paid"}).data
    assert [one["event"] for one in only] == ["order.paid"]


def test_events_of_one_tenant_are_on_no_timeline_of_another(
    api: Api,
    other_api: Api,
    customer: Any,
    create_customer: Callable[..., Any],
    state: Callable[..., str],
    run_events: DeliveryRun,
) -> None:
    theirs = create_customer("Ann", client=other_api)
    state("email.opened", customerId=theirs["id"])
    run_events()
    assert shown(other_api) == ["customer.created"]
    assert shown(api) == ["customer.created"]


def test_a_lead_hands_its_timeline_over(
    api: Api, run_events: DeliveryRun, owner: Owner, tenant: Any
) -> None:
    lead = api.post("/v1/crm/leads", {"name": "Ann", "email": "ann@example.com"}).data
    api.post(PATH, {"type": "note", "body": "Met at the fair.", "leadId": lead["id"]})
    run_events()
    assert shown(api, leadId=lead["id"]) == ["lead.created", "note"]
    converted = api.post(f"/v1/crm/leads/{lead['id']}/convert", {"createAccount": False})
    found = api.get(f"/v1/crm/leads/{lead['id']}").data
    assert converted.status == 200, converted.text
    run_events()
    told = shown(api, customerId=found["customerId"])
    assert sorted(told) == ["customer.created", "lead.converted", "lead.created", "note"]
    run_again(owner, tenant, run_events)
    assert shown(api, customerId=found["customerId"]) == told


def test_a_task_that_is_done(api: Api, customer: Any, run_events: DeliveryRun) -> None:
    task = api.post("/v1/crm/tasks", {"title": "Call", "customerId": customer["id"]}).data
    api.post(f"/v1/crm/tasks/{task['id']}/complete")
    run_events()
    assert shown(api, customerId=customer["id"]) == ["customer.created", "task.completed"]
    entry = api.get(PATH).data[0]
    assert (entry["subject"], entry["actor"]["type"]) == ("Task Call completed", "key")


def test_a_deal_of_an_account(
    api: Api, run_events: DeliveryRun, place_order: Callable[..., Any]
) -> None:
    account = api.post("/v1/crm/accounts", {"name": "Lindgren Diesel"}).data
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data
    api.post(
        "/v1/crm/memberships",
        {"customerId": customer["id"], "accountId": account["id"], "isPrimary": True},
    )
    sent = {"title": "Injectors", "customerId": customer["id"], "accountId": account["id"]}
    deal = api.post("/v1/crm/deals", sent).data
    api.post(PATH, {"type": "note", "body": "Called.", "dealId": deal["id"]})
    stages = api.get("/v1/crm/stages", params={"pipelineId": deal["pipelineId"]}).data
    other = next(one for one in stages if one["kind"] == "open" and one["id"] != deal["stageId"])
    moved = api.post(f"/v1/crm/deals/{deal['id']}/move", {"stageId": other["id"]})
    assert moved.status == 200, moved.text
    run_events()
    told = ["deal.created", "note", "deal.stage_changed"]
    assert shown(api, dealId=deal["id"]) == told
    assert shown(api, accountId=account["id"])[-3:] == told
    assert shown(api, customerId=customer["id"])[-3:] == told
    included = api.get(f"/v1/crm/deals/{deal['id']}", params={"include": "timeline"}).data
    assert [one["event"] or one["type"] for one in included["timeline"]] == told[::-1]


def test_a_key_that_sees_its_own_records_alone(
    api: Api, anonymous: Api, run_events: DeliveryRun
) -> None:
    eve, bob = (api.post("/v1/members", {"name": name}).data for name in ("Eve", "Bob"))
    made = {
        "name": "Eve",
        "scopes": ["read:crm", "write:crm"],
        "memberId": eve["id"],
        "visibility": "own",
    }
    own = anonymous.with_key(api.post("/v1/keys", made).data["key"])
    for member in (eve, bob):
        sent = {"name": f"Customer of {member['name']}", "ownerId": member["id"]}
        customer = api.post("/v1/crm/customers", sent).data
        note = {"type": "note", "body": "x", "customerId": customer["id"]}
        api.post(PATH, {**note, "ownerId": member["id"]})
        api.post("/v1/crm/tasks", {"title": "x", "assigneeId": member["id"]})
    run_events()
    seen = own.get(PATH)
    assert {one["ownerId"] for one in seen.data} == {eve["id"]}
    assert {one["type"] for one in seen.data} == {"note", "system"}
    assert seen.meta["total"] == len(seen.data)
    assert [one["assigneeId"] for one in own.get("/v1/crm/tasks").data] == [eve["id"]]


def test_what_comes_after_a_merge_goes_to_what_is_left(
    api: Api,
    create_customer: Callable[..., Any],
    state: Callable[..., str],
    run_events: DeliveryRun,
) -> None:
    ann, anne, gone = (create_customer(name) for name in ("Ann", "Anne", "Gone"))
    run_events()
    state("email.opened", customerId=anne["id"])
    state("email.clicked", customerId=gone["id"])
    merged = {"primaryId": ann["id"], "duplicateIds": [anne["id"]]}
    assert api.post("/v1/crm/customers/merge", merged).status == 200
    assert api.delete(f"/v1/crm/customers/{gone['id']}").status == 200
    run_events()
    told = shown(api, customerId=ann["id"])
    assert sorted(told) == ["customer.created"] * 2 + ["customer.merged", "email.opened"]
    assert shown(api, customerId=anne["id"]) == []
    assert shown(api, customerId=gone["id"]) == ["customer.created"], "nothing of the trash"
    assert not {"dead", "retry"} & set(run_events.states())
