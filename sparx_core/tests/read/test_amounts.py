"""Amounts and numbers at the edges of what can be stored: found, compared and sorted exactly."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, TenantMaker

from .queries import PATHS

PRODUCTS = PATHS["products"]
LARGEST = Decimal(10) ** 14 - Decimal("0.0001")
#: Amounts in CLF, which has four digits, from the smallest on; neighbours that a float cannot tell.
AMOUNTS = [
    Decimal(0),
    Decimal("0.0001"),
    Decimal("0.0002"),
    Decimal("0.9999"),
    Decimal(1),
    Decimal("1.0001"),
    Decimal("9007199254.7409"),
    Decimal("9007199254.7410"),
    Decimal("99999999999999.9997"),
    Decimal("99999999999999.9998"),
    LARGEST,
]
PRICES = [
    Decimal(0),
    Decimal("0.00000001"),
    Decimal("0.00000002"),
    Decimal("1.00000001"),
    Decimal("9999999999.99999998"),
    Decimal("9999999999.99999999"),
]
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, asked: value == asked,
    "ne": lambda value, asked: value != asked,
    "in": lambda value, asked: value == asked,
    "nin": lambda value, asked: value != asked,
    "lt": lambda value, asked: value < asked,
    "lte": lambda value, asked: value <= asked,
    "gt": lambda value, asked: value > asked,
    "gte": lambda value, asked: value >= asked,
}


@pytest.fixture(scope="module")
def sides(installation: Runtime) -> list[Api]:
    """Two tenants, each with a product for every amount, not in order."""
    make, app = TenantMaker(installation, ["shop"]), create_app(installation)
    found = [Api(app, make(slug).api_key) for slug in ("mine", "theirs")]
    for api in found:
        for place in range(len(AMOUNTS)):
            amount = AMOUNTS[place * 7 % len(AMOUNTS)]
            body = {"name": "x", "currency": "CLF", "price": amount, "cost": AMOUNTS[place]}
            body["unitPrice"] = PRICES[place % len(PRICES)]
            assert api.post(PRODUCTS, body).status == 201
    return found


def shown(api: Api, name: str, **params: Any) -> list[str]:
    """The values of a field in a list, digit by digit."""
    answer = api.get(PRODUCTS, params={"fields": name, "take": 250, **params})
    assert answer.meta["total"] == len(answer.data)
    return [str(one[name]) for one in answer.data]


@pytest.mark.parametrize("name", ["price", "cost"])
def test_order_is_exact(sides: list[Api], name: str) -> None:
    written = [f"{amount:.4f}" for amount in AMOUNTS]
    assert shown(sides[0], name, sort=name) == written
    assert shown(sides[0], name, sort=f"-{name}") == written[::-1]


def test_order_of_unit_prices_is_exact(sides: list[Api]) -> None:
    ascending = [Decimal(one) for one in shown(sides[0], "unitPrice", sort="unitPrice")]
    assert ascending == sorted(PRICES[place % len(PRICES)] for place in range(len(AMOUNTS)))
    assert [Decimal(one) for one in shown(sides[0], "unitPrice", sort="-unitPrice")] == (
        ascending[::-1]
    )


@pytest.mark.parametrize("operator", COMPARED)
def test_comparison_is_exact(sides: list[Api], operator: str) -> None:
    for asked in AMOUNTS:
        expected = [f"{one:.4f}" for one in AMOUNTS if COMPARED[operator](one, asked)]
        for text in (f"{asked:.4f}", f"{asked.normalize():f}"):
            found = shown(sides[0], "price", sort="price", **{f"price[{operator}]": text})
            assert found == expected, text


@pytest.mark.parametrize("operator", COMPARED)
def test_comparison_of_unit_prices_is_exact(sides: list[Api], operator: str) -> None:
    for asked in PRICES:
        found = shown(sides[0], "unitPrice", **{f"unitPrice[{operator}]": f"{asked:f}"})
        expected = [PRICES[place % len(PRICES)] for place in range(len(AMOUNTS))]
        expected = [one for one in expected if COMPARED[operator](one, asked)]
        assert sorted(map(Decimal, found)) == sorted(expected)


@pytest.mark.parametrize("name", ["price", "unitPrice"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_walk_stops_at_no_edge(sides: list[Api], name: str, sign: str) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"sort": sign + name, "take": 1}
    while len(seen) <= len(AMOUNTS):
        answer = sides[0].get(PRODUCTS, params=params)
        seen += [one["id"] for one in answer.data]
        if answer.meta["next_cursor"] is None:
            break
        params["cursor"] = answer.meta["next_cursor"]
    assert len(set(seen)) == len(seen) == len(AMOUNTS)


@pytest.mark.parametrize(
    "text",
    [
        "100000000000000",
        "100000000000000.0000",
        "99999999999999.99999",
        "0.00001",
        "-0.0001",
        "-1",
        "1e14",
        "1e999999999",
        "1e-999999999",
        "NaN",
        "-NaN",
        "sNaN",
        "Infinity",
        "-Infinity",
        "1;5",
        "1_0",
        "0x1",
        "",
        " ",
        "1 2",
        "\u0661",
        "9" * 5000,
    ],
    ids=lambda text: text[:20],
)
def test_amount_that_is_none(sides: list[Api], text: str) -> None:
    for operator in ("eq", "in", "lt", "gte"):
        answer = sides[0].get(PRODUCTS, params={f"price[{operator}]": text})
        assert answer.status == 400
        assert answer.error["details"] == {"parameter": f"price[{operator}]"}


@pytest.mark.parametrize("text", ["1", "1.0", "1.0000", "1.00000000", "1e0", "0.1e1", "01", "+1"])
def test_amount_in_other_words(sides: list[Api], text: str) -> None:
    assert shown(sides[0], "price", price=text) == ["1.0000"]


def test_amounts_of_currencies_with_fewer_digits(api: Api, other_api: Api) -> None:
    """The digits shown are those of the currency; compared is the number."""
    for client in (api, other_api):
        for currency in ("JPY", "USD", "KWD", "CLF"):
            client.post(PRODUCTS, {"name": currency, "currency": currency, "price": 5})
        client.post(PRODUCTS, {"name": "x", "currency": "KWD", "price": Decimal("4.999")})
    assert shown(api, "price", price="5", sort="number") == ["5", "5.00", "5.000", "5.0000"]
    assert shown(api, "price", **{"price[lt]": "5"}) == ["4.999"]
    assert shown(api, "price", **{"price[gte]": "4.9990", "price[lte]": "4.9999"}) == ["4.999"]


def test_computed_difference_at_the_edges(api: Api) -> None:
    for price, cost, profit in (
        (LARGEST, 0, "99999999999999.9999"),
        (0, LARGEST, "-99999999999999.9999"),
        (LARGEST, LARGEST, "0.0000"),
    ):
        body = {"name": "x", "currency": "CLF", "price": price, "cost": cost}
        assert str(api.post(PRODUCTS, body).data["profit"]) == profit
