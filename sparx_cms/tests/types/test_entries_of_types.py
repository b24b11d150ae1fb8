"""What entries take: values by the definitions of their type, at every depth, drafts and live."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, StatementLog

TYPES, ENTRIES = "/v1/cms/content-types", "/v1/cms/entries"
Nothing = Callable[[], AbstractContextManager[None]]
PART = (
    {"key": "note", "type": "text", "required": True},
    {"key": "code", "type": "text", "pattern": "[A-Z]{2}[0-9]+", "patternMessage": "Like AB12."},
    {"key": "about", "type": "reference"},
)
WHOLE = (
    {"key": "title", "type": "text", "localized": True},
    {"key": "part", "type": "component", "component": "part"},
    {"key": "blocks", "type": "blocks", "components": ["part"], "localized": True},
    {"key": "rows", "type": "object", "multiple": True, "maxItems": 2,
     "fields": [{"key": "label", "type": "text"}, {"key": "count", "type": "integer"}]},
    {"key": "see", "type": "reference", "to": ["page"], "multiple": True},
    {"key": "code", "type": "text", "pattern": "[a-z]+|[0-9]+"},
    {"key": "body", "type": "richText"},
)  # fmt: skip


@pytest.fixture
def part(create_type: Callable[..., Any]) -> Any:
    return create_type("part", PART, kind="component")


@pytest.fixture
def whole(create_type: Callable[..., Any], part: Any) -> Any:
    return create_type("whole", WHOLE)


def draft(api: Api, entry: Any) -> Any:
    return api.get(f"{ENTRIES}/{entry['id']}", params={"status": "draft"}).data["fields"]


@pytest.mark.usefixtures("whole")
def test_values_at_every_depth_come_back(api: Api, create_entry: Callable[..., Any]) -> None:
    page = create_entry("page", {"title": "About"})
    entry = create_entry(
        "whole",
        {
            "part": {"note": "in a component", "about": page["id"]},
            "blocks": [{"type": "part", "data": {"note": "first"}}, {"type": "part"}],
            "rows": [{"label": "a", "count": 1}, {}],
            "see": [page["id"], {"id": page["id"]}],
        },
    )
    found = draft(api, entry)
    assert found["part"] == {"note": "in a component", "about": {"id": page["id"]}} | {
        name: None for name in ("code",) if name in found["part"]
    }
    first, second = found["blocks"]
    assert (first["type"], first["data"]["note"]) == ("part", "first")
    assert first["id"] != second["id"]
    assert [one.get("label") for one in found["rows"]] == ["a", None]
    assert found["see"] == [{"id": page["id"]}] * 2
    # What was shown can be sent back; blocks keep their ids in whatever order they are.
    sent = {**found, "blocks": [second, first]}
    answer = api.patch(f"{ENTRIES}/{entry['id']}", {"fields": _given(sent)})
    assert answer.status == 200, answer.text
    assert [one["id"] for one in answer.data["fields"]["blocks"]] == [second["id"], first["id"]]


def _given(value: Any) -> Any:
    """A value without what is null in it."""
    if isinstance(value, dict):
        return {name: _given(one) for name, one in value.items() if one is not None}
    return [_given(one) for one in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("whole")
def test_a_draft_holds_nothing_of_another_type(
    api: Api, other_api: Api, create_entry: Callable[..., Any], nothing_written: Nothing
) -> None:
    theirs = create_entry("page", {"title": "Secret"}, client=other_api)
    whole = create_entry("whole", {})
    gone = create_entry("page", {"title": "Gone"})
    api.delete(f"{ENTRIES}/{gone['id']}")
    block = {"id": "0190a6f0-0000-7000-8000-000000000000", "type": "part"}
    for fields, at in (
        ({"unknown": 1}, "unknown"),
        ({"title": {"en": "x"}}, "title"),
        ({"part": {"unknown": 1}}, "part.unknown"),
        ({"part": {"note": 3}}, "part.note"),
        ({"part": []}, "part"),
        ({"blocks": {}}, "blocks"),
        ({"blocks": [{"type": "seo"}]}, "blocks[0].type"),
        ({"blocks": [{"type": ["part"]}]}, "blocks[0].type"),
        ({"blocks": [{"type": "part", "id": "x"}]}, "blocks[0].id"),
        ({"blocks": [{"type": "part", "data": {"note": 1}}]}, "blocks[0].data.note"),
        ({"blocks": [block, block]}, "blocks[1].id"),
        ({"rows": [{"count": "1"}]}, "rows[0].count"),
        ({"rows": [None]}, "rows[0]"),
        ({"see": theirs["id"]}, "see"),
        ({"see": [theirs["id"]]}, "see[0]"),
        ({"see": [gone["id"]]}, "see[0]"),
        ({"see": [whole["id"]]}, "see[0]"),
        ({"part": {"about": theirs["id"]}}, "part.about"),
        ({"body": {"type": "doc", "content": [{"type": "script"}]}}, "body.content[0].type"),
        ({"body": "<p>Hi</p>"}, "body"),
    ):
        with nothing_written():
            answer = api.patch(f"{ENTRIES}/{whole['id']}", {"fields": fields})
        assert answer.status == 422, (fields, answer.text)
        assert answer.error["details"][0]["field"] == f"fields.{at}", (fields, answer.text)


@pytest.mark.usefixtures("whole")
def test_publishing_asks_for_more_than_a_draft(
    api: Api, create_entry: Callable[..., Any], nothing_written: Nothing
) -> None:
    entry = create_entry(
        "whole",
        {
            "part": {"code": "AB12\nCD34"},
            "blocks": [{"type": "part", "data": {"note": "fine", "code": "AB1"}}, {"type": "part"}],
            "rows": [{}, {}, {}],
            "code": "abc1",
        },
    )
    with nothing_written():
        answer = api.post(f"{ENTRIES}/{entry['id']}/publish", {"version": entry["version"]})
    assert answer.status == 422
    assert {one["field"]: one["message"] for one in answer.error["details"]} == {
        "fields.part.note": "Has to be filled in.",
        "fields.part.code": "Like AB12.",
        "fields.blocks[1].data.note": "Has to be filled in.",
        "fields.rows": "Must have at most 2 entries.",
        "fields.code": "Does not match the pattern.",
    }


def test_what_is_omitted_inside_of_a_component_stays(
    api: Api, create_entry: Callable[..., Any], part: Any, whole: Any
) -> None:
    entry = create_entry(
        "whole",
        {
            "part": {"note": "n", "code": "AB1"},
            "blocks": [{"type": "part", "data": {"note": "b", "code": "AB2"}}],
        },
    )
    note, code, about = ({"id": one["id"]} for one in part["fields"])
    path = f"{TYPES}/{part['id']}"
    api.patch(path, {"fields": [note, {**code, "state": "omitted"}, about]})
    (block,) = draft(api, entry)["blocks"]
    assert "code" not in block["data"]
    changed = {"part": {"note": "new"}, "blocks": [{**block, "data": {"note": "new"}}]}
    assert api.patch(f"{ENTRIES}/{entry['id']}", {"fields": changed}).status == 200
    api.patch(path, {"fields": [note, {**code, "state": "active"}, about]})
    found = draft(api, entry)
    assert (found["part"]["note"], found["part"]["code"]) == ("new", "AB1")
    assert found["blocks"][0]["data"]["code"] == "AB2"


def test_types_are_read_again_when_they_change_and_not_before(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    made = create_type()
    create_entry()
    with query_count() as log:
        create_entry()
    reading = [one for one in log.statements if 'FROM "cms"."content_types"' in one]
    assert reading == []
    title, slug = ({"id": one["id"]} for one in made["fields"])
    renamed = api.patch(f"{TYPES}/{made['id']}", {"fields": [{**title, "key": "name"}, slug]})
    assert renamed.status == 200, renamed.text
    assert create_entry("article", {"name": "New"})["fields"]["name"] == "New"


def test_a_singleton_has_one_entry(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    nothing_written: Nothing,
) -> None:
    create_type("home", [{"key": "title", "type": "text"}], kind="singleton")
    create_entry("home")
    with nothing_written():
        answer = api.post(ENTRIES, {"type": "home", "fields": {"title": "Another"}})
    assert (answer.status, answer.error["code"]) == (409, "singleton_exists")
    with nothing_written():
        component = api.post(ENTRIES, {"type": "seo", "fields": {}})
    assert (component.status, component.error["details"][0]["field"]) == (422, "type")
