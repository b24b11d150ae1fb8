"""What is known of a customer: names, further e-mails and numbers, whom it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/crm/customers"
MORE: dict[str, Any] = {
    "firstName": "Ann",
    "lastName": "Lindgren",
    "jobTitle": "Purchasing manager",
    "lifecycleStage": "lead",
    "locale": "zh-Hant-TW",
    "timezone": "Europe/Stockholm",
    "preferredContactMethod": "sms",
}


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


@pytest.mark.parametrize("name", MORE)
def test_each_is_set_changed_and_cleared(api: Api, customer: Any, name: str) -> None:
    path = f"{PATH}/{customer['id']}"
    assert api.patch(path, {name: MORE[name]}).data[name] == MORE[name]
    assert api.get(path).data[name] == MORE[name]
    assert api.patch(path, {name: None}).data[name] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifecycleStage", "customer "),
        ("locale", "english"),
        ("locale", 7),
        ("timezone", "Mars/Olympus"),
        ("preferredContactMethod", "fax"),
        ("firstName", ""),
        ("jobTitle", "x" * 256),
        ("ownerId", "me"),
        ("ownerId", "01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("accountId", "01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("deletedAt", "2026-06-05T17:41:09Z"),
        ("otherEmails", [{"email": "nothing"}]),
        ("otherEmails", [{"email": "a@x.example"}] * 21),
        ("otherEmails", [{"email": "a@x.example"}, {"email": " A@X.example"}]),
        ("otherEmails", ["a@x.example"]),
        ("otherPhones", [{"phone": "123"}]),
        ("otherPhones", [{"phone": "+14155552671", "label": ""}]),
    ],
)
def test_bad_value_is_refused_in_both_writes(
    api: Api, customer: Any, nothing_written: Watch, field: str, value: Any
) -> None:
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "Ann", field: value}),
            api.patch(f"{PATH}/{customer['id']}", {field: value}),
        ):
            (problem, *_) = refused(answer, 422, "validation_error")["details"]
            assert problem["field"].startswith(field)


def test_owner_is_of_the_same_tenant(
    api: Api, other_api: Api, customer: Any, nothing_written: Watch
) -> None:
    mine = api.post("/v1/members", {"name": "Kim"}).data["id"]
    theirs = other_api.post("/v1/members", {"name": "Kim"}).data["id"]
    path = f"{PATH}/{customer['id']}"
    assert api.patch(path, {"ownerId": mine}).data["ownerId"] == mine
    assert [one["id"] for one in api.get(PATH, params={"ownerId": mine}).data] == [customer["id"]]
    with nothing_written():
        error = refused(api.patch(path, {"ownerId": theirs}), 422, "validation_error")
    assert error["details"][0]["field"] == "ownerId"


# -- names -----------------------------------------------------------------------------------------


def test_name_is_made_of_its_parts(api: Api) -> None:
    made = api.post(PATH, {"firstName": "Ann", "lastName": "Lindgren"}).data
    assert made["name"] == "Ann Lindgren"
    path = f"{PATH}/{made['id']}"
    assert api.patch(path, {"lastName": "Berg"}).data["name"] == "Ann Berg"
    assert api.patch(path, {"firstName": None}).data["name"] == "Berg"
    assert api.patch(path, {"lastName": None}).data["name"] == "Berg"


def test_own_name_does_not_follow_the_parts(api: Api) -> None:
    made = api.post(PATH, {"name": "Lindgren Diesel", "firstName": "Ann"}).data
    assert api.patch(f"{PATH}/{made['id']}", {"firstName": "Anna"}).data["name"] == made["name"]


# -- further e-mails and numbers -------------------------------------------------------------------


def test_further_ones_are_normal_and_in_order(api: Api, facts: Callable[..., list[str]]) -> None:
    sent = [{"email": " Ann@Home.EXAMPLE", "label": "home"}, {"email": "Jose\u0301@x.example"}]
    phones = [{"phone": "+1 (415) 555-2672", "label": "mobile"}]
    body = {"name": "Ann", "email": "ann@x.example", "otherEmails": sent, "otherPhones": phones}
    path = f"{PATH}/{api.post(PATH, body).data['id']}"
    found = api.get(path).data
    emails = [{"email": "ann@home.example", "label": "home"}, {"email": "jos\u00e9@x.example"}]
    assert [{k: v for k, v in one.items() if v} for one in found["otherEmails"]] == emails
    assert found["otherPhones"] == [{"phone": "+14155552672", "label": "mobile"}]
    assert "otherEmails" not in api.get(PATH).data[0]

    same = api.patch(path, {"otherEmails": found["otherEmails"], "otherPhones": phones}).data
    assert (same["version"], facts("customer")) == (1, ["created"])
    turned = api.patch(path, {"otherEmails": found["otherEmails"][::-1]}).data
    assert turned["otherEmails"] == found["otherEmails"][::-1]
    assert (turned["version"], turned["otherPhones"]) == (2, found["otherPhones"])
    assert api.patch(path, {"otherEmails": [], "name": "Anna"}).data["otherEmails"] == []
    assert api.get(path).data["version"] == 3
    assert facts("customer") == ["created", "updated", "updated"]


def test_primary_one_is_no_further_one(api: Api, customer: Any, nothing_written: Watch) -> None:
    further = {"otherEmails": [{"email": "ANN@x.example"}]}
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "Ann", "email": "ann@x.example", **further}),
            api.patch(f"{PATH}/{customer['id']}", {"email": "ann@x.example", **further}),
        ):
            error = refused(answer, 422, "validation_error")
            assert error["details"][0]["field"] == "otherEmails[0].email"


# -- stages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"), [(None, "customer"), ("lead", "customer"), ("evangelist", "evangelist")]
)
def test_order_makes_a_customer_and_moves_nobody_back(
    api: Api,
    create_customer: Callable[..., Any],
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    facts: Callable[..., list[str]],
    before: Any,
    after: str,
) -> None:
    made = create_customer(lifecycleStage=before)
    place_order(made)
    path = f"{PATH}/{made['id']}"
    assert api.get(path).data["lifecycleStage"] == before
    run_events()
    assert api.get(path).data["lifecycleStage"] == after
    place_order(made)
    run_events()
    assert facts("customer") == ["created", *(["stage_changed"] if before != after else [])]
    assert api.patch(path, {"lifecycleStage": None}).data["lifecycleStage"] is None
