"""Reading the CRM: what is shown, in which order, narrowed to what."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

CUSTOMERS, ORDERS = "/v1/crm/customers", "/v1/crm/orders"


@pytest.fixture
def place(api: Api) -> Callable[..., Any]:
    """Places an order with one item of a price."""

    def place_one(customer: Any, price: str, client: Api | None = None) -> Any:
        item = {"sku": "FLT-1", "name": "Filter", "quantity": 1, "unitPrice": Decimal(price)}
        body = {"customerId": customer["id"], "currency": "USD", "items": [item]}
        return (client or api).post(ORDERS, body).data

    return place_one


def numbers(answer: Any) -> list[str]:
    return [one["orderNumber"] for one in answer.data]


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer.data]


def test_an_order_with_its_customer_and_back(
    api: Api, create_customer: Callable[..., Any], place: Callable[..., Any]
) -> None:
    ann = create_customer("Ann")
    first, second = place(ann, "10"), place(ann, "20")
    path = f"{ORDERS}/{first['id']}"
    shown = api.get(path, params={"include": "customer"}).data
    assert [shown["customer"]] == api.get(CUSTOMERS).data, "as in a list: without details"
    assert {name: value for name, value in shown.items() if name != "customer"} == (
        api.get(path).data
    )
    listed = api.get(ORDERS, params={"include": "customer"})
    assert [one["customer"]["name"] for one in listed.data] == ["Ann", "Ann"]
    back = api.get(f"{CUSTOMERS}/{ann['id']}", params={"include": "orders"}).data
    assert back["orders"] == [second, first], "newest first, each as in a list"


def test_a_customer_shows_ten_orders_at_most(
    api: Api, create_customer: Callable[..., Any], place: Callable[..., Any]
) -> None:
    ann = create_customer("Ann")
    made = [place(ann, str(price))["orderNumber"] for price in range(1, 13)]
    shown = api.get(f"{CUSTOMERS}/{ann['id']}", params={"fields": "orders.orderNumber"}).data
    assert shown == {"orders": [{"orderNumber": one} for one in made[:1:-1]]}


def test_fields_of_orders(
    api: Api, create_customer: Callable[..., Any], place: Callable[..., Any]
) -> None:
    place(create_customer("Ann"), "19.90")
    fields = "total,orderNumber,items.sku,customer.name"
    (shown,) = api.get(ORDERS, params={"fields": fields}).data
    assert list(shown) == ["orderNumber", "customer", "total", "items"], "in the resource's order"
    assert shown == {
        "orderNumber": "1001",
        "customer": {"name": "Ann"},
        "total": Decimal("19.90"),
        "items": [{"sku": "FLT-1"}],
    }


def test_the_answer_to_a_write_shows_what_is_asked_for(
    api: Api, create_customer: Callable[..., Any]
) -> None:
    ann = create_customer("Ann")
    item = {"sku": "A", "name": "A", "quantity": 2, "unitPrice": 5}
    body = {"customerId": ann["id"], "currency": "USD", "items": [item]}
    placed = api.request("POST", ORDERS, json=body, query="fields=total,customer.name,items.sku")
    assert (placed.status, placed.data) == (
        201,
        {"customer": {"name": "Ann"}, "total": Decimal("10.00"), "items": [{"sku": "A"}]},
    )
    changed = api.request(
        "PATCH", f"{CUSTOMERS}/{ann['id']}", json={"name": "Anna"}, query="include=orders"
    ).data
    assert (changed["name"], [one["total"] for one in changed["orders"]]) == ("Anna", [10])


def test_a_write_that_asks_for_what_is_not_there_writes_nothing(
    api: Api, create_customer: Callable[..., Any], nothing_written: Callable[[], Any]
) -> None:
    ann = create_customer("Ann")
    for query in ("include=nonsense", "fields=nonsense", "dryRun=1", "fields=customer.nonsense"):
        with nothing_written():
            answer = api.request(
                "PATCH", f"{CUSTOMERS}/{ann['id']}", json={"name": "X"}, query=query
            )
            assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_orders_by_total_both_ways_page_by_page(
    api: Api, other_api: Api, create_customer: Callable[..., Any], place: Callable[..., Any]
) -> None:
    ann, other = create_customer("Ann"), create_customer("Ann", client=other_api)
    made = [place(ann, price) for price in ("5", "7.25", "5", "100", "7.25", "0.01")]
    for price in ("5", "6", "7.25"):
        place(other, price, client=other_api)
    rising = sorted(made, key=lambda one: (one["total"], one["id"]))
    for sort, expected in (("total", rising), ("-total", rising[::-1])):
        seen, query = [], {"sort": sort, "take": 2}
        while True:
            page = api.get(ORDERS, params=query)
            seen += page.data
            assert page.meta["total"] == 6
            if page.meta["next_cursor"] is None:
                break
            query["cursor"] = page.meta["next_cursor"]
        assert seen == expected


def test_orders_narrowed_by_total_and_state(
    api: Api, create_customer: Callable[..., Any], place: Callable[..., Any], owner: Owner
) -> None:
    ann = create_customer("Ann")
    for price in ("5", "7.25", "100", "9999999999.99"):
        place(ann, price)
    owner.execute("UPDATE crm.orders SET payment_status = 'paid' WHERE number = 1002")
    for query, expected in (
        ("total[gte]=7.25", ["1004", "1003", "1002"]),
        ("total[gt]=7.25&total[lt]=100.0000", []),
        ("total=5.0", ["1001"]),
        ("total[in]=5,100", ["1003", "1001"]),
        ("total[gt]=9999999999.98", ["1004"]),
        ("paymentStatus=paid", ["1002"]),
        ("paymentStatus[ne]=paid&total[lte]=100", ["1003", "1001"]),
        ("paymentStatus[nin]=paid,refunded&status=placed", ["1004", "1003", "1001"]),
        ("orderNumber=1003", ["1003"]),
        ("orderNumber[in]=1003,1001,77", ["1003", "1001"]),
        ("createdAt[gte]=2020-01-01T00:00:00Z&take=1", ["1004"]),
        ("createdAt[lt]=2020-01-01T00:00:00Z", []),
    ):
        answer = api.get(ORDERS, query=query)
        assert numbers(answer) == expected, query
        assert answer.meta["total"] == (4 if "take" in query else len(expected)), query


def test_a_time_is_compared_as_it_is_shown(
    api: Api, create_customer: Callable[..., Any], owner: Owner
) -> None:
    ann = create_customer("Ann")
    owner.execute(
        "UPDATE crm.customers SET created_at = '2026-06-05T17:41:09.9876Z' WHERE id = %s", ann["id"]
    )
    at = "2026-06-05T17:41:09Z"
    assert api.get(f"{CUSTOMERS}/{ann['id']}").data["createdAt"] == at
    for operator, found in (
        ("", 1), ("[ne]", 0), ("[gte]", 1), ("[lte]", 1), ("[gt]", 0), ("[lt]", 0),
    ):  # fmt: skip
        assert api.get(CUSTOMERS, query=f"createdAt{operator}={at}").meta["total"] == found


def test_orders_are_found_by_number_and_by_customer(
    api: Api, other_api: Api, create_customer: Callable[..., Any], place: Callable[..., Any]
) -> None:
    ann, bob = create_customer("Ann Lee", email="lee@example.com"), create_customer("Bob")
    place(ann, "1"), place(bob, "2"), place(ann, "3")
    place(create_customer("Ann Lee", client=other_api), "4", client=other_api)
    for text, expected in (
        ("1002", ["1002"]),
        ("ann", ["1003", "1001"]),
        ("LEE@example", ["1003", "1001"]),
        ("lee ann", ["1003", "1001"]),
        ("ann 1002", []),
        ("100", []),
    ):
        answer = api.get(ORDERS, params={"q": text})
        assert (numbers(answer), answer.meta["total"]) == (expected, len(expected)), text
    renamed = api.patch(f"{CUSTOMERS}/{bob['id']}", {"name": "Robert"})
    assert renamed.status == 200
    assert numbers(api.get(ORDERS, params={"q": "robert"})) == ["1002"]
    assert numbers(api.get(ORDERS, params={"q": "bob"})) == []


def test_customers_by_tag_name_and_order(
    api: Api, other_api: Api, create_customer: Callable[..., Any]
) -> None:
    for name, tags in (("Bea", ["vip", "north"]), ("Al", ["vi"]), ("beat", ["vip"]), ("Cy", [])):
        create_customer(name, tags=tags)
    create_customer("Bea", tags=["vip"], client=other_api)
    for query, expected in (
        ("tags[contains]=vip", ["beat", "Bea"]),
        ("tags[contains]=vi", ["Al"]),
        ("tags[contains]=north&q=bea", ["Bea"]),
        ("name[startsWith]=Be", ["Bea"]),
        ("name[startsWith]=be", ["beat"]),
        ("name[contains]=EA", ["beat", "Bea"]),
        ("name[contains]=vip", []),
        ("email[exists]=true", []),
        ("sort=name", ["Al", "Bea", "Cy", "beat"]),
        ("sort=-name&take=2", ["beat", "Cy"]),
        ("sort=createdAt", ["Bea", "Al", "beat", "Cy"]),
    ):
        answer = api.get(CUSTOMERS, query=query)
        assert names(answer) == expected, query
