"""Several customers, or accounts, become one; and several again (AC-R5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

CUSTOMERS = "/v1/crm/customers"
MERGE = f"{CUSTOMERS}/merge"


@pytest.fixture
def person(api: Api, place_order: Callable[..., Any]) -> Callable[..., Any]:
    """Somebody with an order, a deal, a task, a note and a consent."""

    def make(name: str, client: Api | None = None, **more: Any) -> Any:
        caller = client or api
        body = {"name": name, "email": f"{name.lower()}@example.com", **more}
        customer = caller.post(CUSTOMERS, body).data
        link = {"customerId": customer["id"]}
        place_order(customer, 10, client=caller)
        for path, fields in (
            ("deals", {"title": f"Deal of {name}", "amount": 5}),
            ("tasks", {"title": f"Call {name}"}),
            ("activities", {"type": "note", "body": f"About {name}"}),
            (
                "consents",
                {"channel": "email", "purpose": "marketing", "state": "granted", "source": "admin"},
            ),
        ):
            answer = caller.post(f"/v1/crm/{path}", {**link, **fields})
            assert answer.status == 201, (path, answer.text)
        return customer

    return make


def merge(api: Api, primary: Any, *duplicates: Any, **more: Any) -> Any:
    ids = [one["id"] for one in duplicates]
    return api.post(MERGE, {"primaryId": primary["id"], "duplicateIds": ids, **more})


def owned(api: Api, customer: Any) -> dict[str, int]:
    """How many rows of each kind are a customer's."""
    found = {}
    for path in ("orders", "deals", "tasks", "activities", "consents", "memberships"):
        answer = api.get(f"/v1/crm/{path}", query=f"customerId={customer['id']}&take=250")
        found[path] = len(answer.data)
    return found


ALL = {"orders": 1, "deals": 1, "tasks": 1, "consents": 1}


def some(found: dict[str, int]) -> dict[str, int]:
    """Without what handlers append in their own time."""
    return {name: found[name] for name in ALL}


def event_types(owner: Owner, tenant: Any) -> list[str]:
    found = owner.rows(
        "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE '%%merge%%'"
        " ORDER BY position",
        tenant.tenant_id,
    )
    return [one for (one,) in found]


def test_two_become_one_and_two_again(
    api: Api, person: Callable[..., Any], run_events: DeliveryRun, owner: Owner, tenant: Any
) -> None:
    ann = person("Ann", tags=["a"], addresses=[{"line1": "1", "city": "A", "country": "SE"}])
    bob = person("Bob", tags=["b", "a"], phone="+14155552671", doNotContact=True)
    totals = {one["id"]: one["total"] for one in api.get("/v1/crm/orders").data}
    run_events()
    before = {one["id"]: api.get(f"{CUSTOMERS}/{one['id']}").data for one in (ann, bob)}
    notes = {one["id"]: owned(api, one)["activities"] for one in (ann, bob)}

    answer = merge(api, ann, bob)
    assert answer.status == 200, answer.text
    done = answer.data
    assert done["moved"]["crm.orders"] == 1
    assert {"crm.deals", "crm.tasks", "crm.activities", "crm.consents"} <= done["moved"].keys()
    assert some(owned(api, ann)) == dict.fromkeys(ALL, 2)
    assert owned(api, ann)["activities"] == sum(notes.values())
    gone = api.get(f"{CUSTOMERS}/{bob['id']}")
    assert gone.status == 404
    assert {one["id"]: one["total"] for one in api.get("/v1/crm/orders").data} == totals
    now = api.get(f"{CUSTOMERS}/{ann['id']}").data
    assert (now["name"], now["email"], now["phone"]) == ("Ann", "ann@example.com", "+14155552671")
    assert (now["tags"], now["doNotContact"], now["orderCount"]) == (["a", "b"], True, 2)
    assert (now["totalSpent"], now["mergedIds"]) == (20, [bob["id"]])
    assert [one["email"] for one in now["otherEmails"]] == ["bob@example.com"]
    assert done["primary"] == now
    assert set(done["changedFields"]) == {"phone", "tags", "doNotContact"}
    assert [one["id"] for one in api.get(CUSTOMERS).data] == [ann["id"]]
    again = api.post(CUSTOMERS, {"name": "Bob", "email": "BOB@example.com"})
    assert again.status == 409, "the e-mail of the one that is gone finds the one that stayed"

    undone = api.post(f"/v1/crm/merges/{done['mergeId']}/undo")
    assert undone.status == 200, undone.text
    assert (undone.data["status"], undone.data["allowedTransitions"]) == ("undone", [])
    for one in (ann, bob):
        assert some(owned(api, one)) == ALL
        assert owned(api, one)["activities"] == notes[one["id"]]
        shown = api.get(f"{CUSTOMERS}/{one['id']}").data
        for name in ("version", "updatedAt"):
            shown.pop(name), before[one["id"]].pop(name)
        assert shown == before[one["id"]]
    twice = api.post(f"/v1/crm/merges/{done['mergeId']}/undo")
    assert (twice.status, twice.error["code"]) == (409, "invalid_transition")
    assert event_types(owner, tenant) == ["customer.merged", "customer.merge_undone"]


