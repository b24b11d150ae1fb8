"""Menus: edited as a tree, shown with what is live."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

PATH = "/v1/cms/menus"


def hrefs(items: Any) -> list[Any]:
    return [(one["label"], one["href"], hrefs(one["children"])) for one in items]


def test_items_lead_to_where_pages_are(
    api: Api, page: Callable[..., Any], draft: Callable[..., Any], move: Callable[..., Any],
    act: Callable[..., Any],
) -> None:  # fmt: skip
    entry, hidden = page("Hello", slug="hello"), draft("Secret", slug="secret")
    items = [
        {"label": "Home", "url": "/", "children": [{"label": "Hello", "entryId": entry["id"]}]},
        {"label": "Soon", "entryId": hidden["id"], "children": [{"label": "In", "url": "/in"}]},
        {"label": "Else", "url": "https://x.example/", "openInNewTab": True},
        {"label": "Group"},
    ]
    made = api.post(PATH, {"key": "main", "name": "Main", "items": items})
    assert made.status == 201, made.text
    shown = api.get(f"{PATH}/by-key/main").data["items"]
    assert hrefs(shown) == [
        ("Home", "/", [("Hello", "/blog/hello", [])]),
        ("Else", "https://x.example/", []),
        ("Group", None, []),
    ]
    move(entry, "bücher")
    shown = api.get(f"{PATH}/by-key/main").data["items"]
    assert shown[0]["children"][0]["href"] == "/blog/b%C3%BCcher"
    act(entry, "unpublish")
    assert hrefs(api.get(f"{PATH}/by-key/main").data["items"])[0] == ("Home", "/", [])


def test_labels_in_several_languages(api: Api, create_locale: Callable[..., Any]) -> None:
    create_locale("de", fallback="en")
    items = [{"label": {"en": "Home", "de": "Start"}, "url": "/"}, {"label": {"en": "x"}}]
    assert api.post(PATH, {"key": "main", "name": "Main", "items": items}).status == 201
    german = api.get(f"{PATH}/by-key/main", params={"locale": "de"}).data
    assert [one["label"] for one in german["items"]] == ["Start", "x"]
    assert api.get(f"{PATH}/by-key/main", params={"locale": "xx"}).status == 422
    assert api.get(f"{PATH}/by-key/other").status == 404


def test_items_keep_their_ids(api: Api) -> None:
    made = api.post(PATH, {"key": "m", "name": "M", "items": [{"label": "A"}, {"label": "B"}]}).data
    turned = api.patch(f"{PATH}/{made['id']}", {"items": made["items"][::-1]}).data
    assert [one["id"] for one in turned["items"]] == [one["id"] for one in made["items"][::-1]]
    assert turned["version"] == 2


def nested(levels: int) -> Any:
    return [{"label": "x", "children": nested(levels - 1)}] if levels else []


@pytest.mark.parametrize(
    ("items", "pointer"),
    [
        ([{"url": "/"}], "/items/0/label"),
        ([{"label": "x", "url": "javascript:alert(1)"}], "/items/0/url"),
        ([{"label": "x", "url": "//evil.example"}], "/items/0/url"),
        ([{"label": "x", "children": [{"label": ""}]}], "/items/0/children/0/label"),
        ([{"label": "x", "colour": "red"}], "/items/0/colour"),
        ([{"label": "x", "entryId": "00000000-0000-7000-8000-000000000000"}], "/items"),
        (nested(6), "/items/0/children/0/children/0/children/0/children/0/children"),
        ([{"label": "x", "children": [{"label": "y"}] * 400}] * 2, "/items"),
        ("x", "/items"),
        ([7], "/items/0"),
    ],
)
def test_refused_items(
    api: Api, nothing_written: Callable[[], AbstractContextManager[None]], items: Any, pointer: str
) -> None:
    with nothing_written():
        refused = api.post(PATH, {"key": "main", "name": "Main", "items": items})
    assert refused.status == 422
    assert [one["pointer"] for one in refused.error["details"]] == [pointer]


def test_another_tenants_menus_and_entries(
    api: Api, other_api: Api, page: Callable[..., Any]
) -> None:
    entry = page("Hello", slug="hello")
    mine = api.post(PATH, {"key": "main", "name": "Mine"}).data
    items = [{"label": "x", "entryId": entry["id"]}]
    assert other_api.get(f"{PATH}/by-key/main").status == 404
    assert other_api.get(f"{PATH}/{mine['id']}").status == 404
    refused = other_api.post(PATH, {"key": "main", "name": "Theirs", "items": items})
    assert refused.status == 422
    assert other_api.post(PATH, {"key": "main", "name": "Theirs"}).status == 201
    assert api.post(PATH, {"key": "main", "name": "Twice"}).error["code"] == "conflict"
