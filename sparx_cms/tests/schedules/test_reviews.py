"""Approval in stages: it is one revision that is approved, by others than who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.testing import Api, DeliveryRun

from .newsroom import ENTRIES, REVIEWS, Newsroom, soon

NothingWritten = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def desks(room: Newsroom) -> tuple[Api, Api]:
    """Two who may approve."""
    return room.desk(), room.desk()


def test_two_others_approve_and_then_it_is_published(
    room: Newsroom, desks: tuple[Api, Api]
) -> None:
    entry = room.write("One", "notice")
    review = f"{REVIEWS}/{room.done(entry, 'submit', message='New prices.')['reviewId']}"
    assert room.draft(entry)["stage"] == "desk"
    refused = room.act(entry, "publish")
    assert (refused.status, refused.error["code"]) == (409, "approval_required")
    assert refused.error["details"]["stage"] == "desk"
    first, second = desks
    assert first.post(f"{review}/approve", {"comment": "Fine."}).data["stage"] == "legal"
    assert room.draft(entry)["stage"] == "legal"
    assert room.act(entry, "publish").status == 409
    approved = second.post(f"{review}/approve", {}).data
    assert (approved["status"], approved["allowedTransitions"]) == ("approved", [])
    assert [(one["stage"], one["decision"], one["comment"]) for one in approved["decisions"]] == [
        ("desk", "approved", "Fine."),
        ("legal", "approved", None),
    ]
    assert room.draft(entry)["stage"] is None
    room.done(entry, "publish")
    assert room.live(entry) == "One"
    told = ["review.submitted", "review.advanced", "review.approved", "entry.published"]
    assert room.told(*told) == told


def test_what_was_changed_afterwards_is_not_what_was_approved(
    room: Newsroom, desks: tuple[Api, Api]
) -> None:
    entry = room.write("One", "notice")
    review = room.done(entry, "submit")["reviewId"]
    room.save(entry, "Smuggled")
    for desk in desks:
        assert desk.post(f"{REVIEWS}/{review}/approve", {}).status == 200
    refused = room.act(entry, "publish")
    assert refused.error["code"] == "approval_required"
    approved = room.api.get(f"{REVIEWS}/{review}").data["revisionId"]
    room.done(entry, "submit")
    room.done(entry, "publish", revisionId=approved)
    assert room.live(entry) == "One"
    # It went live: the newer one that was in review has to be submitted anew.
    statuses = [one["status"] for one in room.api.get(REVIEWS).data]
    assert sorted(statuses) == ["approved", "cancelled"]
    assert room.draft(entry)["stage"] is None


def test_nobody_approves_his_own_or_twice(
    room: Newsroom, desks: tuple[Api, Api], nothing_written: NothingWritten
) -> None:
    first, _ = desks
    entry = room.write("One", "notice")
    review = f"{REVIEWS}/{room.done(entry, 'submit', first)['reviewId']}"
    writer = room.desk("read:cms", "draft:cms", "write:cms")
    with nothing_written():
        for desk in (room.api, first):  # who wrote it, and who submitted it
            refused = desk.post(f"{review}/approve", {})
            assert (refused.status, refused.error["code"]) == (409, "own_revision")
        assert writer.post(f"{review}/approve", {}).error["code"] == "insufficient_scope"
        again = room.act(entry, "submit")
        assert (again.status, again.error["code"]) == (409, "review_running")
    third = room.desk()
    assert third.post(f"{review}/approve", {}).status == 200
    with nothing_written():
        assert third.post(f"{review}/approve", {}).error["code"] == "own_revision"


def test_rejected_and_submitted_anew(room: Newsroom, desks: tuple[Api, Api]) -> None:
    entry, desk = room.write("One", "notice"), desks[0]
    review = f"{REVIEWS}/{room.done(entry, 'submit')['reviewId']}"
    assert desk.post(f"{review}/reject", {}).status == 422
    rejected = desk.post(f"{review}/reject", {"comment": "The price is wrong."}).data
    assert (rejected["status"], rejected["stage"]) == ("rejected", "desk")
    assert rejected["decisions"][0]["comment"] == "The price is wrong."
    assert room.act(entry, "publish").error["code"] == "approval_required"
    again = f"{REVIEWS}/{room.done(entry, 'submit')['reviewId']}"
    assert room.api.post(f"{again}/cancel").data["status"] == "cancelled"
    assert desk.post(f"{again}/approve", {}).error["code"] == "invalid_transition"
    assert room.draft(entry)["stage"] is None


def test_stages_hold_for_schedules_releases_and_bulk(
    room: Newsroom, run_events: DeliveryRun, desks: tuple[Api, Api]
) -> None:
    entry = room.write("One", "notice")
    assert room.act(entry, "schedule", at=soon()).error["code"] == "approval_required"
    release = room.api.post("/v1/cms/releases", {"title": "Spring"}).data["id"]
    item = {"releaseId": release, "entryId": entry["id"]}
    assert room.api.post("/v1/cms/releases/items", item).status == 201
    blocked = room.api.post(f"/v1/cms/releases/{release}/publish").error["details"]
    assert [one["error"]["code"] for one in blocked] == ["approval_required"]
    sent = {"action": "publish", "items": [{"id": entry["id"], "version": entry["version"]}]}
    (refused,) = room.api.post(f"{ENTRIES}/bulk", sent).data
    assert refused["error"]["code"] == "approval_required"
    assert room.live(entry) is None
    review = room.done(entry, "submit")["reviewId"]
    for desk in desks:
        assert desk.post(f"{REVIEWS}/{review}/approve", {}).status == 200
    room.done(entry, "schedule", at=soon())
    room.let_time_pass()
    run_events()
    assert room.live(entry) == "One"


def test_what_has_no_stages_is_not_submitted(
    room: Newsroom, other_room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry = room.write("One")
    theirs = other_room.write("Theirs", "notice")
    review = other_room.done(theirs, "submit")["reviewId"]
    with nothing_written():
        assert room.act(entry, "submit").error["code"] == "no_stages"
        assert room.api.get(REVIEWS).data == []
        assert room.api.post(f"{REVIEWS}/{review}/approve", {}).status == 404
        body = {"version": 1}
        assert room.api.post(f"{ENTRIES}/{theirs['id']}/submit", body).status == 404
