"""What is searched for is found in the rows of the tenant, all of them, and in no other's."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner

from .door import entered
from .expected.lists import Asked, comparable, listed
from .expected.resources import Side
from .queries import PATHS
from .world import TEXTS

PRODUCTS = PATHS["products"]
FUNCTIONS = {
    "shop.search_products": "shop",
    "shop.search_categories": "shop",
    "shop.search_reviews": "shop",
    "vault.search_safes": "vault",
    "perks.search_perks": "perks",
    "odd.search_things": "odd",
}


def ids(answer: Any) -> list[str]:
    return [one["id"] for one in answer.data]


def pieces(texts: Sequence[str]) -> list[str]:
    """Words of the texts, and what is at their beginnings, middles and ends."""
    words = {word for text in texts for word in text.split()}
    cut = {word[a:b] for word in words for a, b in ((0, 1), (0, 2), (0, 3), (1, 4), (-3, None))}
    return sorted(one for one in words | cut if one.split() == [one])


WORDS = pieces(TEXTS)


@pytest.mark.parametrize("kind", ["products", "categories", "reviews", "perks"])
def test_one_word(world: list[Side], kind: str) -> None:
    side = world[0]
    for word in WORDS:
        rows = [str(row["id"]) for row in listed(kind, side.tenant, [], [word])]
        answer = side.api.get(PATHS[kind], params={"q": word, "fields": "id", "take": 250})
        assert (ids(answer), answer.meta["total"]) == (rows, len(rows)), word


def test_some_words_are_found(world: list[Side]) -> None:
    """Otherwise the tests here would compare nothing with nothing."""
    found = [len(listed("products", world[0].tenant, [], [word])) for word in WORDS]
    assert sum(0 < count < 40 for count in found) > 60


def test_words_together_in_any_case_and_order(world: list[Side]) -> None:
    random, found = Random(7), 0
    for _ in range(60):
        words = random.sample(WORDS, random.choice((2, 2, 3)))
        rows = [str(row["id"]) for row in listed("products", world[0].tenant, [], words)]
        found += bool(rows)
        upper = [word.upper() for word in words]
        # The upper case of ß is something else.
        same = [comparable(word) for word in upper] == [comparable(word) for word in words]
        for asked in (words, words[::-1], upper if same else words):
            answer = world[0].api.get(PRODUCTS, params={"q": " ".join(asked), "take": 250})
            assert ids(answer) == rows, asked
    assert found > 5


@pytest.mark.parametrize("field", ["name", "subtitle", "code"])
def test_part_of_a_field(world: list[Side], field: str) -> None:
    for word in WORDS[::3]:
        asked = [Asked(field, "contains", word)]
        rows = [str(row["id"]) for row in listed("products", world[0].tenant, asked)]
        answer = world[0].api.get(PRODUCTS, params={f"{field}[contains]": word, "take": 250})
        assert (ids(answer), answer.meta["total"]) == (rows, len(rows)), word


def test_entry_of_a_list(world: list[Side]) -> None:
    tags = {tag for row in world[0].tenant.rows.products for tag in row["tags"]}
    assert len(tags) > 15
    for tag in [*tags, *TEXTS]:
        asked = [Asked("tags", "contains", tag.strip())]
        rows = [str(row["id"]) for row in listed("products", world[0].tenant, asked)]
        answer = world[0].api.get(PRODUCTS, params={"tags[contains]": tag, "take": 250})
        assert (ids(answer), answer.meta["total"]) == (rows, len(rows)), tag


def test_entry_is_whole_and_of_its_own_list(api: Api) -> None:
    """Neither a part of an entry, nor the same text elsewhere in the row."""
    body = {"currency": "USD", "price": 1}
    one = api.post(PRODUCTS, {**body, "name": "red", "tags": ["dark red", "x"]}).data["id"]
    two = api.post(PRODUCTS, {**body, "name": "blue", "tags": ["red"]}).data["id"]
    three = api.post(PRODUCTS, {**body, "name": "tags=red", "tags": ["=red", "x=tags=red"]})
    for tag, rows in (("red", [two]), ("dark red", [one]), ("dark", []), ("Red", [])):
        assert ids(api.get(PRODUCTS, params={"tags[contains]": tag})) == rows
    assert ids(api.get(PRODUCTS, params={"q": "red"})) == [three.data["id"], two, one]


@pytest.mark.parametrize(
    ("word", "found"),
    [("7", True), ("07", True), ("17", False), ("x 7", False), ("-7", False), ("\uff17", False)],
)
def test_number_is_found_by_its_digits_alone(api: Api, word: str, found: bool) -> None:
    rows = [api.post(PRODUCTS, {"name": "x", "currency": "USD", "price": 1}).data for _ in range(8)]
    assert rows[6]["number"] == "7"
    expected = [rows[6]["id"]] if found else []
    assert ids(api.get(PRODUCTS, params={"q": word})) == expected


def test_words_of_the_row_or_of_its_relation_but_not_of_both(api: Api) -> None:
    category = api.post(PATHS["categories"], {"name": "green garden"}).data["id"]
    body = {"name": "blue chair", "currency": "USD", "price": 1, "categoryId": category}
    chair = api.post(PRODUCTS, body).data["id"]
    table = api.post(PRODUCTS, {**body, "name": "green table", "categoryId": None}).data["id"]
    for query, rows in (
        ("green", [table, chair]),
        ("garden green", [chair]),
        ("chair blue", [chair]),
        ("blue green", []),
        ("green table", [table]),
    ):
        assert ids(api.get(PRODUCTS, params={"q": query})) == rows, query
    assert ids(api.get(PRODUCTS, params={"name[contains]": "green"})) == [table]
    api.patch(f"{PATHS['categories']}/{category}", {"name": "red"})
    assert ids(api.get(PRODUCTS, params={"q": "green"})) == [table]
    assert ids(api.get(PRODUCTS, params={"q": "red"})) == [chair]


def test_text_is_searched_as_it_is_now(api: Api) -> None:
    body = {"name": "before", "currency": "USD", "price": 1}
    row = api.post(PRODUCTS, body).data["id"]
    assert ids(api.get(PRODUCTS, params={"q": "before"})) == [row]
    api.patch(f"{PRODUCTS}/{row}", {"name": "after"})
    assert ids(api.get(PRODUCTS, params={"q": "before"})) == []
    assert ids(api.get(PRODUCTS, params={"q": "after"})) == [row]
    api.delete(f"{PRODUCTS}/{row}")
    assert ids(api.get(PRODUCTS, params={"q": "after"})) == []


# -- walls -----------------------------------------------------------------------------------------


def test_equal_texts_of_two_tenants(world: list[Side]) -> None:
    """The two tenants hold the same texts in rows of their own."""
    mine, theirs = world
    names = [[row["name"] for row in side.tenant.rows.products] for side in world]
    assert names[0] == names[1]
    for word in WORDS[::6]:
        for query in ({"q": word}, {"name[contains]": word}, {"tags[contains]": word}):
            shown = [
                set(ids(side.api.get(PRODUCTS, params={**query, "take": 250}))) for side in world
            ]
            assert len(shown[0]) == len(shown[1])
            assert shown[0] <= {str(row["id"]) for row in mine.tenant.rows.products}
            assert shown[1] <= {str(row["id"]) for row in theirs.tenant.rows.products}


CALLS = [(["a"], None), (["apple"], None), (["7"], None), (["apple"], "name"), (["a"], "name")]
CALLS += [(["Apple"], "tags"), (["apple"], "nobody"), ([], None), (None, None), (["%"], None)]


def call(cursor: Any, function: str, words: Any, field: str | None) -> list[str]:
    cursor.execute(f"SELECT {function}(%s::text[], %s)", (words, field))
    return [str(one) for (one,) in cursor.fetchall()]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_without_a_tenant(installation: Runtime, world: list[Side], function: str) -> None:
    with entered(installation, None) as cursor:
        for words, field in CALLS:
            assert call(cursor, function, words, field) == []
        # Nor for somebody who only says that he is in one.
        for setting, value in (
            ("sparx.tenant_id", str(world[0].made.tenant_id)),
            ("sparx.modules", ",core,shop,vault,perks,odd,"),
            ("sparx.signature", "0" * 64),
        ):
            cursor.execute("SELECT set_config(%s, %s, true)", (setting, value))
        for words, field in CALLS:
            assert call(cursor, function, words, field) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_function_of_a_module_that_is_not_active(
    installation: Runtime,
    api: Api,
    other_api: Api,
    tenant: Any,
    owner: Owner,
    function: str,
) -> None:
    for client in (api, other_api):
        product = client.post(PRODUCTS, {"name": "apple", "currency": "USD", "price": 1}).data["id"]
        client.post(PATHS["reviews"], {"productId": product, "author": "apple", "stars": 1})
        client.post(PATHS["perks"], {"productId": product, "name": "apple"})
        for path, body in ((PATHS["categories"], {"name": "apple"}),
                           (PATHS["safes"], {"code": "apple"}),
                           ("/v1/odd/things", {"name": "apple"})):  # fmt: skip
            client.post(path, body)
    table = function.replace("search_", "")
    (row,) = owner.rows(f"SELECT id FROM {table} WHERE tenant_id = %s", tenant.tenant_id)
    with entered(installation, api.key) as cursor:
        assert call(cursor, function, ["apple"], None) == [str(row[0])]
    for module in ("perks", "odder", FUNCTIONS[function]):
        api.post(f"/v1/modules/{module}/deactivate")
    with entered(installation, api.key) as cursor:
        for words, field in CALLS:
            assert call(cursor, function, words, field) == []
    with entered(installation, other_api.key) as cursor:
        found = call(cursor, function, ["apple"], None)
        assert len(found) == 1
        assert found != [str(row[0])]


def test_function_in_a_tenant_finds_its_rows_alone(
    installation: Runtime, world: list[Side]
) -> None:
    for side in world:
        mine = {str(row["id"]) for row in side.tenant.rows.products}
        with entered(installation, side.made.api_key) as cursor:
            for words, field in CALLS[:5]:
                found = call(cursor, "shop.search_products", words, field)
                assert found != []
                assert set(found) <= mine


def test_search_of_a_tenant_without_rows(api: Api, world: list[Side]) -> None:
    for word in (*WORDS[::10], str(uuid4())):
        answer = api.get(PRODUCTS, params={"q": word})
        assert (answer.data, answer.meta["total"]) == ([], 0)
