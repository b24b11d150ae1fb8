"""Lists narrowed to custom fields, and sorted by them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api

CARS = "/v1/garage/cars"
OPTIONS = [{"value": "red"}, {"value": "blue"}]
ROWS: dict[str, dict[str, Any]] = {
    "a": {
        "t": "Alpha one", "n": 3, "d": "2026-01-31", "w": "2026-01-31T00:00:00Z", "b": True,
        "s": "red", "m": ["red", "blue"], "p": {"amount": 100, "currency": "USD"},
    },
    "b": {
        "t": "beta", "n": Decimal("20.5"), "d": "2026-02-01", "w": "2026-01-31T00:00:01Z",
        "b": False, "s": "blue", "m": ["blue"], "p": {"amount": 100, "currency": "EUR"},
    },
    "c": {"t": "Alphabet", "n": Decimal("-0.5")},
    "d": {},
}  # fmt: skip
TYPES = {
    "t": "text", "n": "number", "d": "date", "w": "datetime", "b": "boolean", "s": "select",
    "m": "multiselect", "p": "money",
}  # fmt: skip

FOUND: list[tuple[str, str]] = [
    ("custom.t=beta", "b"),
    ("custom.t[ne]=beta", "acd"),
    ("custom.t[in]=beta,Alphabet", "bc"),
    ("custom.t[nin]=beta,Alphabet", "ad"),
    ("custom.t[startsWith]=Alpha", "ac"),
    ("custom.t[contains]=PHA%20o", "a"),
    ("custom.t[exists]=false", "d"),
    ("custom.t[exists]=true", "abc"),
    ("custom.n=20.50", "b"),
    ("custom.n[ne]=3", "bcd"),
    ("custom.n[in]=3,-0.50", "ac"),
    ("custom.n[nin]=3", "bcd"),
    ("custom.n[gte]=3", "ab"),
    ("custom.n[gt]=3", "b"),
    ("custom.n[lt]=3", "c"),
    ("custom.n[lte]=3", "ac"),
    ("custom.n[gt]=0&custom.n[lt]=20.5", "a"),
    ("custom.d=2026-01-31", "a"),
    ("custom.d[gte]=2026-01-31", "ab"),
    ("custom.d[lt]=2026-02-01", "a"),
    ("custom.w[gt]=2026-01-31T00:00:00Z", "b"),
    ("custom.b=true", "a"),
    ("custom.b[ne]=true", "bcd"),
    ("custom.s=red", "a"),
    ("custom.s[in]=red,blue", "ab"),
    ("custom.m[contains]=blue", "ab"),
    ("custom.m[contains]=red", "a"),
    ("custom.m[exists]=false", "cd"),
    ("custom.p=USD:100", "a"),
    ("custom.p[ne]=USD:100.00", "bcd"),
    ("custom.p[gte]=EUR:50", "b"),
    ("custom.p[gt]=EUR:100", ""),
    ("custom.p[exists]=true", "ab"),
    ("custom.n[gte]=0&custom.s=blue&state=new&q=b", "b"),
]
REFUSED = [
    "custom.x=1", "custom.=1", "custom=1", "custom.n=x", "custom.n=1e3", "custom.n[contains]=1",
    "custom.n=", "custom.n=9999999999999999999999", "custom.t[gte]=a", "custom.t[startsWith]=",
    "custom.t[exists]=1", "custom.d=2026-02-30", "custom.d=20260201", "custom.w=now",
    "custom.b=1", "custom.m=red", "custom.p=100", "custom.p=XXX:100", "custom.p[in]=USD:100",
    "sort=custom.x", "sort=custom.m", "sort=custom.p", "custom.n=1&custom.n=2",
    "custom.t%5B=1",
]  # fmt: skip


@pytest.fixture
def cars(define: Callable[..., Any], car: Callable[..., Any], other_api: Api) -> None:
    for key, type_ in TYPES.items():
        define(key, type_, **({"options": OPTIONS} if type_.endswith("select") else {}))
        define(key, type_, other_api, **({"options": OPTIONS} if type_.endswith("select") else {}))
    for name, custom in ROWS.items():
        car(name, custom=custom)
        car(name, other_api, custom=custom)


def test_lists_are_narrowed(api: Api, cars: None) -> None:
    for query, expected in FOUND:
        answer = api.request("GET", CARS, query=query)
        assert answer.status == 200, (query, answer.text)
        found = "".join(sorted(one["name"] for one in answer.data))
        assert (query, found, answer.meta["total"]) == (query, expected, len(expected))


def test_what_cannot_be_asked_is_refused(api: Api, cars: None) -> None:
    for query in REFUSED:
        answer = api.request("GET", CARS, query=query)
        assert (query, answer.status) == (query, 400), answer.text


def test_lists_are_sorted_page_by_page(api: Api, cars: None) -> None:
    for sort, expected in (
        ("custom.n", "dcab"), ("-custom.n", "bacd"), ("custom.t", "dacb"), ("custom.d", "cdab"),
        ("-custom.b", "abdc"), ("-custom.w", "badc"),
    ):  # fmt: skip
        found, cursor = "", None
        for _ in range(5):
            params = {"sort": sort, "take": "1"} | ({"cursor": cursor} if cursor else {})
            answer = api.get(CARS, params=params)
            found += "".join(one["name"] for one in answer.data)
            cursor = answer.meta["next_cursor"]
            if cursor is None:
                break
        assert (sort, found) == (sort, expected)
    cursor = api.get(CARS, params={"sort": "custom.n", "take": "1"}).meta["next_cursor"]
    assert api.get(CARS, params={"sort": "custom.t", "cursor": cursor}).status == 400
    skipped = api.get(CARS, params={"sort": "custom.n", "skip": "2"})
    assert [one["name"] for one in skipped.data] == ["a", "b"]


def test_a_read_is_one_statement_and_changes_are_seen_at_once(
    api: Api, other_api: Api, cars: None, define: Callable[..., Any], query_count: Any
) -> None:
    params = {"custom.n[gte]": "3", "sort": "-custom.n"}
    assert api.get(CARS, params=params).meta["total"] == 2
    with query_count() as log:
        assert api.get(CARS, params=params).meta["total"] == 2
    assert log.count == 1
    assert api.get(CARS, params={"custom.late": "1"}).status == 400
    made = define("late", "number")
    assert api.get(CARS, params={"custom.late": "1"}).status == 200
    assert other_api.get(CARS, params={"custom.late": "1"}).status == 400
    assert api.delete(f"/v1/custom-fields/{made['id']}").status == 200
    assert api.get(CARS, params={"custom.late": "1"}).status == 400


def test_resources_without_custom_fields_know_no_such_parameter(api: Api) -> None:
    assert api.get("/v1/members", params={"custom.n": "1"}).status == 400
