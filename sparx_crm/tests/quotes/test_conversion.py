"""Accepted quotes become orders, once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

from .offers import LINE, PATH, PLAIN, SEVERAL, Maker, Watch, refused, signature

ORDERS = "/v1/crm/orders"


@pytest.fixture
def accept_quote(api: Api, send_quote: Maker) -> Maker:
    """Drafts, sends and accepts a quote."""

    def accept(**more: Any) -> Any:
        sent = send_quote(**more)
        return api.post(f"{PATH}/{sent['id']}/accept", signature(sent)).data

    return accept


@pytest.mark.parametrize("body", [PLAIN, {"items": [LINE]}, SEVERAL])
def test_order_is_the_quote(
    api: Api, accept_quote: Maker, events_of: Callable[[Any], list[str]], body: Any
) -> None:
    quote = accept_quote(**body)
    converted = api.post(f"{PATH}/{quote['id']}/convert").data
    assert converted["status"] == "ordered"
    order = api.get(f"{ORDERS}/{converted['orderId']}").data
    money = ("currency", "subtotal", "discountTotal", "shippingTotal", "taxTotal", "total")
    assert {name: order[name] for name in money} == {name: quote[name] for name in money}
    assert order["customerId"] == quote["customerId"]
    lines = ("sku", "name", "quantity", "unitPrice", "discountAmount", "tax", "total")
    assert [{name: one[name] for name in lines} for one in order["items"]] == [
        {name: one[name] for name in lines} for one in quote["items"]
    ]
    assert all(one["quantityOrdered"] == one["quantity"] for one in converted["items"])
    assert order["quoteId"] == quote["id"]
    assert events_of(quote) == ["created", "sent", "accepted", "converted"]


def test_acceptance_numbers_end_in_the_order(api: Api, accept_quote: Maker) -> None:
    quote = accept_quote(items=[LINE])
    order_id = api.post(f"{PATH}/{quote['id']}/convert").data["orderId"]
    assert api.get(f"{ORDERS}/{order_id}").data["total"] == Decimal("1176.06")


def test_one_order_of_many_conversions(
    api: Api, accept_quote: Maker, events_of: Callable[[Any], list[str]]
) -> None:
    quote = accept_quote(**SEVERAL)
    path = f"{PATH}/{quote['id']}/convert"
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: api.post(path).status, range(20)))
    assert sorted(statuses) == [200] + [409] * 19
    assert api.get(ORDERS).meta["total"] == 1
    assert events_of(quote)[-1] == "converted"
    assert events_of(quote).count("converted") == 1


def test_second_conversion_writes_nothing(
    api: Api, accept_quote: Maker, nothing_written: Watch
) -> None:
    path = f"{PATH}/{accept_quote()['id']}"
    api.post(f"{path}/convert")
    with nothing_written():
        error = refused(api.post(f"{path}/convert"), 409, "invalid_transition")
        assert error["details"]["from"] == "ordered"
        refused(api.post(f"{path}/revise"), 409, "invalid_transition")
    assert len(api.get(f"{path}?include=orders").data["orders"]) == 1


def test_retry_with_a_key_gets_the_same_order(api: Api, accept_quote: Maker) -> None:
    path = f"{PATH}/{accept_quote()['id']}/convert"
    first, second = (api.post(path, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert first.data["orderId"] == second.data["orderId"]


def test_parts_add_up(
    api: Api, accept_quote: Maker, nothing_written: Watch, events_of: Callable[[Any], list[str]]
) -> None:
    quote = accept_quote(**SEVERAL)
    path = f"{PATH}/{quote['id']}/convert"
    first = api.post(path, {"items": [{"line": 0, "quantity": 33}, {"line": 1, "quantity": 3}]})
    assert first.data["status"] == "partially_ordered"
    assert [one["quantityOrdered"] for one in first.data["items"]] == [33, 3, 0]
    with nothing_written():
        for items, field in (
            ([{"line": 0, "quantity": 68}], "items[0].quantity"),
            ([{"line": 1, "quantity": 1}], "items[0].quantity"),
            ([{"line": 3, "quantity": 1}], "items[0].line"),
            ([{"line": 0, "quantity": 1}, {"line": 0, "quantity": 1}], "items[1].line"),
            ([{"line": 0, "quantity": 0}], "items[0].quantity"),
            ([], "items"),
        ):
            error = refused(api.post(path, {"items": items}), 422, "validation_error")
            assert error["details"][0]["field"] == field
    second = api.post(path).data
    assert second["status"] == "ordered"
    orders = [api.get(f"{ORDERS}/{one}").data for one in (first.data["orderId"], second["orderId"])]
    for name in ("subtotal", "discountTotal", "shippingTotal"):
        # A line's base is rounded for each part of it.
        assert abs(sum(one[name] for one in orders) - quote[name]) <= Decimal("0.01"), name
    assert sum(one["discountTotal"] for one in orders) == quote["discountTotal"]
    assert [len(one["items"]) for one in orders] == [2, 2]
    assert orders[1]["shippingTotal"] == 0
    assert events_of(quote)[-2:] == ["converted", "converted"]


def test_parts_at_once_never_order_more(api: Api, accept_quote: Maker) -> None:
    quote = accept_quote(items=[{**PLAIN["items"][0], "quantity": 7}])
    path = f"{PATH}/{quote['id']}/convert"
    body = {"items": [{"line": 0, "quantity": 2}]}
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: api.post(path, body).status, range(20)))
    assert sorted(statuses) == [200] * 3 + [422] * 17
    assert api.get(ORDERS).meta["total"] == 3
    assert api.get(f"{PATH}/{quote['id']}").data["items"][0]["quantityOrdered"] == 6


def test_account_alone_orders_nothing(api: Api, customer: Any, nothing_written: Watch) -> None:
    account = api.post("/v1/crm/accounts", {"name": "Lindgren Diesel"}).data
    quote = api.post(PATH, {"accountId": account["id"], **PLAIN}).data
    sent = api.post(f"{PATH}/{quote['id']}/send").data
    api.post(f"{PATH}/{quote['id']}/accept", signature(sent))
    with nothing_written():
        error = refused(api.post(f"{PATH}/{quote['id']}/convert"), 422, "validation_error")
        assert error["details"][0]["field"] == "customerId"
    made = api.post(f"{PATH}/{quote['id']}/convert", {"customerId": customer["id"]}).data
    order = api.get(f"{ORDERS}/{made['orderId']}").data
    assert (order["customerId"], order["accountId"]) == (customer["id"], account["id"])


def test_deal_is_won(api: Api, accept_quote: Maker, run_events: Any) -> None:
    deal = api.post("/v1/crm/deals", {"title": "Injectors"}).data
    quote = accept_quote(dealId=deal["id"])
    api.post(f"{PATH}/{quote['id']}/convert")
    run_events()
    assert api.get(f"/v1/crm/deals/{deal['id']}").data["status"] == "won"


def test_order_of_a_quote_is_one_in_the_database(
    api: Api, owner: Owner, accept_quote: Maker
) -> None:
    quote = accept_quote()
    api.post(f"{PATH}/{quote['id']}/convert")
    again = (
        "INSERT INTO crm.orders (tenant_id, id, customer_id, number, currency, subtotal, total,"
        " quote_id, quote_conversion) SELECT tenant_id, gen_random_uuid(), customer_id, 9,"
        " currency, subtotal, total, quote_id, quote_conversion FROM crm.orders WHERE quote_id = %s"
    )
    with pytest.raises(Exception, match="quote"):
        owner.execute(again, quote["id"])
