"""Payments and refunds: what is due, what is paid, and never more back than there was."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner
from sparx_crm.order_money import payment_status

ORDERS, PAYMENTS, REFUNDS = "/v1/crm/orders", "/v1/crm/payments", "/v1/crm/refunds"


@pytest.mark.parametrize(
    ("captured", "refunded", "total", "status"),
    [
        (0, 0, 100, "unpaid"),
        (0, 0, 0, "paid"),
        (1, 0, 100, "partially_paid"),
        (100, 0, 100, "paid"),
        (101, 0, 100, "paid"),
        (100, 40, 100, "paid"),
        (50, 40, 100, "partially_paid"),
        (100, 100, 100, "refunded"),
        (50, 50, 100, "refunded"),
    ],
)
def test_payment_status_is_a_function(
    captured: int, refunded: int, total: int, status: str
) -> None:
    assert payment_status(Decimal(captured), Decimal(refunded), Decimal(total)) == status


# -- payments ----------------------------------------------------------------------------------


def test_paid_in_parts(shop: Any) -> None:
    order = shop.place(shop.item("100.00"))
    assert (order["balanceDue"], order["paymentStatus"]) == (100, "unpaid")
    first = shop.pay(order, Decimal("40.00"), processor="wire")
    assert (first.status, first.data["status"], first.data["capturedAt"] is None) == (
        201,
        "captured",
        False,
    )
    order = shop.order(order)
    assert (order["amountPaid"], order["balanceDue"]) == (40, 60)
    assert (order["paymentStatus"], order["paidAt"]) == ("partially_paid", None)
    shop.pay(order, 60)
    order = shop.order(order)
    assert (order["balanceDue"], order["paymentStatus"]) == (0, "paid")
    assert order["paidAt"] is not None
    assert [one["amount"] for one in order["payments"]] == [40, 60]
    assert shop.events() == [
        *("order.created", "payment.captured", "payment.captured", "order.paid")
    ]
    found = shop.api.get(ORDERS, params={"paymentStatus": "paid"})
    assert [one["id"] for one in found.data] == [order["id"]]


def test_authorized_then_captured_in_parts_then_let_go(shop: Any) -> None:
    order = shop.place(shop.item(100))
    payment = shop.pay(order, 100, status="pending").data
    path = f"{PAYMENTS}/{payment['id']}"
    assert payment["allowedTransitions"] == ["authorize", "capture", "void", "fail"]
    assert shop.api.post(f"{path}/authorize").data["status"] == "authorized"
    assert shop.api.post(f"{path}/authorize").error["code"] == "invalid_transition"
    part = shop.api.post(f"{path}/capture", {"amount": 30}).data
    assert (part["status"], part["capturedAmount"]) == ("partially_captured", 30)
    too_much = shop.api.post(f"{path}/capture", {"amount": Decimal("70.01")})
    assert too_much.error["details"][0]["field"] == "amount"
    assert shop.api.post(f"{path}/fail").error["code"] == "invalid_transition"
    rest = shop.api.post(f"{path}/void").data
    assert (rest["status"], rest["capturedAmount"]) == ("captured", 30)
    assert shop.order(order)["amountPaid"] == 30
    assert shop.events() == [
        *("order.created", "payment.created", "payment.authorized", "payment.captured"),
        "payment.voided",
    ]


def test_failed_and_voided_pay_nothing(shop: Any) -> None:
    order = shop.place()
    failing, voiding = (shop.pay(order, status="authorized").data["id"] for _ in range(2))
    failed = shop.api.post(f"{PAYMENTS}/{failing}/fail", {"reason": "declined"}).data
    assert (failed["status"], failed["failureReason"]) == ("failed", "declined")
    assert shop.api.post(f"{PAYMENTS}/{voiding}/void").data["status"] == "voided"
    for one in (failing, voiding):
        answer = shop.api.post(f"{PAYMENTS}/{one}/capture")
        assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
        assert answer.error["details"]["allowed"] == []
    assert shop.order(order)["paymentStatus"] == "unpaid"


def test_processors_name_is_recorded_once(shop: Any) -> None:
    order, another = shop.place(), shop.place()
    first = shop.pay(order, 4, processor="stripe", processorRef="ch_1")
    again = shop.pay(order, 4, processor="stripe", processorRef="ch_1")
    assert (again.status, again.data["id"]) == (201, first.data["id"])
    assert shop.order(order)["amountPaid"] == 4
    assert shop.events().count("payment.captured") == 1
    for wrong in (
        shop.pay(order, 5, processor="stripe", processorRef="ch_1"),
        shop.pay(another, 4, processor="stripe", processorRef="ch_1"),
    ):
        assert (wrong.status, wrong.error["code"]) == (409, "conflict")
    assert shop.pay(another, 4, processor="paypal", processorRef="ch_1").status == 201


def test_more_than_is_due_only_if_it_is_meant(shop: Any, nothing_written: Any) -> None:
    order = shop.place(shop.item(10))
    with nothing_written():
        assert shop.pay(order, Decimal("10.01")).error["details"][0]["field"] == "amount"
    assert shop.pay(order, 12, allowOverpayment=True).status == 201
    order = shop.order(order)
    assert (order["paymentStatus"], order["balanceDue"], order["creditOwed"]) == ("paid", 0, 2)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": Decimal("1.001")}, "amount"),
        ({"amount": "5"}, "amount"),
        ({"currency": "EUR"}, "currency"),
        ({"status": "voided"}, "status"),
        ({"processor": "barter"}, "processor"),
        ({"orderId": "01a2007d-fd87-73b7-b820-b471a0e40afc"}, "orderId"),
        ({"orderId": None}, "orderId"),
        ({"capturedAmount": 1}, "capturedAmount"),
    ],
)
def test_bad_payments_write_nothing(
    shop: Any, nothing_written: Any, values: dict[str, Any], field: str
) -> None:
    order = shop.place()
    with nothing_written():
        answer = shop.api.post(PAYMENTS, {"orderId": order["id"], "amount": 1, **values})
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert answer.error["details"][0]["field"] == field


def test_yen_have_no_cents(shop: Any) -> None:
    order = shop.place(shop.item(500), currency="JPY")
    assert shop.pay(order, Decimal("0.5")).error["details"][0]["field"] == "amount"
    assert '"amount":500,' in shop.pay(order, 500).text


def test_twenty_captures_at_once_take_what_there_is(shop: Any) -> None:
    order = shop.place(shop.item(100))
    payment = shop.pay(order, 100, status="authorized").data
    path = f"{PAYMENTS}/{payment['id']}/capture"
    answers = shop.at_once(20, lambda _: shop.api.post(path, {"amount": 9}))
    taken = [one for one in answers if one.status == 200]
    assert len(taken) == 11
    assert {one.status for one in answers if one not in taken} == {422}
    assert shop.order(order)["amountPaid"] == 99
    assert shop.events().count("payment.captured") == 11


def test_twenty_records_of_one_charge_are_one(shop: Any) -> None:
    order = shop.place(shop.item(100))
    answers = shop.at_once(20, lambda _: shop.pay(order, processor="stripe", processorRef="ch"))
    assert {one.status for one in answers} == {201}
    assert len({one.data["id"] for one in answers}) == 1
    assert (shop.order(order)["amountPaid"], shop.events().count("order.paid")) == (100, 1)


# -- refunds -----------------------------------------------------------------------------------


def test_line_comes_back_for_what_was_paid(shop: Any) -> None:
    """AC-C5: 150 and 60 with 20 % off; then the last cent."""
    order = shop.place(shop.item(150), shop.item(60), discountAmount=42)
    assert (order["total"], order["items"][0]["allocatedDiscount"]) == (168, 30)
    assert shop.pay(order).status == 201
    first = {"orderItemId": order["items"][0]["id"], "quantity": 1}
    refund = shop.refund(order, items=[first])
    assert (refund.status, refund.data["amount"], refund.data["status"]) == (201, 120, "settled")
    assert shop.order(order)["paymentStatus"] == "paid"
    refused = shop.refund(order, amount=Decimal("48.01"))
    assert (refused.status, refused.error["code"]) == (422, "refund_exceeds_captured")
    assert refused.error["details"]["available"] == 48
    assert shop.refund(order, amount=48).status == 201
    assert shop.order(order)["paymentStatus"] == "refunded"
    assert shop.refund(order, amount=Decimal("0.01")).error["code"] == "refund_exceeds_captured"
    again = shop.refund(order, items=[first])
    assert again.error["details"][0]["field"] == "items[0].quantity"


def test_piece_by_piece_to_the_cent(shop: Any) -> None:
    order = shop.place(shop.item("6.6666", 3))
    assert order["total"] == 20
    shop.pay(order)
    piece = {"orderItemId": order["items"][0]["id"], "quantity": 1}
    found = [shop.refund(order, items=[piece]).data["amount"] for _ in range(3)]
    assert found == [Decimal("6.67"), Decimal("6.66"), Decimal("6.67")]


def test_pending_counts_until_it_fails(shop: Any) -> None:
    order = shop.place(shop.item(30, 3))
    shop.pay(order)
    piece = {"orderItemId": order["items"][0]["id"], "quantity": 2}
    refund = shop.refund(order, items=[piece], status="pending").data
    assert (refund["status"], refund["amount"]) == ("pending", 60)
    order = shop.order(order)
    assert (order["amountRefunding"], order["amountRefunded"]) == (60, 0)
    assert order["items"][0]["quantityRefunded"] == 2
    assert shop.refund(order, amount=31).error["details"]["pending"] == 60
    failed = shop.api.post(f"{REFUNDS}/{refund['id']}/fail", {"reason": "closed account"}).data
    assert (failed["status"], failed["allowedTransitions"]) == ("failed", [])
    order = shop.order(order)
    assert (order["amountRefunding"], order["items"][0]["amountRefunded"]) == (0, 0)
    again = shop.refund(order, items=[piece], status="pending").data
    settled = shop.api.post(f"{REFUNDS}/{again['id']}/settle", {"processorRef": "re_1"}).data
    assert (settled["status"], settled["processorRef"]) == ("settled", "re_1")
    assert shop.api.post(f"{REFUNDS}/{again['id']}/fail").status == 409
    order = shop.order(order)
    assert (order["amountRefunded"], order["amountRefunding"]) == (60, 0)
    assert shop.events()[3:] == [
        *("refund.created", "refund.failed", "refund.created", "refund.settled")
    ]


def test_payment_gives_back_no_more_than_it_took(shop: Any) -> None:
    order, another = shop.place(shop.item(100)), shop.place()
    card, wire = (shop.pay(order, amount).data["id"] for amount in (30, 70))
    theirs = shop.pay(another).data["id"]
    assert shop.refund(order, amount=31, paymentId=card).error["details"]["captured"] == 30
    assert shop.refund(order, amount=20, paymentId=card, status="pending").status == 201
    assert shop.refund(order, amount=11, paymentId=card).error["details"]["available"] == 10
    assert shop.refund(order, amount=70, paymentId=wire).status == 201
    wrong = shop.refund(order, amount=1, paymentId=theirs)
    assert wrong.error["details"][0]["field"] == "paymentId"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": Decimal("0.001")}, "amount"),
        ({"amount": 1, "currency": "EUR"}, "currency"),
        ({"items": [{"orderItemId": "LINE", "quantity": 2}]}, "items[0].quantity"),
        ({"items": [{"orderItemId": "LINE", "quantity": 0}]}, "items[0].quantity"),
        ({"items": [{"orderItemId": "ORDER", "quantity": 1}]}, "items[0].orderItemId"),
        ({"items": [{"orderItemId": "LINE", "quantity": 1}], "amount": 9}, "amount"),
        ({"items": [{"orderItemId": "LINE", "quantity": 1, "amount": 3}]}, "items[0].amount"),
        ({"amount": 1, "paymentId": "ORDER"}, "paymentId"),
        ({"amount": 1, "status": "failed"}, "status"),
    ],
)
def test_bad_refunds_write_nothing(
    shop: Any, nothing_written: Any, values: dict[str, Any], field: str
) -> None:
    order = shop.place(shop.item(10))
    shop.pay(order)
    body = {"orderId": order["id"], **values}
    for one in body.get("items", []):
        one["orderItemId"] = (
            order["items"][0]["id"] if one["orderItemId"] == "LINE" else order["id"]
        )
    if "paymentId" in body:
        body["paymentId"] = order["id"]
    with nothing_written():
        answer = shop.api.post(REFUNDS, body)
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert answer.error["details"][0]["field"] == field


def test_unpaid_order_gives_nothing_back(shop: Any) -> None:
    assert shop.refund(shop.place(), amount=1).error["code"] == "refund_exceeds_captured"


def test_twenty_refunds_at_once_never_exceed(shop: Any) -> None:
    order = shop.place(shop.item(168))
    shop.pay(order)
    state = ("settled", "pending")
    answers = shop.at_once(20, lambda n: shop.refund(order, amount=25, status=state[n % 2]))
    assert sorted(one.status for one in answers) == [201] * 6 + [422] * 14
    order = shop.order(order)
    assert order["amountRefunded"] + order["amountRefunding"] == 150
    assert len(order["refunds"]) == 6


def test_statistics_follow_the_money(
    shop: Any, run_events: Callable[[], int], owner: Owner
) -> None:
    kept, gone = shop.place(shop.item(100)), shop.place(shop.item(7))
    shop.pay(kept)
    shop.refund(kept, amount=40)
    shop.api.post(f"{ORDERS}/{gone['id']}/cancel")
    run_events()
    run_events()
    found = shop.api.get(f"/v1/crm/customers/{shop.customer}").data
    assert (found["orderCount"], found["totalSpent"]) == (1, 60)


def test_other_tenants_see_and_touch_nothing(shop: Any, other_shop: Any) -> None:
    order = shop.place(shop.item(50))
    payment = shop.pay(order, 50, status="authorized", processor="stripe", processorRef="x").data
    theirs = other_shop.place(shop.item(50))
    assert other_shop.pay(theirs, processor="stripe", processorRef="x").status == 201
    api: Api = other_shop.api
    assert api.get(f"{PAYMENTS}/{payment['id']}").status == 404
    assert api.post(f"{PAYMENTS}/{payment['id']}/capture").status == 404
    assert [one["orderId"] for one in api.get(PAYMENTS).data] == [theirs["id"]]
    for path in (PAYMENTS, REFUNDS):
        answer = api.post(path, {"orderId": order["id"], "amount": 1})
        assert answer.error["details"][0]["field"] == "orderId"
    answer = api.post(REFUNDS, {"orderId": theirs["id"], "amount": 1, "paymentId": payment["id"]})
    assert answer.error["details"][0]["field"] == "paymentId"
    assert shop.order(order)["amountPaid"] == 0
