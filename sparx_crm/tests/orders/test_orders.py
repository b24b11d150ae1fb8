"""Orders with all that they may have: taxes, discounts, shipping, addresses; changed, over."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

ORDERS = "/v1/crm/orders"
SALES_TAX = {"name": "Sales tax", "rate": Decimal("8.875")}
ADDRESS = {"line1": "1 Harbour Road", "city": "Oakland", "country": "US", "postalCode": "94607"}
MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"


# -- placed ------------------------------------------------------------------------------------


def test_taxes_discounts_and_shipping(shop: Any) -> None:
    order = shop.place(
        shop.item("12.345", 100, discountAmount=Decimal("154.31"), taxes=[SALES_TAX]),
        shop.item(120, taxes=[{"name": "VAT", "rate": 20}], taxInclusive=True, metadata={"a": 1}),
        shippingLines=[{"name": "Ground", "amount": 10, "taxes": [SALES_TAX]}],
    )
    first, second = order["items"]
    assert (first["tax"], first["total"]) == (Decimal("95.87"), Decimal("1176.06"))
    assert first["taxes"] == [SALES_TAX | {"amount": Decimal("95.87")}]
    assert (second["tax"], second["total"], second["metadata"]) == (20, 120, {"a": 1})
    assert order["shippingLines"] == [
        {
            "name": "Ground",
            "amount": 10,
            "taxes": [SALES_TAX | {"amount": Decimal("0.89")}],
            "taxInclusive": False,
            "tax": Decimal("0.89"),
            "total": Decimal("10.89"),
        }
    ]
    assert [(one["name"], one["amount"]) for one in order["taxLines"]] == [
        ("Sales tax", Decimal("96.76")),
        ("VAT", 20),
    ]
    assert order["total"] == Decimal("1306.95")
    charged = order["subtotal"] - order["discountTotal"] + order["shippingTotal"]
    assert order["total"] == charged + order["taxTotal"] - order["includedTaxTotal"]
    assert order["balanceDue"] == order["total"]


def test_answer_is_the_seeds_whatever_is_sent(shop: Any) -> None:
    body = {
        "customerId": shop.customer,
        "items": [shop.item(10, taxes=[SALES_TAX])],
        "shippingAddress": ADDRESS,
        "channel": "storefront",
    }
    placed = shop.api.post(ORDERS, body).data
    assert list(placed) == [
        *("id", "orderNumber", "status", "paymentStatus", "customerId", "currency", "subtotal"),
        *("total", "items", "createdAt"),
    ]
    assert list(placed["items"][0]) == ["sku", "name", "quantity", "unitPrice"]
    assert placed["total"] == Decimal("10.89")


def test_all_that_an_order_may_be_told(shop: Any) -> None:
    account = shop.api.post("/v1/crm/accounts", {"name": "Fleet Ltd"}).data["id"]
    told = {
        "accountId": account,
        "discountAmount": Decimal("1.00"),
        "discountCode": "WELCOME10",
        "discountLabel": "Welcome",
        "billingAddress": ADDRESS | {"recipientName": "Ann"},
        "shippingAddress": ADDRESS,
        "customerNote": "At the gate",
        "internalNote": "Pays late",
        "channel": "storefront",
        "source": "newsletter",
        "placedAt": "2026-01-02T03:04:05Z",
        "metadata": {"erp": 7},
    }
    order = shop.place(**told)
    assert {name: order[name] for name in told} == told
    assert (order["total"], order["discountTotal"]) == (9, 1)
    for query in ({"accountId": account}, {"channel": "storefront"}, {"source": "newsletter"}):
        assert [one["id"] for one in shop.api.get(ORDERS, params=query).data] == [order["id"]]
    early = shop.api.get(ORDERS, params={"placedAt[lt]": "2026-02-01T00:00:00Z"})
    assert len(early.data) == 1


def test_address_is_a_copy(shop: Any) -> None:
    path = f"/v1/crm/customers/{shop.customer}"
    assert shop.api.patch(path, {"addresses": [ADDRESS]}).status == 200
    order = shop.place(shippingAddress=ADDRESS)
    shop.api.patch(path, {"addresses": [ADDRESS | {"city": "Elsewhere"}], "name": "Bob"})
    assert shop.order(order) == order


def test_order_that_costs_nothing_is_paid(shop: Any) -> None:
    order = shop.place(shop.item(10), discountAmount=99)
    assert (order["total"], order["paymentStatus"], order["discountTotal"]) == (0, "paid", 10)


def test_totals_that_are_sent_have_to_come_out(shop: Any, nothing_written: Any) -> None:
    body = {
        "customerId": shop.customer,
        "items": [shop.item(10, 3, taxes=[{"name": "VAT", "rate": 20}])],
        "shippingLines": [{"name": "Post", "amount": 4}],
    }
    right = {"subtotal": 30, "taxTotal": 6, "shippingTotal": 4, "discountTotal": 0, "total": 40}
    assert shop.api.post(ORDERS, body | right).status == 201
    with nothing_written():
        for name in right:
            wrong = right | {name: right[name] + Decimal("0.01")}
            answer = shop.api.post(ORDERS, body | wrong)
            assert (answer.status, answer.error["details"][0]["field"]) == (422, name)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"items": [{"discountAmount": Decimal("10.01")}]}, "items[0].discountAmount"),
        ({"items": [{"discountAmount": -1}]}, "items[0].discountAmount"),
        ({"items": [{"discountAmount": Decimal("0.001")}]}, "items[0].discountAmount"),
        ({"items": [{"taxes": [{"name": "x", "rate": -1}]}]}, "items[0].taxes[0].rate"),
        ({"items": [{"taxes": [{"name": "x", "rate": 1001}]}]}, "items[0].taxes[0].rate"),
        ({"items": [{"taxes": [{"name": "x", "rate": "5"}]}]}, "items[0].taxes[0].rate"),
        ({"items": [{"taxes": [{"rate": 5}]}]}, "items[0].taxes[0].name"),
        ({"items": [{"taxes": [{"name": "x", "rate": 5, "amount": 1}]}]},
         "items[0].taxes[0].amount"),
        ({"items": [{"taxes": [{"name": "x", "rate": 5}] * 11}]}, "items[0].taxes"),
        ({"items": [{"taxInclusive": "yes"}]}, "items[0].taxInclusive"),
        ({"items": [{"productId": "p"}]}, "items[0].productId"),
        ({"items": [{"id": MISSING}]}, "items[0].id"),
        ({"items": [{"quantityShipped": 1}]}, "items[0].quantityShipped"),
        ({"discountAmount": Decimal("0.001")}, "discountAmount"),
        ({"discountAmount": -1}, "discountAmount"),
        ({"shippingLines": [{"name": "x", "amount": Decimal("0.001")}]},
         "shippingLines[0].amount"),
        ({"shippingLines": [{"amount": 1}]}, "shippingLines[0].name"),
        ({"shippingAddress": {"city": "Oakland"}}, "shippingAddress.line1"),
        ({"billingAddress": ADDRESS | {"country": "XX"}}, "billingAddress.country"),
        ({"billingAddress": ADDRESS | {"planet": "Mars"}}, "billingAddress.planet"),
        ({"accountId": MISSING}, "accountId"),
        ({"dealId": MISSING}, "dealId"),
        ({"quoteId": MISSING}, "quoteId"),
        ({"amountPaid": 10}, "amountPaid"),
        ({"status": "fulfilled"}, "status"),
        ({"paymentStatus": "paid"}, "paymentStatus"),
        ({"placedAt": "yesterday"}, "placedAt"),
        ({"metadata": [1]}, "metadata"),
        ({"customerNote": "x" * 10_001}, "customerNote"),
    ],
)  # fmt: skip
def test_bad_bodies_write_nothing(
    shop: Any, nothing_written: Any, values: dict[str, Any], field: str
) -> None:
    items = [shop.item(10) | one for one in values.get("items", [{}])]
    with nothing_written():
        answer = shop.api.post(ORDERS, {"customerId": shop.customer, **values, "items": items})
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert answer.error["details"][0]["field"] == field


def test_one_statement_places_an_order(shop: Any, query_count: Callable[[], Any]) -> None:
    full = {"shippingLines": [{"name": "Post", "amount": 4}], "discountAmount": 1}
    body = {"customerId": shop.customer, "items": [shop.item(10, taxes=[SALES_TAX])], **full}
    plain = {"customerId": shop.customer, "items": [shop.item(10)]}
    for one in (plain, body):
        shop.api.post(ORDERS, one)
        with query_count() as log:
            assert shop.api.post(ORDERS, one).status == 201
        assert log.count == 3, "more than BEGIN, the statement and COMMIT"


# -- changed -----------------------------------------------------------------------------------


def test_notes_and_addresses_change_without_a_new_price(shop: Any) -> None:
    order = shop.place(customerNote="Ring", metadata={"a": 1})
    path = f"{ORDERS}/{order['id']}"
    changed = shop.api.patch(path, {"shippingAddress": ADDRESS, "customerNote": None}).data
    assert (changed["shippingAddress"], changed["customerNote"]) == (ADDRESS, None)
    assert (changed["metadata"], changed["total"]) == ({"a": 1}, 10)
    shop.api.patch(path, {"shippingAddress": ADDRESS})
    assert shop.events() == ["order.created", "order.updated"]
    for bad in ({"total": 1}, {"items": []}, {"shippingAddress": {"city": "x"}}):
        assert shop.api.patch(path, bad).status == 422


def test_edited_before_it_is_sent(shop: Any) -> None:
    order = shop.place(shop.item(10, 2), shop.item(5), discountAmount=1)
    shop.pay(order)
    path = f"{ORDERS}/{order['id']}/edit"
    first = order["items"][0]
    items = [
        {"id": first["id"], **shop.item(10, 3)},
        shop.item(7, taxes=[{"name": "VAT", "rate": 10}]),
    ]
    edited = shop.api.post(path, {"items": items})
    assert edited.status == 200, edited.text
    found = edited.data
    assert [(one["quantity"], one["unitPrice"]) for one in found["items"]] == [(3, 10), (1, 7)]
    assert found["items"][0]["id"] == first["id"]
    assert found["total"] == Decimal("36.68")
    assert (found["amountPaid"], found["paymentStatus"]) == (24, "partially_paid")
    assert found["balanceDue"] == Decimal("12.68")
    shop.pay(order, Decimal("12.68"))
    assert shop.order(order)["paymentStatus"] == "paid"
    cheaper = shop.api.post(path, {"items": items[:1], "discountAmount": 0}).data
    assert (cheaper["total"], cheaper["creditOwed"]) == (30, Decimal("6.68"))
    assert shop.events() == [
        *("order.created", "payment.captured", "order.paid", "order.edited"),
        *("payment.captured", "order.paid", "order.edited"),
    ]


def test_edit_that_changes_nothing_is_no_event(shop: Any) -> None:
    order = shop.place(
        shop.item("9.99", 2, taxes=[SALES_TAX], metadata={"a": [1]}),
        shippingLines=[{"name": "Post", "amount": 4, "taxes": [{"name": "VAT", "rate": 20}]}],
        discountAmount=1,
    )
    path = f"{ORDERS}/{order['id']}"
    same = shop.api.post(f"{path}/edit", {})
    assert (same.status, same.data["updatedAt"]) == (200, order["updatedAt"])
    items = [
        {"id": one["id"], **shop.item("9.99", 2, taxes=[SALES_TAX], metadata={"a": [1]})}
        for one in order["items"]
    ]
    shop.api.post(f"{path}/edit", {"items": items, "discountAmount": Decimal("1.00")})
    assert shop.order(order) == order
    assert shop.events() == ["order.created"]


def test_items_change_places(shop: Any) -> None:
    order = shop.place(*(shop.item(number + 1) for number in range(3)))
    ids = [one["id"] for one in order["items"]]
    path = f"{ORDERS}/{order['id']}/edit"
    turned = [{"id": ids[number], **shop.item(number + 1)} for number in (2, 0)]
    found = shop.api.post(path, {"items": [shop.item(9), *turned]}).data
    assert [one["unitPrice"] for one in found["items"]] == [9, 3, 1]
    assert [one["id"] for one in found["items"]][1:] == [ids[2], ids[0]]
    wrong = [{"id": ids[1], **shop.item(1)}, {"id": ids[0], **shop.item(1)}] * 2
    refused = shop.api.post(path, {"items": wrong})
    assert [one["field"] for one in refused.error["details"]] == [
        *("items[0].id", "items[2].id", "items[2].id", "items[3].id")
    ]


def test_not_edited_once_it_is_on_its_way(shop: Any, nothing_written: Any) -> None:
    packed, refunded, over = shop.place(), shop.place(), shop.place()
    shop.pack(packed)
    shop.pay(refunded)
    shop.refund(refunded, amount=1)
    shop.api.post(f"{ORDERS}/{over['id']}/cancel")
    with nothing_written():
        for order, code in ((packed, "order_not_editable"), (refunded, "order_not_editable"),
                            (over, "invalid_transition")):  # fmt: skip
            answer = shop.api.post(f"{ORDERS}/{order['id']}/edit", {"items": [shop.item(1)]})
            assert (answer.status, answer.error["code"]) == (409, code)


# -- over --------------------------------------------------------------------------------------


def test_cancelled_and_what_was_held_is_let_go(shop: Any, run_events: Callable[[], int]) -> None:
    order = shop.place(shop.item(10))
    path = f"{ORDERS}/{order['id']}"
    payment = shop.pay(order, status="authorized").data
    parcel = shop.pack(order).data
    cancelled = shop.api.post(f"{path}/cancel", {"reason": "Ordered twice."}).data
    assert (cancelled["status"], cancelled["cancelReason"]) == ("cancelled", "Ordered twice.")
    assert (cancelled["balanceDue"], cancelled["allowedTransitions"]) == (0, [])
    for late in (
        shop.api.post(f"/v1/crm/payments/{payment['id']}/capture"),
        shop.api.post(f"/v1/crm/fulfillments/{parcel['id']}/ship", {}),
        shop.pay(order, 1),
        shop.pack(order),
        shop.api.post(f"{path}/cancel"),
    ):
        assert (late.status, late.error["code"]) == (409, "invalid_transition")
    run_events()
    run_events()
    order = shop.order(order)
    assert order["payments"][0]["status"] == "voided"
    assert order["fulfillments"][0]["status"] == "cancelled"
    assert order["items"][0]["quantityAssigned"] == 0
    assert shop.events() == [
        *("order.created", "payment.authorized", "fulfillment.created", "order.cancelled"),
        *("payment.voided", "fulfillment.cancelled"),
    ]


def test_cancel_gives_the_money_back_first(shop: Any) -> None:
    order = shop.place(shop.item(10))
    path = f"{ORDERS}/{order['id']}/cancel"
    shop.pay(order)
    refused = shop.api.post(path)
    assert (refused.status, refused.error["code"]) == (409, "refund_required")
    assert refused.error["details"] == {"captured": 10, "refunded": 0, "pending": 0}
    assert "cancel" not in shop.order(order)["allowedTransitions"]
    refund = shop.refund(order, amount=10, status="pending").data
    assert shop.api.post(path).error["details"]["pending"] == 10
    shop.api.post(f"/v1/crm/refunds/{refund['id']}/settle", {})
    assert "cancel" in shop.order(order)["allowedTransitions"]
    found = shop.api.post(path).data
    assert (found["status"], found["paymentStatus"]) == ("cancelled", "refunded")


def test_what_was_shipped_is_not_cancelled(shop: Any) -> None:
    order = shop.place(shop.item(10, 2))
    parcel = shop.pack(order, (0, 1)).data
    shop.api.post(f"/v1/crm/fulfillments/{parcel['id']}/ship", {})
    answer = shop.api.post(f"{ORDERS}/{order['id']}/cancel")
    assert (answer.status, answer.error["code"]) == (409, "already_shipped")


def test_refunded_once_all_of_it_is_back(shop: Any) -> None:
    order = shop.place(shop.item(10))
    path = f"{ORDERS}/{order['id']}"
    shop.pay(order)
    assert shop.api.post(f"{path}/refund").error["code"] == "refund_required"
    shop.api.post(f"{path}/fulfill", {})
    shop.refund(order, amount=4)
    assert shop.order(order)["status"] == "fulfilled"
    shop.refund(order, amount=6)
    order = shop.order(order)
    assert (order["status"], order["paymentStatus"]) == ("refunded", "refunded")
    assert order["allowedTransitions"] == []
    assert shop.events()[-3:] == ["refund.settled", "refund.settled", "order.refunded"]
    never_sent = shop.place()
    shop.pay(never_sent)
    shop.refund(never_sent, amount=10)
    path = f"{ORDERS}/{never_sent['id']}"
    assert shop.api.get(path).data["allowedTransitions"] == ["fulfill", "cancel", "refund"]
    assert shop.api.post(f"{path}/refund").data["status"] == "refunded"


def test_deliver_only_what_is_fulfilled(shop: Any) -> None:
    order = shop.place()
    answer = shop.api.post(f"{ORDERS}/{order['id']}/deliver")
    assert answer.error["details"] == {
        "from": "placed",
        "to": "delivered",
        "allowed": ["fulfill", "cancel", "refund"],
    }


def test_one_of_twenty_cancels(shop: Any) -> None:
    order = shop.place()
    answers = shop.at_once(20, lambda _: shop.api.post(f"{ORDERS}/{order['id']}/cancel"))
    assert sorted(one.status for one in answers) == [200] + [409] * 19
    assert shop.events().count("order.cancelled") == 1


def test_others_orders_are_not_there(shop: Any, other_shop: Any) -> None:
    order = shop.place()
    for path, body in (("edit", {}), ("cancel", {}), ("fulfill", {}), ("deliver", None)):
        assert other_shop.api.post(f"{ORDERS}/{order['id']}/{path}", body).status == 404
    assert other_shop.api.patch(f"{ORDERS}/{order['id']}", {"source": "x"}).status == 404
    account = shop.api.post("/v1/crm/accounts", {"name": "Fleet"}).data["id"]
    body = {"customerId": other_shop.customer, "items": [shop.item()], "accountId": account}
    answer = other_shop.api.post(ORDERS, body)
    assert answer.error["details"][0]["field"] == "accountId"


def test_events_carry_the_order_in_detail(shop: Any) -> None:
    order = shop.place()
    shop.api.post(f"{ORDERS}/{order['id']}/cancel", {"reason": "No"})
    ((data,),) = shop.owner.rows(
        "SELECT data FROM core.events WHERE tenant_id = %s AND type = 'order.cancelled'",
        shop.tenant.tenant_id,
    )
    shown = shop.order(order)
    assert (data["cancelReason"], data["items"][0]["id"]) == ("No", shown["items"][0]["id"])
    assert data.keys() == shown.keys()
