"""Schedules: what was named goes live at its time, once, or says why not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from threading import Thread

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import DeliveryRun, Owner, TenantMaker

from .newsroom import ENTRIES, NOBODY, SCHEDULES, Newsroom, soon

NothingWritten = Callable[[], AbstractContextManager[None]]


def test_what_was_named_goes_live_and_the_newer_draft_stays(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    entry = room.write("One")
    answer = room.done(entry, "schedule", at=soon())
    (schedule,) = room.schedules(entry)
    assert answer["scheduleIds"] == [schedule["id"]]
    shown = [schedule[name] for name in ("action", "locale", "status", "revisionNumber", "lateBy")]
    assert shown == ["publish", "en", "scheduled", 1, 0]
    room.save(entry, "Two")
    room.save(entry, "Three")
    run_events()
    assert room.live(entry) is None
    room.let_time_pass()
    run_events()
    assert room.live(entry) == "One"
    draft = room.draft(entry)
    assert (draft["fields"]["title"], draft["status"]) == ("Three", "changed")
    (schedule,) = room.schedules(entry)
    assert schedule["status"] == "succeeded"
    assert schedule["lateBy"] > 80_000
    assert schedule["revisionNumber"] == 1
    assert room.told("entry.scheduled", "entry.published") == ["entry.scheduled", "entry.published"]
    room.done(entry, "schedule", at=soon())  # there is room for the next one


def test_two_workers_after_a_time_without_any_do_it_once_and_in_order(
    room: Newsroom, installation: Runtime, owner: Owner, new_tenant: TenantMaker
) -> None:
    entry, other = room.write("One"), room.write("Other")
    for one in (entry, other):
        room.done(one, "schedule", action="unpublish", at=soon(hours=2))
        room.done(one, "schedule", at=soon(hours=1))
    room.let_time_pass()
    workers = [DeliveryRun(installation, owner, new_tenant.made) for _ in range(2)]
    threads = [Thread(target=one) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        worker.close()
    for one in (entry, other):
        assert room.statuses(one) == [("publish", "succeeded"), ("unpublish", "succeeded")]
        assert room.live(one) is None
    told = room.told("entry.published", "entry.unpublished")
    assert sorted(told) == ["entry.published"] * 2 + ["entry.unpublished"] * 2
    assert told[0] == "entry.published"


def test_languages_of_one_request_go_live_together(room: Newsroom, run_events: DeliveryRun) -> None:
    entry = room.translate(room.write("One"), "Eins")
    room.done(entry, "schedule", at=soon())
    assert [one["locale"] for one in room.schedules(entry)] == ["de", "en"]
    room.let_time_pass()
    run_events()
    assert (room.live(entry), room.live(entry, "de")) == ("One", "Eins")
    assert room.told("entry.published") == ["entry.published"]


def test_twenty_at_once_plan_it_once(room: Newsroom) -> None:
    entry = room.write()
    path, body = f"{ENTRIES}/{entry['id']}/schedule", {"version": entry["version"], "at": soon()}
    answers = []
    threads = [Thread(target=lambda: answers.append(room.api.post(path, body))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.status for one in answers) == [200] + [409] * 19
    refused = {one.error["code"] for one in answers if one.status == 409}
    assert refused == {"schedule_exists"}
    assert room.statuses(entry) == [("publish", "scheduled")]


def test_who_publishes_by_hand_supersedes_what_was_planned(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    entry = room.translate(room.write("One"), "Eins")
    room.done(entry, "schedule", at=soon())
    room.done(entry, "schedule", action="unpublish", locales=["en"], at=soon(hours=2))
    room.save(entry, "Two")
    room.done(entry, "publish", locales=["en"])
    found = {(one["action"], one["locale"]): one["status"] for one in room.schedules(entry)}
    assert found == {
        ("publish", "en"): "superseded",
        ("publish", "de"): "scheduled",
        ("unpublish", "en"): "scheduled",
    }
    room.done(entry, "unpublish", locales=["en"])
    room.let_time_pass()
    run_events()
    found = {(one["action"], one["locale"]): one["status"] for one in room.schedules(entry)}
    assert found[("unpublish", "en")] == "superseded"
    assert found[("publish", "de")] == "succeeded"
    assert room.live(entry, "de") == "Eins"


@pytest.mark.parametrize("verb", ["archive", "delete"])
def test_nothing_is_planned_for_what_went_away(
    room: Newsroom, run_events: DeliveryRun, verb: str
) -> None:
    entry = room.write()
    room.done(entry, "schedule", at=soon())
    if verb == "archive":
        room.done(entry, "archive")
    else:
        assert room.api.delete(f"{ENTRIES}/{entry['id']}").status == 200
    assert room.statuses(entry) == [("publish", "cancelled")]
    room.let_time_pass()
    run_events()
    assert room.told("entry.published", "entry.schedule_failed") == []


def test_what_fails_says_why_and_what_is_live_stays(
    room: Newsroom, run_events: DeliveryRun
) -> None:
    target, entry = room.write("Target"), room.write("One")
    room.done(entry, "publish")
    entry = room.api.patch(
        f"{ENTRIES}/{entry['id']}", {"fields": {"title": "Two", "related": target["id"]}}
    ).data
    room.done(entry, "schedule", at=soon())
    room.let_time_pass()
    run_events()
    assert room.live(entry) == "One"
    (schedule,) = room.schedules(entry)
    assert (schedule["status"], schedule["failure"]["code"]) == ("failed", "unpublished_references")
    assert room.told("entry.published", "entry.schedule_failed") == [
        "entry.published",
        "entry.schedule_failed",
    ]
    room.done(target, "publish")
    room.done(entry, "schedule", at=soon())
    room.let_time_pass()
    run_events()
    assert room.live(entry) == "Two"


def test_the_key_that_asked_is_asked_again(room: Newsroom, run_events: DeliveryRun) -> None:
    made = [room.api.post("/v1/keys", {"name": "Desk", "scopes": ["*"]}).data for _ in range(2)]
    entries = [room.write("Kept"), room.write("Lost")]
    for key, entry in zip(made, entries, strict=True):
        room.done(entry, "schedule", room.api.with_key(key["key"]), at=soon())
    successor = room.api.post(f"/v1/keys/{made[0]['id']}/rotate", {}).data
    assert room.api.delete(f"/v1/keys/{made[1]['id']}").status == 200
    room.let_time_pass()
    run_events()
    assert [room.live(one) for one in entries] == ["Kept", None]
    (schedule,) = room.schedules(entries[1])
    assert (schedule["status"], schedule["failure"]["code"]) == ("failed", "forbidden")
    author = room.owner.value(
        "SELECT actor FROM core.events WHERE tenant_id = %s AND type = 'content.entry.published'",
        room.tenant.tenant_id,
    )
    assert author == f"key:{successor['id']}"


def test_moved_and_cancelled(room: Newsroom, run_events: DeliveryRun) -> None:
    entry = room.write()
    room.done(entry, "schedule", at=soon(hours=5))
    (schedule,) = room.schedules(entry)
    path, earlier = f"{SCHEDULES}/{schedule['id']}", soon(hours=1)
    assert room.api.patch(path, {"at": earlier}).data["at"] == earlier
    assert room.api.post(f"{path}/cancel").data["status"] == "cancelled"
    for again in (room.api.post(f"{path}/cancel"), room.api.patch(path, {"at": soon()})):
        assert (again.status, again.error["code"]) == (409, "invalid_transition")
    room.let_time_pass()
    run_events()
    assert room.live(entry) is None
    told = ["entry.created", "entry.scheduled", "entry.scheduled", "entry.unscheduled"]
    assert [one for one in room.told() if one.startswith("entry.")] == told


def test_what_is_refused_writes_nothing(room: Newsroom, nothing_written: NothingWritten) -> None:
    entry, other = room.write(), room.write()
    path, version = f"{ENTRIES}/{entry['id']}/schedule", entry["version"]
    foreign = room.api.get("/v1/cms/revisions", params={"entryId": other["id"]}).data[0]["id"]
    good = {"version": version, "at": soon()}
    writer = room.desk("read:cms", "draft:cms", "write:cms")
    with nothing_written():
        for body, field in (
            ({**good, "at": soon(hours=-1)}, "at"),
            ({**good, "at": soon(days=6 * 365)}, "at"),
            ({**good, "locales": ["fr"]}, "locales[0]"),
            ({**good, "locales": []}, "locales"),
            ({**good, "action": "delete"}, "action"),
            ({"version": version}, "at"),
        ):
            answer = room.api.post(path, body)
            assert (answer.status, answer.error["details"][0]["field"]) == (422, field), body
        assert room.api.post(path, {"at": soon()}).error["code"] == "version_required"
        assert room.api.post(path, {**good, "version": version + 1}).status == 409
        assert room.api.post(path, {**good, "revisionId": foreign}).status == 404
        assert room.api.post(path, {**good, "revisionId": NOBODY}).status == 404
        assert writer.post(path, good).error["code"] == "insufficient_scope"


def test_nobody_else_sees_or_moves_plans(
    room: Newsroom, other_room: Newsroom, nothing_written: NothingWritten
) -> None:
    theirs = room.write()
    room.done(theirs, "schedule", at=soon())
    (schedule,) = room.schedules(theirs)
    other_room.done(other_room.write(), "schedule", at=soon())
    path, api = f"{SCHEDULES}/{schedule['id']}", other_room.api
    with nothing_written():
        assert len(api.get(SCHEDULES).data) == 1
        assert api.get(path).status == 404
        assert api.patch(path, {"at": soon(hours=3)}).status == 404
        assert api.post(f"{path}/cancel").status == 404
        body = {"version": theirs["version"], "at": soon()}
        assert api.post(f"{ENTRIES}/{theirs['id']}/schedule", body).status == 404
    reader = room.desk("read:cms")
    assert reader.get(SCHEDULES).error["code"] == "insufficient_scope"