def test_a_dry_run_tells_and_writes_nothing(
    api: Api, person: Callable[..., Any], nothing_written: Any
) -> None:
    ann, bob = person("Ann", phone=None), person("Bob", phone="+14155552671")
    with nothing_written():
        told = merge(api, ann, bob, dryRun=True).data
    done = merge(api, ann, bob).data
    assert told["mergeId"] is None
    assert told["dryRun"] is True
    for name in ("moved", "removed", "changedFields", "primaryId", "duplicateIds"):
        assert told[name] == done[name]
    for one in (told, done):
        for name in ("updatedAt", "version"):
            one["primary"].pop(name)
        for email in one["primary"]["otherEmails"]:
            email.pop("id", None)
    assert told["primary"] == done["primary"]


def test_priority_says_whose_values_win(api: Api, create_customer: Callable[..., Any]) -> None:
    ann = create_customer("Ann", company="A", notes=None, metadata={"x": 1, "y": 1})
    bob = create_customer("Bob", company="B", jobTitle="Boss", metadata={"x": 2, "z": 3})
    cid = create_customer("Cid", company="C", notes="Cid's", type="b2b")
    done = merge(api, ann, bob, cid, priority=[cid["id"], ann["id"]]).data["primary"]
    assert [done[one] for one in ("id", "name", "company", "notes", "jobTitle", "type")] == [
        ann["id"], "Cid", "C", "Cid's", "Boss", "b2b",
    ]  # fmt: skip
    assert done["metadata"] == {"x": 1, "y": 1, "z": 3}
    assert sorted(done["mergedIds"]) == sorted([bob["id"], cid["id"]])


def test_an_address_comes_to_who_has_none(api: Api, create_customer: Callable[..., Any]) -> None:
    ann, bob = create_customer("Ann"), create_customer("Bob", email="bob@example.com")
    done = merge(api, ann, bob).data
    assert (done["primary"]["email"], done["primary"]["otherEmails"]) == ("bob@example.com", [])
    assert api.post(f"/v1/crm/merges/{done['mergeId']}/undo").status == 200
    assert api.get(f"{CUSTOMERS}/{ann['id']}").data["email"] is None
    assert api.get(f"{CUSTOMERS}/{bob['id']}").data["email"] == "bob@example.com"


def test_what_is_refused_writes_nothing(
    api: Api, other_api: Api, create_customer: Callable[..., Any], nothing_written: Any
) -> None:
    ann, bob, cid, dan = (create_customer(one) for one in ("Ann", "Bob", "Cid", "Dan"))
    theirs = create_customer("T", client=other_api)
    assert api.delete(f"{CUSTOMERS}/{dan['id']}").status == 200
    assert merge(api, ann, bob).status == 200
    unknown = {"id": "00000000-0000-7000-8000-000000000000"}
    with nothing_written():
        for duplicate in (theirs, unknown, dan):
            for dry in (True, False):
                assert merge(api, ann, duplicate, dryRun=dry).status == 404
        assert merge(api, theirs, ann).status == 404
        assert merge(other_api, ann, cid).status == 404
        itself = merge(api, ann, cid, ann)
        assert (itself.status, itself.error["details"][0]["field"]) == (422, "duplicateIds[1]")
        before = merge(api, cid, bob)
        assert (before.status, before.error["code"]) == (409, "already_merged")
        assert before.error["details"] == {"id": bob["id"], "mergedInto": ann["id"]}
        assert merge(api, bob, cid).error["code"] == "already_merged"
        assert merge(api, ann).error["details"][0]["field"] == "duplicateIds"
        assert merge(api, ann, *[cid] * 21).status == 422
        wrong = merge(api, ann, cid, priority=[bob["id"]])
        assert wrong.error["details"][0]["field"] == "priority[0]"
        assert api.post(MERGE, {"primaryId": "x", "duplicateIds": ["y"]}).status == 422
        assert api.post(f"/v1/crm/merges/{ann['id']}/undo").status == 404
        (log,) = api.get("/v1/crm/merges").data
        assert other_api.post(f"/v1/crm/merges/{log['id']}/undo").status == 404
        assert other_api.get("/v1/crm/merges").data == []
        restored = api.post(f"{CUSTOMERS}/{bob['id']}/restore")
        assert restored.status == 409, restored.text


