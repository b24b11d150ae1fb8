"""Filters, orders and selections by the fields that a tenant defines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api

from .writing import AT, DE, EN, Content

PATH = "/v1/cms/entries"


@pytest.fixture
def stories(content: Content) -> dict[str, str]:
    """Three stories that are live in English, by their titles."""
    author = content.entry("person", {}, {"name": {EN: "Ada"}})
    made: dict[str, dict[str, Any]] = {
        "Apple pie": {
            "words": 120, "price": 9.5, "date": "2026-01-31", "featured": True, "mood": "calm",
            "tags": ["food", "sweet"], "author": author,
        },
        "Bread": {
            "words": 90, "price": 10.25, "date": "2026-02-01", "featured": False, "mood": "wild",
            "tags": ["food"],
        },
        "Coffee": {"words": 1000, "price": 3},
    }  # fmt: skip
    return {
        title: content.entry(
            "story",
            {"title": {EN: f"Draft of {title}"}},
            {"title": {EN: title}, **{key: {EN: one} for key, one in values.items()}},
        )
        for title, values in made.items()
    }


#: What is asked for, and the first letters of what is found.
OPERATORS: list[tuple[dict[str, str], str]] = [
    ({"fields.title": "Bread"}, "B"),
    ({"fields.title[startsWith]": "App"}, "A"),
    ({"fields.title[contains]": "PIE"}, "A"),
    ({"fields.title[in]": "Bread,Coffee"}, "BC"),
    ({"fields.title[contains]": "draft"}, ""),
    ({"fields.words[gte]": "120"}, "AC"),
    ({"fields.words[lt]": "1000"}, "AB"),
    ({"fields.price[gt]": "9.5"}, "B"),
    ({"fields.price": "10.250"}, "B"),
    ({"fields.date[lte]": "2026-01-31"}, "A"),
    ({"fields.date[exists]": "false"}, "C"),
    ({"fields.featured": "true"}, "A"),
    ({"fields.featured[ne]": "true"}, "BC"),
    ({"fields.mood[nin]": "calm"}, "BC"),
    ({"fields.tags[contains]": "sweet"}, "A"),
    ({"fields.tags[exists]": "true"}, "AB"),
    ({"fields.tags[contains]": "foo"}, ""),
]


def test_each_type_has_its_operators(api: Api, stories: dict[str, str]) -> None:
    for params, titles in OPERATORS:
        found = api.get(PATH, params={"type": "story", "sort": "fields.title", **params})
        assert "".join(one["title"][0] for one in found.data) == titles, params
        assert found.meta["total"] == len(titles)


def test_references_are_found_by_their_id(content: Content, api: Api) -> None:
    author = content.entry("person", {}, {"name": {EN: "Ada"}})
    story = content.entry("story", {}, {"author": {EN: author}, "related": {EN: [author]}})
    content.entry("story", {}, {"title": {EN: "Other"}})
    for params in ({"fields.author": author}, {"fields.related[contains]": author}):
        found = api.get(PATH, params={"type": "story", **params})
        assert [one["id"] for one in found.data] == [story]


UNKNOWN = [
    ("fields.nothing", "1"),
    ("fields.words", "many"),
    ("fields.words[startsWith]", "1"),
    ("fields.title[regex]", "a"),
    ("fields.date", "yesterday"),
    ("fields.date", "2026-02-30"),
    ("fields.featured", "yes"),
    ("fields.author", "ada"),
    ("fields.tags", "food"),
    ("fields.extra", "1"),
    ("fields.related[contains]", "ada"),
    ("sort", "fields.tags"),
    ("sort", "fields.nothing"),
    ("fields", "id,fields.nothing"),
    ("type", "nothing"),
    ("status", "live"),
    ("locale", "nothing"),
    ("updatedAt[gte]", "2026-01-01T00:00:00Z"),
    ("sort", "-updatedAt"),
]


def test_what_is_not_known_is_refused(content: Content, api: Api) -> None:
    for name, value in UNKNOWN:
        refused = api.get(PATH, params={"type": "story", name: value})
        assert (refused.status, refused.error["code"]) == (400, "bad_request"), (name, value)
        assert refused.error["details"]["parameter"] in (name, "updatedAt")


def test_fields_are_asked_for_by_type(content: Content, api: Api) -> None:
    assert api.get(PATH, params={"fields.title": "a"}).error["details"] == {
        "parameter": "fields.title"
    }
    assert api.get(PATH, params={"fields.title": "a", "type": "person"}).status == 400


def test_lists_are_sorted_by_numbers_as_numbers_and_go_on(
    api: Api, stories: dict[str, str]
) -> None:
    params = {"type": "story", "sort": "-fields.price", "take": "1"}
    seen, cursor = [], None
    while True:
        page = api.get(PATH, params={**params, **({"cursor": cursor} if cursor else {})})
        seen += [one["fields"]["price"] for one in page.data]
        cursor = page.meta["next_cursor"]
        if cursor is None:
            break
    assert seen == [Decimal("10.25"), Decimal("9.5"), 3]


def test_values_compare_in_the_language_of_the_reader(content: Content, api: Api) -> None:
    both = content.entry("story", {}, {"title": {EN: "Zebra", DE: "Affe"}})
    english = content.entry("story", {}, {"title": {EN: "Monkey"}})

    def listed(**params: str) -> list[str]:
        asked = {"type": "story", "sort": "fields.title", **params}
        return [one["id"] for one in api.get(PATH, params=asked).data]

    assert listed() == [english, both]
    assert listed(locale=AT) == [both, english]
    assert listed(locale=AT, **{"fields.title": "Monkey"}) == [english]
    assert listed(locale=AT, **{"fields.title": "Zebra"}) == []


def test_drafts_are_compared_as_drafts(api: Api, stories: dict[str, str]) -> None:
    params = {"type": "story", "status": "draft", "fields.title[contains]": "draft"}
    assert len(api.get(PATH, params=params).data) == 3
    sorted_by = {"status": "draft", "type": "story", "sort": "-updatedAt"}
    assert api.get(PATH, params=sorted_by).status == 200


def test_a_selection_shows_no_more_than_it_says(api: Api, stories: dict[str, str]) -> None:
    params = {"type": "story", "fields": "id,fields.title,fields.words", "sort": "fields.title"}
    first = api.get(PATH, params=params).data[0]
    assert first == {
        "id": stories["Apple pie"],
        "fields": {"title": "Apple pie", "words": 120},
    }
    assert api.get(PATH, params={"fields": "title"}).data[0].keys() == {"title"}
