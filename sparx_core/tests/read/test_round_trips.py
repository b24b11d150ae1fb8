"""A read is one message to the database, however deep it goes; a write is three."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, StatementLog

from .expected.resources import Side
from .queries import PATHS

Count = Callable[[], AbstractContextManager[StatementLog]]
PRODUCTS = PATHS["products"]


def twice(ask: Callable[[], Any]) -> Any:
    """Ask, so that what is prepared on first use is."""
    ask()
    return ask


DEEP = [
    "",
    "include=category",
    "include=category.parent,reviews.product",
    "include=reviews.product.category.parent",
    "include=perks.product.reviews.product,substitute.substitute.substitute.substitute",
    "include=category.children.products.perks,perks.safe,parts.origin.products.reviews",
    "fields=name,category.products.reviews.product.name",
    "fields=*&locale=de-AT",
]
NARROW = [
    "sort=-price&take=5",
    "q=apple&take=7",
    "name[contains]=pp&include=reviews",
    "grade[exists]=true&kind[in]=simple,bundle&sort=code",
    "price[gte]=1&skip=3&sort=name",
    "tags[contains]=Apple",
]


@pytest.mark.parametrize("query", [*DEEP, *NARROW])
def test_list(world: list[Side], query_count: Count, query: str) -> None:
    ask = twice(lambda: world[0].api.get(PRODUCTS, query=query))
    with query_count() as log:
        assert ask().status == 200
    assert log.count == 1, log.statements


@pytest.mark.parametrize("query", DEEP)
def test_get(world: list[Side], query_count: Count, query: str) -> None:
    row = world[0].tenant.rows.products[3]["id"]
    ask = twice(lambda: world[0].api.get(f"{PRODUCTS}/{row}", query=query))
    with query_count() as log:
        assert ask().data["name"] == world[0].tenant.rows.products[3]["name"]
    assert log.count == 1, log.statements


def test_next_page(world: list[Side], query_count: Count) -> None:
    def ask() -> Any:
        cursor = world[0].api.get(PRODUCTS, query="sort=name&take=2").meta["next_cursor"]
        with query_count() as log:
            answer = world[0].api.get(PRODUCTS, query=f"sort=name&take=2&cursor={cursor}")
        assert len(answer.data) == 2
        return log

    assert twice(ask)().count == 1


@pytest.mark.parametrize("query", ["", "include=category,reviews,perks.safe", "fields=id"])
def test_writes(api: Api, query_count: Count, query: str) -> None:
    body = {"name": "x", "currency": "USD", "price": 1, "parts": []}
    body["parts"] = [{"sku": "s", "quantity": 1, "price": 2}]
    stocks = iter(range(1, 100))
    row = api.post(PRODUCTS, body).data["id"]
    for ask in (
        lambda: api.post(PRODUCTS, body, query=query),
        lambda: api.patch(f"{PRODUCTS}/{row}", {"stock": next(stocks)}, query=query),
    ):
        twice(ask)
        with query_count() as log:
            assert ask().status in (200, 201)
        # BEGIN with authenticate; everything; COMMIT. A change reads its row first.
        assert log.count == (3 if ask().status == 201 else 4), log.statements


def test_switch_of_an_extension_is_seen_by_the_next_read(
    api: Api,
    other_api: Api,
    activate: Callable[..., None],
    deactivate: Callable[..., None],
    query_count: Count,
) -> None:
    body = {"name": "x", "currency": "USD", "price": 1}
    path = f"{PRODUCTS}/{api.post(PRODUCTS, body).data['id']}"
    other_api.post(PRODUCTS, body)
    second = api.with_key(api.post("/v1/keys", {"name": "k", "scopes": ["*"]}).data["key"])
    for switch, there in ((deactivate, False), (activate, True), (deactivate, False)):
        for client in (api, second):
            for at in (PRODUCTS, path):
                client.get(at)
        switch("perks")
        for client in (api, second):
            for at in (PRODUCTS, path, f"{path}?fields=*"):
                shown = client.get(*at.split("?")[:1], query="".join(at.split("?")[1:])).data
                shown = shown[0] if isinstance(shown, list) else shown
                assert ("perkPoints" in shown) == there
                client.get(at.split("?")[0])
            with query_count() as log:
                assert ("perkPoints" in client.get(path).data) == there
                assert ("perkPoints" in client.get(PRODUCTS).data[0]) == there
            assert log.count == 2, log.statements
        assert "perkPoints" in other_api.get(PRODUCTS).data[0]


def test_switch_in_another_process(installation: Runtime, api: Api) -> None:
    """Two processes of the API, each with a memory of its own."""
    second = Runtime.start(installation.settings, installation.registry)
    try:
        there = Api(create_app(second), api.key)
        api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1})
        for verb, shown in (("deactivate", False), ("activate", True), ("deactivate", False)):
            for client in (api, there):
                client.get(PRODUCTS)
            assert api.post(f"/v1/modules/perks/{verb}").status == 200
            for client in (there, api, there):
                assert ("perkPoints" in client.get(PRODUCTS).data[0]) == shown
    finally:
        second.close()


def test_switch_while_others_read(api: Api) -> None:
    """Every answer shows the extension or does not, in all of its rows."""
    for _ in range(3):
        api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1})
    seen: list[Any] = []

    def read(_: int) -> None:
        for _ in range(25):
            answer = api.get(PRODUCTS)
            assert answer.status == 200, answer.text
            seen.append({"perkPoints" in one for one in answer.data})

    with ThreadPoolExecutor(3) as pool:
        reading = [pool.submit(read, number) for number in range(3)]
        for _ in range(6):
            for verb in ("deactivate", "activate"):
                assert api.post(f"/v1/modules/perks/{verb}").status == 200
        for one in reading:
            one.result()
    assert len(seen) == 75
    assert all(len(one) == 1 for one in seen)


class Forgetful(dict[str, Any]):
    """A memory in which others overwrite everything at once."""

    def __setitem__(self, key: str, value: Any) -> None:
        pass


def test_memory_of_active_modules_is_a_hint(
    installation: Runtime, api: Api, deactivate: Callable[..., None]
) -> None:
    """What the database says is true, whatever another thread has noted in the meantime."""
    made = api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1}).data
    path = f"{PRODUCTS}/{made['id']}"
    second = Runtime.start(installation.settings, installation.registry)
    second._extending = Forgetful()
    try:
        there = Api(create_app(second), api.key)
        for _ in range(2):
            assert "perkPoints" in there.get(path).data
            assert "perkPoints" in there.get(PRODUCTS).data[0]
            assert there.get(path, query="include=perks").data["perks"] == []
        deactivate("perks")
        assert "perkPoints" not in there.get(path).data
        assert there.get(PRODUCTS, query="include=perks").status == 400
    finally:
        second.close()


def test_refusals_say_why_with_one_more_transaction(world: list[Side], query_count: Count) -> None:
    """BEGIN with authenticate and COMMIT: a refusal is rare, and may look twice."""
    for query in ("nonsense=1", "take=0", "include=nobody", "sort=nobody"):
        world[0].api.get(PRODUCTS, query=query)
        with query_count() as log:
            assert world[0].api.get(PRODUCTS, query=query).status == 400
        assert log.count == 2, log.statements
