"""Exports of Contentful: imported, and imported again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_cms.operations import imports
from sparx_core.testing import Api

from .contentful_space import SPACE, entry

_NOTHING = {"locales": 0, "types": 0, "assets": 0, "entries": 0, "redirects": 0}


def _by_title(api: Api, query: str = "status=draft&locale=*") -> dict[str, Any]:
    return {one["title"]: one for one in api.get("/v1/cms/entries", query=query).data}


def test_a_space_is_imported_once(api: Api, run_import: Callable[..., Any]) -> None:
    first = run_import(SPACE, "contentful")
    assert first.report["state"] == "succeeded"
    assert first.created() == {"locales": 2, "types": 2, "assets": 2, "entries": 4, "redirects": 0}
    assert first.report["published"] == 3
    told = {one["message"].partition(" refers to ")[2].split(",")[0] for one in first.errors}
    assert told == {"contentful:gone", "contentful:lost"}
    before = _by_title(api)
    second = run_import(SPACE, "contentful")
    assert second.created() == _NOTHING
    assert second.report["entries"]["updated"] == 0
    assert second.report["published"] == 0
    assert _by_title(api) == before


def test_values_are_what_they_were(api: Api, run_import: Callable[..., Any]) -> None:
    run_import(SPACE, "contentful")
    found = _by_title(api)
    ann, first, second = found["Ann"], found["First"], found["Second"]
    assert first["type"] == "blog_post"
    assert (first["status"], found["Not yet"]["status"]) == ("published", "draft")
    fields = first["fields"]
    assert fields["title"] == {"en-US": "First", "de": "Erster"}
    assert (fields["slug"], fields["tags"]) == ("first", ["general"])
    assert (fields["date"], fields["rating"]) == ("2026-05-11T22:00:00Z", Decimal("4.5"))
    assert fields["author"] == {"id": ann["id"]}
    assert ann["fields"]["best"] == {"id": first["id"]}
    assets = {one["filename"]: one for one in api.get("/v1/cms/assets").data}
    cover = assets["cover.png"]["id"]
    assert fields["pictures"] == [{"id": cover}]
    assert assets["cover.png"]["alt"] == {"en-US": "A picture", "de": "Bild"}
    kinds = [one["type"] for one in fields["body"]["content"]]
    assert kinds == ["heading", "paragraph", "bulletList", "image", "embeddedEntry",
                     "horizontalRule"]  # fmt: skip
    assert fields["body"]["content"][3]["attrs"] == {"assetId": cover}
    assert fields["body"]["content"][4]["attrs"] == {"entryId": second["id"]}
    line = fields["body"]["content"][1]["content"]
    assert [one.get("text", one["type"]) for one in line] == [
        *("One", "hardBreak", "two ", "out", "bad", "Ann")
    ]
    links = [mark for one in line for mark in one.get("marks", []) if mark["type"] == "link"]
    assert [one["attrs"] for one in links] == [
        {"href": "https://example.com"},
        {"entryId": ann["id"]},
    ]


def test_types_keep_what_means_the_same(api: Api, run_import: Callable[..., Any]) -> None:
    run_import(SPACE, "contentful")
    types = {one["key"]: one for one in api.get("/v1/cms/content-types", query="take=50").data}
    fields = {one["key"]: one for one in types["blog_post"]["fields"]}
    assert {key: one["type"] for key, one in fields.items()} == {
        "title": "text", "slug": "slug", "body": "richText", "author": "reference",
        "date": "datetime", "tags": "enum", "pictures": "media", "place": "location",
        "rating": "decimal",
    }  # fmt: skip
    assert (fields["title"]["localized"], fields["title"]["max"]) == (True, 80)
    assert fields["slug"]["unique"]
    assert fields["author"]["to"] == ["person"]
    assert types["blog_post"]["displayField"] == "title"


def test_what_changed_there_changes_here(api: Api, run_import: Callable[..., Any]) -> None:
    run_import(SPACE, "contentful")
    changed = [
        entry("third", "blogPost", {"title": {"en-US": "Now"}}, live=False)
        if one["sys"]["id"] == "third"
        else one
        for one in SPACE["entries"]
    ]
    again = run_import({**SPACE, "entries": changed}, "contentful")
    assert (again.report["entries"]["created"], again.report["entries"]["updated"]) == (0, 1)
    assert "Now" in _by_title(api)


def test_what_is_refused_leaves_the_rest(api: Api, run_import: Callable[..., Any]) -> None:
    bad = entry("bad", "blogPost", {"title": {"en-US": "Bad"}, "date": {"en-US": "tomorrow"}})
    found = run_import({**SPACE, "entries": [bad, *SPACE["entries"]]}, "contentful")
    assert found.report["state"] == "succeeded"
    assert (found.report["entries"]["created"], found.report["entries"]["failed"]) == (4, 1)
    (told,) = [one for one in found.errors if one["code"] == "validation_error"]
    assert (told["field"], told["message"].split(":")[:2]) == ("fields.date", ["contentful", "bad"])
    assert "Bad" not in _by_title(api)


def test_drafts_alone(api: Api, run_import: Callable[..., Any]) -> None:
    found = run_import(SPACE, "contentful", publish=False)
    assert found.report["published"] == 0
    assert {one["status"] for one in _by_title(api).values()} == {"draft"}


def test_it_goes_on_where_the_last_step_ended(
    run_import: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 4)
    found = run_import(SPACE, "contentful")
    assert found.report["state"] == "succeeded"
    assert (found.created()["entries"], found.report["published"]) == (4, 3)
