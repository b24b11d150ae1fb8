"""What is locked while it is scheduled, and how much can be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_cms.scheduling import locking
from sparx_core.testing import DeliveryRun

from .newsroom import ENTRIES, SCHEDULES, Newsroom, soon

NothingWritten = Callable[[], AbstractContextManager[None]]


def test_a_draft_that_was_locked_stays_as_it_is_until_its_time(
    room: Newsroom, nothing_written: NothingWritten, run_events: DeliveryRun
) -> None:
    target, entry = room.write("Target"), room.write("One")
    path = f"{ENTRIES}/{entry['id']}"
    assert room.api.patch(path, {"fields": {"related": target["id"]}}).status == 200
    room.done(target, "publish")
    at = soon()
    (schedule,) = room.done(entry, "schedule", at=at, lockWhileScheduled=True)["scheduleIds"]
    assert room.schedules(entry)[0]["lockWhileScheduled"] is True
    with nothing_written():
        for refused in (
            room.api.patch(path, {"fields": {"title": "Two"}}),
            room.api.patch(path, {"locale": "de", "fields": {"title": "Zwei"}}),
            room.act(entry, "revert", revisionId=_first_revision(room, entry["id"])),
            room.api.request("DELETE", f"{ENTRIES}/{target['id']}", query="onDelete=nullify"),
        ):
            assert (refused.status, refused.error["code"]) == (409, "entry_locked"), refused.text
            assert refused.error["details"] == {"scheduleId": schedule, "at": at}
        # What changes nothing is no save.
        assert room.api.patch(path, {"fields": {"title": "One"}}).status == 200
    room.let_time_pass()
    run_events()
    assert room.live(entry) == "One"
    assert room.save(entry, "Two")["status"] == "changed"


def _first_revision(room: Newsroom, entry: str) -> str:
    params = {"entryId": entry, "sort": "number"}
    found: str = room.api.get("/v1/cms/revisions", params=params).data[0]["id"]
    return found


def test_a_schedule_that_is_over_locks_nothing(room: Newsroom) -> None:
    entry = room.write("One")
    (schedule,) = room.done(entry, "schedule", at=soon(), lockWhileScheduled=True)["scheduleIds"]
    assert room.api.post(f"{SCHEDULES}/{schedule}/cancel").status == 200
    room.save(entry, "Two")
    room.done(entry, "schedule", at=soon(), lockWhileScheduled=True)
    room.done(entry, "publish")  # supersedes it
    room.save(entry, "Three")
    room.done(entry, "schedule", at=soon())
    room.save(entry, "Four")  # nobody asked for a lock


def test_only_so_much_can_wait(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, nothing_written: NothingWritten
) -> None:
    monkeypatch.setattr(locking, "MAX_PENDING", 2)
    first, second = room.translate(room.write("One"), "Eins"), room.write("Two")
    waiting = room.done(first, "schedule", at=soon())["scheduleIds"]
    assert len(waiting) == 2
    with nothing_written():
        refused = room.act(second, "schedule", at=soon())
        assert (refused.status, refused.error["code"]) == (409, "too_many_schedules")
        assert refused.error["details"] == {"limit": 2}
    assert room.api.post(f"{SCHEDULES}/{waiting[0]}/cancel").status == 200
    room.done(second, "schedule", at=soon())
