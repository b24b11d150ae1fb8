"""Accounts: their tree, their members, what is known of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

Watch = Callable[[], AbstractContextManager[None]]
PATH, MEMBERS, CUSTOMERS = "/v1/crm/accounts", "/v1/crm/memberships", "/v1/crm/customers"
EVERYTHING: dict[str, Any] = {
    "name": "Lindgren Diesel Service",
    "domain": "lindgren-diesel.example",
    "taxId": "SE556677889901",
    "website": "https://lindgren-diesel.example/about?x=1",
    "phone": "+46812345678",
    "industry": "Repair shops",
    "employees": 24,
    "tags": ["fleet"],
    "addresses": [
        {"kind": "billing", "line1": "1 Harbour Road", "city": "Oakland", "country": "US"},
        {"kind": "shipping", "line1": "Dock 4", "city": "Oakland", "country": "US"},
    ],
    "metadata": {"erp": "K-1"},
    "notes": "Pays by invoice.",
}


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


def test_everything_comes_back(
    api: Api, create_account: Callable[..., Any], facts: Callable[..., list[str]]
) -> None:
    made = create_account(**EVERYTHING)
    assert {name: made[name] for name in EVERYTHING} == EVERYTHING
    path = f"{PATH}/{made['id']}"
    for name in EVERYTHING.keys() - {"name", "tags", "addresses", "metadata"}:
        assert api.patch(path, {name: None}).data[name] is None, name
    changed = api.patch(path, EVERYTHING).data
    assert {name: changed[name] for name in EVERYTHING} == EVERYTHING
    again = api.patch(path, EVERYTHING).data
    assert again["version"] == changed["version"]
    assert facts("account") == ["created", *["updated"] * 8]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("domain", "nothing"),
        ("domain", "https://x.example"),
        ("domain", "a..example"),
        ("domain", "-a.example"),
        ("domain", "10.0.0.1"),
        ("domain", "x" * 250 + ".example"),
        ("domain", 7),
        ("website", "ftp://x.example"),
        ("website", "javascript:alert(1)"),
        ("website", "https://"),
        ("website", "https://x.example:port/"),
        ("website", "https://x.example/a b"),
        ("website", "https://x.example/" + "x" * 2_048),
        ("taxId", "x" * 65),
        ("phone", "12"),
        ("employees", -1),
        ("employees", 1.5),
        ("employees", 2**31),
        ("tags", ["two words"]),
        ("parentId", "01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("otherDomains", [{"domain": "x.example"}, {"domain": "X.example"}]),
        ("otherDomains", [{"domain": "nothing"}]),
    ],
)
def test_bad_value_is_refused_in_both_writes(
    api: Api, create_account: Callable[..., Any], nothing_written: Watch, field: str, value: Any
) -> None:
    made = create_account()
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "Another", field: value}),
            api.patch(f"{PATH}/{made['id']}", {field: value}),
        ):
            (problem, *_) = refused(answer, 422, "validation_error")["details"]
            assert problem["field"].startswith(field)


# -- the tree --------------------------------------------------------------------------------------


def test_nobody_is_above_himself(
    api: Api, create_account: Callable[..., Any], nothing_written: Watch
) -> None:
    top = create_account("Top")
    middle = create_account("Middle", parentId=top["id"])
    bottom = create_account("Bottom", parentId=middle["id"])
    with nothing_written():
        for one, above in ((top, bottom), (top, middle), (middle, bottom), (top, top)):
            answer = api.patch(f"{PATH}/{one['id']}", {"parentId": above["id"]})
            error = refused(answer, 409, "account_cycle")
            assert error["details"]["path"][-1] == one["id"]
    (child,) = api.get(f"{PATH}/{top['id']}", query="include=children").data["children"]
    assert child["id"] == middle["id"]
    assert [one["id"] for one in api.get(PATH, params={"parentId": top["id"]}).data] == [
        middle["id"]
    ]
    assert api.patch(f"{PATH}/{bottom['id']}", {"parentId": top["id"]}).status == 200
    assert api.patch(f"{PATH}/{bottom['id']}", {"parentId": None}).data["parentId"] is None


def test_parent_is_of_the_same_tenant_and_not_deleted(
    api: Api, other_api: Api, create_account: Callable[..., Any], nothing_written: Watch
) -> None:
    theirs = create_account(client=other_api)
    gone, mine = create_account("Gone"), create_account("Mine")
    api.delete(f"{PATH}/{gone['id']}")
    with nothing_written():
        for parent in (theirs, gone):
            answer = api.patch(f"{PATH}/{mine['id']}", {"parentId": parent["id"]})
            assert refused(answer, 422, "validation_error")["details"][0]["field"] == "parentId"


def test_two_that_go_below_one_another_at_once(
    api: Api, create_account: Callable[..., Any], at_once: Any, owner: Owner
) -> None:
    ring = [create_account(f"Account {number}")["id"] for number in range(5)]

    def move(number: int) -> int:
        one, above = ring[number % 5], ring[(number + 1) % 5]
        return int(api.patch(f"{PATH}/{one}", {"parentId": above}).status)

    answers = at_once(20, move)
    assert set(answers) <= {200, 409}
    circles = """
    WITH RECURSIVE up AS (
        SELECT id, parent_id, 1 AS steps FROM crm.accounts WHERE id = ANY (%s::uuid[])
        UNION ALL
        SELECT up.id, a.parent_id, steps + 1 FROM up JOIN crm.accounts a ON a.id = up.parent_id
         WHERE steps < 10)
    SELECT count(*) FROM up WHERE steps = 10"""
    assert owner.value(circles, ring) == 0
    below = "SELECT count(parent_id) FROM crm.accounts WHERE id = ANY (%s::uuid[])"
    assert owner.value(below, ring) == 4, "all but the last of the ring could go there"


# -- members ---------------------------------------------------------------------------------------


def test_exactly_one_is_primary(
    api: Api,
    customer: Any,
    create_account: Callable[..., Any],
    nothing_written: Watch,
    facts: Callable[..., list[str]],
) -> None:
    def primary() -> list[bool]:
        found = api.get(MEMBERS, query=f"customerId={customer['id']}&sort=createdAt").data
        whose = api.get(f"{CUSTOMERS}/{customer['id']}").data["accountId"]
        assert [one["isPrimary"] for one in found] == [one["accountId"] == whose for one in found]
        return [one["isPrimary"] for one in found]

    accounts = [create_account(f"Account {number}") for number in range(3)]
    bodies = [{"customerId": customer["id"], "accountId": one["id"]} for one in accounts]
    with nothing_written():
        refused(api.post(MEMBERS, {**bodies[0], "isPrimary": False}), 409, "primary_membership")
    first = api.post(MEMBERS, {**bodies[0], "role": "buyer"}).data
    assert (first["role"], first["isPrimary"]) == ("buyer", True)
    second = api.post(MEMBERS, bodies[1]).data
    assert (second["role"], second["isPrimary"], primary()) == ("member", False, [True, False])
    api.post(MEMBERS, {**bodies[2], "isPrimary": True})
    assert primary() == [False, False, True]
    assert api.patch(f"{MEMBERS}/{second['id']}", {"isPrimary": True}).data["isPrimary"] is True
    assert primary() == [False, True, False]
    with nothing_written():
        refused(api.post(MEMBERS, bodies[1]), 409, "conflict")
        last = api.patch(f"{MEMBERS}/{second['id']}", {"isPrimary": False})
        refused(last, 409, "primary_membership")
        assert api.patch(f"{MEMBERS}/{second['id']}", {"isPrimary": True}).status == 200
        assert api.patch(f"{MEMBERS}/{first['id']}", {"isPrimary": False}).status == 200
    assert api.patch(f"{MEMBERS}/{second['id']}", {"role": "admin"}).data["role"] == "admin"
    api.delete(f"{MEMBERS}/{second['id']}")
    assert primary() == [True, False]
    for one in api.get(MEMBERS).data:
        api.delete(f"{MEMBERS}/{one['id']}")
    assert api.get(f"{CUSTOMERS}/{customer['id']}").data["accountId"] is None
    members = [one for one in facts("account") if one.startswith("member")]
    assert members == ["member_added"] * 3 + ["member_changed"] + ["member_removed"] * 3


def test_members_are_shown_from_both_sides(
    api: Api, other_api: Api, customer: Any, create_account: Callable[..., Any]
) -> None:
    account = create_account()
    body = {"customerId": customer["id"], "accountId": account["id"], "role": "approver"}
    made = api.post(MEMBERS, body).data
    query = "include=memberships.customer&fields=memberships.role,memberships.customer.name"
    found = api.get(f"{PATH}/{account['id']}", query=query).data
    assert found["memberships"][0]["role"] == "approver"
    assert found["memberships"][0]["customer"]["name"] == "Ann"
    mine = api.get(f"{CUSTOMERS}/{customer['id']}", query="include=account,memberships").data
    assert mine["account"]["id"] == account["id"]
    assert [one["id"] for one in mine["memberships"]] == [made["id"]]
    refused(other_api.get(f"{MEMBERS}/{made['id']}"), 404, "not_found")


def test_member_of_what_is_not_there(
    api: Api,
    other_api: Api,
    customer: Any,
    create_customer: Callable[..., Any],
    create_account: Callable[..., Any],
    nothing_written: Watch,
) -> None:
    account, theirs = create_account(), create_account(client=other_api)
    stranger = create_customer(client=other_api)
    gone = create_account("Gone")
    api.delete(f"{PATH}/{gone['id']}")
    good = {"customerId": customer["id"], "accountId": account["id"]}
    with nothing_written():
        for change in (
            {"accountId": theirs["id"]},
            {"accountId": gone["id"]},
            {"customerId": stranger["id"]},
            {"role": "king"},
            {"isPrimary": None},
        ):
            error = refused(api.post(MEMBERS, {**good, **change}), 422, "validation_error")
            assert [one["field"] for one in error["details"]] == [*change]


def test_primary_ones_at_once(
    api: Api, customer: Any, create_account: Callable[..., Any], at_once: Any
) -> None:
    accounts = [create_account(f"Account {number}")["id"] for number in range(20)]

    def join(number: int) -> Any:
        body = {"customerId": customer["id"], "accountId": accounts[number], "isPrimary": True}
        return api.post(MEMBERS, body)

    answers = at_once(20, join)
    assert [one.status for one in answers] == [201] * 20
    found = api.get(MEMBERS, query=f"customerId={customer['id']}").data
    assert sum(one["isPrimary"] for one in found) == 1
