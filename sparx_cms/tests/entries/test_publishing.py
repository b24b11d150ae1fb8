"""Publishing: only ever asked for, whole or not at all, and of the revision that is named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

from sparx_core.testing import Api, Owner

from .conftest import Told
from .writing import PATH, Desk, at_once

Nothing = Callable[[], AbstractContextManager[None]]


def test_an_unfinished_entry_is_refused_and_a_finished_one_read(
    desk: Desk, reader: Api, nothing_written: Nothing, told: Told
) -> None:
    made = desk.make(sku="A-1")
    with nothing_written():
        refused = desk.tell(made, "publish")
    assert refused.status == 422
    assert [one["field"] for one in refused.error["details"]] == ["fields.title"]
    desk.save(made, title="Hello")
    published = desk.publish(made)
    assert published["status"] == "published"
    assert reader.get(f"{PATH}/{made['id']}").data["fields"]["title"] == "Hello"
    assert told(made)[-1] == "content.entry.published"


def test_the_version_is_demanded(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(title="Hello")
    path = f"{PATH}/{made['id']}/publish"
    with nothing_written():
        refused = desk.api.post(path)
        stale = desk.api.post(path, {"version": made["version"] + 1})
        unmatched = desk.api.post(path, headers={"If-Match": '"7"'})
    assert (refused.status, refused.error["code"]) == (428, "version_required")
    assert (stale.status, stale.error["code"]) == (409, "version_conflict")
    assert unmatched.status == 412
    assert desk.api.post(path, headers={"If-Match": '"1"'}).status == 200


def test_writing_is_not_publishing(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(title="Hello")
    scopes = ["read:cms", "write:cms", "draft:cms"]
    key = desk.api.post("/v1/keys", {"name": "W", "scopes": scopes}).data["key"]
    writer = Desk(desk.api.with_key(key))
    with nothing_written():
        for verb in ("publish", "unpublish", "archive", "unarchive"):
            assert writer.tell(made, verb).error["code"] == "insufficient_scope"
    live = desk.publish(made)
    with nothing_written():
        assert writer.api.delete(f"{PATH}/{live['id']}").error["code"] == "insufficient_scope"


def test_what_is_live_stays_while_a_draft_is_saved(desk: Desk, reader: Api) -> None:
    made = desk.make(title="One")
    desk.publish(made)
    first = desk.revisions(made)[0]
    before = reader.get(f"{PATH}/{made['id']}")
    assert desk.save(made, title="Two")["status"] == "changed"
    after = reader.get(f"{PATH}/{made['id']}")
    assert after.data == before.data
    desk.publish(made)
    assert desk.live(made)["fields"]["title"] == "Two"
    older = desk.publish(made, revisionId=first["id"])
    assert (older["status"], older["fields"]["title"]) == ("changed", "Two")
    assert desk.live(made)["fields"]["title"] == "One"


def test_an_old_version_publishes_nothing(desk: Desk) -> None:
    made = desk.make(title="One")
    desk.publish(made)
    seen = desk.draft(made)["version"]
    desk.save(made, title="By somebody else")
    refused = desk.tell(made, "publish", version=seen)
    assert refused.error["code"] == "version_conflict"
    assert desk.live(made)["fields"]["title"] == "One"


def test_published_once_by_twenty(desk: Desk, told: Told) -> None:
    made = desk.make(title="One")
    body = {"version": made["version"]}
    answers = at_once([lambda: desk.api.post(f"{PATH}/{made['id']}/publish", body)] * 20)
    assert Counter(one.status for one in answers) == {200: 1, 409: 19}
    assert told(made) == ["content.entry.created", "content.entry.published"]


def test_publishing_what_is_live_is_nothing(desk: Desk, told: Told) -> None:
    made = desk.publish(desk.make(title="One"))
    again = desk.publish(made)
    assert again["version"] == made["version"]
    assert told(made).count("content.entry.published") == 1


def test_a_revision_of_another_entry_is_not_there(desk: Desk, nothing_written: Nothing) -> None:
    made, other = desk.make(title="One"), desk.make(title="Two")
    revision = desk.revisions(other)[0]
    with nothing_written():
        for verb in ("publish", "revert"):
            assert desk.tell(made, verb, revisionId=revision["id"]).status == 404


def test_unpublished_keeps_its_draft(desk: Desk, reader: Api, told: Told) -> None:
    made = desk.make(title="One")
    desk.publish(made)
    desk.save(made, title="Two")
    off = desk.do(made, "unpublish")
    assert (off["status"], off["fields"]["title"]) == ("draft", "Two")
    assert reader.get(f"{PATH}/{made['id']}").status == 404
    assert desk.do(made, "unpublish")["version"] == off["version"]
    assert told(made).count("content.entry.unpublished") == 1


def test_events_tell_nothing_of_drafts(desk: Desk, owner: Owner) -> None:
    made = desk.make(title="Secret plan")
    desk.save(made, title="Secret change")
    desk.publish(desk.save(made, title="Public"))
    desk.save(made, title="Secret again")
    payloads = owner.rows(
        "SELECT data::text FROM core.events WHERE aggregate_id = %s ORDER BY position",
        made["id"],
    )
    assert len(payloads) == 5
    assert not [text for (text,) in payloads if "Secret" in text]
    assert "Public" in payloads[3][0]


def test_pages_have_paths_and_old_ones_lead_on(desk: Desk) -> None:
    made = desk.make(title="One")
    assert desk.publish(made)["path"] == "/articles/one"
    desk.publish(desk.save(made, slug="uno"))
    assert desk.live(made)["path"] == "/articles/uno"
    found = desk.api.get("/v1/cms/redirects").data
    assert [(one["fromPath"], one["toEntryId"]) for one in found] == [("/articles/one", made["id"])]
