"""Orders: exactly what the quickstart promises, priced to the digit, counted without a gap."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparx_core import ValidationFailed
from sparx_core.money import currency_digits
from sparx_core.testing import Api, Owner, TenantMaker
from sparx_crm.pricing import price_items

PATH = "/v1/crm/orders"

#: The body of the quickstart, byte for byte but for the customer's id.
QUICKSTART = """{
    "customerId": "CUSTOMER",
    "currency": "USD",
    "items": [
      { "sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8,\
 "unitPrice": 289.50 }
    ]
  }"""

#: Its answer, with what differs from order to order in capitals.
ANSWER = (
    '{"success":true,"data":{"id":"ID","orderNumber":"1001","status":"placed",'
    '"paymentStatus":"unpaid","customerId":"CUSTOMER","currency":"USD","subtotal":2316.00,'
    '"total":2316.00,"items":[{"sku":"INJ-6.7-CR","name":"6.7L Common-Rail Injector",'
    '"quantity":8,"unitPrice":289.50}],"createdAt":"CREATED"}}'
)


def item(quantity: Any = 1, price: Any = 10, **more: Any) -> dict[str, Any]:
    return {"sku": "S", "name": "N", "quantity": quantity, "unitPrice": price, **more}


# -- the quickstart --------------------------------------------------------------------------------


def test_quickstart_to_the_byte(api: Api, customer: Any) -> None:
    asked = datetime.now(UTC)
    answer = api.post(PATH, body=QUICKSTART.replace("CUSTOMER", customer["id"]).encode())
    answered = datetime.now(UTC)
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    order = answer.data
    expected = (
        ANSWER.replace("ID", order["id"], 1)
        .replace("CUSTOMER", customer["id"])
        .replace("CREATED", order["createdAt"])
    )
    assert answer.text == expected
    assert str(UUID(order["id"])) == order["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", order["createdAt"])
    # However long it took; the second is cut off, and the clock may be another machine's.
    about = timedelta(seconds=2)
    assert asked - about < datetime.fromisoformat(order["createdAt"]) < answered + about


def test_as_javascript_writes_the_number(api: Api, customer: Any) -> None:
    body = QUICKSTART.replace("CUSTOMER", customer["id"]).replace("289.50", "289.5")
    answer = api.post(PATH, body=body.encode())
    assert '"unitPrice":289.50}' in answer.text
    assert '"total":2316.00,' in answer.text


def test_list_shows_the_very_same_and_get_shows_more(api: Api, customer: Any) -> None:
    placed = api.post(PATH, body=QUICKSTART.replace("CUSTOMER", customer["id"]).encode())
    order = placed.text.removeprefix('{"success":true,"data":').removesuffix("}")
    assert api.get(PATH).text == (
        f'{{"success":true,"data":[{order}],"meta":{{"total":1,"per_page":50,"next_cursor":null}}}}'
    )
    path = f"{PATH}/{placed.data['id']}"
    assert api.get(path, params={"fields": "*"}).text == placed.text
    whole = api.get(path).data
    for shown, more in ((placed.data, whole), (placed.data["items"][0], whole["items"][0])):
        found = {name: more[name] for name in shown}
        assert {**found, "items": None} == {**shown, "items": None}
        assert list(found) == list(shown)


def test_currency_is_the_tenants_if_absent(new_tenant: TenantMaker, anonymous: Api) -> None:
    api = anonymous.with_key(new_tenant(currency="JPY").api_key)
    customer = api.post("/v1/crm/customers", {"name": "Aki"}).data
    order = api.post(PATH, {"customerId": customer["id"], "items": [item(3, 500)]}).data
    assert (order["currency"], order["total"]) == ("JPY", 1500)


def test_items_keep_their_order(api: Api, customer: Any) -> None:
    items = [item(sku=f"S{number}", quantity=number + 1) for number in range(50)]
    placed = api.post(PATH, {"customerId": customer["id"], "items": items}).data
    assert [one["sku"] for one in placed["items"]] == [one["sku"] for one in items]
    assert api.get(f"{PATH}/{placed['id']}", params={"fields": "*"}).data == placed


def test_thousand_items_are_accepted(api: Api, customer: Any, owner: Owner) -> None:
    items = [item(2, "0.01") | {"unitPrice": Decimal("0.01")} for _ in range(1000)]
    placed = api.post(PATH, {"customerId": customer["id"], "items": items}).data
    assert (len(placed["items"]), placed["total"]) == (1000, Decimal("20.00"))
    query = "SELECT count(*) FROM crm.order_items WHERE order_id = %s"
    assert owner.value(query, placed["id"]) == 1000


# -- money -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "lines", "total", "prices"),
    [
        ("USD", [(8, "289.50")], "2316.00", ["289.50"]),
        ("USD", [(1, "0")], "0.00", ["0.00"]),
        ("USD", [(1, "0.01")], "0.01", ["0.01"]),
        ("USD", [(3, "0.10")], "0.30", ["0.10"]),
        # A price may have four digits more than its currency; the line is rounded once.
        ("USD", [(1000, "0.0125")], "12.50", ["0.0125"]),
        ("USD", [(1, "0.0050")], "0.01", ["0.005"]),
        ("USD", [(1, "0.0049")], "0.00", ["0.0049"]),
        ("USD", [(3, "0.3333")], "1.00", ["0.3333"]),
        ("USD", [(3, "33.333333")], "100.00", ["33.333333"]),
        # Each line is rounded, and the total is the sum of rounded lines: not 0.01.
        ("USD", [(1, "0.005"), (1, "0.005")], "0.02", ["0.005", "0.005"]),
        ("USD", [(1, "1.115"), (1, "1.125")], "2.25", ["1.115", "1.125"]),
        ("USD", [(1, "1.1"), (2, "2.20"), (3, "3")], "14.50", ["1.10", "2.20", "3.00"]),
        ("JPY", [(3, "1200")], "3600", ["1200"]),
        ("JPY", [(3, "0.5")], "2", ["0.5"]),
        ("JPY", [(1, "0.4999")], "0", ["0.4999"]),
        ("KRW", [(7, "0.0715")], "1", ["0.0715"]),
        ("BHD", [(2, "1.234")], "2.468", ["1.234"]),
        ("BHD", [(1, "0.0005")], "0.001", ["0.0005"]),
        ("BHD", [(3, "0.3333333")], "1.000", ["0.3333333"]),
        ("CLF", [(1, "1.2345")], "1.2345", ["1.2345"]),
        ("CLF", [(1, "0.00005")], "0.0001", ["0.00005"]),
        ("USD", [(1_000_000, "9999999")], "9999999000000.00", ["9999999.00"]),
        ("USD", [(1, "9999999999.999999")], "10000000000.00", ["9999999999.999999"]),
    ],
)
def test_totals_to_the_digit(
    api: Api,
    customer: Any,
    currency: str,
    lines: list[tuple[int, str]],
    total: str,
    prices: list[str],
) -> None:
    items = [item(quantity, Decimal(price)) for quantity, price in lines]
    answer = api.post(PATH, {"customerId": customer["id"], "currency": currency, "items": items})
    assert answer.status == 201, answer.text
    assert f'"subtotal":{total},"total":{total},' in answer.text
    assert re.findall(r'"unitPrice":([0-9.]+)', answer.text) == prices
    assert api.get(f"{PATH}/{answer.data['id']}", params={"fields": "*"}).text == answer.text


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 1_000_000),
            st.decimals(min_value=0, max_value=10_000, places=4, allow_nan=False),
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(["USD", "JPY", "BHD", "CLF"]),
)
def test_total_is_the_sum_of_lines_each_rounded_once(
    lines: list[tuple[int, Decimal]], currency: str
) -> None:
    unit = Decimal(1).scaleb(-currency_digits()[currency])
    priced = price_items(
        currency, [{"quantity": quantity, "unit_price": price} for quantity, price in lines]
    )
    exact = [quantity * price for quantity, price in lines]
    assert list(priced.lines) == [one.quantize(unit, ROUND_HALF_UP) for one in exact]
    assert priced.subtotal == sum(priced.lines)
    assert all(abs(line - one) <= unit / 2 for line, one in zip(priced.lines, exact, strict=True))


@pytest.mark.parametrize(
    ("currency", "price", "allowed"),
    [("USD", "0.0000001", 6), ("JPY", "0.00001", 4), ("BHD", "0.00000001", 7)],
)
def test_more_than_four_extra_digits_are_refused_by_line(
    currency: str, price: str, allowed: int
) -> None:
    items = [{"quantity": 1, "unit_price": Decimal(one)} for one in ("1", price, price)]
    with pytest.raises(ValidationFailed) as raised:
        price_items(currency, items)
    assert [problem["field"] for problem in raised.value.details] == [
        "items[1].unitPrice",
        "items[2].unitPrice",
    ]
    assert f"{currency} allows {allowed} digits" in raised.value.details[0]["message"]


def test_total_that_no_column_can_hold_is_refused() -> None:
    items = [{"quantity": 1_000_000, "unit_price": Decimal("9999999999")}] * 2
    with pytest.raises(ValidationFailed) as raised:
        price_items("USD", items * 500)
    assert raised.value.details[0]["field"] == "items"


# -- numbers ---------------------------------------------------------------------------------------


def test_numbers_begin_at_1001_in_each_tenant_and_are_text(
    api: Api, other_api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any]
) -> None:
    mine, theirs = create_customer(), create_customer(client=other_api)
    assert [place_order(mine)["orderNumber"] for _ in range(3)] == ["1001", "1002", "1003"]
    assert place_order(theirs, client=other_api)["orderNumber"] == "1001"
    assert place_order(mine)["orderNumber"] == "1004"


def test_refused_orders_take_no_number(
    api: Api, customer: Any, place_order: Callable[..., Any]
) -> None:
    place_order(customer)
    for body in (
        {"customerId": customer["id"], "items": [item(0)]},
        {"customerId": "01a2007d-fd87-73b7-b820-b471a0e40afc", "items": [item()]},
    ):
        assert api.post(PATH, body).status == 422
    assert place_order(customer)["orderNumber"] == "1002"


def test_twenty_clients_at_once_get_every_number_once(
    api: Api,
    other_api: Api,
    create_customer: Callable[..., Any],
    owner: Owner,
    new_tenant: TenantMaker,
) -> None:
    mine, theirs = create_customer(), create_customer(client=other_api)
    each, barrier, answers = 5, Barrier(20), []

    def buy(client: Api, customer: Any, bad: bool) -> None:
        barrier.wait()
        for _ in range(each):
            body = {"customerId": customer["id"], "items": [item(0 if bad else 1)]}
            answers.append((client.key, client.post(PATH, body)))

    # Among them another tenant's clients, and some whose orders are refused.
    threads = [
        Thread(target=buy, args=(other_api, theirs, False) if number % 5 == 0
               else (api, mine, number % 5 == 1))
        for number in range(20)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client, clients in ((api, 12), (other_api, 4)):
        placed = [one.data for key, one in answers if key == client.key and one.status == 201]
        numbers = sorted(int(order["orderNumber"]) for order in placed)
        assert numbers == list(range(1001, 1001 + clients * each))
    refused = [one for _, one in answers if one.status != 201]
    assert {one.status for one in refused} == {422}
    assert len(refused) == 4 * each
    assert owner.rows(
        "SELECT count(*), count(DISTINCT number), min(number), max(number) FROM crm.orders"
        " WHERE tenant_id = %s",
        new_tenant.made[0],
    ) == [(60, 60, 1001, 1060)]


# -- the fact --------------------------------------------------------------------------------------


def test_order_created_carries_the_order(
    api: Api, customer: Any, place_order: Callable[..., Any], owner: Owner, tenant: Any
) -> None:
    place_order(customer)
    order = place_order(customer, "12.345")
    answer = api.get(f"{PATH}/{order['id']}", params={"fields": "*"})
    events = owner.rows(
        "SELECT aggregate_type, aggregate_id::text, data::text FROM core.events"
        " WHERE tenant_id = %s AND type = 'order.created' ORDER BY position",
        tenant.tenant_id,
    )
    assert len(events) == 2
    kind, row, payload = events[1]
    assert (kind, row) == ("crm.orders", answer.data["id"])
    assert payload == answer.text.removeprefix('{"success":true,"data":').removesuffix("}")
    assert json.loads(payload)["orderNumber"] == "1002"


# -- lists -----------------------------------------------------------------------------------------


def test_orders_of_a_customer_and_by_status(
    api: Api, create_customer: Callable[..., Any], place_order: Callable[..., Any], owner: Owner
) -> None:
    ann, bob = create_customer("Ann"), create_customer("Bob")
    first, second, third = place_order(ann), place_order(bob), place_order(ann)
    found = api.get(PATH, params={"customerId": ann["id"]})
    assert [order["id"] for order in found.data] == [third["id"], first["id"]]
    owner.execute("UPDATE crm.orders SET status = 'cancelled' WHERE id = %s", first["id"])
    found = api.get(PATH, params={"status": "placed"})
    assert [order["id"] for order in found.data] == [third["id"], second["id"]]
    for bad in ("customerId=nonsense", "status=lost", "currency=USD", "subtotal[gt]=1"):
        assert api.get(PATH, query=bad).status == 400


def test_orders_are_never_deleted_nor_their_status_set(
    api: Api, customer: Any, place_order: Callable[..., Any]
) -> None:
    order = place_order(customer)
    for method in ("PUT", "DELETE"):
        answer = api.request(method, f"{PATH}/{order['id']}", json={"status": "refunded"})
        assert (answer.status, answer.headers["Allow"].split(", ")[0]) == (405, "GET")
    assert api.patch(f"{PATH}/{order['id']}", {"status": "refunded"}).status == 422
