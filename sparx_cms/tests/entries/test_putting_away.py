"""Archived, in the trash, back again, and gone for good."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import Told
from .writing import PATH, Desk

Nothing = Callable[[], AbstractContextManager[None]]


def test_an_archived_entry_is_not_changed(desk: Desk, nothing_written: Nothing, told: Told) -> None:
    made = desk.publish(desk.make(title="One"))
    with nothing_written():
        assert desk.tell(made, "archive").error["code"] == "entry_published"
    assert desk.do(made, "archive", unpublish=True)["status"] == "archived"
    assert told(made)[-2:] == ["content.entry.unpublished", "content.entry.archived"]
    revision = desk.revisions(made)[0]["id"]
    version = desk.api.get(f"{PATH}/{made['id']}", params={"status": "archived"}).data["version"]
    with nothing_written():
        refused = [
            desk.api.patch(f"{PATH}/{made['id']}", {"fields": {"title": "Two"}}),
            desk.tell(made, "publish", version=version),
            desk.tell(made, "discard", version=version),
            desk.tell(made, "revert", version=version, revisionId=revision),
        ]
    assert {one.error["code"] for one in refused} <= {"entry_archived", "not_published"}
    assert {one.status for one in refused} == {409}
    listed = {
        status: [one["id"] for one in desk.api.get(PATH, params={"status": status}).data]
        for status in ("published", "draft", "archived")
    }
    assert listed == {"published": [], "draft": [], "archived": [made["id"]]}
    back = desk.do(made, "unarchive", version=version)
    assert (back["status"], back["fields"]["title"]) == ("draft", "One")


def test_the_trash_gives_back_a_draft(desk: Desk, reader: Api, told: Told) -> None:
    made = desk.publish(desk.make(title="One"))
    assert desk.api.delete(f"{PATH}/{made['id']}").status == 200
    assert reader.get(f"{PATH}/{made['id']}").status == 404
    assert desk.read(made, status="draft").status == 404
    back = desk.api.post(f"{PATH}/{made['id']}/restore")
    assert (back.status, back.data["status"]) == (200, "draft")
    assert reader.get(f"{PATH}/{made['id']}").status == 404
    assert told(made)[-3:] == [
        "content.entry.unpublished",
        "content.entry.deleted",
        "content.entry.restored",
    ]


def test_a_slug_that_was_given_away_is_not_taken_back(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(title="One", slug="one")
    desk.api.delete(f"{PATH}/{made['id']}")
    other = desk.make(title="Other", slug="one")
    with nothing_written():
        refused = desk.api.post(f"{PATH}/{made['id']}/restore")
    assert (refused.status, refused.error["code"]) == (409, "slug_taken")
    desk.save(other, slug="two")
    assert desk.api.post(f"{PATH}/{made['id']}/restore").status == 200
    assert desk.ask(title="Third", slug="one").error["code"] == "slug_taken"


def test_nothing_new_refers_to_the_trash(desk: Desk, nothing_written: Nothing) -> None:
    gone = desk.make(title="Gone")
    desk.api.delete(f"{PATH}/{gone['id']}")
    with nothing_written():
        refused = desk.ask(title="One", related=[gone["id"]])
    assert refused.status == 422, refused.text


@pytest.mark.parametrize(("days", "left"), [(29, 1), (31, 0)])
def test_gone_after_thirty_days(
    desk: Desk, owner: Owner, run_events: DeliveryRun, days: int, left: int
) -> None:
    gone, kept = desk.make(title="Gone"), desk.make(title="Kept")
    made = desk.make(title="One", related=[gone["id"], kept["id"]])
    desk.publish(made, cascade=True)
    desk.api.delete(f"{PATH}/{gone['id']}", params={"onDelete": "nullify"})
    owner.execute(
        "UPDATE cms.entries SET deleted_at = deleted_at - make_interval(days => %s) WHERE id = %s",
        days,
        gone["id"],
    )
    run_events.periodic("cms.purge_entries")
    found = "SELECT count(*) FROM cms.entries WHERE id = %s"
    assert owner.value(found, gone["id"]) == left
    assert owner.value(found, kept["id"]) == 1
    assert owner.value("SELECT count(*) FROM cms.revisions WHERE entry_id = %s", gone["id"]) == left
    assert desk.live(made)["fields"]["related"] == [{"id": gone["id"]}, {"id": kept["id"]}]


def test_what_was_done_is_in_the_audit_log(desk: Desk) -> None:
    made = desk.make(title="One")
    desk.save(made, slug="uno")
    desk.publish(made)
    desk.api.delete(f"{PATH}/{made['id']}")
    desk.api.post(f"{PATH}/{made['id']}/restore")
    params = {"resource": "cms.entries", "resourceId": made["id"]}
    found = desk.api.get("/v1/audit", params={**params, "take": 50}).data
    done = list(dict.fromkeys(one["operation"] for one in found))
    verbs = ("create", "update", "publish", "delete", "restore")
    assert sorted(done) == sorted(f"cms.entries.{verb}" for verb in verbs)
    (published,) = [one for one in found if one["operation"] == "cms.entries.publish"]
    assert published["changes"]["status"] == {"before": "draft", "after": "published"}
