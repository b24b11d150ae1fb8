"""The schema: what it has follows from the declarations, the active modules and the key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type, print_type, validate_schema

from sparx_core.read.view import Views
from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.roots import is_rooted
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing import Api

from .conftest import asked, data, error

TYPE = '{ __type(name: "ShopProduct") { fields { name } } }'


@pytest.fixture(scope="module")
def schemas(installation: Runtime) -> Schemas:
    return Schemas(installation.registry)


def test_it_is_valid_and_has_every_operation(installation: Runtime, schemas: Schemas) -> None:
    whole = schemas.whole

    assert validate_schema(whole) == []
    assert whole.query_type is not None
    assert whole.mutation_type is not None
    wanted = [one for one in installation.registry.operations.values() if is_rooted(one)]
    assert len(whole.query_type.fields) + len(whole.mutation_type.fields) == len(wanted)
    for one in wanted:
        root = whole.mutation_type if one.writes else whole.query_type
        assert any(
            field.extensions["sparx_root"].operation is one for field in root.fields.values()
        )


def test_types_have_what_views_have(installation: Runtime, schemas: Schemas) -> None:
    views: Views = installation.registry.views(frozenset(installation.registry.modules))

    for name, key in (("ShopProduct", "shop.products"), ("ShopCategory", "shop.categories")):
        found = schemas.whole.type_map[name]
        assert isinstance(found, GraphQLObjectType)
        assert list(found.fields) == list(views.resource(key).names)


def test_values_have_the_types_that_they_are_declared_with(schemas: Schemas) -> None:
    product = schemas.whole.type_map["ShopProduct"]
    assert isinstance(product, GraphQLObjectType)

    told = {
        "id": "ID!",
        "number": "String!",
        "name": "String!",
        "subtitle": "String",
        "kind": "ShopProductKind!",
        "grade": "ShopProductGrade",
        "active": "Boolean!",
        "stock": "Int!",
        "views": "BigInt",
        "price": "Decimal!",
        "weight": "Decimal",
        "releasedAt": "DateTime",
        "categoryId": "ID",
        "category": "ShopCategory",
        "parts": "[ShopPart!]!",
        "photos": "[ShopPhoto!]!",
        "attributes": "JSON!",
        "tags": "[String!]!",
        "reviews": "[ShopReview!]!",
    }
    assert {name: str(product.fields[name].type) for name in told} == told
    assert print_type(schemas.whole.type_map["ShopProductKind"]).split() == [
        "enum", "ShopProductKind", "{", "simple", "bundle", "digital", "}"
    ]  # fmt: skip


def test_inputs_of_filters_have_their_operators(schemas: Schemas) -> None:
    types = schemas.whole.type_map

    def fields(name: str) -> dict[str, str]:
        found: Any = types[name]
        return {key: str(one.type) for key, one in found.fields.items()}

    assert fields("ShopProductWhere")["kind"] == "ShopProductKindFilter"
    assert fields("ShopProductKindFilter")["in"] == "[ShopProductKind!]"
    assert fields("ShopProductPriceFilter")["gte"] == "Decimal"
    assert fields("ShopProductPositionFilter")["exists"] == "Boolean"
    assert "version" not in fields("ShopProductUpdate")
    assert fields("ShopProductCreate")["name"] == "String!"
    assert fields("ShopProductUpdate")["name"] == "String"


def test_the_same_looks_share_a_schema(schemas: Schemas) -> None:
    looks = frozenset({"core", "shop"})

    assert schemas.of(looks) is schemas.of(frozenset(looks))
    assert "perksPerks" not in schemas.of(looks).query_type.fields  # type: ignore[union-attr]
    assert schemas.module_of("perksPerks") == "perks"
    row = schemas.of(looks).type_map["ShopProduct"]
    assert isinstance(row, GraphQLObjectType)
    assert "perks" not in row.fields
    assert get_named_type(row.fields["category"].type).name == "ShopCategory"


def test_modules_come_and_go_at_once(
    api: Api, activate: Callable[..., None], deactivate: Callable[..., None]
) -> None:
    rows = "{ shopProducts { items { perkPoints } } }"
    root = "{ perksPerks { total } }"
    assert data(api, rows) == {"shopProducts": {"items": []}}
    assert {"name": "perks"} in data(api, TYPE)["__type"]["fields"]

    deactivate("perks")

    assert asked(api, rows).status == 400
    assert error(api, root)["extensions"]["code"] == "module_disabled"
    assert {"name": "perks"} not in data(api, TYPE)["__type"]["fields"]
    # Mixed with what is in the database it is answered the same way.
    mixed = data(api, TYPE.replace("{ __type", "{ shopProducts { total } __type", 1))
    assert {"name": "perks"} not in mixed["__type"]["fields"]
    assert mixed["shopProducts"] == {"total": 0}

    activate("perks")

    assert data(api, rows) == {"shopProducts": {"items": []}}
    assert data(api, root) == {"perksPerks": {"total": 0}}


def test_a_write_is_held_against_the_schema_that_there_is_now(
    api: Api,
    deactivate: Callable[..., None],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    key = api.post("/v1/keys", {"name": "second", "scopes": ["*"]}).data["key"]
    second = api.with_key(key)
    document = """mutation { shopProductsCreate(input: {name: "x", currency: "EUR", price: 1}) {
      name perkPoints
    } }"""
    made = data(second, document)["shopProductsCreate"]
    assert made == {"name": "x", "perkPoints": 0}

    deactivate("perks")

    with nothing_written():
        assert asked(second, document).status == 400
    made = data(second, document.replace("perkPoints", ""))["shopProductsCreate"]
    assert made == {"name": "x"}


def test_hidden_fields_are_in_no_schema_of_the_key(api: Api) -> None:
    body = {"name": "few", "scopes": ["read:shop"], "hiddenFields": ["shop.products.cost"]}
    made = api.post("/v1/keys", body)
    assert made.status == 201, made.text
    few = api.with_key(made.data["key"])

    assert asked(few, "{ shopProducts { items { cost } } }").status == 400
    assert asked(few, "{ shopProducts(where: {cost: {gt: 1}}) { total } }").status == 400
    assert data(few, "{ shopProducts { items { price } } }") == {"shopProducts": {"items": []}}
    assert data(api, "{ shopProducts { items { cost } } }") == {"shopProducts": {"items": []}}