def test_memberships_that_both_have_are_one(api: Api, create_customer: Callable[..., Any]) -> None:
    ann, bob = create_customer("Ann"), create_customer("Bob")
    one, two = (api.post("/v1/crm/accounts", {"name": name}).data for name in ("One", "Two"))
    for customer, account, role in (
        (ann, one, "buyer"), (bob, one, "admin"), (bob, two, "member"),
    ):  # fmt: skip
        body = {"customerId": customer["id"], "accountId": account["id"], "role": role}
        assert api.post("/v1/crm/memberships", body).status == 201

    def roles(customer: Any) -> dict[str, str]:
        rows = api.get("/v1/crm/memberships", query=f"customerId={customer['id']}").data
        return {row["accountId"]: (row["role"], row["isPrimary"]) for row in rows}

    before = roles(bob)
    done = merge(api, ann, bob).data
    assert done["removed"] == {"crm.memberships": 1}
    assert roles(ann) == {one["id"]: ("buyer", True), two["id"]: ("member", False)}
    assert api.post(f"/v1/crm/merges/{done['mergeId']}/undo").status == 200
    assert roles(ann) == {one["id"]: ("buyer", True)}
    assert roles(bob) == before


def test_what_was_changed_since_stays(
    api: Api, person: Callable[..., Any], place_order: Callable[..., Any]
) -> None:
    ann, bob = person("Ann", tags=["a"]), person("Bob", tags=["b"], company="B")
    done = merge(api, ann, bob).data
    later = place_order(ann, 3)
    api.patch(f"{CUSTOMERS}/{ann['id']}", {"company": "Mine", "tags": ["a", "b", "c"]})
    (deal,) = [one for one in api.get("/v1/crm/deals").data if one["title"] == "Deal of Bob"]
    assert api.delete(f"/v1/crm/deals/{deal['id']}").status == 200
    assert api.post(f"/v1/crm/merges/{done['mergeId']}/undo").status == 200
    mine = api.get(f"{CUSTOMERS}/{ann['id']}").data
    assert (mine["company"], mine["tags"], mine["orderCount"]) == ("Mine", ["a", "c"], 2)
    assert owned(api, bob)["deals"] == 0
    assert later["id"] in {
        one["id"] for one in api.get("/v1/crm/orders", query=f"customerId={ann['id']}").data
    }


def test_what_cannot_be_undone_says_why(
    api: Api, create_customer: Callable[..., Any], nothing_written: Any
) -> None:
    ann = create_customer("Ann", email="ann@example.com")
    bob = create_customer("Bob", email="bob@example.com")
    cid = create_customer("Cid")
    first = merge(api, ann, bob).data["mergeId"]
    second = merge(api, cid, ann).data["mergeId"]
    with nothing_written():
        refused = api.post(f"/v1/crm/merges/{first}/undo")
        assert (refused.status, refused.error["code"]) == (409, "merge_stays")
        assert refused.error["details"] == [
            {"reason": "primary_merged", "id": ann["id"], "mergedInto": cid["id"]}
        ]
    assert api.get(f"{CUSTOMERS}/{cid['id']}").data["mergedIds"] == [ann["id"], bob["id"]]
    assert api.post(f"/v1/crm/merges/{second}/undo").status == 200
    assert api.patch(f"{CUSTOMERS}/{ann['id']}", {"otherEmails": []}).status == 200
    taken = create_customer("Other", email="bob@example.com")
    with nothing_written():
        refused = api.post(f"/v1/crm/merges/{first}/undo")
        assert refused.error["details"] == [{"reason": "email_taken", "id": taken["id"]}]
    api.patch(f"{CUSTOMERS}/{taken['id']}", {"email": None})
    assert api.post(f"/v1/crm/merges/{first}/undo").status == 200


