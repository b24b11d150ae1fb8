"""Values of entries that are kept for lists: they follow the documents, and sort as values do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

PATH = "/v1/cms/entries"
LONG = "x" * 99 + "yz"
#: What is kept and no document holds, and what a document holds and is not kept.
DIFFERENCES = """
WITH held AS (
    SELECT e.id, s.stage, v.locale, v.term FROM cms.entries e
     CROSS JOIN LATERAL (VALUES ('draft', e.draft), ('live', e.live)) s (stage, document)
     CROSS JOIN LATERAL cms.values_in(s.document) v),
kept AS (SELECT entry_id, stage, locale, term FROM cms.field_values)
(TABLE kept EXCEPT TABLE held) UNION ALL (TABLE held EXCEPT TABLE kept)
"""


@pytest.fixture
def note(api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any]) -> Any:
    create_type(
        "note",
        [
            {"key": "title", "type": "text"},
            {"key": "words", "type": "decimal"},
            {"key": "tags", "type": "text", "multiple": True},
        ],
    )
    return create_entry("note", {"title": "One", "words": 5, "tags": ["a", "b", "a"]})


def _found(api: Api, **params: str) -> list[str]:
    found = api.get(PATH, params={"type": "note", "sort": "fields.title", **params})
    assert found.status == 200, found.text
    assert found.meta["total"] == len(found.data)
    return [one["title"] for one in found.data]


def test_values_follow_whatever_is_written(
    api: Api, owner: Owner, note: Any, publish: Callable[..., Any]
) -> None:
    def saved(**fields: Any) -> Any:
        return api.patch(f"{PATH}/{note['id']}", {"fields": fields}).data

    publish(note)
    changed = saved(words=7, tags=["b", "c"])
    assert _found(api, **{"fields.words": "5"}) == ["One"]
    assert _found(api, **{"fields.words": "7"}) == [], "a draft is found by readers"
    assert _found(api, **{"fields.tags[contains]": "c"}) == []
    assert _found(api, status="draft", **{"fields.words": "7"}) == ["One"]
    assert _found(api, status="draft", **{"fields.words": "5"}) == []
    assert owner.rows(DIFFERENCES) == []

    publish(changed)
    assert _found(api, **{"fields.words": "5"}) == []
    assert _found(api, **{"fields.tags[contains]": "c"}) == ["One"]
    changed = saved(words=None, tags=None)
    assert _found(api, status="draft", **{"fields.words[gte]": "0"}) == []
    assert owner.rows(DIFFERENCES) == []
    body = {"version": changed["version"]}
    assert api.post(f"{PATH}/{note['id']}/unpublish", body).status == 200
    assert _found(api, **{"fields.words": "7"}) == []
    assert owner.rows(DIFFERENCES) == []


def test_values_that_come_back_with_their_module_are_not_made_anew(owner: Owner, note: Any) -> None:
    change = "UPDATE cms.entries SET draft = draft || %s WHERE id = %s"
    seen = "SELECT count(*) FROM cms.field_values WHERE entry_id = %s"
    before = owner.value(seen, note["id"])
    moving = "SELECT set_config('sparx.modules', %s, false)"
    owner.value(moving, ",core,cms,moving:cms,")
    owner.execute(change, '{"more": {"*": "value"}}', note["id"])
    assert owner.value(seen, note["id"]) == before
    owner.value(moving, "")
    owner.execute(change, '{"most": {"*": "value"}}', note["id"])
    assert owner.value(seen, note["id"]) == before + 2


def test_numbers_are_found_in_the_order_of_numbers(
    api: Api, note: Any, create_entry: Callable[..., Any]
) -> None:
    numbers = ["-1000", "-1.52", "-1.5", "-0.25", "0", "0.1", "0.25", "5", "10", "999999999999"]
    for number in numbers:
        if number != "5":
            create_entry("note", {"title": number, "words": float(number)})

    def told(operator: str, number: str) -> set[Decimal]:
        params = {"status": "draft", f"fields.words[{operator}]": number}
        return {Decimal(5 if one == "One" else one) for one in _found(api, **params)}

    for number in (*numbers, "-1.51", "0.250", "7"):
        asked = Decimal(number)
        assert told("lt", number) == {n for n in map(Decimal, numbers) if n < asked}, number
        assert told("gte", number) == {n for n in map(Decimal, numbers) if n >= asked}, number
        assert told("eq", number) == {n for n in map(Decimal, numbers) if n == asked}, number


def test_texts_are_told_apart_behind_what_is_kept_of_them(
    note: Any, api: Api, create_entry: Callable[..., Any]
) -> None:
    for title in (LONG, LONG[:-1] + "w", LONG + "!", LONG[:99]):
        create_entry("note", {"title": title})
    asked = {"status": "draft"}
    assert _found(api, **asked, **{"fields.title": LONG}) == [LONG]
    assert _found(api, **asked, **{"fields.title[in]": f"{LONG},One"}) == ["One", LONG]
    assert _found(api, **asked, **{"fields.title[startsWith]": LONG}) == [LONG, LONG + "!"]
    assert len(_found(api, **asked, **{"fields.title[startsWith]": LONG[:50]})) == 4


def test_ranges_are_of_the_value_that_a_reader_sees(
    api: Api, create_type: Callable[..., Any], create_locale: Callable[..., Any],
    create_entry: Callable[..., Any], publish: Callable[..., Any],
) -> None:  # fmt: skip
    """One language's value is not found where another comes before it."""
    create_locale("de", fallback="en")
    create_type("note", [{"key": "title", "type": "text"},
                         {"key": "rank", "type": "integer", "localized": True}])  # fmt: skip
    made = create_entry("note", {"title": "Both", "rank": 1})
    german = {"locale": "de", "fields": {"rank": 9}}
    answer = api.patch(f"{PATH}/{made['id']}", german)
    assert answer.status == 200, answer.text
    publish(answer.data)
    publish(create_entry("note", {"title": "English", "rank": 2}))
    assert _found(api, **{"fields.rank[lt]": "5"}) == ["Both", "English"]
    assert _found(api, locale="de", **{"fields.rank[lt]": "5"}) == ["English"]
    assert _found(api, locale="de", **{"fields.rank[gte]": "2"}) == ["Both", "English"]


