"""Drafts: written, changed, refused; readers of what is live see none of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.ids import uuid7
from sparx_core.testing import Api

from .conftest import Told
from .writing import ABOUT, PATH, Desk, at_once

Nothing = Callable[[], AbstractContextManager[None]]


def test_a_draft_may_be_unfinished(desk: Desk, reader: Api, told: Told) -> None:
    made = desk.make(sku="A-1")
    assert (made["type"], made["status"], made["version"]) == ("article", "draft", 1)
    assert made["fields"]["sku"] == "A-1"
    assert reader.get(f"{PATH}/{made['id']}").status == 404
    asked = reader.get(f"{PATH}/{made['id']}", params={"status": "draft"})
    assert (asked.status, asked.error["code"]) == (403, "insufficient_scope")
    assert told(made) == ["content.entry.created"]


def test_absent_stays_and_null_clears(desk: Desk, told: Told) -> None:
    made = desk.make(title="Hello", sku="A-1")
    saved = desk.save(made, title="Hello again")
    assert (saved["fields"]["title"], saved["fields"]["sku"]) == ("Hello again", "A-1")
    cleared = desk.save(made, sku=None)
    assert cleared["fields"].get("sku") is None
    assert (cleared["title"], cleared["revisionNumber"]) == ("Hello again", 3)
    assert told(made) == ["content.entry.created", *["content.entry.updated"] * 2]


def test_saving_what_is_there_is_nothing(desk: Desk, told: Told) -> None:
    made = desk.make(title="Hello")
    same = desk.save(made, title="Hello")
    assert (same["version"], same["revisionNumber"]) == (made["version"], 1)
    assert told(made) == ["content.entry.created"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "nothing", "fields": {}}, "type"),
        ({"type": "article", "fields": {"nothing": 1}}, "fields.nothing"),
        ({"type": "article", "fields": {"title": 1}}, "fields.title"),
        ({"type": "article", "fields": []}, "fields"),
        ({"type": "article", "locale": "fr"}, "locale"),
        ({"fields": {}}, "type"),
    ],
)
def test_refused(desk: Desk, nothing_written: Nothing, body: object, field: str) -> None:
    with nothing_written():
        answer = desk.api.post(PATH, body)
    assert answer.status == 422, answer.text
    assert field in [one["field"] for one in answer.error["details"]]


def test_one_of_twenty_saves_of_the_same_version(desk: Desk) -> None:
    made = desk.make(title="Hello")
    seen = {"version": made["version"]}
    works = [
        lambda n=n: desk.api.patch(f"{PATH}/{made['id']}", {**seen, "fields": {"title": f"By {n}"}})
        for n in range(20)
    ]
    answers = at_once(works)
    assert Counter(one.status for one in answers) == {200: 1, 409: 19}
    assert len(desk.revisions(made)) == 2


def test_a_singleton_has_one_entry(desk: Desk, nothing_written: Nothing) -> None:
    desk.add_types(ABOUT)
    works = [lambda: desk.ask(type="about", text="We") for _ in range(8)]
    assert Counter(one.status for one in at_once(works)) == {201: 1, 409: 7}
    with nothing_written():
        refused = desk.ask(type="about", text="They")
    assert refused.error["code"] == "singleton_exists"


def test_another_tenants_entry_is_not_there(desk: Desk, other_desk: Desk) -> None:
    theirs = other_desk.make(title="Theirs")
    other_desk.publish(theirs)
    path = f"{PATH}/{theirs['id']}"
    calls = [
        desk.api.get(path),
        desk.api.get(path, params={"status": "draft"}),
        desk.api.patch(path, {"fields": {"title": "Mine"}}),
        desk.api.delete(path),
        *(
            desk.api.post(f"{path}/{verb}", {"version": 2, "revisionId": str(uuid7())})
            for verb in ("publish", "unpublish", "archive", "unarchive", "discard", "revert")
        ),
        desk.api.post(f"{path}/duplicate"),
        desk.api.post(f"{path}/restore"),
        desk.api.get(f"{path}/references"),
    ]
    assert {one.status for one in calls} == {404}
    assert desk.api.get("/v1/cms/revisions", params={"entryId": theirs["id"]}).data == []
    refused = desk.ask(title="Mine", related=[theirs["id"]])
    assert refused.status == 422, refused.text
    assert other_desk.live(theirs)["fields"]["title"] == "Theirs"
