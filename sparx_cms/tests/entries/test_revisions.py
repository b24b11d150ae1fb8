"""Revisions: one a save, none of them ever changed, read, compared, gone back to, and pruned."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_cms.entries.pruning import KEPT
from sparx_core.testing import Api, DeliveryRun, Owner

from .writing import Desk

Nothing = Callable[[], AbstractContextManager[None]]


def test_going_back_makes_a_new_revision(desk: Desk) -> None:
    made = desk.make(title="One")
    desk.save(made, title="Two")
    before = desk.revisions(made)
    back = desk.do(made, "revert", revisionId=before[0]["id"])
    assert (back["fields"]["title"], back["revisionNumber"]) == ("One", 3)
    after = desk.revisions(made)
    assert after[:2] == before
    assert [one["kind"] for one in after] == ["created", "saved", "restored"]
    shown = [desk.api.get(f"/v1/cms/revisions/{one['id']}").data["fields"] for one in after]
    assert [one["title"]["en"] for one in shown] == ["One", "Two", "One"]


@pytest.mark.usefixtures("german")
def test_what_a_revision_changed(desk: Desk) -> None:
    made = desk.make(title="One", sku="A-1")
    desk.save(made, "de", title="Eins")
    desk.save(made, sku=None, title="Two")
    first, second, third = desk.revisions(made)
    path = f"/v1/cms/revisions/{third['id']}/diff"
    assert desk.api.get(path).data == [
        {"field": "title", "locale": "en", "before": "One", "after": "Two"},
        {"field": "sku", "locale": None, "before": "A-1", "after": None},
    ]
    longer = desk.api.get(path, params={"against": first["id"]}).data
    assert {"field": "title", "locale": "de", "before": None, "after": "Eins"} in longer
    began = desk.api.get(f"/v1/cms/revisions/{first['id']}/diff").data
    assert {one["before"] for one in began} == {None}
    other = desk.revisions(desk.make(title="Other"))[0]
    assert desk.api.get(path, params={"against": other["id"]}).status == 404
    assert second["number"] == 2


def test_discarding_goes_back_to_what_is_live(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(title="One")
    with nothing_written():
        assert desk.tell(made, "discard").error["code"] == "not_published"
    desk.publish(made)
    desk.save(made, title="Two", sku="A-1")
    back = desk.do(made, "discard")
    assert (back["status"], back["fields"]["title"]) == ("published", "One")
    assert back["fields"].get("sku") is None
    assert [one["kind"] for one in desk.revisions(made)] == ["created", "saved", "discarded"]


def test_revisions_are_for_those_who_see_drafts(desk: Desk, reader: Api, other_api: Api) -> None:
    made = desk.publish(desk.make(title="One"))
    (revision,) = desk.revisions(made)
    paths = [
        "/v1/cms/revisions",
        *(f"/v1/cms/revisions/{revision['id']}{s}" for s in ("", "/diff")),
    ]
    assert {reader.get(path).status for path in paths} == {403}
    assert [other_api.get(path).status for path in paths] == [200, 404, 404]
    assert other_api.get(paths[0]).data == []


def test_old_revisions_go_but_not_what_is_live(
    desk: Desk, owner: Owner, run_events: DeliveryRun
) -> None:
    made = desk.publish(desk.make(title="One"))
    for number in range(3):
        desk.save(made, title=f"Draft {number}")
    # As if it had been saved a hundred times since.
    owner.execute(
        "UPDATE cms.revisions SET number = number + %s WHERE entry_id = %s AND number > 3",
        KEPT,
        made["id"],
    )
    owner.execute("UPDATE cms.entries SET revision_number = %s WHERE id = %s", KEPT + 4, made["id"])
    run_events.periodic("cms.purge_entries")
    assert [one["number"] for one in desk.revisions(made)] == [1, KEPT + 4]
    assert desk.live(made)["fields"]["title"] == "One"
