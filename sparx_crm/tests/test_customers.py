"""Customers: created, read, found, changed, deleted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner, TenantMaker

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/crm/customers"
MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"

EVERYTHING: dict[str, Any] = {
    "name": "Ann Example",
    "email": "ann@example.com",
    "phone": "+14155552671",
    "company": "Example Ltd",
    "type": "b2b",
    "tags": ["vip", "a_b-C9"],
    "addresses": [
        {
            "kind": "shipping",
            "recipientName": "Ann",
            "company": "Example",
            "line1": "1 Main St",
            "line2": "Floor 2",
            "city": "Springfield",
            "region": "IL",
            "postalCode": "62701",
            "country": "US",
            "phone": "+14155552671",
        },
        {"line1": "Hauptstr. 1", "city": "Köln", "country": "DE"},
    ],
    "metadata": {"source": "fair", "score": Decimal("9.5"), "nested": {"a": [1, None, True]}},
    "doNotContact": True,
    "notes": "Call after nine.\nAsk for Bob.",
}


#: What is shown of one customer, and not of many.
DETAIL: dict[str, Any] = {"otherEmails": [], "otherPhones": [], "consent": [], "mergedIds": []}


def refused(answer: Any, status: int, code: str) -> Any:
    assert (answer.status, answer.error["code"]) == (status, code), answer.text
    return answer.error


# -- created and read ------------------------------------------------------------------------------


def test_everything_comes_back(api: Api) -> None:
    made = api.post(PATH, EVERYTHING)
    assert made.status == 201
    assert list(made.data) == [
        "id", "version", "name", "email", "phone", "company", "type", "tags", "addresses",
        "metadata", "doNotContact", "notes", "firstName", "lastName", "jobTitle", "lifecycleStage",
        "ownerId", "accountId", "locale", "timezone", "preferredContactMethod",
        "orderCount", "totalSpent", "currency", "firstOrderAt", "lastOrderAt", "custom",
        "createdAt", "updatedAt",
    ]  # fmt: skip
    assert {name: made.data[name] for name in EVERYTHING} == EVERYTHING
    found = api.get(f"{PATH}/{made.data['id']}").data
    assert {name: found.pop(name) for name in DETAIL} == DETAIL
    assert found == made.data


def test_name_is_enough(customer: Any) -> None:
    given = {"id", "createdAt", "updatedAt"}
    assert {name: value for name, value in customer.items() if name not in given} == {
        "name": "Ann", "email": None, "phone": None, "company": None, "type": "prospect",
        "tags": [], "addresses": [], "metadata": {}, "doNotContact": False, "notes": None,
        "orderCount": 0, "totalSpent": 0, "currency": "USD", "firstOrderAt": None,
        "lastOrderAt": None, "version": 1, "firstName": None, "lastName": None, "jobTitle": None,
        "lifecycleStage": None, "ownerId": None, "accountId": None, "locale": None,
        "timezone": None, "preferredContactMethod": None, "custom": {},
    }  # fmt: skip


def test_currency_is_the_tenants(new_tenant: TenantMaker, anonymous: Api) -> None:
    api = anonymous.with_key(new_tenant(currency="JPY").api_key)
    answer = api.post(PATH, {"name": "Aki"})
    assert '"totalSpent":0,"currency":"JPY"' in answer.text


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"email": "  Ann@EXAMPLE.com "}, {"email": "ann@example.com"}),
        ({"email": "ann+tag@example.com"}, {"email": "ann+tag@example.com"}),
        ({"email": "Jose\u0301@example.com"}, {"email": "jos\u00e9@example.com"}),
        ({"email": "ann@EXÄMPLE.de"}, {"email": "ann@exämple.de"}),
        ({"phone": "+1 (415) 555-2671"}, {"phone": "+14155552671"}),
        ({"phone": "+49 221 123456"}, {"phone": "+49221123456"}),
        ({"name": "  Ann  "}, {"name": "Ann"}),
        ({"name": "x" * 255}, {"name": "x" * 255}),
        ({"notes": "n" * 10_000}, {"notes": "n" * 10_000}),
        ({"tags": ["x" * 63] * 50}, {"tags": ["x" * 63] * 50}),
    ],
)
def test_values_have_one_normal_form(api: Api, sent: Any, stored: Any) -> None:
    made = api.post(PATH, {"name": "Ann", **sent}).data
    assert {name: made[name] for name in stored} == stored


BAD: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": " \t"}, "name"),
    ({"name": 7}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"email": "not an address"}, "email"),
    ({"email": "ann@"}, "email"),
    ({"email": "@example.com"}, "email"),
    ({"email": "ann@localhost"}, "email"),
    ({"email": "a@b@example.com"}, "email"),
    ({"email": "ann@example.com\nBcc: x@example.com"}, "email"),
    ({"email": ""}, "email"),
    ({"email": 7}, "email"),
    ({"email": "x" * 500 + "@example.com"}, "email"),
    ({"phone": "5552671"}, "phone"),
    ({"phone": "+1"}, "phone"),
    ({"phone": "call me"}, "phone"),
    ({"phone": 14155552671}, "phone"),
    ({"phone": "+" + "9" * 50}, "phone"),
    ({"company": ""}, "company"),
    ({"company": "x" * 256}, "company"),
    ({"type": "vip"}, "type"),
    ({"type": "RETAIL"}, "type"),
    ({"type": None}, "type"),
    ({"tags": "vip"}, "tags"),
    ({"tags": None}, "tags"),
    ({"tags": ["x"] * 51}, "tags"),
    ({"tags": ["with space"]}, "tags[0]"),
    ({"tags": ["fine", ""]}, "tags[1]"),
    ({"tags": ["x" * 64]}, "tags[0]"),
    ({"tags": ["line\n"]}, "tags[0]"),
    ({"tags": [7]}, "tags[0]"),
    ({"tags": [None]}, "tags[0]"),
    ({"addresses": {}}, "addresses"),
    ({"addresses": None}, "addresses"),
    ({"addresses": [{"line1": "a", "city": "b", "country": "DE"}] * 21}, "addresses"),
    ({"addresses": [{"line1": "a", "city": "b"}]}, "addresses[0].country"),
    ({"addresses": [{"line1": "a", "city": "b", "country": "de"}]}, "addresses[0].country"),
    ({"addresses": [{"line1": "a", "city": "b", "country": "ZZ"}]}, "addresses[0].country"),
    ({"addresses": [{"city": "b", "country": "DE"}]}, "addresses[0].line1"),
    ({"addresses": [{"line1": "a", "country": "DE"}]}, "addresses[0].city"),
    ({"addresses": [{"line1": "a", "city": "b", "country": "DE", "zip": 1}]}, "addresses[0].zip"),
    (
        {"addresses": [{"line1": "a", "city": "b", "country": "DE", "kind": "x"}]},
        "addresses[0].kind",
    ),
    ({"addresses": ["1 Main St"]}, "addresses[0]"),
    ({"metadata": []}, "metadata"),
    ({"metadata": None}, "metadata"),
    ({"metadata": "x"}, "metadata"),
    ({"metadata": {"a": "x" * 17_000}}, "metadata"),
    ({"metadata": {"a": Decimal("1e400")}}, "metadata.a"),
    ({"metadata": {"a": [{"b": Decimal("-1e100000")}]}}, "metadata.a[0].b"),
    ({"doNotContact": "yes"}, "doNotContact"),
    ({"doNotContact": 1}, "doNotContact"),
    ({"doNotContact": None}, "doNotContact"),
    ({"notes": "x" * 10_001}, "notes"),
    ({"notes": 7}, "notes"),
    ({"favouriteColour": "blue"}, "favouriteColour"),
    ({"do_not_contact": True}, "do_not_contact"),
    ({"tenantId": MISSING}, "tenantId"),
    ({"id": MISSING}, "id"),
    ({"orderCount": 7}, "orderCount"),
    ({"totalSpent": 7}, "totalSpent"),
    ({"currency": "EUR"}, "currency"),
    ({"firstOrderAt": "2026-06-05T17:41:09Z"}, "firstOrderAt"),
    ({"version": "7"}, "version"),
    ({"createdAt": "2026-06-05T17:41:09Z"}, "createdAt"),
]
IDS = [f"{field}-{number}" for number, (_, field) in enumerate(BAD)]


@pytest.mark.parametrize(("change", "field"), BAD, ids=IDS)
def test_bad_value_is_named_in_both_writes(
    api: Api, customer: Any, nothing_written: Watch, change: dict[str, Any], field: str
) -> None:
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "Ann", **change}),
            api.patch(f"{PATH}/{customer['id']}", change),
        ):
            error = refused(answer, 422, "validation_error")
            assert [problem["field"] for problem in error["details"]] == [field]


def test_name_is_required(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        error = refused(api.post(PATH, {}), 422, "validation_error")
    assert [problem["field"] for problem in error["details"]] == ["name"]


# -- the e-mail is unique --------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["ann@example.com", "Ann@Example.COM", " ANN@EXAMPLE.COM "])
def test_email_is_unique_whatever_its_case(
    api: Api, create_customer: Callable[..., Any], nothing_written: Watch, email: str
) -> None:
    ann = create_customer(email="ann@example.com")
    other = create_customer("Bob", email="bob@example.com")
    with nothing_written():
        for answer in (
            api.post(PATH, {"name": "Ann again", "email": email}),
            api.patch(f"{PATH}/{other['id']}", {"email": email}),
        ):
            error = refused(answer, 409, "duplicate")
            assert [(one["field"], one["id"]) for one in error["details"]] == [("email", ann["id"])]
            assert "ann@" not in answer.text


def test_email_of_another_tenants_customer_is_free(
    create_customer: Callable[..., Any], other_api: Api
) -> None:
    create_customer(email="ann@example.com", client=other_api)
    assert create_customer(email="ann@example.com")["email"] == "ann@example.com"


def test_customers_without_email_are_many(create_customer: Callable[..., Any]) -> None:
    assert create_customer()["id"] != create_customer()["id"]


def test_own_email_may_stay(api: Api, create_customer: Callable[..., Any]) -> None:
    made = create_customer(email="ann@example.com")
    same = api.patch(f"{PATH}/{made['id']}", {"email": "ANN@example.com", "name": "Anna"}).data
    assert (same["email"], same["name"]) == ("ann@example.com", "Anna")


def test_email_is_free_again_when_its_customer_is_gone(
    api: Api, create_customer: Callable[..., Any]
) -> None:
    api.delete(f"{PATH}/{create_customer(email='ann@example.com')['id']}")
    create_customer(email="ann@example.com")


# -- changed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERYTHING)
def test_absent_fields_stay(
    api: Api, create_customer: Callable[..., Any], owner: Owner, name: str
) -> None:
    made = create_customer("Old")
    owner.execute("UPDATE crm.customers SET updated_at = '2020-01-01Z' WHERE id = %s", made["id"])
    changed = api.patch(f"{PATH}/{made['id']}", {name: EVERYTHING[name]}).data
    assert changed.pop("updatedAt") > "2020-01-01T00:00:00Z"
    del made["updatedAt"]
    assert changed == {**made, **DETAIL, name: EVERYTHING[name], "version": 2}


@pytest.mark.parametrize("name", ["email", "phone", "company", "notes"])
def test_null_clears(api: Api, name: str) -> None:
    made = api.post(PATH, EVERYTHING).data
    changed = api.patch(f"{PATH}/{made['id']}", {name: None}).data
    expected = {**made, **DETAIL, name: None, "version": 2, "updatedAt": 0}
    assert {**changed, "updatedAt": 0} == expected


def test_change_that_changes_nothing_is_none(
    api: Api, nothing_written: Watch, create_customer: Callable[..., Any]
) -> None:
    made = create_customer(**{**EVERYTHING, "name": "Ann"})
    with nothing_written():
        for body in (
            {},
            {"name": " Ann "},
            {"email": "ANN@example.com"},
            {**EVERYTHING, "name": "Ann"},
        ):
            assert api.patch(f"{PATH}/{made['id']}", body).data == {**made, **DETAIL}


# -- deleted ---------------------------------------------------------------------------------------


def test_deleted_customer_is_gone(api: Api, customer: Any, owner: Owner) -> None:
    path = f"{PATH}/{customer['id']}"
    assert api.delete(path).data == {"id": customer["id"], "deleted": True}
    hidden = "SELECT trashed AND deleted_at <= now() FROM crm.customers WHERE id = %s"
    assert owner.value(hidden, customer["id"]) is True
    for answer in (api.get(path), api.patch(path, {"name": "x"}), api.delete(path)):
        refused(answer, 404, "not_found")


def test_orders_of_a_deleted_customer_stay(
    api: Api, customer: Any, place_order: Callable[..., Any]
) -> None:
    order = place_order(customer)
    assert api.delete(f"{PATH}/{customer['id']}").status == 200
    found = api.get(f"/v1/crm/orders/{order['id']}", query="include=customer").data
    assert found["customerId"] == customer["id"]
    assert found["customer"] is None
    assert api.get("/v1/crm/orders", params={"customerId": customer["id"]}).data == [order]


def test_customers_of_others_do_not_exist(
    api: Api, other_api: Api, create_customer: Callable[..., Any], nothing_written: Watch
) -> None:
    theirs = create_customer(client=other_api)
    bodies = set()
    with nothing_written():
        for one in (theirs["id"], MISSING, "new", "😀"):
            for answer in (
                api.get(f"{PATH}/{one}"),
                api.patch(f"{PATH}/{one}", {"name": "taken"}),
                api.delete(f"{PATH}/{one}"),
            ):
                error = refused(answer, 404, "not_found")
                bodies.add(answer.text.replace(error["requestId"], "ID"))
    assert len(bodies) == 1
    assert other_api.get(f"{PATH}/{theirs['id']}").data == {**theirs, **DETAIL}


# -- found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ann", ["Joanna", "Ann"]),
        ("ANN", ["Joanna", "Ann"]),
        ("example.com", ["Ann"]),
        ("@", ["Zoë", "Ann"]),
        ("zoë", ["Zoë"]),
        ("50%", ["50% off_x"]),
        ("f_x", ["50% off_x"]),
        ("nobody", []),
        ("Ltd", ["Ann"]),
        ("ann ltd", ["Ann"]),
        ("jo an", ["Joanna"]),
    ],
)
def test_search(
    api: Api, other_api: Api, create_customer: Callable[..., Any], query: str, found: list[str]
) -> None:
    create_customer("Ann", email="ann@example.com", company="Ann Ltd")
    create_customer("Joanna")
    create_customer("Zoë", email="z@zed.org")
    create_customer("50% off_x")
    create_customer("Ann of another tenant", client=other_api)
    answer = api.get(PATH, params={"q": query})
    assert [one["name"] for one in answer.data] == found
    assert answer.meta["total"] == len(found)


def test_filters(api: Api, create_customer: Callable[..., Any]) -> None:
    create_customer("Ann", email="ann@example.com", type="retail")
    create_customer("Bob", type="b2b")
    for query, names in (
        ({"email": "ann@example.com"}, ["Ann"]),
        ({"email": "ANN@EXAMPLE.COM"}, ["Ann"]),
        ({"type": "b2b"}, ["Bob"]),
        ({"type": "retail", "q": "bob"}, []),
    ):
        assert [one["name"] for one in api.get(PATH, params=query).data] == names
    for bad in ("type=vip", "email=nonsense", "notes=Ann", "company=x"):
        assert api.get(PATH, query=bad).status == 400


# -- facts -----------------------------------------------------------------------------------------


def test_facts_of_a_life(api: Api, customer: Any, owner: Owner, tenant: Any) -> None:
    path = f"{PATH}/{customer['id']}"
    shown = [api.get(path).text, api.patch(path, {"name": "Anna"}).text]
    api.delete(path)
    facts = owner.rows(
        "SELECT type, data::text FROM core.events WHERE tenant_id = %s AND type LIKE 'customer.%%'"
        " ORDER BY position",
        tenant.tenant_id,
    )
    assert [kind for kind, _ in facts] == [
        "customer.created",
        "customer.updated",
        "customer.deleted",
    ]
    payloads = [payload for _, payload in facts]
    assert payloads == [
        text.removeprefix('{"success":true,"data":').removesuffix("}")
        for text in (shown[0], shown[1], shown[1])
    ]
