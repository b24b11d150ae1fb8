"""Pages of a list in any order, while rows come, go and change: none twice, none left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api

from .expected.lists import SORTS, listed
from .expected.resources import Side, Tenant
from .queries import PATHS
from .world import Rows, random_rows, store

PRODUCTS = PATHS["products"]


def walk(api: Api, between: Callable[[], None] = lambda: None, **params: Any) -> Iterator[str]:
    """The ids of all pages; ``between`` happens after each."""
    while True:
        answer = api.get(PRODUCTS, params={"fields": "id", **params})
        yield from (one["id"] for one in answer.data)
        if answer.meta["next_cursor"] is None:
            return
        params["cursor"] = answer.meta["next_cursor"]
        between()


@pytest.mark.parametrize("name", SORTS["products"])
def test_walk_in_either_direction(world: list[Side], name: str) -> None:
    for side in world:
        for sort in (name, f"-{name}"):
            rows = [str(row["id"]) for row in listed("products", side.tenant, [], (), sort)]
            for take in (7, 40):
                assert list(walk(side.api, sort=sort, take=take)) == rows


@pytest.mark.parametrize("name", ["name", "subtitle", "grade", "price", "cost", "releasedAt", ""])
@pytest.mark.parametrize("sign", ["", "-"])
def test_rows_that_come_in_between(
    installation: Runtime, api: Api, other_api: Api, tenant: NewTenant, name: str, sign: str
) -> None:
    """Those that were there are all seen, in order; those that come are seen once or not at all."""
    random = Random(f"{name}{sign}")
    before = random_rows(random, 24)
    store(installation, tenant, before)
    column = SORTS["products"].get(name)
    rest = iter([random_rows(random, 3) for _ in range(40)])

    def come() -> None:
        rows = Rows(products=next(rest).products)
        for row in rows.products:
            row |= {"category": None, "substitute": None, "code": None}
            if column and random.random() < 0.7:  # as many ties as can be
                row[column] = random.choice(before.products)[column]
                row["currency"] = "CLF"
        store(installation, tenant, rows)
        other_api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1})

    params = {"sort": sign + name} if name else {}
    seen = list(walk(api, come, take=5, **params))
    assert len(set(seen)) == len(seen)
    sort = sign + name if name else None
    expected = [str(row["id"]) for row in listed("products", Tenant(before), [], (), sort)]
    assert [one for one in seen if one in set(expected)] == expected


@pytest.mark.parametrize("sort", ["name", "-price", "grade", "-subtitle"])
def test_rows_that_go_in_between(
    installation: Runtime, api: Api, tenant: NewTenant, sort: str
) -> None:
    """The very rows that the cursor marks, and some of those that follow."""
    rows = random_rows(Random(sort), 24)
    store(installation, tenant, rows)
    expected = [str(row["id"]) for row in listed("products", Tenant(rows), [], (), sort)]
    gone: list[str] = []

    def go() -> None:
        last = max(expected.index(one) for one in seen)
        for row in (expected[last], *expected[last + 2 : last + 3]):
            assert api.delete(f"{PRODUCTS}/{row}").status == 200
            gone.append(row)

    seen: list[str] = []
    for one in walk(api, go, take=4, sort=sort):
        seen.append(one)
    assert seen == [one for one in expected if one in seen]
    assert {*seen, *gone} == set(expected)


def test_offset_and_cursor_agree(world: list[Side]) -> None:
    for sort in ("name", "-grade", "views"):
        rows = list(walk(world[0].api, sort=sort, take=6))
        for skip in (0, 1, 17, 39, 40, 41, 10_000):
            answer = world[0].api.get(PRODUCTS, params={"sort": sort, "skip": skip, "take": 6})
            assert [one["id"] for one in answer.data] == rows[skip : skip + 6]
            assert (answer.meta["next_cursor"] is None) == (skip + 6 >= 40)
        page = world[0].api.get(PRODUCTS, params={"sort": sort, "skip": 17, "take": 6})
        following = walk(world[0].api, sort=sort, take=6, cursor=page.meta["next_cursor"])
        assert list(following) == rows[23:]


@pytest.mark.parametrize("take", [1, 39, 40, 41, 250])
def test_last_page_knows_that_it_is(world: list[Side], take: int) -> None:
    answer = world[0].api.get(PRODUCTS, params={"sort": "name", "take": take})
    assert len(answer.data) == min(take, 40)
    assert (answer.meta["next_cursor"] is None) == (take >= 40)
    assert answer.meta["per_page"] == take
