"""Lists, single rows and relations: the same values as over REST, one statement a root field."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, StatementLog

from ..read.expected.resources import Side
from .conftest import asked, data, error

Counting = Callable[[], AbstractContextManager[StatementLog]]

SCALARS = (
    "id version number name subtitle code kind grade active featured stock position views currency"
    " price cost unitPrice weight releasedAt categoryId substituteId attributes tags title profit"
    " weekday reviewCount createdAt"
)


def test_a_list_has_the_values_of_rest_in_their_order(mine: Api) -> None:
    rest = mine.get("/v1/shop/products", params={"take": 5, "fields": SCALARS.replace(" ", ",")})

    found = data(mine, f"{{ shopProducts(take: 5) {{ items {{ {SCALARS} }} total nextCursor }} }}")

    assert found["shopProducts"]["items"] == rest.data
    assert found["shopProducts"]["total"] == rest.meta["total"]
    assert found["shopProducts"]["nextCursor"] == rest.meta["next_cursor"]
    assert any(isinstance(one["price"], Decimal) for one in rest.data)


def test_pages_follow_each_other_by_cursor(mine: Api) -> None:
    document = """query ($cursor: String) {
      shopProducts(take: 5, cursor: $cursor, orderBy: {price: DESC}) {
        items { id } nextCursor
      }
    }"""
    found: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        page = data(mine, document, cursor=cursor)["shopProducts"]
        found += [one["id"] for one in page["items"]]
        cursor, pages = page["nextCursor"], pages + 1

    rest = mine.get("/v1/shop/products", params={"take": 250, "sort": "-price"}).data
    assert found == [one["id"] for one in rest]
    assert pages == 3


NESTED = """{
  shopProducts(take: 8, where: {kind: {in: [simple, bundle]}}, orderBy: {name: ASC}) {
    items {
      name
      category { name parent { name } children { name } products { price } }
      parts { sku quantity price origin { name } }
      photos { url altText }
      reviews { stars author }
      perks { name safe { code } }
    }
  }
}"""
INCLUDED = (
    "name,category.name,category.parent.name,category.children.name,category.products.price,"
    "parts.sku,parts.quantity,parts.price,parts.origin.name,photos,reviews.stars,reviews.author,"
    "perks.name,perks.safe.code"
)


def test_relations_at_any_depth_are_one_statement(mine: Api, query_count: Counting) -> None:
    params = {"take": 8, "kind[in]": "simple,bundle", "sort": "name", "fields": INCLUDED}
    rest = mine.get("/v1/shop/products", params=params).data
    data(mine, NESTED)

    with query_count() as log:
        found = data(mine, NESTED)["shopProducts"]["items"]

    assert log.count == 1
    # The parts of an object that are not there are null, and over REST they are not there.
    shown = [
        {**one, "photos": [{"url": p["url"], "altText": p.get("altText")} for p in one["photos"]]}
        for one in rest
    ]
    assert found == shown
    assert any(one["photos"] for one in found)
    assert any(one["perks"] for one in found)
    assert any(one["category"] and one["category"]["parent"] for one in found)


def test_names_fragments_directives_and_types(mine: Api) -> None:
    document = """query ($not: Boolean!, $with: Boolean = false) {
      kind: __typename
      cheap: shopProducts(take: 1, orderBy: {price: ASC}) { ...page items { name @skip(if: $not) } }
      dear: shopProducts(take: 1, orderBy: {price: DESC}) {
        ...page
        rows: items { ... on ShopProduct { label: name stock @include(if: $with) } }
      }
    }
    fragment page on ShopProductList {
      __typename
      items { __typename price first: id second: id photos { kind: __typename } }
    }"""
    rest = mine.get("/v1/shop/products", params={"take": 250, "sort": "price"}).data

    found = data(mine, document, **{"not": True})

    assert found["kind"] == "Query"
    (cheap,), (dear,) = found["cheap"]["items"], found["dear"]["items"]
    assert found["cheap"]["__typename"] == "ShopProductList"
    assert list(cheap) == ["__typename", "price", "first", "second", "photos"]
    assert (cheap["first"], cheap["second"]) == (rest[0]["id"], rest[0]["id"])
    assert cheap["price"] == rest[0]["price"]
    assert dear["price"] == rest[-1]["price"]
    assert found["dear"]["rows"] == [{"label": rest[-1]["name"]}]
    assert cheap["__typename"] == "ShopProduct"
    assert all(one == {"kind": "ShopPhoto"} for one in cheap["photos"])


def test_lists_of_relations_take_arguments(mine: Api) -> None:
    document = """query ($stars: Int!, $take: Int) {
      shopProducts(take: 50) { items {
        id
        few: reviews(take: 1, skip: 1, orderBy: {stars: ASC}) { id }
        good: reviews(take: $take, where: {stars: {gte: $stars}}) { id stars }
        bad: reviews(take: $take, where: {stars: {lt: $stars}}, orderBy: {author: ASC}) { id stars }
      } }
    }"""
    reviews = mine.get("/v1/shop/reviews", params={"take": 250, "sort": "stars"}).data

    rows = data(mine, document, stars=3, take=100)["shopProducts"]["items"]

    for row in rows:
        all_ = [one for one in reviews if one["productId"] == row["id"]]
        assert [one["id"] for one in row["few"]] == [one["id"] for one in all_[1:2]]
        good = {one["id"] for one in all_ if one["stars"] >= 3}
        assert {one["id"] for one in row["good"]} == good
        assert [one["stars"] for one in row["good"]] == sorted(
            (one["stars"] for one in row["good"]), reverse=True
        )
        assert {one["id"] for one in row["bad"]} == {one["id"] for one in all_} - good
    assert any(row["good"] for row in rows)
    assert any(row["bad"] for row in rows)
    assert any(row["few"] for row in rows)


def test_other_values_share_the_statement_of_a_relation(mine: Api, query_count: Counting) -> None:
    document = """query ($stars: Int!) { shopProducts(take: 50) { items {
      reviews(take: 9, where: {stars: {eq: $stars}}) { stars }
    } } }"""
    for stars in (1, 5):
        with query_count() as log:
            rows = data(mine, document, stars=stars)["shopProducts"]["items"]
        found = {one["stars"] for row in rows for one in row["reviews"]}
        assert found <= {stars}
    assert log.count == 1


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("{stock: {gte: 3}}", {"stock[gte]": "3"}),
        ("{price: {lt: 20.5}, active: {eq: true}}", {"price[lt]": "20.5", "active": "true"}),
        ("{grade: {nin: [a, b]}}", {"grade[nin]": "a,b"}),
        ("{position: {exists: false}}", {"position[exists]": "false"}),
        ('{name: {contains: "a"}}', {"name[contains]": "a"}),
        ("{views: {lte: 9007199254740993}}", {"views[lte]": "9007199254740993"}),
    ],
)
def test_filters_are_those_of_rest(mine: Api, where: str, params: dict[str, str]) -> None:
    rest = mine.get("/v1/shop/products", params={**params, "take": 250})

    found = data(mine, f"{{ shopProducts(take: 250, where: {where}) {{ items {{ id }} total }} }}")

    assert [one["id"] for one in found["shopProducts"]["items"]] == [one["id"] for one in rest.data]
    assert found["shopProducts"]["total"] == rest.meta["total"]


def test_values_with_commas_are_single_values(api: Api) -> None:
    for name in ("a,b", "a", "b"):
        api.post("/v1/shop/categories", {"name": name})

    found = data(api, '{ shopCategories(where: {name: {in: ["a,b"]}}) { items { name } } }')

    assert found["shopCategories"]["items"] == [{"name": "a,b"}]


def test_one_row_by_id_in_a_language(mine: Api) -> None:
    row = next(
        one for one in mine.get("/v1/shop/categories", params={"take": 250}).data if one["label"]
    )
    language, text = next(iter(row["label"].items()))
    document = """query ($id: ID!, $language: String) {
      all: shopCategory(id: $id) { name label }
      one: shopCategory(id: $id, locale: $language) { label }
    }"""

    found = data(mine, document, id=row["id"], language=language)

    assert found["all"] == {"name": row["name"], "label": row["label"]}
    assert found["one"] == {"label": text}


def test_rows_of_another_tenant_are_as_if_they_were_not_there(world: list[Side]) -> None:
    mine, theirs = (side.api for side in world)
    foreign = theirs.get("/v1/shop/products", params={"take": 1}).data[0]["id"]
    document = "query ($id: ID!) { shopProduct(id: $id) { id name } }"

    assert data(theirs, document, id=foreign)["shopProduct"]["id"] == foreign
    for id_ in (foreign, "00000000-0000-7000-8000-000000000000", "none"):
        assert data(mine, document, id=id_) == {"shopProduct": None}


def test_what_cannot_be_asked_says_why(mine: Api) -> None:
    for document, code in (
        ("{ shopProducts(take: 0) { total } }", "bad_request"),
        ("{ shopProducts(take: 251) { total } }", "bad_request"),
        ('{ shopProducts(cursor: "x") { total } }', "bad_request"),
        ("{ shopProducts(where: {stock: {eq: null}}) { total } }", "bad_request"),
        ("{ shopProducts(where: {stock: {}}) { total } }", "bad_request"),
        ("{ shopProducts(where: {stock: null}) { total } }", "bad_request"),
        ("{ shopProducts(orderBy: {name: ASC, price: ASC}) { total } }", "bad_request"),
        ("{ shopProducts(orderBy: {name: null}) { total } }", "bad_request"),
        ("{ shopProducts(where: {name: {in: []}}, orderBy: {}) { total } }", "bad_request"),
        ('{ shopProducts(q: "a\\u0000") { total } }', "bad_request"),
        ("{ shopProducts { items { reviews(take: 101) { id } } } }", "bad_request"),
        (
            '{ shopProducts { items { reviews(where: {author: {contains: "a"}}) { id } } } }',
            "bad_request",
        ),
        (f"{{ shopProducts {{ items {{ {'x' * 64}: id }} }} }}", "bad_request"),
    ):
        found = error(mine, document)
        assert found["extensions"]["code"] == code, document
        assert found["path"] == ["shopProducts"]


def test_a_field_that_fails_leaves_the_others_alone(mine: Api) -> None:
    answer = asked(mine, "{ a: shopProducts(take: 0) { total } b: shopProducts { total } }")

    assert answer.status == 200
    assert answer.json["data"]["a"] is None
    assert answer.json["data"]["b"]["total"] == 12
    (found,) = answer.json["errors"]
    assert (found["path"], found["extensions"]["code"]) == (["a"], "bad_request")
    assert found["extensions"]["details"] == {"parameter": "take"}


def test_groups_and_calls_that_read(mine: Api) -> None:
    rest = mine.get("/v1/shop/products/aggregate", params={"groupBy": "kind", "sum": "price,stock"})
    document = """{
      shopProductsAggregate(groupBy: ["kind"], sum: ["price", "stock"]) { groups truncated }
      coreMe { tenant { slug } }
    }"""

    found = data(mine, document)

    assert found["shopProductsAggregate"] == {"groups": rest.data, "truncated": False}
    assert found["coreMe"] == {"tenant": {"slug": mine.get("/v1/me").data["tenant"]["slug"]}}


def test_only_the_total(mine: Api, query_count: Counting) -> None:
    document = "{ shopProducts(where: {active: {eq: true}}) { total } }"
    data(mine, document)

    with query_count() as log:
        found = data(mine, document)

    rest = mine.get("/v1/shop/products", params={"active": "true"})
    assert found == {"shopProducts": {"total": rest.meta["total"]}}
    assert log.count == 1


def test_a_selection_may_turn_out_empty(mine: Api) -> None:
    document = "query ($no: Boolean!) { shopProducts(take: 2) { items { id @include(if: $no) } } }"

    found: Any = data(mine, document, no=False)

    assert found == {"shopProducts": {"items": [{}, {}]}}
