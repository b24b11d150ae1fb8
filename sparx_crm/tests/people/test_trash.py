"""Customers and accounts that were deleted: hidden everywhere, and brought back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

Watch = Callable[[], AbstractContextManager[None]]
CUSTOMERS, ACCOUNTS = "/v1/crm/customers", "/v1/crm/accounts"


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


@pytest.fixture(params=[CUSTOMERS, ACCOUNTS])
def path(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hidden(api: Api, path: str) -> Any:
    """One of two that was deleted."""
    kept = api.post(path, {"name": "Kept"})
    made = api.post(path, {"name": "Gone"}).data
    assert kept.status == 201
    assert api.delete(f"{path}/{made['id']}").data == {"id": made["id"], "deleted": True}
    return made


def test_hidden_from_all_that_reads_and_writes(
    api: Api, path: str, hidden: Any, nothing_written: Watch
) -> None:
    one = f"{path}/{hidden['id']}"
    with nothing_written():
        for answer in (api.get(one), api.patch(one, {"name": "x"}), api.delete(one)):
            refused(answer, 404, "not_found")
        entry = {"op": "update", "id": hidden["id"], "data": {"name": "x"}}
        (outcome,) = api.post(f"{path}/batch", {"items": [entry]}).data
        assert outcome["status"] == 404
    for query in ("", "q=gone", "name=Gone", "name[contains]=gon", "sort=name", "skip=1"):
        answer = api.get(path, query=query)
        assert hidden["id"] not in answer.text, query
        assert answer.meta["total"] == (1 if query in ("", "sort=name", "skip=1") else 0), query


def test_what_is_hidden_is_listed_when_asked_for(
    api: Api, other_api: Api, path: str, hidden: Any
) -> None:
    for query in ("", "&q=gone", "&name=Gone", "&name[contains]=gon", "&sort=name"):
        answer = api.get(path, query=f"trashed=true{query}&fields=id,deletedAt")
        assert [one["id"] for one in answer.data] == [hidden["id"]], query
        assert (answer.meta["total"], answer.data[0]["deletedAt"] is None) == (1, False), query
    assert api.get(path, query="trashed=true&q=kept").data == []
    assert api.get(path, query="trashed=false").meta["total"] == 1
    assert api.get(path, query="trashed=yes").status == 400
    assert other_api.get(path, query="trashed=true").data == []


def test_restored_as_it_was(
    api: Api, path: str, hidden: Any, facts: Callable[..., list[str]]
) -> None:
    back = api.post(f"{path}/{hidden['id']}/restore")
    assert back.status == 200
    assert {**back.data, "version": 1, "updatedAt": 0}.items() >= {**hidden, "updatedAt": 0}.items()
    assert api.get(path).meta["total"] == 2
    assert api.get(path, query="trashed=true").meta["total"] == 0
    assert [one["id"] for one in api.get(path, query="q=gone").data] == [hidden["id"]]
    noun = "customer" if path == CUSTOMERS else "account"
    stated = facts(noun)
    again = api.post(f"{path}/{hidden['id']}/restore").data
    assert again["version"] == back.data["version"]
    assert (facts(noun), stated[-2:]) == (stated, ["deleted", "restored"])


def test_others_cannot_restore(
    other_api: Api, path: str, hidden: Any, nothing_written: Watch
) -> None:
    with nothing_written():
        refused(other_api.post(f"{path}/{hidden['id']}/restore"), 404, "not_found")


def test_exports_leave_it_out(api: Api, path: str, hidden: Any, run_events: DeliveryRun) -> None:
    for query, name in (("format=csv&fields=name", b"Kept"),
                        ("format=csv&fields=name&trashed=true", b"Gone")):  # fmt: skip
        job = api.request("POST", f"{path}/export", query=query).data
        run_events()
        assert api.get(f"/v1/jobs/{job['id']}/file").body.split() == [b"name", name]


def test_nothing_new_refers_to_it(
    api: Api, create_customer: Callable[..., Any], nothing_written: Watch
) -> None:
    gone = create_customer("Gone")
    api.delete(f"{CUSTOMERS}/{gone['id']}")
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 1}
    body = {"customerId": gone["id"], "items": [item]}
    with nothing_written():
        error = refused(api.post("/v1/crm/orders", body), 422, "validation_error")
        assert error["details"][0]["field"] == "customerId"
        entry = {"op": "create", "data": body}
        (outcome,) = api.post("/v1/crm/orders/batch", {"items": [entry]}).data
        assert (outcome["status"], outcome["error"]["code"]) == (422, "validation_error")
        assert outcome["error"]["details"][0]["pointer"] == "/items/0/data/customerId"


def test_orders_are_still_counted(
    api: Api,
    customer: Any,
    place_order: Callable[..., Any],
    run_events: DeliveryRun,
    owner: Owner,
) -> None:
    place_order(customer)
    api.delete(f"{CUSTOMERS}/{customer['id']}")
    run_events()
    count = owner.value("SELECT order_count FROM crm.customers WHERE id = %s", customer["id"])
    assert count == 1


# -- the e-mail of one that is gone ----------------------------------------------------------------


def test_email_of_a_deleted_customer_is_free_and_then_its_restoring_a_conflict(
    api: Api, create_customer: Callable[..., Any], nothing_written: Watch
) -> None:
    old = create_customer(email="ann@example.com")
    api.delete(f"{CUSTOMERS}/{old['id']}")
    new = create_customer(email="Ann@Example.com")
    with nothing_written():
        error = refused(api.post(f"{CUSTOMERS}/{old['id']}/restore"), 409, "duplicate")
    assert [(one["field"], one["id"]) for one in error["details"]] == [("email", new["id"])]
    api.delete(f"{CUSTOMERS}/{new['id']}")
    assert api.post(f"{CUSTOMERS}/{old['id']}/restore").status == 200


def test_upsert_does_not_find_it(api: Api, create_customer: Callable[..., Any]) -> None:
    old = create_customer(email="ann@example.com")
    api.delete(f"{CUSTOMERS}/{old['id']}")
    entry = {"op": "upsert", "by": "email", "data": {"name": "Ann", "email": "ANN@example.com"}}
    (outcome,) = api.post(f"{CUSTOMERS}/batch", {"items": [entry]}).data
    assert (outcome["status"], outcome["id"] != old["id"]) == (201, True)


def test_deleted_twice_at_once_is_one_fact(
    api: Api, customer: Any, at_once: Any, facts: Callable[..., list[str]]
) -> None:
    one = f"{CUSTOMERS}/{customer['id']}"
    answers = at_once(20, lambda _: api.delete(one).status)
    assert sorted(answers) == [200] + [404] * 19
    assert facts("customer") == ["created", "deleted"]
    answers = at_once(20, lambda _: api.post(f"{one}/restore").status)
    assert answers == [200] * 20
    assert facts("customer") == ["created", "deleted", "restored"]
