"""Groups of a list: counted, added, averaged, and never over currencies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api

PATH = "/v1/garage/cars/aggregate"

ROWS: list[dict[str, Any]] = [
    {"state": "new", "seats": 4, "weight": Decimal("1.5"), "price": Decimal("0.10"),
     "currency": "USD", "soldOn": "2026-01-31", "soldAt": "2026-01-31T23:30:00Z"},
    {"state": "new", "seats": 5, "weight": Decimal("0.25"), "price": Decimal("0.20"),
     "currency": "USD", "soldOn": "2026-02-01", "soldAt": "2026-02-15T12:00:00Z"},
    {"state": "sold", "seats": None, "price": 999_999_999_999, "currency": "JPY",
     "soldOn": "2026-12-31"},
    {"state": "sold", "seats": 1, "price": Decimal("0.01"), "currency": "USD"},
    {"state": "sold", "price": Decimal("0.02"), "currency": "USD"},
]  # fmt: skip


@pytest.fixture
def cars(car: Callable[..., Any], other_api: Api) -> None:
    for place, row in enumerate(ROWS):
        car(f"car {place}", **row)
    car("theirs", other_api, state="new", price=5, currency="USD")


def ask(api: Api, query: str) -> list[tuple[Any, ...]]:
    answer = api.request("GET", PATH, query=query)
    assert answer.status == 200, answer.text
    return [
        (tuple(one["group"].values()), one["count"], *[one[name] for name in one][2:])
        for one in answer.data
    ]


def test_rows_are_counted(api: Api, cars: None) -> None:
    assert api.get(PATH).data == [{"group": {}, "count": 5}]
    assert api.request("GET", PATH, query="count").data == api.get(PATH).data
    assert api.get(PATH).meta == {"truncated": False, "timezone": "UTC"}
    assert ask(api, "groupBy=state") == [(("new",), 2), (("sold",), 3)]
    assert ask(api, "groupBy=state&state=sold&seats[exists]=false") == [(("sold",), 2)]
    assert ask(api, "groupBy=state&q=car%203") == [(("sold",), 1)]
    assert ask(api, "state=new&seats=9") == [((), 0)]
    assert ask(api, "groupBy=state&seats=9") == []


def test_money_is_never_added_over_currencies(api: Api, cars: None) -> None:
    assert ask(api, "sum=price&avg=price") == [
        (("JPY",), 1, {"price": 999_999_999_999}, {"price": 999_999_999_999}),
        (("USD",), 4, {"price": Decimal("0.33")}, {"price": Decimal("0.08")}),
    ]
    assert api.get(PATH, params={"sum": "price"}).data[0]["group"] == {"currency": "JPY"}
    assert ask(api, "groupBy=currency,state&min=price&max=price") == [
        (("JPY", "sold"), 1, {"price": 999_999_999_999}, {"price": 999_999_999_999}),
        (("USD", "new"), 2, {"price": Decimal("0.10")}, {"price": Decimal("0.20")}),
        (("USD", "sold"), 2, {"price": Decimal("0.01")}, {"price": Decimal("0.02")}),
    ]


def test_numbers_are_exact_and_rows_without_one_do_not_count(api: Api, cars: None) -> None:
    assert ask(api, "sum=seats,weight&avg=seats,weight") == [
        ((), 5, {"seats": 10, "weight": Decimal("1.75")},
         {"seats": Decimal("3.333333"), "weight": Decimal("0.875")})
    ]  # fmt: skip
    assert ask(api, "seats=9&sum=seats") == [((), 0, {"seats": None})]


def test_periods_are_those_of_the_tenant(api: Api, cars: None) -> None:
    expected = [(("2026-01-01",), 1), (("2026-02-01",), 1), ((None,), 3)]
    assert ask(api, "groupBy=soldAt:month") == expected
    assert api.patch("/v1/tenant", {"timezone": "Europe/Stockholm"}).status == 200
    assert ask(api, "groupBy=soldAt:month") == [(("2026-02-01",), 2), ((None,), 3)]
    assert ask(api, "groupBy=soldAt")[0] == (("2026-02-01",), 1)
    assert api.get(PATH).meta["timezone"] == "Europe/Stockholm"
    for bucket, first in (
        ("day", "2026-01-31"), ("week", "2026-01-26"), ("month", "2026-01-01"),
        ("quarter", "2026-01-01"), ("year", "2026-01-01"),
    ):  # fmt: skip
        assert ask(api, f"groupBy=soldOn:{bucket}")[0][0] == (first,)


def test_groups_beyond_the_limit_are_told_of(api: Api, cars: None) -> None:
    answer = api.get(PATH, params={"groupBy": "name", "take": "2"})
    assert (len(answer.data), answer.meta["truncated"]) == (2, True)
    answer = api.get(PATH, params={"groupBy": "name", "take": "5"})
    assert (len(answer.data), answer.meta["truncated"]) == (5, False)


REFUSED = [
    "groupBy=nothing", "groupBy=", "groupBy=price", "groupBy=custom", "groupBy=id",
    "groupBy=state:month", "groupBy=soldAt:hour", "groupBy=state,state", "groupBy=custom.x",
    "groupBy=soldAt:month,soldAt:year", "groupBy=a,b,c,d,e", "sum=name", "sum=custom.x",
    "sum=version", "avg=", "take=0", "take=1001", "skip=1", "sort=name", "fields=name",
    "state=old", "count=no", "sum=price&sum=seats", "median=price",
]  # fmt: skip


def test_what_cannot_be_asked_is_refused(api: Api) -> None:
    for query in REFUSED:
        answer = api.request("GET", PATH, query=query)
        assert (query, answer.status, answer.error["code"]) == (query, 400, "bad_request")


def test_custom_fields_are_grouped_and_added(
    api: Api, define: Callable[..., Any], car: Callable[..., Any], query_count: Any
) -> None:
    define("size", "number")
    define("day", "date")
    define("ok", "boolean")
    car(custom={"size": Decimal("1.5"), "day": "2026-01-31", "ok": True})
    car(custom={"size": 2, "day": "2026-01-01", "ok": True})
    car(custom={})
    query = "groupBy=custom.ok&sum=custom.size&custom.size[gte]=1"
    assert ask(api, query) == [((True,), 2, {"custom.size": Decimal("3.5")})]
    assert ask(api, "groupBy=custom.day:month") == [(("2026-01-01",), 2), ((None,), 1)]
    with query_count() as log:
        ask(api, query)
    assert log.count == 1


def test_a_key_needs_the_scope_of_the_list(api: Api, cars: None) -> None:
    key = api.post("/v1/keys", {"name": "x", "scopes": ["read:core"]}).data["key"]
    assert api.with_key(key).get(PATH).status == 403
    assert api.with_key(None).get(PATH).status == 401
