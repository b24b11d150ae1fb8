"""Races for what is live: cascades, reviews, releases and editors at the same entries."""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

from sparx_core.testing import Answer, Api

from ..schedules.newsroom import ENTRIES, RELEASES, REVIEWS, Newsroom, soon
from .crowds import Ask, at_once, statuses, until_done


def _pair(room: Newsroom) -> tuple[Any, Any]:
    """Two drafts that refer to each other: neither goes live without the other."""
    first, second = room.write("First"), room.write("Second")
    for entry, other in ((first, second), (second, first)):
        body = {"fields": {"related": other["id"]}}
        assert room.api.patch(f"{ENTRIES}/{entry['id']}", body).status == 200
    return first, second


def _publish(room: Newsroom, entry: Any, **body: Any) -> Answer:
    return room.act(entry, "publish", **body)


def test_cascades_that_meet_publish_both_or_neither(room: Newsroom) -> None:
    """Each begins with another entry, and so locks them in the opposite order."""
    for _ in range(3):
        first, second = _pair(room)
        works = [
            lambda entry=entry: _publish(room, entry, cascade=True)
            for entry in islice(cycle((first, second)), 20)
        ]
        statuses(at_once(works))
        assert (room.live(first) is None) == (room.live(second) is None)
        for entry in (first, second):
            assert until_done(lambda entry=entry: _publish(room, entry, cascade=True)).status == 200
        assert (room.live(first), room.live(second)) == ("First", "Second")
        told = room.told("entry.published")
    assert len(told) == 6  # each once


def test_cascades_of_a_ring_publish_all_of_it(room: Newsroom) -> None:
    ring = [room.write(f"Entry {n}") for n in range(6)]
    for entry, following in zip(ring, [*ring[1:], ring[0]], strict=True):
        body = {"fields": {"related": following["id"]}}
        assert room.api.patch(f"{ENTRIES}/{entry['id']}", body).status == 200
    works = [lambda one=one: _publish(room, one, cascade=True) for one in islice(cycle(ring), 18)]
    statuses(at_once(works))
    assert len({room.live(one) is None for one in ring}) == 1
    assert until_done(lambda: _publish(room, ring[3], cascade=True)).status == 200
    assert [room.live(one) for one in ring] == [f"Entry {n}" for n in range(6)]
    assert len(room.told("entry.published")) == 6


def test_releases_and_lists_in_opposite_orders(room: Newsroom) -> None:
    entries = [room.write(f"Entry {n}") for n in range(6)]

    def release(order: list[Any]) -> str:
        made = room.api.post(RELEASES, {"title": "R"}).data["id"]
        for one in order:
            body = {"releaseId": made, "entryId": one["id"]}
            assert room.api.post(f"{RELEASES}/items", body).status == 201
        return f"{RELEASES}/{made}"

    paths = [release(entries), release(entries[::-1])]
    items = [{"id": one["id"], "version": one["version"]} for one in entries]
    lists = [items, items[::-1]]
    works = [lambda path=path: room.api.post(f"{path}/publish") for path in paths]
    works += [
        lambda items=items: room.api.post(f"{ENTRIES}/bulk", {"action": "publish", "items": items})
        for items in lists * 4
    ]
    answers = at_once(works)
    statuses(answers, 422)
    for answer in answers[2:]:
        assert answer.status != 200 or {one["status"] for one in answer.data} <= {200, 409, 422}
    for path in paths:
        state = room.api.get(path).data["status"]
        if state == "draft":
            assert until_done(lambda path=path: room.api.post(f"{path}/publish")).status == 200
    assert [room.live(one) for one in entries] == [f"Entry {n}" for n in range(6)]
    assert len(room.told("entry.published")) == 6


def test_reviews_and_publishers_and_editors_of_one_entry(room: Newsroom) -> None:
    """Whatever goes live was approved, and a review that is over holds no stage."""
    desks = room.desk(), room.desk()
    for _ in range(3):
        entry = room.write("Notice", type_="notice")
        review = f"{REVIEWS}/{room.done(entry, 'submit')['reviewId']}"
        statuses(at_once(_all_that_is_done(room, desks, entry, review) * 2), 403, 404, 422)
        _consistent(room, entry)


def _all_that_is_done(room: Newsroom, desks: tuple[Api, Api], entry: Any, review: str) -> list[Ask]:
    path = f"{ENTRIES}/{entry['id']}"
    return [
        *(lambda one=one: one.post(f"{review}/approve", {}) for one in desks),
        *(lambda verb=verb: room.act(entry, verb) for verb in ("archive", "submit", "unarchive")),
        lambda: room.api.post(f"{review}/cancel", {}),
        lambda: _publish(room, entry),
        lambda: room.api.patch(path, {"fields": {"title": "Changed"}}),
        lambda: room.act(entry, "schedule", at=soon()),
        lambda: desks[1].post(f"{review}/reject", {"comment": "No."}),
    ]


def _consistent(room: Newsroom, entry: Any) -> None:
    ((stage, live, archived),) = room.owner.rows(
        "SELECT stage, live_locales, archived_at IS NOT NULL FROM cms.entries WHERE id = %s",
        entry["id"],
    )
    running = room.owner.rows(
        "SELECT stage FROM cms.reviews WHERE entry_id = %s AND running", entry["id"]
    )
    assert len(running) <= 1
    assert stage == (running[0][0] if running else None)
    assert not (archived and (live or running))
    unapproved = room.owner.rows(
        "SELECT l.live_revision_id FROM cms.entry_locales l WHERE l.entry_id = %s"
        " AND l.live_revision_id IS NOT NULL AND NOT EXISTS (SELECT FROM cms.reviews r"
        " WHERE r.revision_id = l.live_revision_id AND r.status = 'approved')",
        entry["id"],
    )
    assert not unapproved


def test_publishing_and_taking_off_and_putting_away(room: Newsroom, api: Api) -> None:
    """What readers see afterwards is what the last one did, and all that belongs to it."""
    entry = room.write("One", slug="one")
    verbs = islice(cycle(("publish", "unpublish", "archive", "unarchive", "discard")), 20)
    statuses(at_once([lambda verb=verb: room.act(entry, verb) for verb in verbs]), 422)
    ((live, locales, archived),) = room.owner.rows(
        "SELECT live IS NOT NULL, live_locales, archived_at IS NOT NULL FROM cms.entries"
        " WHERE id = %s",
        entry["id"],
    )
    assert (room.live(entry) is not None) == live == bool(locales)
    assert not (live and archived)
    for table, column in (("claims", "stage"), ("search_documents", "stage")):
        kept = room.owner.rows(
            f"SELECT 1 FROM cms.{table} WHERE entry_id = %s AND {column} = 'live'", entry["id"]
        )
        assert bool(kept) == live, table
