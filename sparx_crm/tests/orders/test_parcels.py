"""What is sent and what comes back: every piece once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ORDERS = "/v1/crm/orders"
FULFILLMENTS, RETURNS = "/v1/crm/fulfillments", "/v1/crm/returns"


def test_sent_in_two_parcels(shop: Any) -> None:
    order = shop.place(shop.item(10, 3), shop.item(5, 1))
    first = shop.pack(order, (0, 2), carrier="ups", trackingNumber="1Z")
    assert (first.status, first.data["status"]) == (201, "pending")
    assert shop.order(order)["fulfillmentStatus"] == "unfulfilled"
    shipped = shop.api.post(f"{FULFILLMENTS}/{first.data['id']}/ship", {"service": "Ground"}).data
    assert (shipped["status"], shipped["carrier"], shipped["service"]) == (
        *("shipped", "ups", "Ground"),
    )
    order = shop.order(order)
    assert (order["status"], order["fulfillmentStatus"]) == ("placed", "partial")
    assert [one["quantityShipped"] for one in order["items"]] == [2, 0]
    rest = shop.pack(order).data
    assert [one["quantity"] for one in rest["items"]] == [1, 1]
    shop.api.post(f"{FULFILLMENTS}/{rest['id']}/ship")
    order = shop.order(order)
    assert (order["status"], order["fulfillmentStatus"]) == ("fulfilled", "fulfilled")
    assert order["allowedTransitions"] == ["deliver"]
    for parcel in (first.data, rest):
        shop.api.post(f"{FULFILLMENTS}/{parcel['id']}/deliver")
    order = shop.order(order)
    assert (order["status"], order["deliveredAt"] is None) == ("delivered", False)
    assert [one["status"] for one in order["fulfillments"]] == ["delivered"] * 2
    assert shop.events() == [
        *("order.created", "fulfillment.created", "fulfillment.shipped", "fulfillment.created"),
        *("fulfillment.shipped", "order.fulfilled", "fulfillment.delivered"),
        *("fulfillment.delivered", "order.delivered"),
    ]


def test_cancelled_parcel_gives_its_pieces_back(shop: Any) -> None:
    order = shop.place(shop.item(10, 2))
    parcel = shop.pack(order).data
    assert shop.pack(order).error["details"][0]["field"] == "items"
    assert shop.api.post(f"{FULFILLMENTS}/{parcel['id']}/cancel").data["status"] == "cancelled"
    assert shop.order(order)["items"][0]["quantityAssigned"] == 0
    again = shop.pack(order)
    assert again.status == 201
    shop.api.post(f"{FULFILLMENTS}/{again.data['id']}/ship")
    for name in ("ship", "cancel"):
        assert shop.api.post(f"{FULFILLMENTS}/{again.data['id']}/{name}").status == 409


def test_more_than_there_is_is_never_sent(shop: Any, nothing_written: Any) -> None:
    order = shop.place(shop.item(10, 3))
    with nothing_written():
        for pieces in ([(0, 4)], [(0, 2), (0, 2)]):
            answer = shop.pack(order, *pieces)
            assert (answer.status, answer.error["code"]) == (422, "validation_error")
            assert answer.error["details"][0]["field"].endswith(".quantity")
        foreign = [{"orderItemId": order["id"], "quantity": 1}]
        answer = shop.api.post(FULFILLMENTS, {"orderId": order["id"], "items": foreign})
        assert answer.error["details"][0]["field"] == "items[0].orderItemId"
        assert shop.pack(order, trackingUrl="javascript:alert(1)").status == 422


def test_last_piece_is_sent_once(shop: Any) -> None:
    order = shop.place(shop.item(10, 1))
    answers = shop.at_once(20, lambda _: shop.pack(order, (0, 1)))
    assert sorted(one.status for one in answers) == [201] + [422] * 19
    (made,) = (one.data["id"] for one in answers if one.status == 201)
    shipping = shop.at_once(20, lambda _: shop.api.post(f"{FULFILLMENTS}/{made}/ship"))
    assert sorted(one.status for one in shipping) == [200] + [409] * 19
    assert shop.events().count("order.fulfilled") == 1


def test_whole_order_in_one_go_and_delivered_by_hand(
    shop: Any, run_events: Callable[[], int]
) -> None:
    order = shop.place(shop.item(10, 2), shop.item(4))
    path = f"{ORDERS}/{order['id']}"
    sent = shop.api.post(f"{path}/fulfill", {"carrier": "dhl", "trackingNumber": "77"})
    assert (sent.status, sent.data["status"]) == (200, "fulfilled")
    assert [one["trackingNumber"] for one in sent.data["fulfillments"]] == ["77"]
    again = shop.api.post(f"{path}/fulfill", {})
    assert again.error["details"] == {"from": "fulfilled", "to": "fulfilled", "allowed": [
        *("deliver", "refund"),
    ]}  # fmt: skip
    assert shop.api.post(f"{path}/deliver").data["status"] == "delivered"
    run_events()
    assert shop.order(order)["fulfillments"][0]["status"] == "delivered"
    run_events()
    assert shop.events() == [
        *("order.created", "fulfillment.shipped", "order.fulfilled", "order.delivered"),
        "fulfillment.delivered",
    ]


def test_waiting_parcels_come_first(shop: Any) -> None:
    order = shop.place(shop.item(10, 2))
    shop.pack(order, (0, 1))
    answer = shop.api.post(f"{ORDERS}/{order['id']}/fulfill", {})
    assert (answer.status, answer.error["code"]) == (409, "invalid_transition")


def test_pieces_that_are_refunded_need_not_be_sent(shop: Any) -> None:
    order = shop.place(shop.item(10, 3))
    shop.pay(order)
    shop.api.post(f"{FULFILLMENTS}/{shop.pack(order, (0, 2)).data['id']}/ship")
    piece = {"orderItemId": order["items"][0]["id"], "quantity": 1, "cancel": True}
    assert shop.refund(order, items=[piece]).status == 201
    assert shop.order(order)["status"] == "fulfilled"
    assert (
        shop.events()[-2:] == ["refund.settled", "order.fulfilled"]
        or "order.fulfilled" in (shop.events()[-2:])
    )
    assert shop.refund(order, items=[piece]).status == 422, "nothing is left that waits"


def test_tracking_is_changed_and_told_once(shop: Any) -> None:
    parcel = shop.pack(shop.place()).data
    path = f"{FULFILLMENTS}/{parcel['id']}"
    assert shop.api.patch(path, {"trackingNumber": "9"}).data["trackingNumber"] == "9"
    shop.api.patch(path, {"trackingNumber": "9"})
    assert shop.events().count("fulfillment.updated") == 1
    found = shop.api.get(FULFILLMENTS, params={"trackingNumber": "9"})
    assert [one["id"] for one in found.data] == [parcel["id"]]


# -- returns -----------------------------------------------------------------------------------


def test_returned_in_two_parcels(shop: Any) -> None:
    order = shop.place(shop.item(10, 3))
    shop.api.post(f"{ORDERS}/{order['id']}/fulfill", {})
    line = order["items"][0]["id"]
    body = {"orderId": order["id"], "items": [{"orderItemId": line, "quantity": 2}]}
    made = shop.api.post(RETURNS, body | {"reason": "Too many"})
    assert (made.status, made.data["status"]) == (201, "requested")
    assert made.data["items"][0]["restock"] is True
    path = f"{RETURNS}/{made.data['id']}"
    received = [{"orderItemId": line, "quantity": 1, "restock": False}]
    part = shop.api.post(f"{path}/receive", {"items": received}).data
    assert (part["status"], part["items"][0]["quantityReceived"]) == ("partially_received", 1)
    assert part["items"][0]["restock"] is False
    over = shop.api.post(f"{path}/receive", {"items": [{"orderItemId": line, "quantity": 2}]})
    assert over.error["details"][0]["field"] == "items[0].quantity"
    assert shop.api.post(f"{path}/cancel").status == 409
    assert shop.api.post(f"{path}/receive", {}).data["status"] == "received"
    assert shop.order(order)["items"][0]["quantityReturned"] == 2
    assert shop.api.post(f"{path}/receive", {}).error["code"] == "invalid_transition"
    assert shop.events()[3:] == ["return.requested", "return.received", "return.received"]


def test_only_what_was_sent_comes_back(shop: Any, nothing_written: Any) -> None:
    order = shop.place(shop.item(10, 2))
    line = order["items"][0]["id"]
    body = {"orderId": order["id"], "items": [{"orderItemId": line, "quantity": 1}]}
    with nothing_written():
        assert shop.api.post(RETURNS, body).error["details"][0]["field"] == "items[0].quantity"
    shop.api.post(f"{ORDERS}/{order['id']}/fulfill", {})
    answers = shop.at_once(20, lambda _: shop.api.post(RETURNS, body))
    assert sorted(one.status for one in answers) == [201] * 2 + [422] * 18
    made = next(one.data["id"] for one in answers if one.status == 201)
    assert shop.api.post(f"{RETURNS}/{made}/cancel").data["status"] == "cancelled"
    assert shop.api.post(RETURNS, body).status == 201


@pytest.mark.parametrize("path", [FULFILLMENTS, RETURNS])
def test_other_tenants_see_and_touch_nothing(shop: Any, other_shop: Any, path: str) -> None:
    order = shop.place()
    shop.api.post(f"{ORDERS}/{order['id']}/fulfill", {})
    line = {"orderItemId": order["items"][0]["id"], "quantity": 1}
    shop.api.post(RETURNS, {"orderId": order["id"], "items": [line]})
    assert other_shop.api.get(path).data == []
    mine = shop.api.get(path).data[0]["id"]
    assert other_shop.api.get(f"{path}/{mine}").status == 404
    answer = other_shop.api.post(path, {"orderId": order["id"], "items": [line]})
    assert answer.error["details"][0]["field"] == "orderId"
    theirs = other_shop.place()
    answer = other_shop.api.post(path, {"orderId": theirs["id"], "items": [line]})
    assert answer.error["details"][0]["field"] == "items[0].orderItemId"
