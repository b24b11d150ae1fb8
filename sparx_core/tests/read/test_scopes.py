"""What is shown of another module needs that module, and the scope to read it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.auth.keys import new_key
from sparx_core.testing import Answer, Api

from .queries import PATHS

PRODUCTS, PERKS, SAFES = PATHS["products"], PATHS["perks"], PATHS["safes"]
Watch = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def product(api: Api, other_api: Api) -> str:
    """A product with a perk whose safe is called TOPSECRET; another tenant has the same."""
    made = ""
    for client in (other_api, api):
        safe = client.post(SAFES, {"code": "TOPSECRET"}).data["id"]
        body = {"name": "plain", "currency": "USD", "price": 1}
        made = client.post(PRODUCTS, body).data["id"]
        client.post(PERKS, {"productId": made, "safeId": safe, "name": "perk"})
    return made


@pytest.fixture
def key(api: Api) -> Callable[..., Api]:
    """A client with a key for these scopes alone."""

    def make(*scopes: str) -> Api:
        body = {"name": "limited", "scopes": list(scopes)}
        return api.with_key(api.post("/v1/keys", body).data["key"])

    return make


def lacks(answer: Answer, scope: str) -> bool:
    """Whether it is refused for want of a scope."""
    return (
        answer.status == 403
        and answer.error["code"] == "insufficient_scope"
        and answer.error["details"] == {"requiredScopes": [scope]}
    )


#: What is asked for, and the scopes that it needs beside its own.
NEEDED = [
    (PERKS, "include=safe", {"read:vault"}),
    (PERKS, "fields=safe.id", {"read:vault"}),
    (PERKS, "fields=safe", {"read:vault"}),
    (PERKS, "fields=safe.*", {"read:vault"}),
    (PERKS, "include=product", {"read:shop"}),
    (PERKS, "include=product.category,safe", {"read:shop", "read:vault"}),
    (PERKS, "fields=product.perks.safe.code", {"read:shop", "read:vault"}),
    (PERKS, "q=topsecret", {"read:vault"}),
    (PERKS, "q=topsecret&fields=id", {"read:vault"}),
    (PRODUCTS, "include=perks", {"read:perks"}),
    (PRODUCTS, "fields=perks.name", {"read:perks"}),
    (PRODUCTS, "include=perks.safe", {"read:perks", "read:vault"}),
    (PRODUCTS, "include=category.products.perks.safe", {"read:perks", "read:vault"}),
    (PRODUCTS, "include=parts.origin.products.perks", {"read:perks"}),
]


@pytest.mark.parametrize(("path", "query", "needed"), NEEDED)
def test_each_scope_is_needed(
    product: str, key: Callable[..., Api], path: str, query: str, needed: set[str]
) -> None:
    own = "read:perks" if path == PERKS else "read:shop"
    answer = key(own, *needed).get(path, query=query)
    assert answer.status == 200
    assert len(answer.data) == 1
    for scope in sorted(needed):
        assert lacks(key(own, *needed - {scope}).get(path, query=query), scope)
        # Nor does another scope of that module help.
        write = scope.replace("read", "write")
        assert lacks(key(own, write, *needed - {scope}).get(path, query=query), scope)
    assert lacks(key(*needed).get(path, query=query), own)


def test_what_needs_no_scope_but_its_own(product: str, key: Callable[..., Api]) -> None:
    """The reference itself, what an extension computes, and fields that only sound like another."""
    perks, shop = key("read:perks"), key("read:shop")
    for query in ("", "fields=safeId,productId", "fields=*", "sort=name", "name[contains]=per"):
        assert perks.get(PERKS, query=query).status == 200
    assert shop.get(PRODUCTS).data[0]["perkPoints"] == 1
    assert shop.get(PRODUCTS, query="q=plain&include=category,reviews").status == 200


@pytest.mark.parametrize("query", ["include=perks", "include=perks.safe", "fields=perks.safe.code"])
def test_one_row_and_writes(
    api: Api, product: str, key: Callable[..., Api], nothing_written: Watch, query: str
) -> None:
    path = f"{PRODUCTS}/{product}"
    body = {"name": "x", "currency": "USD", "price": 1}
    scopes = {"write:shop", "read:shop", "read:perks"} | (
        {"read:vault"} if "safe" in query else set()
    )
    for missing in sorted(scopes - {"write:shop", "read:shop"}):
        client = key(*scopes - {missing})
        with nothing_written():
            answers = [
                client.get(path, query=query),
                client.post(PRODUCTS, body, query=query),
                client.patch(path, {"stock": 3}, query=query),
                client.post(f"{path}/touch", query=query),
            ]
        assert all(lacks(one, missing) for one in answers)
    client = key(*scopes)
    assert client.get(path, query=query).status == 200
    assert client.post(PRODUCTS, body, query=query).status == 201
    assert client.patch(path, {"stock": 3}, query=query).status == 200
    assert client.post(f"{path}/touch", query=query).status == 200


def test_module_of_the_list_that_is_not_active(
    product: str, api: Api, deactivate: Callable[..., None]
) -> None:
    deactivate("perks")
    for query in ("", "include=safe", "include=nobody", "q=topsecret", "take=0"):
        answer = api.get(PERKS, query=query)
        assert (answer.status, answer.error["code"]) == (403, "module_disabled"), query
        assert answer.error["details"] == {"module": "perks"}
    deactivate("vault")
    assert api.get(SAFES).error["details"] == {"module": "vault"}


@pytest.mark.parametrize("query", ["include=perks", "fields=perks.name", "fields=perkPoints"])
def test_extension_that_is_not_active_is_not_there(
    product: str,
    api: Api,
    key: Callable[..., Api],
    deactivate: Callable[..., None],
    activate: Callable[..., None],
    query: str,
) -> None:
    """The same answer each time, with whatever key, whatever it asked before."""
    clients = [api, key("read:shop", "read:perks"), key("*")]
    for client in clients[:2]:
        assert client.get(PRODUCTS, query=query).status == 200
    deactivate("perks")
    for _ in range(2):
        for client in clients:
            for path in (PRODUCTS, f"{PRODUCTS}/{product}"):
                answer = client.get(path, query=query)
                assert (answer.status, answer.error["code"]) == (400, "bad_request")
                assert answer.error["details"] == {"parameter": query.split("=")[0]}
    activate("perks")
    for client in clients:
        assert client.get(PRODUCTS, query=query).status == 200


def test_modules_differ_between_tenants_that_read_in_turn(
    product: str, api: Api, other_api: Api, deactivate: Callable[..., None]
) -> None:
    deactivate("perks", other_api)
    for _ in range(3):
        assert api.get(PRODUCTS, query="include=perks").data[0]["perks"] != []
        assert other_api.get(PRODUCTS, query="include=perks").status == 400
        assert "perkPoints" in api.get(PRODUCTS).data[0]
        assert "perkPoints" not in other_api.get(PRODUCTS).data[0]


WRONG = ["take=0", "nobody=1", "include=nobody", "fields=", "sort=x", "cursor=x", "name[x]=1", "q="]


def test_key_comes_before_the_question(
    product: str, api: Api, key: Callable[..., Api], anonymous: Api
) -> None:
    """401, then 403, then 400: who may not ask is not told what is wrong with the question."""
    limited, mine = key("read:perks"), api.key or ""
    revoked = api.post("/v1/keys", {"name": "gone", "scopes": ["*"]}).data
    assert api.delete(f"/v1/keys/{revoked['id']}").status == 200
    unknown = new_key().text
    for query in WRONG:
        assert api.get(PRODUCTS, query=query).status == 400
        assert limited.get(PRODUCTS, query=query).status == 403
        for wrong in (None, "sk_live_x", revoked["key"], unknown, mine[::-1]):
            for path in (PRODUCTS, f"{PRODUCTS}/{product}"):
                answer = anonymous.with_key(wrong).get(path, query=query)
                assert (answer.status, answer.error["code"]) == (401, "unauthorized")


def test_key_of_another_tenant_shows_that_tenants_rows(
    product: str, other_api: Api, api: Api
) -> None:
    query = "include=perks.safe&q=plain"
    mine, theirs = (client.get(PRODUCTS, query=query).data for client in (api, other_api))

    def ids(rows: Any) -> set[str]:
        return {one["id"] for row in rows for one in (row, *row["perks"])}

    assert len(mine) == len(theirs) == 1
    assert ids(mine) & ids(theirs) == set()
    assert other_api.get(f"{PRODUCTS}/{product}", query="include=perks").status == 404
