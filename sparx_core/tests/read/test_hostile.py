"""Whatever stands in a query is refused by name, or is a value and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any
from urllib.parse import quote

import pytest

from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.target import MAX_QUERY
from sparx_core.testing import Answer, Owner

from .expected.lists import FILTERS, SORTS
from .expected.resources import Side
from .hostile import PAYLOADS
from .queries import PATHS

PRODUCTS = PATHS["products"]
#: Seconds: a statement of the serving role is cancelled after ten.
SLOWEST = 9.0


@pytest.fixture(scope="module", autouse=True)
def nothing_is_written(installation: Runtime, world: list[Side]) -> Iterator[None]:
    """All of this file together leaves every table as it was."""
    owner = Owner(installation.urls.require_owner())
    with owner.nothing_written(*(side.made.tenant_id for side in world)):
        yield
    owner.close()


@pytest.fixture
def ask(world: list[Side]) -> Callable[[str], Answer]:
    """Asks for a list and looks at what every answer has to be."""
    mine = {str(row["id"]) for row in world[0].tenant.rows.products}

    def get(query: str) -> Answer:
        began = monotonic()
        answer = world[0].api.get(PRODUCTS, query=query)
        assert monotonic() - began < SLOWEST, query[:200]
        assert answer.status in (200, 400), f"{answer.status} for {query[:200]}"
        if answer.status == 400:
            assert answer.error["code"] == "bad_request"
            if len(query) <= MAX_QUERY:
                assert list(answer.error["details"]) == ["parameter"]
            return answer
        assert list(answer.json) == ["success", "data", "meta"]
        assert {one["id"] for one in answer.data if "id" in one} <= mine, query[:200]
        assert answer.meta["total"] <= len(mine)
        return answer

    return get


def test_there_are_two_hundred() -> None:
    assert len(PAYLOADS) >= 200


PARAMETERS = ["take", "skip", "cursor", "sort", "fields", "include", "locale", "q"]
#: A field of each kind; with all operators, those that it does not allow included.
FIELDS = ["name", "subtitle", "grade", "featured", "position", "views", "cost", "unitPrice"]
FIELDS += ["number", "releasedAt", "categoryId", "tags"]
OPERATORS = ["eq", "ne", "in", "nin", "lt", "lte", "gt", "gte", "startsWith", "contains", "exists"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_value(ask: Callable[[str], Answer], name: str) -> None:
    statuses = {ask(f"{name}={quote(one)}").status for one in PAYLOADS}
    assert 400 in statuses


@pytest.mark.parametrize("field", FIELDS)
def test_value_of_a_filter(ask: Callable[[str], Answer], field: str) -> None:
    shift = FIELDS.index(field)
    allowed = FILTERS["products"][field].operators
    for place, payload in enumerate(PAYLOADS):
        # Each payload with one of the operators, each operator with many of the payloads.
        operator = OPERATORS[(place + shift) % len(OPERATORS)]
        answer = ask(f"{field}[{operator}]={quote(payload)}")
        if operator not in allowed:
            assert answer.status == 400


def test_name_of_a_parameter(ask: Callable[[str], Answer]) -> None:
    known = {*PARAMETERS, *FILTERS["products"]}
    for payload in PAYLOADS:
        for name in (quote(payload), f"name[{quote(payload)}]", f"{quote(payload)}[eq]"):
            answer = ask(f"{name}=1")
            if payload not in known and payload != "eq":
                assert answer.status == 400, name


def test_found_texts_hold_what_was_asked_for(world: list[Side]) -> None:
    """A value with quotes finds the rows that hold it, and those alone."""
    rows = world[0].tenant.rows.products
    for payload in (one for one in PAYLOADS if one.strip() and "\0" not in one):
        answer = world[0].api.get(PRODUCTS, params={"name": payload, "fields": "name"})
        if answer.status == 200:
            assert [one["name"] for one in answer.data] == [
                row["name"] for row in rows[::-1] if row["name"] == payload.strip()
            ]


@pytest.mark.parametrize("name", ["fields", "include", "locale", "take", "q", "nobody"])
def test_get_and_writes(
    world: list[Side],
    nothing_written: Callable[[], AbstractContextManager[None]],
    name: str,
) -> None:
    """A write whose question is wrong writes nothing; here its body is wrong as well."""
    api, row = world[0].api, world[0].tenant.rows.products[0]["id"]
    for payload in PAYLOADS[::6]:
        query = f"{name}={quote(payload)}"
        answers = [
            api.get(f"{PRODUCTS}/{row}", query=query),
            api.post(PRODUCTS, {"name": 1}, query=query),
            api.patch(f"{PRODUCTS}/{row}", {"stock": -1}, query=query),
            api.delete(f"{PRODUCTS}/{row}", query=query),
        ]
        assert answers[0].status in (200, 400), f"{answers[0].status} for {query[:200]}"
        expected = [422, 422] if answers[0].status == 200 else [400, 400]
        assert [one.status for one in answers[1:3]] == expected, query[:200]
        assert answers[3].status == 400


@pytest.mark.parametrize(
    "query",
    [
        "take=0",
        "take=251",
        "skip=-1",
        "skip=10001",
        "take=1&take=1",
        "sort=name&sort=name",
        "q=a&q=a",
        "name=a&name=a",
        "fields=id&fields=id",
        "cursor=&cursor=",
        "locale=de&locale=de",
        "name[eq]=a&name[eq]=b",
        "&".join(f"name[in]={number}" for number in range(101)),
        "name[in]=" + ",".join("x" for _ in range(101)),
        "name[in]=",
        "name[in]=a,",
        "name[startsWith]=",
        "name[contains]=",
        "name[contains]=a+b",
        "name[exists]=true",
        "featured=1",
        "featured[exists]=1",
        "featured[exists]=",
        "locale=",
        "include=",
        "fields=",
        "include=name",
        "include=*",
        "include=category.*",
        "fields=name.x",
        "fields=parts.nobody",
        "fields=*.name",
        "sort=profit",
        "sort=tags",
        "sort=weight",
        "sort=featured",
        "profit=1",
        "weight=1",
        "category=1",
        "category.name=x",
        "reviews=1",
        "tags=x",
        "tags[eq]=x",
        "fields=" + ",".join(["id"] * 101),
        "include=reviews.product.category.parent.parent",
        "include=children",
    ],
    ids=lambda query: query[:40],
)
def test_question_that_is_refused(ask: Callable[[str], Answer], query: str) -> None:
    answer = ask(query)
    assert answer.status == 400
    assert answer.error["details"]["parameter"] == query.split("=")[0]


def test_many_conditions(ask: Callable[[str], Answer]) -> None:
    conditions = [f"name[ne]={n}" for n in range(1)]
    conditions += [
        f"{name}[{o}]=1"
        for name in ("stock", "position", "views")
        for o in ("ne", "lt", "lte", "gt", "gte", "in", "nin")
    ]
    assert ask("&".join(conditions[:20])).status == 200
    assert ask("&".join(conditions[:21])).status == 400


def test_answer_that_could_be_too_large(ask: Callable[[str], Answer]) -> None:
    """Three of three of three products of a category, with five perks each."""
    deep = "category.products.category.products"
    assert ask(f"include={deep}&take=50").status == 200
    wide = ",".join(f"{deep.rpartition('.')[0]}.{end}" for end in ("products", "children"))
    assert ask(f"include={wide}&take=250").status == 200
    deepest = "reviews.product.perks.product,perks.product.reviews.product"
    more = "perks.product.perks.product,category.products.perks.product"
    assert ask(f"include={deepest},{more}&take=250").status in (200, 400)


def test_error_names_no_more_than_the_start_of_a_long_parameter(
    ask: Callable[[str], Answer],
) -> None:
    for query in ("x" * 4000 + "=1", "sort=" + "x" * 4000, "fields=" + "x" * 4000):
        answer = ask(query)
        assert answer.status == 400
        assert len(answer.body) < 500


@pytest.mark.parametrize("name", sorted({*SORTS["products"]}))
def test_other_tenants_cursor_shows_ones_own_rows(
    world: list[Side], ask: Callable[[str], Answer], name: str
) -> None:
    for sign in ("", "-"):
        theirs = world[1].api.get(PRODUCTS, params={"sort": sign + name, "take": 20})
        cursor: Any = theirs.meta["next_cursor"]
        assert ask(f"sort={sign}{name}&cursor={cursor}").status == 200
