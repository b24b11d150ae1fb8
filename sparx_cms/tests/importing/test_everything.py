"""All that a tenant has is exported, and is the same where it is imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sparx_core.testing import Api, OutboundCalls

from ..media.conftest import a_picture
from .everything import CMS, FAR, fill, told

Run = Callable[..., Any]
BASE = "https://old.example.com"


def test_everything_is_the_same_elsewhere(
    api: Api,
    other_api: Api,
    run_import: Run,
    run_events: Callable[[], int],
    outbound_calls: OutboundCalls,
) -> None:
    fill(api, a_picture())
    run_events()
    export = api.get(f"{CMS}/export", query="revisions=true")
    outbound_calls.answer(200, a_picture())
    found = run_import(export.text.encode(), "sparx", other_api, mediaBase=BASE)
    assert (found.report["state"], found.errors) == ("succeeded", [])
    run_events()
    assert [one.url.partition("?")[0].startswith(BASE) for one in outbound_calls.calls] == [True]
    here, there = told(export.text), told(_export(other_api))
    revisions = there.pop("revision")
    assert [one for one in here.pop("revision") if one not in revisions] == []
    assert here.keys() == there.keys()
    for kind, lines in here.items():
        assert there[kind] == lines, kind
    states = sorted(one["state"] for one in there["entry"])
    assert states == ["archived", "inUse", "inUse", "inUse", "trashed"]
    again = run_import(export.text.encode(), "sparx", other_api, mediaBase=BASE)
    assert (again.errors, again.report["published"]) == ([], 0)
    assert {noun for noun in again.report if _changed(again.report[noun])} == set()
    assert told(_export(other_api))["revision"] == revisions


def test_files_are_fetched_from_where_requests_may_go(
    api: Api, other_api: Api, run_import: Run, outbound_calls: OutboundCalls
) -> None:
    fill(api, a_picture())
    export = api.get(f"{CMS}/export").text.encode()
    found = run_import(export, "sparx", other_api, mediaBase="http://10.0.0.1")
    assert [one["code"] for one in found.errors].count("url_not_allowed") == 1
    assert other_api.get(f"{CMS}/assets").data == outbound_calls.calls == []


def test_everything_that_comes_back_changes_nothing(
    api: Api, run_import: Run, run_events: Callable[[], int]
) -> None:
    fill(api, a_picture())
    run_events()
    before = _export(api)
    found = run_import(before.encode(), "sparx")
    assert found.errors == []
    assert {noun for noun in found.report if _changed(found.report[noun])} == set()
    assert _export(api) == before


def test_what_is_in_the_trash_comes_out_of_it(
    api: Api, other_api: Api, run_import: Run, run_events: Callable[[], int]
) -> None:
    fill(api, a_picture())
    run_import(api.get(f"{CMS}/export").text.encode(), "sparx", other_api, mediaBase=BASE)
    (gone,) = other_api.get(f"{CMS}/entries", query="trashed=true&status=draft").data
    path = f"{CMS}/entries/{gone['id']}"
    taken = other_api.post(f"{path}/restore", {})
    assert (taken.status, taken.error["code"]) == (409, "slug_taken")
    (draft,) = other_api.get(f"{CMS}/entries", query="status=draft&q=Draft").data
    assert other_api.patch(f"{CMS}/entries/{draft['id']}", {"fields": {"slug": "x"}}).status == 200
    assert other_api.post(f"{path}/restore", {}).status == 200
    shown = other_api.get(path, query="status=draft&include=next").data["fields"]
    assert (shown["title"], shown["slug"], shown["next"]["title"]) == (
        *("Trashed", "taken", "Changed again"),
    )


def test_revisions_only_if_they_are_asked_for(
    api: Api, create_type: Any, create_entry: Any
) -> None:
    create_type()
    create_entry()
    assert "revision" not in told(api.get(f"{CMS}/export").text)
    assert len(told(_export(api))["revision"]) == 1
    assert api.get(f"{CMS}/export", query="revisions=1").status == 400


def _export(api: Api) -> str:
    answer = api.get(f"{CMS}/export", query="revisions=true")
    assert answer.status == 200
    return str(answer.text)


def _changed(outcomes: Any) -> bool:
    return isinstance(outcomes, dict) and any(
        outcomes[one] for one in ("created", "updated", "failed")
    )


#: What a line is not to hold, by its kind: each is refused where it is placed, and told.
_WRONG: list[tuple[str, dict[str, Any]]] = [
    ("site", {"host": "no host", "title": "A"}),
    ("site", {"host": "a.example", "title": "A", "locale": "xx"}),
    ("taxonomy", {"key": "Not a key", "name": "T", "pluralName": "Ts"}),
    ("term", {"taxonomy": "gone", "slug": "a", "name": "A"}),
    ("term", {"taxonomy": "t", "slug": "b", "name": "B", "parent": "gone"}),
    ("menu", {"key": "m", "name": "M", "items": [{"label": 3}]}),
    ("release", {"id": "a", "title": "R", "status": "odd"}),
    ("release", {"id": "b", "title": "R", "status": "draft",
                 "items": [{"entry": "e", "action": "explode"}]}),
    ("schedule", {"id": "c", "entry": "e", "action": "publish", "locale": "en", "at": None,
                  "status": "scheduled"}),
    ("schedule", {"id": "d", "entry": "e", "action": "publish", "locale": "en", "at": FAR,
                  "status": "odd"}),
    ("schedule", {"id": "d", "entry": "e", "action": "publish", "locale": "xx", "at": FAR,
                  "status": "scheduled"}),
    ("comment", {"id": "e", "entry": "e", "body": "x" * 10_001, "authorName": "A"}),
    ("comment", {"id": "f", "entry": "e", "body": "x", "authorName": "A", "parent": "gone"}),
    ("redirect", {"fromPath": "/a", "toPath": "//evil.example"}),
    ("asset", {"id": "g", "filename": "a.png", "url": "http://10.0.0.1/a.png"}),
    ("asset", {"id": "h", "filename": "a.png", "url": f"{BASE}/a", "folder": "x"}),
    ("folder", {"id": "x", "name": "a" * 300}),
    ("revision", {"entry": "r", "number": 1, "kind": "saved", "createdAt": FAR,
                  "fields": {"title": 3}}),
    ("entry", {"id": "i", "type": "note", "fields": {"title": "x"}, "terms": [["gone", "a"]]}),
    ("entry", {"id": "r", "type": "note", "fields": {"title": "x"}}),
    ("entry", {"id": "j", "type": "note", "fields": {"title": 3}, "state": "trashed"}),
]  # fmt: skip


def test_what_is_wrong_is_told_and_leaves_the_rest(api: Api, run_import: Run) -> None:
    note = {"key": "note", "name": "Note", "fields": [{"key": "title", "type": "text"}]}
    right: list[tuple[str, dict[str, Any]]] = [
        ("space", {"format": "sparx-cms", "version": 1}),
        ("type", note),
        ("taxonomy", {"key": "t", "name": "T", "pluralName": "Ts", "hierarchical": True}),
        ("term", {"taxonomy": "t", "slug": "a", "name": "A"}),
        ("entry", {"id": "e", "type": "note", "fields": {"title": "Right"}}),
        ("comment", {"id": "z", "entry": "e", "body": "Right", "authorName": "Ann"}),
    ]
    lines = [{"line": kind, **line} for kind, line in [*right, *_WRONG]]
    found = run_import("\n".join(map(json.dumps, lines)).encode(), "sparx")
    assert found.report["state"] == "succeeded"
    counted = {noun: (one["created"], one["failed"])
               for noun, one in found.report.items() if isinstance(one, dict)}  # fmt: skip
    assert counted == {
        "locales": (0, 0), "sites": (0, 2), "types": (1, 0), "taxonomies": (1, 1),
        "terms": (1, 2), "assets": (0, 2), "entries": (4, 0), "menus": (0, 1),
        "redirects": (0, 1), "releases": (0, 2), "schedules": (0, 3), "comments": (1, 2),
    }  # fmt: skip
    told = [one for one in found.errors if "note" not in one["message"]]
    assert len(told) == 19
    (said,) = api.get(f"{CMS}/comments").data
    assert (said["body"], said["authorName"]) == ("Right", "Ann")
    assert api.get(f"{CMS}/redirects").data == api.get(f"{CMS}/releases").data == []
