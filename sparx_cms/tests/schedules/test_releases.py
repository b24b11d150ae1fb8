"""Releases: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sparx_core.testing import Api, DeliveryRun

from .newsroom import ENTRIES, ITEMS, NOBODY, RELEASES, Newsroom, soon

NothingWritten = Callable[[], AbstractContextManager[None]]


def bundle(room: Newsroom, *entries: Any, **more: Any) -> str:
    """A release with entries; its path."""
    release = room.api.post(RELEASES, {"title": "Spring"}).data
    for entry in entries:
        put(room.api, release["id"], entry, **more)
    return f"{RELEASES}/{release['id']}"


def put(client: Api, release: str, entry: Any, **more: Any) -> Any:
    body = {"releaseId": release.rpartition("/")[2], "entryId": entry["id"], **more}
    made = client.post(ITEMS, body)
    assert made.status == 201, made.text
    return made.data


def test_all_of_it_goes_live_with_what_refers_to_one_another(room: Newsroom) -> None:
    first, second = room.write("One"), room.write("Two")
    for entry, other in ((first, second), (second, first)):
        path = f"{ENTRIES}/{entry['id']}"
        assert room.api.patch(path, {"fields": {"related": other["id"]}}).status == 200
    old = room.write("Old")
    room.done(old, "publish")
    path = bundle(room, first, second)
    put(room.api, path, old, action="unpublish")
    room.save(first, "Newer")
    done = room.api.post(f"{path}/publish")
    assert (done.status, done.data["status"], done.data["itemCount"]) == (200, "published", 3)
    assert [room.live(one) for one in (first, second, old)] == ["One", "Two", None]
    told = room.told("entry.published", "release.published", "entry.unpublished")
    assert sorted(told[1:]) == ["entry.published"] * 2 + ["entry.unpublished", "release.published"]
    again = room.api.post(f"{path}/publish")
    assert (again.status, again.error["code"]) == (409, "invalid_transition")
    items = room.api.get(ITEMS, params={"entryId": first["id"]}).data
    assert [(one["revisionId"], one["revisionNumber"]) for one in items] == [(None, 2)]


def test_one_that_cannot_keeps_all_of_it_back(
    room: Newsroom, nothing_written: NothingWritten
) -> None:
    good, empty, gone = room.write("Good"), room.write(None), room.write("Gone")
    target, referring = room.write("Target"), room.write("Referring")
    assert room.api.patch(f"{ENTRIES}/{referring['id']}", {"fields": {"related": target["id"]}})
    path = bundle(room, good, empty, gone, referring)
    assert room.api.delete(f"{ENTRIES}/{gone['id']}").status == 200
    with nothing_written():
        refused = room.api.post(f"{path}/publish")
        assert (refused.status, refused.error["code"]) == (409, "release_blocked")
        checked = room.api.post(f"{path}/validate").data
    found = {one["entryId"]: one["error"]["code"] for one in refused.error["details"]}
    assert found == {
        empty["id"]: "validation_error",
        gone["id"]: "not_found",
        referring["id"]: "unpublished_references",
    }
    assert checked["ready"] is False
    assert {one["entryId"] for one in checked["blocked"]} == set(found)
    assert room.live(good) is None
    items = room.api.get(ITEMS, params={"releaseId": path.rpartition("/")[2]}).data
    for item in items:
        if item["entryId"] in (empty["id"], gone["id"]):
            assert room.api.delete(f"{ITEMS}/{item['id']}").status == 200
    put(room.api, path, target)
    with nothing_written():
        assert room.api.post(f"{path}/validate").data["ready"] is True
    assert room.api.post(f"{path}/publish").status == 200
    assert room.live(good) == "Good"


def test_slugs_change_hands_and_a_taken_one_blocks(
    room: Newsroom, nothing_written: NothingWritten
) -> None:
    old, new = room.write("Old", slug="front"), room.write("New", slug="next")
    room.done(old, "publish")
    room.done(new, "publish")
    for entry, slug in ((old, "spare"), (new, "front")):
        path = f"{ENTRIES}/{entry['id']}"
        assert room.api.patch(path, {"fields": {"slug": slug}}).status == 200
    alone = bundle(room, new)
    with nothing_written():
        checked = room.api.post(f"{alone}/validate").data
        assert room.api.post(f"{alone}/publish").error["code"] == "slug_taken"
    assert checked["blocked"][0]["error"]["code"] == "slug_taken"
    assert room.api.post(f"{bundle(room, old, new)}/publish").status == 200
    shown = room.api.get(f"{ENTRIES}/{new['id']}").data
    assert shown["fields"]["slug"] == "front"


def test_a_release_goes_live_at_its_time_with_what_was_put_in(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    first, second = room.write("One"), room.write("Two")
    path = bundle(room, first, second)
    at = soon()
    planned = room.api.post(f"{path}/schedule", {"at": at}).data
    assert (planned["status"], planned["at"]) == ("scheduled", at)
    room.save(first, "Newer")
    run_events()
    assert room.live(first) is None
    room.let_time_pass()
    run_events()
    assert [room.live(one) for one in (first, second)] == ["One", "Two"]
    assert room.api.get(path).data["status"] == "published"
    assert room.told("release.published", "release.failed") == ["release.published"]
    assert room.told().count("entry.published") == 2


def test_what_fails_at_its_time_is_mended_and_tried_again(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    good, late = room.write("Good"), room.write("Late")
    path = bundle(room, good, late)
    assert room.api.post(f"{path}/schedule", {"at": soon()}).status == 200
    assert room.api.delete(f"{ENTRIES}/{late['id']}").status == 200
    room.let_time_pass()
    run_events()
    failed = room.api.get(path).data
    assert (failed["status"], failed["failure"]["code"]) == ("failed", "release_blocked")
    assert [one["entryId"] for one in failed["failure"]["details"]] == [late["id"]]
    assert room.live(good) is None
    assert room.told("release.failed") == ["release.failed"]
    assert room.api.post(f"{ENTRIES}/{late['id']}/restore").status == 200
    assert room.api.post(f"{path}/publish").data["failure"] is None
    assert (room.live(good), room.live(late)) == ("Good", "Late")


def test_one_that_was_taken_back_or_whose_key_is_gone_does_nothing(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    entries = [room.write("One"), room.write("Two")]
    paths = [bundle(room, one) for one in entries]
    key = room.api.post("/v1/keys", {"name": "Desk", "scopes": ["*"]}).data
    for path in paths:
        planned = room.api.with_key(key["key"]).post(f"{path}/schedule", {"at": soon()})
        assert planned.status == 200
    assert room.api.post(f"{paths[0]}/unschedule").data["status"] == "draft"
    assert room.api.delete(f"/v1/keys/{key['id']}").status == 200
    room.let_time_pass()
    run_events()
    assert [room.live(one) for one in entries] == [None, None]
    assert [room.api.get(path).data["status"] for path in paths] == ["draft", "failed"]
    assert room.api.get(paths[1]).data["failure"]["code"] == "forbidden"


def test_a_release_is_filled_while_it_is_open(
    room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry, other = room.write("One"), room.write("Two")
    path = bundle(room)
    assert room.api.post(f"{path}/publish").error["code"] == "release_empty"
    assert room.api.post(f"{path}/schedule", {"at": soon()}).error["code"] == "release_empty"
    item = put(room.api, path, entry)
    assert (item["action"], item["revisionNumber"]) == ("publish", 1)
    room.save(entry, "Two")
    there = f"{ITEMS}/{item['id']}"
    assert room.api.patch(there, {"revisionId": None}).data["revisionNumber"] == 2
    foreign = room.api.get("/v1/cms/revisions", params={"entryId": other["id"]}).data[0]["id"]
    release = path.rpartition("/")[2]
    body = {"releaseId": release, "entryId": other["id"]}
    with nothing_written():
        twice = room.api.post(ITEMS, {"releaseId": release, "entryId": entry["id"]})
        assert (twice.status, twice.error["code"]) == (409, "already_in_release")
        for sent, field in (
            ({**body, "releaseId": NOBODY}, "releaseId"),
            ({**body, "entryId": NOBODY}, "entryId"),
            ({**body, "revisionId": NOBODY}, "revisionId"),
            ({**body, "locales": ["en", "xx"]}, "locales[1]"),
            ({**body, "action": "unpublish", "revisionId": foreign}, "revisionId"),
        ):
            refused = room.api.post(ITEMS, sent)
            assert (refused.status, refused.error["details"][0]["field"]) == (422, field)
        assert room.api.patch(there, {"revisionId": foreign}).status == 422
        assert room.api.patch(there, {"entryId": other["id"]}).status == 422
        assert room.api.patch(there, {"locales": ["xx"]}).status == 422
    # What goes offline has no revision: to say so of the action is enough.
    offline = room.api.patch(there, {"action": "unpublish"}).data
    assert (offline["revisionId"], offline["revisionNumber"]) == (None, None)
    assert room.api.patch(there, {"action": "publish"}).data["revisionNumber"] == 2
    assert room.api.post(f"{path}/schedule", {"at": soon()}).status == 200
    writer = room.desk("read:cms", "draft:cms", "write:cms")
    with nothing_written():
        for closed in (
            room.api.post(ITEMS, body),
            room.api.patch(there, {"revisionId": None}),
            room.api.delete(there),
            room.api.delete(path),
        ):
            assert (closed.status, closed.error["code"]) == (409, "release_closed")
        for verb in ("publish", "unschedule", "archive"):
            assert writer.post(f"{path}/{verb}").error["code"] == "insufficient_scope"
    assert room.api.post(f"{path}/unschedule").status == 200
    assert room.api.delete(there).status == 200
    assert room.api.delete(path).status == 200


def test_nobody_else_sees_or_fills_releases(
    room: Newsroom, other_room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry = room.write("Theirs")
    path = bundle(room, entry)
    mine, api = bundle(other_room, other_room.write("Mine")), other_room.api
    item = room.api.get(ITEMS).data[0]["id"]
    release = path.rpartition("/")[2]
    with nothing_written():
        assert len(api.get(RELEASES).data) == 1
        assert len(api.get(ITEMS).data) == 1
        assert api.get(path).status == 404
        assert api.delete(f"{ITEMS}/{item}").status == 404
        for verb in ("publish", "validate", "archive"):
            assert api.post(f"{path}/{verb}").status == 404
        other = {"releaseId": mine.rpartition("/")[2], "entryId": entry["id"]}
        assert api.post(ITEMS, other).status == 422
        assert api.post(ITEMS, {"releaseId": release, "entryId": entry["id"]}).status == 422
