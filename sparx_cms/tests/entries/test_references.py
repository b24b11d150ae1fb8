"""References: looked up from both ends, held while somebody needs them, published together."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sparx_core.testing import Api

from .conftest import Told
from .writing import PATH, Desk, Made

Nothing = Callable[[], AbstractContextManager[None]]


def _refers(desk: Desk, entry: Made, **params: str) -> list[str]:
    found = desk.api.get(f"{PATH}/{entry['id']}/references", params=params)
    return [f"{one['field']} {one['entryId']}" for one in found.data]


def test_what_is_not_published_is_told_or_published_with_it(
    desk: Desk, nothing_written: Nothing, told: Told
) -> None:
    writer = desk.make(type="writer", name="Ada")
    friend = desk.make(title="Friend")
    made = desk.make(title="One", writer=writer["id"], related=[friend["id"]])
    desk.save(friend, related=[made["id"]])  # and back
    with nothing_written():
        refused = desk.tell(made, "publish")
    assert (refused.status, refused.error["code"]) == (422, "unpublished_references")
    missing = {(one["field"], one["id"]) for one in refused.error["details"]}
    assert missing == {("fields.writer", writer["id"]), ("fields.related", friend["id"])}
    desk.publish(made, cascade=True)
    for one in (writer, friend, made):
        assert desk.draft(one)["status"] == "published"
        assert told(one).count("content.entry.published") == 1


def test_a_cascade_is_whole_or_nothing(desk: Desk, nothing_written: Nothing) -> None:
    nameless = desk.make(type="writer")
    made = desk.make(title="One", writer=nameless["id"])
    with nothing_written():
        refused = desk.tell(made, "publish", cascade=True)
    assert refused.status == 422
    assert [one["field"] for one in refused.error["details"]] == ["fields.name"]


def test_an_archived_target_is_not_published_by_a_cascade(
    desk: Desk, nothing_written: Nothing
) -> None:
    writer = desk.make(type="writer", name="Ada")
    made = desk.make(title="One", writer=writer["id"])
    desk.do(writer, "archive")
    with nothing_written():
        refused = desk.tell(made, "publish", cascade=True)
    assert refused.error["code"] == "unpublished_references"


def test_references_are_there_again_after_a_target_was_off(desk: Desk) -> None:
    writer = desk.publish(desk.make(type="writer", name="Ada"))
    made = desk.publish(desk.make(title="One", writer=writer["id"]))
    include = {"include": "writer"}
    assert desk.live(made, **include)["fields"]["writer"]["fields"]["name"] == "Ada"
    desk.do(writer, "unpublish")
    assert desk.live(made, **include)["fields"]["writer"] == {"id": writer["id"]}
    desk.publish(writer)
    assert desk.live(made, **include)["fields"]["writer"]["fields"]["name"] == "Ada"


def test_looked_up_from_both_ends(desk: Desk, reader: Api) -> None:
    writer = desk.publish(desk.make(type="writer", name="Ada"))
    made = desk.make(title="One", writer=writer["id"])
    path = f"{PATH}/{writer['id']}/references"
    assert reader.get(path).data == []  # drafts are nobody's business
    assert reader.get(path, params={"status": "draft"}).status == 403
    assert _refers(desk, writer, status="draft") == [f"writer {made['id']}"]
    desk.publish(made)
    assert [one["entryId"] for one in reader.get(path).data] == [made["id"]]
    assert _refers(desk, made, direction="out") == [f"writer {writer['id']}"]
    desk.save(made, writer=None)
    assert _refers(desk, writer) == [f"writer {made['id']}"]
    assert _refers(desk, writer, status="draft") == []
    assert reader.get(f"{PATH}/{desk.make(title='Hidden')['id']}/references").status == 404


def test_what_others_refer_to_is_not_deleted(desk: Desk, nothing_written: Nothing) -> None:
    writer = desk.publish(desk.make(type="writer", name="Ada"))
    made = desk.publish(desk.make(title="One", writer=writer["id"]))
    path = f"{PATH}/{writer['id']}"
    with nothing_written():
        refused = desk.api.delete(path)
        wrong = desk.api.delete(path, params={"onDelete": "cascade"})
    assert (refused.status, refused.error["code"]) == (409, "entry_referenced")
    assert [one["id"] for one in refused.error["details"]] == [made["id"]]
    assert wrong.status == 400
    assert desk.api.delete(path, params={"onDelete": "nullify"}).status == 200
    after = desk.draft(made)
    assert (after["fields"].get("writer"), after["status"]) == (None, "changed")
    assert desk.revisions(made)[-1]["kind"] == "nullified"
    assert desk.live(made)["fields"]["writer"] == {"id": writer["id"]}


def test_a_list_keeps_its_other_references(desk: Desk) -> None:
    targets = [desk.make(title=name) for name in ("A", "B", "C")]
    ids = [one["id"] for one in targets]
    made = desk.make(title="One", related=ids)
    gone = desk.api.delete(f"{PATH}/{ids[1]}", params={"onDelete": "nullify"})
    assert gone.status == 200, gone.text
    assert desk.draft(made)["fields"]["related"] == [{"id": ids[0]}, {"id": ids[2]}]


def test_itself_is_no_obstacle(desk: Desk) -> None:
    made = desk.make(title="One")
    desk.save(made, related=[made["id"]])
    assert desk.publish(made)["status"] == "published"
    assert desk.api.delete(f"{PATH}/{made['id']}").status == 200


def test_references_inside_of_components_are_taken_out(desk: Desk) -> None:
    inside = [{"key": "who", "type": "reference"}, {"key": "note", "type": "text"}]
    outside = [
        {"key": "cards", "type": "component", "component": "card", "multiple": True},
        {"key": "parts", "type": "blocks", "components": ["card"]},
    ]
    desk.add_types(
        {"key": "card", "name": "Card", "kind": "component", "fields": inside},
        {"key": "board", "name": "Board", "fields": outside},
    )
    gone, kept = (desk.make(type="writer", name=name)["id"] for name in ("Ada", "Bo"))
    made = desk.make(
        type="board",
        cards=[{"who": gone, "note": "a"}, {"who": kept, "note": "b"}],
        parts=[{"type": "card", "data": {"who": gone, "note": "c"}}],
    )
    path = f"{PATH}/{gone}"
    assert desk.api.delete(path).error["code"] == "entry_referenced"
    assert desk.api.delete(path, params={"onDelete": "nullify"}).status == 200
    fields = desk.draft(made)["fields"]
    (block,) = fields["parts"]
    found = [*fields["cards"], block["data"]]
    assert [one["note"] for one in found] == ["a", "b", "c"]
    assert [one.get("who") for one in found] == [None, {"id": kept}, None]
