"""One action on many entries, each done or refused by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from .newsroom import ENTRIES, NOBODY, Newsroom

NothingWritten = Callable[[], AbstractContextManager[None]]
PATH = f"{ENTRIES}/bulk"


def seen(*entries: Any) -> list[Any]:
    return [{"id": one["id"], "version": one["version"]} for one in entries]


def test_each_is_done_or_refused_by_itself(room: Newsroom, other_room: Newsroom) -> None:
    good, empty, stale = room.write("Good"), room.write(None), room.write("Stale")
    theirs = other_room.write("Theirs")
    room.save(stale, "Newer")
    items = [*seen(good, empty, stale, theirs), {"id": NOBODY, "version": 1}]
    answer = room.api.post(PATH, {"action": "publish", "items": items})
    assert answer.status == 200, answer.text
    found = [(one["status"], one.get("error", {}).get("code")) for one in answer.data]
    assert found == [
        (200, None), (422, "validation_error"), (409, "version_conflict"),
        (404, "not_found"), (404, "not_found"),
    ]  # fmt: skip
    assert answer.meta == {"succeeded": 1, "failed": 4}
    assert answer.data[0]["version"] == room.draft(good)["version"]
    assert [room.live(one) for one in (good, empty, stale)] == ["Good", None, None]
    assert room.told("entry.published") == ["entry.published"]
    assert other_room.live(theirs) is None


def test_what_refers_to_one_another_may_come_in_any_order(room: Newsroom) -> None:
    last = room.write("Last")
    middle = room.write("Middle", related=last["id"])
    first = room.write("First", related=middle["id"])
    lost = room.write("Lost", related=room.write("Draft")["id"])
    body = {"action": "publish", "items": seen(first, lost, middle, last)}
    answer = room.api.post(PATH, body)
    assert [one["status"] for one in answer.data] == [200, 422, 200, 200], answer.text
    assert answer.data[1]["error"]["code"] == "unpublished_references"
    assert [room.live(one) for one in (first, middle, last)] == ["First", "Middle", "Last"]


def test_the_other_actions(room: Newsroom) -> None:
    live, draft = room.write("Live"), room.write("Draft")
    live = room.done(live, "publish")
    answer = room.api.post(PATH, {"action": "archive", "items": seen(live, draft)})
    assert [one.get("error", {}).get("code") for one in answer.data] == ["entry_published", None]
    assert room.api.get(ENTRIES, params={"status": "archived"}).data[0]["id"] == draft["id"]
    back = [{"id": draft["id"], "version": answer.data[1]["version"]}]
    assert room.api.post(PATH, {"action": "unarchive", "items": back}).data[0]["status"] == 200
    gone = room.api.post(PATH, {"action": "unpublish", "items": seen(live)})
    assert (gone.data[0]["status"], room.live(live)) == (200, None)


def test_what_cannot_be_read_does_nothing(room: Newsroom, nothing_written: NothingWritten) -> None:
    entry = room.write()
    item, writer = seen(entry)[0], room.desk("read:cms", "draft:cms", "write:cms")
    with nothing_written():
        for body in (
            None,
            {},
            {"action": "publish"},
            {"action": "publish", "items": []},
            {"action": "publish", "items": [item] * 101},
            {"action": "delete", "items": [item]},
            {"action": "publish", "items": [{"id": entry["id"]}]},
        ):
            assert room.api.post(PATH, body).status in (400, 422), body
        refused = writer.post(PATH, {"action": "publish", "items": [item]})
        assert refused.error["code"] == "insufficient_scope"
