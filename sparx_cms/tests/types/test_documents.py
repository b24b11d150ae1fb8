"""Documents: what a field has for whom, and what is found in them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from sparx_cms.types import (
    assets_in,
    claims_in,
    links_in,
    merged,
    problems,
    starting_values,
    text_in,
    title_in,
    value_in,
)
from sparx_cms.types.documents import pruned

from .definitions import type_of

A, B, C = (f"0190a6f0-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
TITLE = {"key": "title", "type": "text", "localized": True}


def tree(*content: Any) -> Any:
    return {"type": "doc", "content": [{"type": "paragraph", "content": list(content)}]}


def test_a_language_falls_back_and_then_to_what_was_before_it_was_localized() -> None:
    field = type_of(TITLE).by_key["title"]
    assert value_in(field, {"title": {"en": "Hi", "de": "Servus"}}, ("de-AT", "de", "en")) == (
        "Servus"
    )
    assert value_in(field, {"title": {"*": "Hi"}}, ("de",)) == "Hi"
    assert value_in(field, {"title": {"en": "Hi"}}, ("de",)) is None


def test_what_is_no_more_localized_is_found() -> None:
    field = type_of({"key": "sku", "type": "text"}).by_key["sku"]
    assert value_in(field, {"sku": {"en": "A", "de": "B"}}, ("en",)) == "A"
    assert value_in(field, {"sku": {"en": "A", "*": "B"}}, ("en",)) == "B"


def test_one_value_of_a_field_that_takes_many_is_a_list() -> None:
    field = type_of({"key": "tags", "type": "text", "multiple": True}).by_key["tags"]
    assert value_in(field, {"tags": {"*": "red"}}, ("en",)) == ["red"]


def test_merging_keeps_changes_and_clears() -> None:
    type = type_of(TITLE, {"key": "sku", "type": "text"})
    before = {"title": {"en": "Hi", "de": "Servus"}, "sku": {"en": "old"}, "gone": {"*": 1}}
    after = merged(type, before, {"title": {"en": None}, "sku": {"*": "new"}})
    assert after == {"title": {"de": "Servus"}, "sku": {"*": "new"}}
    assert merged(type, before, {"sku": {"*": None}}) == {"title": before["title"]}


def test_claims_are_by_language_or_for_all() -> None:
    slug = {"key": "slug", "type": "slug", "localized": True}
    type = type_of(slug, {"key": "sku", "type": "text", "unique": True})
    live = {"slug": {"en": "a", "de": "b"}, "sku": {"en": "X", "de": "X"}}
    found = {(one.field, one.locale, one.value) for one in claims_in(type, live)}
    assert found == {("slug", "en", "a"), ("slug", "de", "b"), ("sku", "*", "X")}
    (long,) = claims_in(type, {"sku": {"*": "x" * 201}})
    assert len(long.value) == 64


def test_links_are_found_at_every_depth() -> None:
    reference = {"type": "reference", "attrs": {"entryId": C, "label": "C"}}
    type = type_of(
        {"key": "author", "type": "reference"},
        {"key": "parts", "type": "blocks", "components": ["part"]},
        {"key": "box", "type": "object", "multiple": True,
         "fields": [{"key": "cover", "type": "media"}]},
        {"key": "hidden", "type": "reference", "state": "omitted"},
        part=[{"key": "see", "type": "reference", "multiple": True},
              {"key": "text", "type": "richText"}],
    )  # fmt: skip
    box = type.by_key["box"].fields[0].id
    data = {"see": [B, A], "text": tree(reference)}
    document = {
        "author": {"*": A},
        "parts": {"*": [{"id": A, "type": "gone", "data": {}},
                        {"id": B, "type": "part", "data": data}]},
        "box": {"*": [{}, {box: C}]},
        "hidden": {"*": B},
    }  # fmt: skip
    links = [
        (one.field, one.position, str(one.target), one.path) for one in links_in(type, document)
    ]
    assert links == [
        ("author", 0, A, ("author",)),
        ("parts", 0, B, ("parts", 1, "data", "see")),
        ("parts", 1, A, ("parts", 1, "data", "see")),
        ("parts", 2, C, ("parts", 1, "data", "text")),
    ]
    assert [(one.target, one.path) for one in assets_in(type, document)] == [
        (UUID(C), ("box", 1, "cover"))
    ]


def test_prose_is_found_in_a_language() -> None:
    type = type_of(TITLE, {"key": "body", "type": "richText", "localized": True},
                   {"key": "sku", "type": "slug"},
                   {"key": "part", "type": "component", "component": "part"},
                   part=[{"key": "note", "type": "longText"}])  # fmt: skip
    document = {
        "title": {"en": "Hi", "de": "Servus"},
        "body": {"en": tree({"type": "text", "text": "Body"})},
        "sku": {"*": "abc"},
        "part": {"*": {"note": "Note"}},
    }
    assert text_in(type, document, "en").split() == ["Hi", "Body", "Note"]
    assert text_in(type, document, "de").split() == ["Servus", "Note"]
    assert title_in(type, document, ("de-AT", "de")) == "Servus"
    assert title_in(type, {}, ("de",)) is None


def test_new_entries_begin_with_defaults_and_slugs() -> None:
    type = type_of(
        TITLE,
        {"key": "slug", "type": "slug", "localized": True, "sourceField": "title"},
        {"key": "kind", "type": "text", "default": "plain"},
    )
    assert starting_values(type, {"title": {"en": "Hello there"}}, "en") == {
        "title": {"en": "Hello there"},
        "slug": {"en": "hello-there"},
        "kind": {"*": "plain"},
    }
    many = starting_values(type, {"title": {"en": "Hi", "de": "Ja"}, "kind": {"*": None}}, "*")
    assert (many["slug"], many["kind"]) == ({"en": "hi", "de": "ja"}, {"*": None})
    sent = {"title": {"en": "Hi"}, "slug": {"en": None}}
    assert starting_values(type, sent, "en")["slug"] == {"en": None}


def test_pruning_takes_out_what_no_field_defines() -> None:
    type = type_of({"key": "parts", "type": "blocks", "components": ["part"]},
                   part=[{"key": "note", "type": "text"}])  # fmt: skip
    gone = {"id": B, "type": "gone", "data": {"x": 1}}
    document = {
        "parts": {"*": [{"id": A, "type": "part", "data": {"note": "n", "old": "o"}}, gone]},
        "old": {"*": 1},
    }
    assert pruned(type, document) == {
        "parts": {"*": [{"id": A, "type": "part", "data": {"note": "n"}}, gone]}
    }


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ({"type": "text", "required": True}, None, "Has to be filled in."),
        ({"type": "text", "required": True}, "  ", "Has to be filled in."),
        ({"type": "text", "multiple": True, "required": True}, [], "Has to be filled in."),
        ({"type": "text", "min": 3}, "ab", "Must have at least 3 characters."),
        ({"type": "text", "max": 3}, "abcd", "Must have at most 3 characters."),
        ({"type": "richText", "max": 3}, tree({"type": "text", "text": "abcd"}),
         "Must have at most 3 characters."),
        ({"type": "integer", "min": 3}, 2, "Must be at least 3."),
        ({"type": "decimal", "max": 3}, 4, "Must be at most 3."),
        ({"type": "date", "earliest": "2026-01-01"}, "2025-12-31", "Must be at least 2026-01-01."),
        ({"type": "date", "latest": "2026-01-01"}, "2026-01-02", "Must be at most 2026-01-01."),
        ({"type": "text", "multiple": True, "minItems": 2}, ["a"], "Must have at least 2 entries."),
        ({"type": "text", "multiple": True, "maxItems": 1}, ["a", "b"],
         "Must have at most 1 entries."),
        ({"type": "enum", "options": [{"value": "s"}]}, "l", "Must be one of: s."),
    ],
)  # fmt: skip
def test_what_keeps_an_entry_from_being_published(field: Any, value: Any, told: str) -> None:
    type = type_of({"key": "field", **field})
    document = {} if value is None else {"field": {"*": value}}
    ((path, message),) = problems(None, type, document, "en")  # type: ignore[arg-type]
    assert (path[:2], message) == (("fields", "field"), told)


def test_problems_are_told_where_they_are() -> None:
    type = type_of({"key": "parts", "type": "blocks", "components": ["part"]},
                   part=[{"key": "note", "type": "text", "required": True}])  # fmt: skip
    document = {"parts": {"*": [{"id": A, "type": "part", "data": {}}]}}
    found = problems(None, type, document, "en")  # type: ignore[arg-type]
    assert found == [(("fields", "parts", 0, "data", "note"), "Has to be filled in.")]


def test_what_is_live_alongside_stands_in() -> None:
    type = type_of({**TITLE, "required": True})
    document = {"title": {"de": "Servus"}}
    assert problems(None, type, document, "de-AT")  # type: ignore[arg-type]
    assert not problems(None, type, document, "de-AT", ("de",))  # type: ignore[arg-type]
