"""A row is the same JSON, byte for byte, in the answer to a write, a get, a list and an event."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Answer, Api, Owner

from .queries import PATHS

HEAD = b'{"success":true,"data":'


def data(answer: Answer) -> bytes:
    """What an answer shows, as it was sent."""
    assert answer.status in (200, 201), answer.text
    assert answer.body.startswith(HEAD)
    assert answer.body.endswith(b"}")
    return answer.body.removeprefix(HEAD)[:-1]


def only_entry(answer: Answer) -> bytes:
    """The one entry of a list, as it was sent."""
    assert len(answer.data) == 1
    entries, _, _ = answer.body.removeprefix(HEAD).rpartition(b',"meta":')
    assert (entries[:1], entries[-1:]) == (b"[", b"]")
    return entries[1:-1]


@pytest.fixture
def payload(owner: Owner) -> Callable[[str], bytes]:
    """The payload of the last event about a row, as it is stored."""

    def find(row: str) -> bytes:
        text: str = owner.value(
            "SELECT data::text FROM core.events WHERE aggregate_id = %s"
            " ORDER BY position DESC LIMIT 1",
            row,
        )
        return text.encode()

    return find


@pytest.fixture
def bodies(api: Api) -> dict[str, Any]:
    """Something of each kind that can be created, as full as it can be."""
    category = api.post(PATHS["categories"], {"name": "äpfel"}).data["id"]
    safe = api.post(PATHS["safes"], {"code": "x"}).data["id"]
    product = api.post(PATHS["products"], {"name": "x", "currency": "JPY", "price": 1}).data["id"]
    for stars in (1, 2, 3):
        api.post(PATHS["reviews"], {"productId": product, "author": "a", "stars": stars})
    return {
        "categories": {"name": "b ä😀", "parentId": category, "label": {"de": "Ä", "en": "A"}},
        "safes": {"code": '"\\/\u2028'},
        "reviews": {"productId": product, "author": "O'Brien", "stars": 5},
        "perks": {"productId": product, "safeId": safe, "name": "%s", "points": 7},
        "products": {
            "name": "N 😀",
            "subtitle": "<b>&amp;",
            "kind": "bundle",
            "grade": "b",
            "active": False,
            "featured": True,
            "stock": 10,
            "position": -3,
            "views": 2**53 + 1,
            "currency": "KWD",
            "price": Decimal("99999999999999.999"),
            "cost": Decimal("0.5"),
            "unitPrice": Decimal("0.0000001"),
            "weight": Decimal("1.500000"),
            "releasedAt": "2026-06-05T17:41:09Z",
            "categoryId": category,
            "substituteId": product,
            "parts": [
                {"sku": "s1", "quantity": 1, "price": Decimal("0.125"), "originId": category},
                {"sku": "s2", "quantity": 2, "price": 3},
            ],
            "photos": [{"url": "u", "altText": "x"}, {"url": "v"}],
            "attributes": {"zz": 1, "a": [None, 1.5, {"deep": "💥"}], "b": 10**20},
            "tags": ["b", "a", "c d"],
            "title": {"de": "Titel", "fr": "titre"},
        },
    }


KINDS = sorted(PATHS)


@pytest.mark.parametrize("kind", KINDS)
def test_created_row(
    api: Api, bodies: dict[str, Any], payload: Callable[[str], bytes], kind: str
) -> None:
    created = api.post(PATHS[kind], bodies[kind])
    row = created.data["id"]
    shown = data(created)
    assert data(api.get(f"{PATHS[kind]}/{row}")) == shown
    assert only_entry(api.get(PATHS[kind], params={"take": 1})) == shown
    assert payload(row) == shown


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "perks"])
def test_created_row_without_extensions(
    api: Api,
    deactivate: Callable[..., None],
    bodies: dict[str, Any],
    payload: Callable[[str], bytes],
    kind: str,
) -> None:
    extended = api.post(PATHS[kind], bodies[kind]).data
    deactivate("perks")
    created = api.post(PATHS[kind], bodies[kind])
    added = {"products": {"perkPoints"}, "categories": {"shout"}}
    assert set(extended) - set(created.data) == added.get(kind, set())
    row = created.data["id"]
    assert data(api.get(f"{PATHS[kind]}/{row}")) == data(created)
    assert only_entry(api.get(PATHS[kind], params={"take": 1})) == data(created)
    assert payload(row) == data(created)


@pytest.fixture
def product(api: Api, bodies: dict[str, Any]) -> str:
    """A product that others refer to."""
    made: str = api.post(PATHS["products"], bodies["products"]).data["id"]
    safe = bodies["perks"]["safeId"]
    for points in (1, 2):
        api.post(PATHS["perks"], {"productId": made, "safeId": safe, "name": "p", "points": points})
        api.post(PATHS["reviews"], {"productId": made, "author": "a", "stars": points})
    return made


@pytest.mark.parametrize(
    "change",
    [{"stock": 11}, {"name": "other", "cost": None}, {"cost": Decimal("0.125"), "grade": None}],
)
def test_changed_row(
    api: Api, product: str, payload: Callable[[str], bytes], change: dict[str, Any]
) -> None:
    path = f"{PATHS['products']}/{product}"
    changed = api.patch(path, change)
    assert {name: changed.data[name] for name in change} == change
    assert (changed.data["perkPoints"], changed.data["reviewCount"]) == (3, 2)
    assert (changed.data["version"], len(changed.data["parts"])) == (2, 2)
    assert data(api.get(path)) == data(changed)
    assert payload(product) == data(changed)


def test_row_that_an_action_leaves_as_it_is(
    api: Api, product: str, payload: Callable[[str], bytes]
) -> None:
    path = f"{PATHS['products']}/{product}"
    touched = api.post(f"{path}/touch")
    assert (touched.data["perkPoints"], touched.data["reviewCount"]) == (3, 2)
    assert data(api.get(path)) == data(touched)
    assert payload(product) == data(touched)


def test_row_that_is_deleted(api: Api, product: str, payload: Callable[[str], bytes]) -> None:
    path = f"{PATHS['products']}/{product}"
    shown = data(api.get(path))
    assert api.delete(path).status == 200
    assert api.get(path).status == 404
    assert payload(product) == shown


SELECTIONS = [
    "fields=id",
    "fields=name,price,profit,parts.sku",
    "fields=*,category.name",
    "fields=category.parent.name,perks.safe.code&include=reviews",
    "include=category",
    "include=category,substitute,reviews,perks",
    "include=perks.safe,perks.product.category,substitute.reviews.product.category",
    "locale=de",
    "locale=fr-CA&fields=title,category.label",
    "include=parts.origin&locale=en",
]


@pytest.mark.parametrize("query", SELECTIONS)
def test_selection_of_a_write(api: Api, product: str, bodies: dict[str, Any], query: str) -> None:
    path = f"{PATHS['products']}/{product}"
    for answer in (
        api.patch(path, {"stock": 1}, query=query),
        api.patch(path, {"stock": 1}, query=query),  # which changes nothing
        api.post(f"{path}/touch", query=query),
    ):
        assert data(answer) == data(api.get(path, query=query))
    made = api.post(PATHS["products"], bodies["products"] | {"code": "C9"}, query=query)
    row = api.get(PATHS["products"], params={"code": "C9", "fields": "id"}).data[0]["id"]
    assert data(made) == data(api.get(f"{PATHS['products']}/{row}", query=query))


def test_event_is_whole_whatever_the_answer_shows(
    api: Api, product: str, payload: Callable[[str], bytes]
) -> None:
    path = f"{PATHS['products']}/{product}"
    answer = api.patch(path, {"stock": 77}, query="fields=id&locale=de")
    assert answer.data == {"id": product}
    assert payload(product) == data(api.get(path))


def test_row_refers_to_what_the_same_request_changed(api: Api, bodies: dict[str, Any]) -> None:
    """A category that is included in itself by way of its child."""
    parent = bodies["categories"]["parentId"]
    child = api.post(PATHS["categories"], bodies["categories"]).data["id"]
    changed = api.patch(
        f"{PATHS['categories']}/{parent}",
        {"name": "renamed"},
        query="fields=name,children.parent.name,children.id",
    )
    assert changed.data == {
        "name": "renamed",
        "children": [{"id": child, "parent": {"name": "renamed"}}],
    }
