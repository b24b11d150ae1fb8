"""Customers and accounts that are there already: when they are created, and on demand."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from marshmallow import ValidationError

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner
from sparx_crm import find_customer, find_or_create_customer

Watch = Callable[[], AbstractContextManager[None]]
PATH, ACCOUNTS = "/v1/crm/customers", "/v1/crm/accounts"
PHONE = "+14155552671"


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


def candidates(answer: Any) -> list[tuple[str, str]]:
    details = refused(answer, 409, "duplicate")["details"]
    return sorted((one["field"], one["id"]) for one in details)


# -- on create -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "sent", "field"),
    [
        ({"email": "ann@x.example"}, {"email": "Ann@X.example "}, "email"),
        ({"email": "ann@x.example"}, {"otherEmails": [{"email": "Ann@x.example"}]}, "otherEmails"),
        ({"otherEmails": [{"email": "ann@x.example"}]}, {"email": "ANN@x.example"}, "email"),
        (
            {"otherEmails": [{"email": "ann@x.example"}]},
            {"email": "b@x.example", "otherEmails": [{"email": "ann@x.example"}]},
            "otherEmails",
        ),
        ({"phone": PHONE}, {"phone": "+1 415 555 2671"}, "phone"),
        ({"otherPhones": [{"phone": PHONE}]}, {"phone": "+1-415-555-2671"}, "phone"),
        ({"phone": PHONE}, {"otherPhones": [{"phone": PHONE}]}, "otherPhones"),
    ],
)
def test_likely_the_same_is_told_by_id(
    api: Api,
    other_api: Api,
    create_customer: Callable[..., Any],
    nothing_written: Watch,
    there: Any,
    sent: Any,
    field: str,
) -> None:
    create_customer(client=other_api, **there)
    free = api.post(PATH, {"name": "Ann", **sent})
    assert free.status == 201, "another tenant's customers are nobody's duplicates"
    api.delete(f"{PATH}/{free.data['id']}")
    made = create_customer(**there)
    with nothing_written():
        assert candidates(api.post(PATH, {"name": "Ann", **sent})) == [(field, made["id"])]
        unique = field == "email" and "email" in there
        if unique:
            twice = api.post(PATH, {"name": "Ann", **sent, "allowDuplicate": True})
            assert candidates(twice) == [(field, made["id"])]
    if not unique:
        assert api.post(PATH, {"name": "Ann", **sent, "allowDuplicate": True}).status == 201
    for one in api.get(PATH).data:
        api.delete(f"{PATH}/{one['id']}")
    assert api.post(PATH, {"name": "Ann", **sent}).status == 201, "found what was deleted"


def test_race_for_an_email_has_one_winner(
    api: Api, at_once: Any, owner: Owner, tenant: Any, facts: Callable[..., list[str]]
) -> None:
    spellings = ["Ann@Example.com ", "ann@example.com", " ANN@example.COM", "ann@Example.com"]

    def create(number: int) -> Any:
        return api.post(PATH, {"name": f"Ann {number}", "email": spellings[number % 4]})

    answers = at_once(20, create)
    (made,) = [one.data for one in answers if one.status == 201]
    lost = [one for one in answers if one.status != 201]
    assert [candidates(one) for one in lost] == [[("email", made["id"])]] * 19
    count = "SELECT count(*) FROM crm.customers WHERE tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 1
    assert facts("customer") == ["created"]


def test_batch_upsert_of_a_hundred_by_email(api: Api, owner: Owner, tenant: Any) -> None:
    known = [{"name": "Old", "email": f"c{n}@x.example"} for n in range(50)]
    made = api.post(f"{PATH}/batch", {"items": [{"op": "create", "data": one} for one in known]})
    assert {one["status"] for one in made.data} == {201}
    wanted = [f"C{n}@X.example" for n in range(98)] + ["new@x.example", " New@x.example"]
    entries = [
        {"op": "upsert", "by": "email", "data": {"name": "New", "email": one}} for one in wanted
    ]
    answers = api.post(f"{PATH}/batch", {"items": entries}).data
    assert [one["status"] for one in answers[:50]] == [200] * 50
    assert [one["status"] for one in answers[50:98]] == [201] * 48
    assert sorted(one["status"] for one in answers[98:]) == [200, 201]
    assert answers[98]["id"] == answers[99]["id"]
    count = "SELECT count(*) FROM crm.customers WHERE tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 99


def test_batch_tells_whose_the_email_is(api: Api, create_customer: Callable[..., Any]) -> None:
    made = create_customer(email="ann@x.example")
    entry = {"op": "create", "data": {"name": "Ann", "email": "ann@x.example"}}
    (outcome,) = api.post(f"{PATH}/batch", {"items": [entry]}).data
    error = outcome["error"]
    assert (outcome["status"], error["code"]) == (409, "duplicate")
    assert error["details"][0]["id"] == made["id"]


def test_account_with_the_same_domain(
    api: Api, other_api: Api, create_account: Callable[..., Any], nothing_written: Watch
) -> None:
    create_account(client=other_api, domain="lindgren.example")
    made = create_account(domain="lindgren.example", otherDomains=[{"domain": "ld.example"}])
    with nothing_written():
        for sent, field in (
            ({"domain": "Lindgren.EXAMPLE."}, "domain"),
            ({"domain": "ld.example"}, "domain"),
            ({"otherDomains": [{"domain": "LD.example"}]}, "otherDomains"),
        ):
            answer = api.post(ACCOUNTS, {"name": "Another", **sent})
            assert candidates(answer) == [(field, made["id"])]
    more = {"domain": "lindgren.example", "allowDuplicate": True}
    assert api.post(ACCOUNTS, {"name": "Another", **more}).status == 201


# -- on demand -------------------------------------------------------------------------------------


def test_groups_of_customers(api: Api, other_api: Api, create_customer: Callable[..., Any]) -> None:
    more = {"allowDuplicate": True}
    ann = create_customer(email="ann@x.example", phone=PHONE)["id"]
    bob = create_customer("Bob", otherEmails=[{"email": "ann@x.example"}], **more)["id"]
    kim = create_customer("Kim", otherPhones=[{"phone": PHONE}], **more)["id"]
    gone = create_customer("Gone", phone=PHONE, **more)["id"]
    api.delete(f"{PATH}/{gone}")
    create_customer("Single", email="single@x.example")
    create_customer(client=other_api, email="ann@x.example", phone=PHONE)
    phone = {"reason": "phone", "value": PHONE, "ids": sorted([ann, kim])}
    email = {"reason": "email", "value": "ann@x.example", "ids": sorted([ann, bob])}
    path = f"{PATH}/duplicates"
    assert api.get(path).data == [phone, email]
    assert api.get(path, query="reason=email").data == [email]
    assert api.get(path, query="take=1").data == [phone]
    assert other_api.get(path).data == []
    for bad in ("reason=name", "take=0", "take=251", "nonsense=1"):
        assert api.get(path, query=bad).status == 400


def test_groups_of_accounts(api: Api, other_api: Api, create_account: Callable[..., Any]) -> None:
    one = create_account(domain="x.example")["id"]
    two = create_account(otherDomains=[{"domain": "x.example"}], allowDuplicate=True)["id"]
    create_account(client=other_api, domain="x.example")
    group = {"reason": "domain", "value": "x.example", "ids": sorted([one, two])}
    assert api.get(f"{ACCOUNTS}/duplicates").data == [group]
    assert other_api.get(f"{ACCOUNTS}/duplicates").data == []


# -- the front door --------------------------------------------------------------------------------


def test_find_or_create_is_one_customer_however_many_ask(
    api: Api,
    installation: Runtime,
    at_once: Any,
    tenant: Any,
    facts: Callable[..., list[str]],
) -> None:
    def ask(number: int) -> str:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            found = find_or_create_customer(
                ctx, email=" Guest@X.example", name=f"Guest {number}", type="retail"
            )
            ctx.finish()
            return str(found.id)

    assert len(set(at_once(20, ask))) == 1
    (found,) = api.get(PATH).data
    assert (found["email"], found["type"]) == ("guest@x.example", "retail")
    assert facts("customer") == ["created"]


def test_found_by_further_email_and_not_in_the_trash(
    api: Api,
    other_api: Api,
    installation: Runtime,
    tenant: Any,
    create_customer: Callable[..., Any],
) -> None:
    create_customer(client=other_api, email="ann@x.example")
    made = create_customer(otherEmails=[{"email": "ann@x.example"}])
    with installation.as_key(parse_key(tenant.api_key)) as ctx:
        found = find_customer(ctx, "Ann@x.example")
        assert found is not None
        assert str(found.id) == made["id"]
        with pytest.raises(ValidationError):
            find_customer(ctx, "nothing")
    api.delete(f"{PATH}/{made['id']}")
    with installation.as_key(parse_key(tenant.api_key)) as ctx:
        assert find_customer(ctx, "ann@x.example") is None
