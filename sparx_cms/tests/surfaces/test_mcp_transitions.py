"""What agents may do with entries: as much as their key, and what others see only as planned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

from .test_mcp import call, refused

pytest.importorskip("sparx_ai")

ENTRIES = "/v1/cms/entries"
#: What a key may not do is not offered to its agent, or refused by the core.
NOT_ALLOWED = {"bad_request", "insufficient_scope"}


@pytest.fixture
def note(api: Api) -> Any:
    """A draft of a type with a page."""
    fields = [{"key": "title", "type": "text", "required": True}, {"key": "slug", "type": "slug"}]
    type_ = {"key": "note", "name": "Note", "fields": fields, "urlPattern": "/notes/{slug}"}
    assert api.post("/v1/cms/content-types", type_).status == 201
    body = {"type": "note", "fields": {"title": "Secret", "slug": "one"}}
    return api.post(ENTRIES, body).data


@pytest.fixture
def agent(keyed: Callable[..., Api]) -> Callable[..., Api]:
    """An agent with the scopes of a writer, and some more."""
    return lambda *more: keyed("read:cms", "draft:cms", "write:cms", *more)


def act(note: Any, verb: str, **more: Any) -> dict[str, Any]:
    return {"operation": f"entries.{verb}", "id": note["id"], "version": note["version"], **more}


def is_live(api: Api, note: Any) -> bool:
    return api.get(f"{ENTRIES}/{note['id']}").status == 200


@pytest.mark.parametrize("verb", ["publish", "unpublish", "archive", "schedule"])
def test_what_readers_see_is_not_for_writers(
    note: Any, agent: Callable[..., Api], nothing_changes: Callable[..., Any], verb: str
) -> None:
    data = {"data": {"at": "2030-01-01T08:00:00Z"}} if verb == "schedule" else {}
    with nothing_changes():
        assert refused(agent(), "cms_act", **act(note, verb, **data)) in NOT_ALLOWED


def test_drafts_are_for_agents_that_may_see_them(
    note: Any, agent: Callable[..., Api], keyed: Callable[..., Api]
) -> None:
    reader, drafts = keyed("read:cms"), {"status": "draft"}
    for tool, asked in (
        ("cms_get", {"resource": "entries", "id": note["id"], "query": drafts}),
        ("cms_list", {"resource": "entries", "where": drafts}),
    ):
        assert refused(reader, tool, **asked) == "insufficient_scope"
        assert "Secret" in str(call(agent(), tool, **asked))
    assert call(reader, "cms_list", resource="entries")["items"] == []
    for resource in ("revisions", "comments", "releases", "schedules", "reviews"):
        assert refused(reader, "cms_list", resource=resource) in NOT_ALLOWED
        assert "items" in call(agent(), "cms_list", resource=resource)


def test_publishing_is_planned_and_then_done_as_planned(
    api: Api, note: Any, agent: Callable[..., Api], nothing_changes: Callable[..., Any]
) -> None:
    publisher = agent("publish:cms")
    asked = act(note, "publish")
    with nothing_changes():
        told = call(publisher, "cms_act", **asked)
    assert told["status"] == "planned"
    plan = told["plan"]
    assert plan["events"] == {"content.entry.published": 1}
    assert plan["changes"]["cms.entries"] == {"updated": 1}
    assert not is_live(api, note)
    done = call(publisher, "cms_act", **asked, confirm=plan["confirm"])
    assert done["data"]["status"] == "published"
    assert is_live(api, note)


def test_a_plan_for_another_draft_publishes_nothing(
    api: Api, note: Any, agent: Callable[..., Api]
) -> None:
    publisher = agent("publish:cms")
    confirm = call(publisher, "cms_act", **act(note, "publish"))["plan"]["confirm"]
    changed = api.patch(f"{ENTRIES}/{note['id']}", {"fields": {"title": "Other"}})
    assert changed.status == 200
    code = refused(publisher, "cms_act", **act(note, "publish"), confirm=confirm)
    assert code in ("version_conflict", "plan_stale")
    assert refused(publisher, "cms_act", **act(note, "publish")) == "version_conflict"
    unseen = {"operation": "entries.publish", "id": note["id"]}
    assert refused(publisher, "cms_act", **unseen) == "version_required"
    assert not is_live(api, note)


def test_a_plan_is_of_the_key_that_made_it(api: Api, note: Any, agent: Callable[..., Api]) -> None:
    asked = act(note, "publish")
    confirm = call(agent("publish:cms"), "cms_act", **asked)["plan"]["confirm"]
    assert refused(agent("publish:cms"), "cms_act", **asked, confirm=confirm) == "plan_invalid"
    assert refused(agent(), "cms_act", **asked, confirm=confirm) in NOT_ALLOWED
    assert not is_live(api, note)


@pytest.mark.parametrize(("operation", "data"), [
    ("schedule", {"at": "2030-01-01T08:00:00Z"}),
    ("unpublish", {}),
])  # fmt: skip
def test_what_readers_will_see_is_planned(
    api: Api, note: Any, agent: Callable[..., Api], nothing_changes: Callable[..., Any],
    operation: str, data: Any,
) -> None:  # fmt: skip
    path = f"{ENTRIES}/{note['id']}"
    note = api.post(f"{path}/publish", {"version": note["version"]}).data
    publisher = agent("publish:cms")
    with nothing_changes():
        told = call(publisher, "cms_act", **act(note, operation, data=data))
    assert told["status"] == "planned"


def test_types_are_for_agents_that_may_change_them(
    note: Any, agent: Callable[..., Api], nothing_changes: Callable[..., Any]
) -> None:
    fields = [{"key": "title", "type": "text"}]
    data = {"key": "other", "name": "Other", "fields": fields}
    with nothing_changes():
        code = refused(agent(), "cms_create", resource="content_types", data=data)
        assert code in NOT_ALLOWED
        told = call(
            agent("schema:cms"), "cms_create", resource="content_types", data=data, dryRun=True
        )
    assert told["status"] == "planned"


def test_a_rehearsed_draft_is_not_saved(
    note: Any, agent: Callable[..., Api], nothing_changes: Callable[..., Any]
) -> None:
    data = {"fields": {"title": "Rehearsed"}}
    with nothing_changes():
        told = call(
            agent(), "cms_update", resource="entries", id=note["id"], data=data, dryRun=True
        )
    assert (told["status"], told["plan"]["events"]) == ("planned", {"content.entry.updated": 1})
