"""Mutations: the operations of REST, with their refusals, in transactions of their own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner, StatementLog

from .conftest import asked, data, error

Counting = Callable[[], AbstractContextManager[StatementLog]]
NothingWritten = Callable[[], AbstractContextManager[None]]

CREATE = """mutation ($input: ShopProductCreate!, $key: String) {
  shopProductsCreate(input: $input, idempotencyKey: $key) {
    id version name price unit: unitPrice parts { sku price } category { name }
  }
}"""
PRODUCT: dict[str, Any] = {
    "name": "Mug",
    "currency": "EUR",
    "price": Decimal("12.50"),
    "unitPrice": Decimal("0.123456"),
    "parts": [{"sku": "handle", "quantity": 2, "price": Decimal("0.10")}],
}


@pytest.fixture
def product(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = data(api, CREATE, input=PRODUCT)["shopProductsCreate"]
    return found


def test_a_create_answers_with_what_is_asked_for(
    api: Api, owner: Owner, query_count: Counting
) -> None:
    category = api.post("/v1/shop/categories", {"name": "Kitchen"}).data["id"]
    sent = {**PRODUCT, "categoryId": category}
    data(api, CREATE, input=sent)

    with query_count() as log:
        found = data(api, CREATE, input=sent)["shopProductsCreate"]

    assert log.count == 3  # as over REST: enter, one statement, commit
    assert found["category"] == {"name": "Kitchen"}
    assert (found["price"], found["unit"]) == (Decimal("12.50"), Decimal("0.123456"))
    assert found["parts"] == [{"sku": "handle", "price": Decimal("0.10")}]
    rest = api.get(f"/v1/shop/products/{found['id']}").data
    assert (rest["name"], rest["price"], rest["categoryId"]) == ("Mug", Decimal("12.5"), category)
    told = owner.value(
        "SELECT count(*) FROM core.events WHERE type = 'product.created' AND aggregate_id = %s",
        found["id"],
    )
    assert told == 1


def test_literals_are_as_exact_as_variables(api: Api) -> None:
    document = """mutation { shopProductsCreate(input: {
      name: "Mug", currency: "EUR", price: 0.10, unitPrice: 0.123456, views: 9007199254740993,
      kind: bundle, attributes: {size: 1.10, deep: {list: [1, "a", null, true]}}
    }) { price unitPrice views kind attributes } }"""

    found = data(api, document)["shopProductsCreate"]

    assert found["price"] == Decimal("0.10")
    assert found["unitPrice"] == Decimal("0.123456")
    assert found["views"] == 9007199254740993
    assert found["attributes"] == {
        "size": Decimal("1.10"), "deep": {"list": [1, "a", None, True]}
    }  # fmt: skip


def test_absent_means_unchanged_and_null_means_none(api: Api, product: dict[str, Any]) -> None:
    document = """mutation ($id: ID!, $input: ShopProductUpdate!) {
      shopProductsUpdate(id: $id, input: $input) { version grade stock cost }
    }"""
    first = {"grade": "a", "stock": 3, "cost": 2}

    found = data(api, document, id=product["id"], input=first)["shopProductsUpdate"]
    assert found == {"version": 2, "grade": "a", "stock": 3, "cost": 2}
    found = data(api, document, id=product["id"], input={"grade": None})["shopProductsUpdate"]
    assert found == {"version": 3, "grade": None, "stock": 3, "cost": 2}


def test_versions_are_checked(
    api: Api, product: dict[str, Any], nothing_written: NothingWritten
) -> None:
    update = """mutation ($id: ID!, $version: Int) {
      shopProductsUpdate(id: $id, version: $version, input: {stock: 9}) { version }
    }"""
    delete = """mutation ($id: ID!, $version: Int) {
      shopProductsDelete(id: $id, version: $version) { id deleted }
    }"""
    assert data(api, update, id=product["id"], version=1)["shopProductsUpdate"] == {"version": 2}

    with nothing_written():
        for document in (update, delete):
            found = error(api, document, id=product["id"], version=1)
            assert found["extensions"]["code"] == "version_conflict"
            assert found["extensions"]["details"] == {"version": 2}

    found = data(api, delete, id=product["id"], version=2)["shopProductsDelete"]
    assert found == {"id": product["id"], "deleted": True}
    assert api.get(f"/v1/shop/products/{product['id']}").status == 404


def test_the_same_key_does_it_once(api: Api, nothing_written: NothingWritten) -> None:
    first = data(api, CREATE, input=PRODUCT, key="one")["shopProductsCreate"]

    with nothing_written():
        assert data(api, CREATE, input=PRODUCT, key="one")["shopProductsCreate"] == first
        for document, sent in (
            (CREATE, {**PRODUCT, "name": "Cup"}),
            (CREATE.replace("unit: unitPrice", ""), PRODUCT),
        ):
            found = error(api, document, input=sent, key="one")
            assert found["extensions"]["code"] == "idempotency_key_reused"

    assert api.get("/v1/shop/products").meta["total"] == 1


def test_actions_take_their_row(api: Api, product: dict[str, Any]) -> None:
    document = "mutation ($id: ID!) { shopProductsTouch(id: $id) { id version } }"

    found = data(api, document, id=product["id"])["shopProductsTouch"]

    assert found == {"id": product["id"], "version": 1}


def test_what_rest_refuses_is_refused(
    api: Api, other_api: Api, product: dict[str, Any], nothing_written: NothingWritten
) -> None:
    foreign = data(other_api, CREATE, input=PRODUCT)["shopProductsCreate"]["id"]
    update = "mutation ($id: ID!) { shopProductsUpdate(id: $id, input: {stock: 1}) { id } }"

    with nothing_written():
        found = error(api, CREATE, input={**PRODUCT, "price": Decimal("0.12345")})
        assert found["extensions"]["code"] == "validation_error"
        assert found["extensions"]["details"][0]["pointer"] == "/price"
        missing = error(api, CREATE, input={**PRODUCT, "categoryId": foreign})
        assert missing["extensions"]["code"] == "validation_error"
        assert error(api, update, id=foreign)["extensions"]["code"] == "not_found"
        assert error(api, update, id="none")["extensions"]["code"] == "not_found"
        bad = asked(api, CREATE, input={**PRODUCT, "price": "12"})
        assert bad.status == 400
        assert "data" not in bad.json


def test_each_mutation_stands_for_itself_in_order(api: Api) -> None:
    document = """mutation {
      a: shopCategoriesCreate(input: {name: "a"}) { name }
      b: shopCategoriesCreate(input: {name: ""}) { name }
      c: shopCategoriesCreate(input: {name: "c"}) { name }
    }"""

    answer = asked(api, document)

    assert answer.json["data"] == {"a": {"name": "a"}, "b": None, "c": {"name": "c"}}
    (found,) = answer.json["errors"]
    assert (found["path"], found["extensions"]["code"]) == (["b"], "validation_error")
    names = [one["name"] for one in api.get("/v1/shop/categories").data]
    assert names == ["c", "a"]


def test_scopes_are_those_of_rest(api: Api, nothing_written: NothingWritten) -> None:
    key = api.post("/v1/keys", {"name": "reader", "scopes": ["read:shop"]}).data["key"]
    reader = api.with_key(key)
    document = "{ a: shopProducts { total } b: vaultSafes { total } }"

    with nothing_written():
        found = error(reader, CREATE, input=PRODUCT)
    assert found["extensions"]["code"] == "insufficient_scope"

    answer = asked(reader, document)
    assert answer.json["data"] == {"a": {"total": 0}, "b": None}
    assert answer.json["errors"][0]["extensions"]["code"] == "insufficient_scope"
    nested = error(reader, "{ shopProducts { items { perks { safe { code } } } } }")
    assert nested["extensions"]["code"] == "insufficient_scope"


def test_batches_and_exports(api: Api) -> None:
    document = """mutation ($items: [JSON!]!) {
      shopCategoriesBatch(items: $items) {
        succeeded failed items { index status data { title: name } error }
      }
    }"""
    items = [
        {"op": "create", "data": {"name": "a"}},
        {"op": "create", "data": {"name": ""}},
    ]

    found = data(api, document, items=items)["shopCategoriesBatch"]

    assert (found["succeeded"], found["failed"]) == (1, 1)
    good, bad = found["items"]
    assert good == {"index": 0, "status": 201, "data": {"title": "a"}, "error": None}
    assert (bad["data"], bad["error"]["code"]) == (None, "validation_error")
    job = data(api, 'mutation { shopCategoriesExport(where: {name: {eq: "a"}}) { id kind } }')
    rest = api.get(f"/v1/jobs/{job['shopCategoriesExport']['id']}").data
    assert rest["kind"] == job["shopCategoriesExport"]["kind"] == "export"


def test_what_is_shown_once_is_beside_the_row(api: Api) -> None:
    document = """mutation {
      coreKeysCreate(input: {name: "new", scopes: ["read:shop"]}, idempotencyKey: "k") {
        id name secret: key __typename
      }
    }"""

    found = data(api, document)["coreKeysCreate"]

    assert set(found) == {"id", "name", "secret", "__typename"}
    assert api.with_key(found["secret"]).get("/v1/me").status == 200
    assert data(api, document)["coreKeysCreate"] == found


def test_answers_of_writes_have_arguments_too(api: Api, product: dict[str, Any]) -> None:
    for stars in (1, 4, 5):
        review = {"productId": product["id"], "author": f"a{stars}", "stars": stars}
        assert api.post("/v1/shop/reviews", review).status == 201
    document = """mutation ($id: ID!, $least: Int!) {
      shopProductsUpdate(id: $id, input: {stock: 7}) {
        stock good: reviews(take: 9, where: {stars: {gte: $least}}, orderBy: {stars: ASC}) { stars }
      }
    }"""
    for least, stars in ((4, [4, 5]), (5, [5]), (1, [1, 4, 5])):
        found = data(api, document, id=product["id"], least=least)["shopProductsUpdate"]
        assert found == {"stock": 7, "good": [{"stars": one} for one in stars]}
