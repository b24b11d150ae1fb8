"""Columns that take every value of their types: none of them is mistaken for null."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, TenantMaker

PATH = "/v1/odd/things"
#: The smallest value of each column, and another one.
LEAST: dict[str, tuple[Any, Any]] = {
    "note": ("", "x"),
    "small": (-(2**15), 1),
    "middle": (-(2**31), 1),
    "large": (-(2**63), 1),
    "day": ("0001-01-01", "2026-01-01"),
}
HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, least: value == least,
    "ne": lambda value, least: value != least,
    "in": lambda value, least: value == least,
    "nin": lambda value, least: value != least,
    "lt": lambda value, least: False,
    "lte": lambda value, least: value == least,
    "gt": lambda value, least: value is not None and value != least,
    "gte": lambda value, least: value is not None,
}
OPERATORS = {name: ("eq", "ne", "in", "nin") if name == "note" else tuple(HOLDS) for name in LEAST}


@pytest.fixture(scope="module")
def sides(installation: Runtime) -> list[Api]:
    """Two tenants with the same things: for each column some with a value and one without."""
    make, app = TenantMaker(installation, ["odd"]), create_app(installation)
    found = [Api(app, make(slug).api_key) for slug in ("mine", "theirs")]
    for name, pair in LEAST.items():
        for value in (None, *pair, *pair):
            for api in found:
                assert api.post(PATH, {"name": name, name: value}).status == 201
    return found


def values(api: Api, name: str, **params: Any) -> list[Any]:
    """What a column has in the rows of a list, whose total has to be right."""
    answer = api.get(PATH, params={"fields": name, **params})
    assert answer.meta["total"] == len(answer.data)
    return [one[name] for one in answer.data]


@pytest.mark.parametrize("name", LEAST)
def test_least_value(sides: list[Api], name: str) -> None:
    made, least = values(sides[0], name), LEAST[name][0]
    assert [made.count(value) for value in LEAST[name]] == [2, 2]
    assert len(made) == 25
    for operator in OPERATORS[name]:
        for sort in ({}, {"sort": "day"}):
            found = values(sides[0], name, **{f"{name}[{operator}]": least}, **sort)
            expected = [value for value in made if HOLDS[operator](value, least)]
            assert sorted(found, key=str) == sorted(expected, key=str), operator


@pytest.mark.parametrize("name", LEAST)
def test_existence(sides: list[Api], name: str) -> None:
    made = values(sides[0], name)
    for wanted in (True, False):
        found = values(sides[0], name, **{f"{name}[exists]": str(wanted).lower()})
        assert found == [value for value in made if (value is not None) == wanted]


@pytest.mark.parametrize("name", LEAST)
def test_walk_over_least_values_and_nulls(sides: list[Api], name: str) -> None:
    walks = []
    for sign in ("", "-"):
        seen: list[Any] = []
        params = {"sort": sign + name, "take": 1}
        while len(seen) < 30:
            answer = sides[0].get(PATH, params=params)
            seen += answer.data
            if answer.meta["next_cursor"] is None:
                break
            params["cursor"] = answer.meta["next_cursor"]
        assert len({one["id"] for one in seen}) == len(seen) == 25
        walks.append(seen)
    assert walks[0] == walks[1][::-1]
    assert [one[name] for one in walks[1][:2]] == [LEAST[name][1]] * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("small", 2**15),
        ("small", -(2**15) - 1),
        ("middle", 2**31),
        ("middle", -(2**31) - 1),
        ("large", 2**63),
        ("large", -(2**63) - 1),
        ("large", 10**40),
        ("day", "2026-02-30"),
        ("day", "10000-01-01"),
        ("day", "infinity"),
        ("day", "today"),
    ],
)
def test_value_beyond_the_type(sides: list[Api], name: str, value: Any) -> None:
    for operator in HOLDS:
        answer = sides[0].get(PATH, params={f"{name}[{operator}]": value})
        assert (answer.status, answer.error["code"]) == (400, "bad_request"), answer.text
        assert answer.error["details"] == {"parameter": f"{name}[{operator}]"}


@pytest.mark.modules("odd")
def test_list_of_two_contains_one(api: Api, other_api: Api) -> None:
    for client in (api, other_api):
        client.post(PATH, {"name": "x", "pair": ["a b", "c"]})
        client.post(PATH, {"name": "y", "pair": ["a", "b"]})
    answer = api.get(PATH, params={"pair[contains]": "a b"})
    assert [one["name"] for one in answer.data] == ["x"]
    assert answer.meta["total"] == 1


@pytest.mark.modules("odd")
def test_text_that_no_index_holds(
    api: Api, nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    """``note`` does not say how long it may be; lists are sorted by it, so there is an index."""
    random = Random(1)
    text = "".join(chr(random.randrange(0x4E00, 0x9FFF)) for _ in range(6000))
    assert api.post(PATH, {"name": "x", "note": text[:500]}).status == 201
    with nothing_written():
        answer = api.post(PATH, {"name": "x", "note": text})
        assert (answer.status, answer.error["code"]) == (422, "validation_error"), answer.text
