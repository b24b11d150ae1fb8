"""Lists that are sorted by a field: what an index tells is the order of what readers are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

PATH = "/v1/cms/entries"
LONG = "x" * 105
FIELDS = [
    {"key": "title", "type": "text", "localized": True},
    {"key": "subtitle", "type": "text"},
    {"key": "words", "type": "decimal"},
    {"key": "day", "type": "date"},
    {"key": "open", "type": "boolean"},
]
#: The fields of entries in English, and in German of those that have it.
ENTRIES: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"title": "b", "words": 2, "day": "2026-01-02", "open": True}, {"title": "z"}),
    ({"title": "b", "words": -1.5, "day": "2026-01-02"}, None),
    ({"title": "a", "words": 10, "open": False}, {"words": 3}),
    (
        {"title": LONG + "b", "subtitle": LONG + "z", "words": 2},
        {"title": "ä", "day": "2025-05-05"},
    ),
    ({"title": LONG + "a", "subtitle": LONG + "y"}, None),
    ({"subtitle": "é", "words": 0, "day": "1999-12-31"}, {"title": "y", "words": None}),
    ({"title": "B", "subtitle": LONG, "words": -10}, None),
    ({"subtitle": LONG + "z", "day": "2026-01-01", "open": True}, {"title": "b"}),
    # At one end in English and at the other in German, and more of them than a page has.
    *[({"title": "0"}, {"title": "\u00fc"})] * 5,
    *[({"title": "\u00fc"}, {"title": "0"})] * 5,
]


@pytest.fixture
def content(
    api: Api, create_type: Callable[..., Any], create_locale: Callable[..., Any],
    create_entry: Callable[..., Any], publish: Callable[..., Any],
) -> None:  # fmt: skip
    """Entries of which many miss many values. What is not localized changed before German."""
    create_locale("de", fallback="en")
    create_type("note", FIELDS)
    for english, german in ENTRIES:
        made = publish(create_entry("note", english), locales=["en"])
        if german is not None:
            body = {"locale": "de", "fields": {"title": None, **german}}
            changed = api.patch(f"{PATH}/{made['id']}", body)
            assert changed.status == 200, changed.text
            if german.keys() != {"words"}:
                publish(changed.data, locales=["de"])
    create_entry("note", {"title": "a draft", "words": 1})


def _pages(api: Api, take: int, **params: str) -> list[list[str]]:
    asked, found, cursor = {"type": "note", "take": str(take), **params}, [], None
    while True:
        page = api.get(PATH, params=asked if cursor is None else {**asked, "cursor": cursor})
        assert page.status == 200, page.text
        found.append([one["id"] for one in page.data])
        cursor = page.meta["next_cursor"]
        if cursor is None:
            assert page.meta["total"] == sum(map(len, found))
            return found


def _told(value: Any) -> Any:
    """A value as it sorts: text by its code points, yes behind no."""
    return str(value).lower() if isinstance(value, bool) else value


@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_order_is_that_of_what_is_shown(api: Api, content: None, locale: str) -> None:
    shown = api.get(PATH, params={"type": "note", "locale": locale}).data
    assert len(shown) == len(ENTRIES)

    for field in ("title", "subtitle", "words", "day", "open"):
        rows = [(_told(one["fields"][field]), one["id"]) for one in shown]
        for sign in ("", "-"):
            ordered = sorted((row for row in rows if row[0] is not None), reverse=bool(sign))
            last = sorted((row for row in rows if row[0] is None), reverse=bool(sign))
            ids = [id for _, id in (*ordered, *last)]
            for take in (3, 50):
                pages = _pages(api, take, locale=locale, sort=f"{sign}fields.{field}")
                assert [one for page in pages for one in page] == ids, (field, sign, take)
                assert [len(one) for one in pages[:-1]] == [take] * (len(pages) - 1)


def test_what_is_live_in_another_language_alone_is_there_once(
    api: Api, content: None, create_entry: Callable[..., Any], publish: Callable[..., Any]
) -> None:
    made = create_entry("note", {"title": "a", "words": 7, "day": "2026-01-02"})
    german = {"locale": "de", "fields": {"title": "c", "day": "2026-02-02"}}
    publish(api.patch(f"{PATH}/{made['id']}", german).data, locales=["de"])
    for locale, there in (("en", False), ("de", True), ("*", True)):
        for sort in ("fields.title", "-fields.title", "fields.words", "-fields.day"):
            found = [one for page in _pages(api, 3, locale=locale, sort=sort) for one in page]
            assert len(found) == len(set(found)) == len(ENTRIES) + there, (locale, sort)
            assert (made["id"] in found) is there