def test_accounts_become_one_without_a_circle(
    api: Api, create_customer: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    def account(name: str, parent: Any = None, **more: Any) -> Any:
        above = parent and parent["id"]
        return api.post("/v1/crm/accounts", {"name": name, "parentId": above, **more}).data

    def parent_of(one: Any) -> Any:
        return api.get(f"/v1/crm/accounts/{one['id']}").data["parentId"]

    top = account("Top")
    gone = account("Gone", top, domain="gone.example")
    between = account("Between", gone)
    stays = account("Stays", between, domain="stays.example")
    ann = create_customer("Ann")
    for one in (gone, stays):
        body = {"customerId": ann["id"], "accountId": one["id"]}
        assert api.post("/v1/crm/memberships", body).status == 201
    body = {"primaryId": stays["id"], "duplicateIds": [gone["id"]]}
    done = api.post("/v1/crm/accounts/merge", body).data
    assert (parent_of(stays), parent_of(between)) == (top["id"], stays["id"])
    assert done["primary"]["otherDomains"][0]["domain"] == "gone.example"
    (membership,) = api.get("/v1/crm/memberships").data
    assert (membership["accountId"], membership["isPrimary"]) == (stays["id"], True)
    assert api.get(f"/v1/crm/accounts/{gone['id']}").status == 404
    assert api.post(f"/v1/crm/merges/{done['mergeId']}/undo").status == 200
    assert (parent_of(stays), parent_of(between)) == (between["id"], gone["id"])
    shown = {one["accountId"]: one["isPrimary"] for one in api.get("/v1/crm/memberships").data}
    assert shown == {gone["id"]: True, stays["id"]: False}
    assert event_types(owner, tenant) == ["account.merged", "account.merge_undone"]


def test_a_value_that_one_alone_may_have_moves(
    api: Api, create_customer: Callable[..., Any]
) -> None:
    field = {"resource": "crm.customers", "key": "code", "label": "Code", "type": "text"}
    assert api.post("/v1/custom-fields", {**field, "unique": True}).status == 201
    ann, bob = create_customer("Ann"), create_customer("Bob", custom={"code": "B-1"})
    done = merge(api, ann, bob)
    assert done.status == 200, done.text
    assert done.data["primary"]["custom"] == {"code": "B-1"}
    assert api.post(f"/v1/crm/merges/{done.data['mergeId']}/undo").status == 200
    assert api.get(f"{CUSTOMERS}/{ann['id']}").data["custom"] in ({}, {"code": None})
    assert api.get(f"{CUSTOMERS}/{bob['id']}").data["custom"] == {"code": "B-1"}


def test_a_merge_that_is_killed_leaves_nothing_half_done(
    api: Api, person: Callable[..., Any], owner: Owner, new_tenant: Any
) -> None:
    """Its process is gone in the middle, while it waits for somebody who has a task locked."""
    ann, bob = person("Ann"), person("Bob")
    (tenant,) = new_tenant.made
    before = owner.fingerprint([tenant], {"crm"})
    owner.execute("BEGIN")
    try:
        owner.execute("SELECT FROM crm.tasks WHERE tenant_id = %s FOR UPDATE", tenant)
        answers: list[Any] = []
        merging = Thread(target=lambda: answers.append(merge(api, ann, bob)))
        merging.start()
        waiting = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        )
        killed: list[Any] = []
        deadline = time.monotonic() + 30
        while not killed and merging.is_alive() and time.monotonic() < deadline:
            # Or this transaction goes on seeing who waited when it first looked.
            owner.execute("SELECT pg_stat_clear_snapshot()")
            killed = owner.rows(waiting)
            time.sleep(0.02)
        merging.join()
    finally:
        owner.execute("ROLLBACK")
    assert killed == [(True,)]
    assert answers[0].status >= 500
    assert owner.fingerprint([tenant], {"crm"}) == before
    assert merge(api, ann, bob).status == 200
    assert some(owned(api, ann)) == dict.fromkeys(ALL, 2)
