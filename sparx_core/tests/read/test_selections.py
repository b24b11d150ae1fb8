"""What is shown of a row: the fields and relations that are asked for, and in which language."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api

from .expected.lists import listed
from .expected.resources import FIELDS, Link, Side, names_of
from .expected.selections import chosen, rendered
from .expected.wire import exact, parse
from .queries import PATHS

PRODUCTS, CATEGORIES = PATHS["products"], PATHS["categories"]


def compare(
    side: Side, kind: str, fields: str | None, include: str, locales: list[str] | None = None
) -> None:
    """A list of all rows shows what plain Python makes of them."""
    tree = chosen(
        kind,
        side.tenant,
        fields.split(",") if fields else None,
        include.split(",") if include else [],
    )
    rows = listed(kind, side.tenant, [])[:50]
    params: dict[str, Any] = {}
    params |= {"fields": fields} if fields else {}
    params |= {"include": include} if include else {}
    params |= {"locale": locales[0]} if locales else {}
    answer = side.api.get(PATHS[kind], params=params)
    assert answer.status == 200, answer.text
    expected = [rendered(kind, side.tenant, row, tree, locales or []) for row in rows]
    assert exact(parse(answer.text)["data"]) == exact(expected)


@pytest.mark.parametrize("kind", sorted(FIELDS.keys() - {"parts"}))
def test_each_field_alone_and_each_relation_whole(world: list[Side], kind: str) -> None:
    side = world[0]
    for name in names_of(kind, side.tenant):
        compare(side, kind, name, "")
        if isinstance(FIELDS[kind][name], Link):
            compare(side, kind, None, name)
            compare(side, kind, f"{name}.*", "")
            compare(side, kind, f"*,{name}", "")
    compare(side, kind, "*", "")
    compare(side, kind, None, "")


@pytest.mark.parametrize(
    ("fields", "include"),
    [
        ("parts.sku", None),
        ("*,parts.sku", None),
        ("parts,parts.sku", None),
        ("parts.sku,parts.*", None),
        ("id,category.name,category.parent.name", None),
        ("category,category.parent.id", None),
        ("category.*,category.parent.*", None),
        ("substitute.parts.sku", "substitute"),
        ("id", "category.parent.parent.parent"),
        ("id", "parts.origin.parent"),
        (None, "parts.origin,category.children.products"),
        (None, "reviews.product.reviews.product"),
        (None, "substitute.substitute.substitute.substitute"),
        (None, "perks.safe,perks.product.category"),
        ("id,id,name,id", "category,category"),
    ],
)
def test_paths_together(world: list[Side], fields: str | None, include: str | None) -> None:
    compare(world[0], "products", fields, include or "")


def test_depth(world: list[Side]) -> None:
    """Four relations on the way, whatever is shown at the end of it."""
    api = world[0].api
    for name, deep in (("include", "substitute"), ("fields", "substitute"), ("fields", "category")):
        path = "parent" if deep == "category" else deep
        four = ".".join([deep, path, path, path])
        assert api.get(PRODUCTS, params={name: four, "take": 1}).status == 200
        if name == "fields":
            assert api.get(PRODUCTS, params={name: f"{four}.name", "take": 1}).status == 200
            assert api.get(PRODUCTS, params={name: f"{four}.*", "take": 1}).status == 200
        answer = api.get(PRODUCTS, params={name: f"{four}.{path}", "take": 1})
        assert (answer.status, answer.error["details"]) == (400, {"parameter": name})


LOCALES = [
    ["de"],
    ["en"],
    ["fr"],
    ["de-AT", "de"],
    ["de-CH", "de"],
    ["en-US", "en"],
    ["zh-Hant-TW", "zh-Hant", "zh"],
]


@pytest.mark.parametrize("locales", LOCALES, ids=lambda locales: locales[0])
def test_language(world: list[Side], locales: list[str]) -> None:
    """In rows, in related rows, and in those of a list; null where there is no text."""
    compare(world[0], "products", "title,category.label,category.children.label", "", locales)
    compare(world[0], "categories", None, "products.category", locales)
    compare(world[1], "products", None, "", locales)


def test_language_from_the_most_special_to_the_most_general(api: Api) -> None:
    texts = {"zh": "1", "zh-Hant": "2", "zh-Hant-TW": "3", "de": "4"}
    row = api.post(CATEGORIES, {"name": "x", "label": texts}).data["id"]
    for locale, label in (
        ("zh-Hant-TW", "3"),
        ("zh-Hant-HK", "2"),
        ("zh-Hant", "2"),
        ("zh-CN", "1"),
        ("zh", "1"),
        ("de-AT", "4"),
        ("en", None),
        ("zh-Hans-TW", "1"),
    ):
        for answer in (
            api.get(f"{CATEGORIES}/{row}", params={"locale": locale}).data,
            api.get(CATEGORIES, params={"locale": locale}).data[0],
            api.patch(f"{CATEGORIES}/{row}", {"name": "x"}, query=f"locale={locale}").data,
        ):
            assert answer["label"] == label, locale
    assert api.get(f"{CATEGORIES}/{row}").data["label"] == texts


def test_order_of_what_is_shown_is_that_of_the_resource(world: list[Side]) -> None:
    whole = list(world[0].api.get(PRODUCTS, query="include=category,reviews&take=1").data[0])
    for fields in ("price,name,id", "reviews,category,categoryId,id", "createdAt,number"):
        shown = list(world[0].api.get(PRODUCTS, params={"fields": fields, "take": 1}).data[0])
        assert shown == [name for name in whole if name in fields.split(",")]


def test_no_relation_leads_into_another_tenant(world: list[Side]) -> None:
    ids = [
        {str(row["id"]) for rows in side.tenant.by_kind.values() for row in rows} for side in world
    ]
    deep = "category.children.products.reviews,substitute.category.parent,reviews.product.category"

    def found(value: Any) -> set[str]:
        if isinstance(value, list):
            return {one for nested in value for one in found(nested)}
        if isinstance(value, dict):
            own = {str(value["id"])} if "id" in value else set()
            return own | {one for nested in value.values() for one in found(nested)}
        return set()

    for side, mine, theirs in ((world[0], *ids), (world[1], *ids[::-1])):
        shown = found(side.api.get(PRODUCTS, params={"include": deep, "take": 40}).data)
        assert len(shown) > 60
        assert shown <= mine
        assert shown & theirs == set()
