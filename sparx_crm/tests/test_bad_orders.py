"""Bad orders: each is refused by name, writes no row in any table and takes no number."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.json import encode
from sparx_core.testing import Answer, Api

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/crm/orders"
MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"


@pytest.fixture
def refuse(
    api: Api, customer: Any, nothing_written: Watch, place_order: Callable[..., Any]
) -> Callable[..., Answer]:
    """Sends a body, and proves that nothing came of it; CUSTOMER in it is one there is."""

    def send(body: Any, *, client: Api | None = None, **more: Any) -> Answer:
        raw = body if isinstance(body, bytes) else encode(body)
        raw = raw.replace(b"CUSTOMER", customer["id"].encode())
        with nothing_written():
            answer = (client or api).post(PATH, body=raw, **more)
        assert place_order(customer)["orderNumber"] == "1001", "a number was taken"
        return answer

    return send


def order(**more: Any) -> dict[str, Any]:
    return {"customerId": "CUSTOMER", "currency": "USD", "items": [line()], **more}


def line(**more: Any) -> dict[str, Any]:
    return {"sku": "S1", "name": "Thing", "quantity": 1, "unitPrice": 10, **more}


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


# -- values ----------------------------------------------------------------------------------------

BAD_VALUES: list[tuple[Any, str]] = [
    # the customer
    (order(customerId=MISSING), "customerId"),
    (order(customerId="new"), "customerId"),
    (order(customerId="😀"), "customerId"),
    (order(customerId=""), "customerId"),
    (order(customerId=None), "customerId"),
    (order(customerId=7), "customerId"),
    (order(customerId=[MISSING]), "customerId"),
    (without(order(), "customerId"), "customerId"),
    # the currency
    (order(currency="usd"), "currency"),
    (order(currency="XXX"), "currency"),
    (order(currency="XAU"), "currency"),
    (order(currency="XTS"), "currency"),
    (order(currency="ZZZ"), "currency"),
    (order(currency="US"), "currency"),
    (order(currency="USD "), "currency"),
    (order(currency=""), "currency"),
    (order(currency=None), "currency"),
    (order(currency=840), "currency"),
    # the list of items
    (order(items=[]), "items"),
    (order(items=[line()] * 1001), "items"),
    (order(items=None), "items"),
    (order(items=line()), "items"),
    (order(items="S1"), "items"),
    (order(items=[None]), "items[0]"),
    (order(items=["S1"]), "items[0]"),
    (order(items=[[line()]]), "items[0]"),
    (without(order(), "items"), "items"),
    # quantities
    *(
        (order(items=[line(quantity=quantity)]), "items[0].quantity")
        for quantity in (
            0,
            -1,
            Decimal("1.5"),
            Decimal("1.0000000000000000000000000000001"),
            Decimal("1e300"),
            10**12,
            10**6 + 1,
            2**63,
            "1",
            "one",
            True,
            None,
            [],
            {},
            Decimal("1e7"),
        )
    ),
    (order(items=[without(line(), "quantity")]), "items[0].quantity"),
    # prices
    *(
        (order(items=[line(unitPrice=price)]), "items[0].unitPrice")
        for price in (
            Decimal("0.0000001"),
            Decimal("1.1234567"),
            -1,
            Decimal("-0.01"),
            10**10,
            Decimal("1e400"),
            Decimal("1e999999"),
            Decimal("1e-400"),
            "10",
            "ten",
            True,
            None,
            [],
            {},
            Decimal("1." + "0" * 40 + "1"),
        )
    ),
    (order(items=[without(line(), "unitPrice")]), "items[0].unitPrice"),
    (order(currency="JPY", items=[line(unitPrice=Decimal("0.00001"))]), "items[0].unitPrice"),
    (order(currency="BHD", items=[line(unitPrice=Decimal("0.00000001"))]), "items[0].unitPrice"),
    (order(items=[line(quantity=10**6, unitPrice=9_999_999_999)] * 2), "items"),
    # texts
    *(
        (order(items=[line(**{name: text})]), f"items[0].{name}")
        for name, longest in (("sku", 127), ("name", 255))
        for text in ("", "   ", "x" * (longest + 1), 7, None, ["x"], {"x": 1})
    ),
    (order(items=[without(line(), "sku")]), "items[0].sku"),
    (order(items=[without(line(), "name")]), "items[0].name"),
    # what is unknown, or not the client's to say
    (order(discount=5), "discount"),
    (order(customer=MISSING), "customer"),
    (order(customer_id=MISSING), "customer_id"),
    (order(tenantId=MISSING), "tenantId"),
    (order(items=[line(), line(total=10)]), "items[1].total"),
    (order(items=[line(id=MISSING)]), "items[0].id"),
    (order(items=[line(position=3)]), "items[0].position"),
    (order(items=[line(unit_price=10)]), "items[0].unit_price"),
    (order(id=MISSING), "id"),
    (order(orderNumber="7"), "orderNumber"),
    (order(status="fulfilled"), "status"),
    (order(paymentStatus="paid"), "paymentStatus"),
    (order(subtotal=1), "subtotal"),
    (order(total=1), "total"),
    (order(createdAt="2026-06-05T17:41:09Z"), "createdAt"),
]


@pytest.mark.parametrize(
    ("body", "field"),
    BAD_VALUES,
    ids=[f"{field}-{number}" for number, (_, field) in enumerate(BAD_VALUES)],
)
def test_bad_value_is_named(refuse: Callable[..., Answer], body: Any, field: str) -> None:
    answer = refuse(body)
    assert (answer.status, answer.error["code"]) == (422, "validation_error"), answer.text
    assert [problem["field"] for problem in answer.error["details"]] == [field]
    assert all(problem["message"] for problem in answer.error["details"])


def test_every_problem_is_told_at_once(refuse: Callable[..., Answer]) -> None:
    items = [line(), line(quantity=0, unitPrice=-1), {"sku": ""}]
    answer = refuse({"customerId": "x", "currency": "usd", "items": items, "more": 1})
    assert sorted(problem["field"] for problem in answer.error["details"]) == [
        "currency", "customerId", "items[1].quantity", "items[1].unitPrice", "items[2].name",
        "items[2].quantity", "items[2].sku", "items[2].unitPrice", "more",
    ]  # fmt: skip


# -- bytes -----------------------------------------------------------------------------------------

WHOLE = encode(order())


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (WHOLE[:-1], 400, "bad_request"),
        (WHOLE + b"}", 400, "bad_request"),
        (WHOLE.replace(b'"currency":', b'"currency":"USD","currency":'), 422, "validation_error"),
        (WHOLE.replace(b'"quantity":', b'"quantity":1,"quantity":'), 422, "validation_error"),
        (WHOLE.replace(b'"unitPrice":10', b'"unitPrice":NaN'), 400, "bad_request"),
        (WHOLE.replace(b'"unitPrice":10', b'"unitPrice":Infinity'), 400, "bad_request"),
        (WHOLE.replace(b'"unitPrice":10', b'"unitPrice":-Infinity'), 400, "bad_request"),
        (WHOLE.replace(b'"unitPrice":10', b'"unitPrice":1e400'), 422, "validation_error"),
        (WHOLE.replace(b'"unitPrice":10', b'"unitPrice":010'), 400, "bad_request"),
        (WHOLE.replace(b'"quantity":1', b'"quantity":' + b"9" * 5000), 422, "validation_error"),
        (WHOLE.replace(b"Thing", b"\\u0000"), 422, "validation_error"),
        (WHOLE.replace(b"Thing", b"\\ud800"), 422, "validation_error"),
        (WHOLE.replace(b"Thing", b"\x00"), 400, "bad_request"),
        (WHOLE.replace(b"Thing", b"\xff"), 400, "bad_request"),
        (WHOLE.replace(b"Thing", "Dürüm".encode("latin-1")), 400, "bad_request"),
        (b"\xef\xbb\xbf" + WHOLE, 400, "bad_request"),
        (WHOLE.decode().encode("utf-16"), 400, "bad_request"),
        (WHOLE[:-1] + b',"deep":' + b"[" * 64 + b"]" * 64 + b"}", 400, "bad_request"),
        (WHOLE[:-1] + b',"deep":' + b'{"a":' * 64 + b"1" + b"}" * 65, 400, "bad_request"),
        (b"[" + WHOLE + b"]", 422, "validation_error"),
        (b"null", 422, "validation_error"),
        (WHOLE + b" " * 2_000_000, 413, "payload_too_large"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, bytes) else str(value),
)
def test_bad_bytes(refuse: Callable[..., Answer], body: bytes, status: int, code: str) -> None:
    answer = refuse(body)
    assert (answer.status, answer.error["code"]) == (status, code), answer.text


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_wrong_content_type(refuse: Callable[..., Answer], media_type: str) -> None:
    answer = refuse(WHOLE, headers={"Content-Type": media_type})
    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")


# -- who asks --------------------------------------------------------------------------------------


def test_customer_of_another_tenant_is_no_customer(
    api: Api,
    create_customer: Callable[..., Any],
    other_api: Api,
    nothing_written: Watch,
    place_order: Callable[..., Any],
) -> None:
    mine, theirs = create_customer(), create_customer(client=other_api)
    bodies = set()
    with nothing_written():
        for one in (theirs["id"], MISSING):
            answer = api.post(PATH, order(customerId=one))
            assert (answer.status, answer.error["code"]) == (422, "validation_error")
            assert [problem["field"] for problem in answer.error["details"]] == ["customerId"]
            bodies.add(answer.text.replace(answer.error["requestId"], "ID"))
    assert len(bodies) == 1
    assert place_order(mine)["orderNumber"] == "1001", "a number was taken"


@pytest.mark.parametrize("key", [None, "sk_live_nonsense"])
def test_without_a_key(refuse: Callable[..., Answer], anonymous: Api, key: str | None) -> None:
    answer = refuse(order(), client=anonymous.with_key(key))
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")


def test_without_the_scope(api: Api, refuse: Callable[..., Answer]) -> None:
    key = api.post("/v1/keys", {"name": "reader", "scopes": ["read:crm"]}).data["key"]
    answer = refuse(order(), client=api.with_key(key))
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    assert answer.error["details"] == {"requiredScopes": ["write:crm"]}


def test_without_the_module(
    api: Api, customer: Any, nothing_written: Watch, deactivate: Callable[..., None]
) -> None:
    deactivate("crm")
    with nothing_written():
        for body in (order(customerId=customer["id"]), order(customerId=MISSING), {}, None):
            answer = api.post(PATH, body)
            assert (answer.status, answer.error["code"]) == (403, "module_disabled")


# -- orders that do not exist ----------------------------------------------------------------------


def test_orders_of_others_do_not_exist(
    api: Api,
    other_api: Api,
    create_customer: Callable[..., Any],
    place_order: Callable[..., Any],
    nothing_written: Watch,
) -> None:
    theirs = place_order(create_customer(client=other_api), client=other_api)["id"]
    bodies = set()
    with nothing_written():
        for one in (theirs, MISSING, "new", "😀", "1001", "%00", theirs.upper() + "x"):
            answer = api.get(f"{PATH}/{one}")
            assert (answer.status, answer.error["code"]) == (404, "not_found")
            headers = {name.lower(): value for name, value in answer.headers.items()}
            del headers["x-request-id"]
            bodies.add((answer.text.replace(answer.error["requestId"], "ID"), *headers.items()))
    assert len(bodies) == 1
    assert other_api.get(f"{PATH}/{theirs}").status == 200