def test_totals_are_of_what_a_reader_sees(
    api: Api, note: Any, create_type: Callable[..., Any], create_entry: Callable[..., Any],
    create_locale: Callable[..., Any], publish: Callable[..., Any],
) -> None:  # fmt: skip
    create_locale("de")
    create_locale("fr", fallback="de")
    create_type("other", [{"key": "title", "type": "text"}])

    def totals(**params: str) -> list[int]:
        asked = [{"type": "note", **params}, {"type": "other", **params}, params]
        return [api.get(PATH, params={**one, "take": "1"}).meta["total"] for one in asked]

    both = publish(note, locales=["en"])
    publish(create_entry("note", {"title": "Two"}))
    gone = publish(create_entry("other", {"title": "Three"}))
    german = {"locale": "de", "fields": {"title": "Eins"}}
    both = publish(api.patch(f"{PATH}/{both['id']}", german).data, locales=["de"])
    assert totals() == [2, 1, 3]
    assert [totals(locale=one) for one in ("de", "fr", "*")] == [[1, 0, 1], [1, 0, 1], [2, 1, 3]]
    assert totals(status="draft") == [2, 1, 3]
    assert api.delete(f"{PATH}/{gone['id']}").status == 200
    body = {"version": both["version"], "locales": ["de"]}
    assert api.post(f"{PATH}/{both['id']}/unpublish", body).status == 200
    assert (totals(), totals(locale="fr")) == ([2, 0, 2], [0, 0, 0])
    assert api.post(f"{PATH}/{gone['id']}/restore").status == 200
    assert (totals(), totals(status="draft")) == ([2, 0, 2], [2, 1, 3])
