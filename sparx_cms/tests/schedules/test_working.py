"""Comments, who is there, and previews."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.testing import Api, DeliveryRun

from .newsroom import COMMENTS, ENTRIES, NOBODY, Newsroom

NothingWritten = Callable[[], AbstractContextManager[None]]


def test_comments_are_answered_settled_and_ones_own(
    room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry, other = room.write(), room.write()
    said = {"entryId": entry["id"], "field": "title", "locale": "en", "body": "Is this right?"}
    comment = room.api.post(COMMENTS, said).data
    assert {name: comment[name] for name in said} == said
    colleague = room.desk()
    answer = {"entryId": entry["id"], "parentId": comment["id"], "body": "It is."}
    reply = colleague.post(COMMENTS, answer).data
    assert reply["authorName"] == "Desk"
    path = f"{COMMENTS}/{comment['id']}"
    settled = colleague.post(f"{path}/resolve").data
    assert settled["resolvedAt"] is not None
    assert settled["resolvedBy"] == reply["author"]
    assert colleague.post(f"{path}/reopen").data["resolvedAt"] is None
    assert room.api.patch(path, {"body": "Is it?"}).data["body"] == "Is it?"
    reader = room.desk("read:cms")
    with nothing_written():
        for sent, field in (
            ({**said, "body": " "}, "body"),
            ({**said, "entryId": NOBODY}, "entryId"),
            ({**said, "locale": "xx"}, "locale"),
            ({**answer, "entryId": other["id"]}, "parentId"),
            ({**answer, "parentId": reply["id"]}, "parentId"),
        ):
            refused = room.api.post(COMMENTS, sent)
            assert (refused.status, refused.error["details"][0]["field"]) == (422, field)
        assert colleague.patch(path, {"body": "x"}).error["code"] == "forbidden"
        assert colleague.delete(path).error["code"] == "forbidden"
        assert reader.get(COMMENTS).error["code"] == "insufficient_scope"
        assert reader.post(COMMENTS, said).error["code"] == "insufficient_scope"
    assert room.api.delete(path).status == 200
    assert room.api.get(COMMENTS, params={"entryId": entry["id"]}).data == []
    payloads = room.owner.rows(
        "SELECT data::text FROM core.events WHERE tenant_id = %s AND type LIKE '%%.comment.%%'",
        room.tenant.tenant_id,
    )
    assert payloads
    assert not [one for (one,) in payloads if "right" in one or "Is it" in one]
    assert room.told("comment.created", "comment.deleted") == [
        "comment.created", "comment.created", "comment.deleted",
    ]  # fmt: skip


def test_comments_are_nobody_elses(
    room: Newsroom, other_room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry = room.write()
    comment = room.api.post(COMMENTS, {"entryId": entry["id"], "body": "Secret."}).data
    with nothing_written():
        assert other_room.api.get(COMMENTS).data == []
        assert other_room.api.get(f"{COMMENTS}/{comment['id']}").status == 404
        assert other_room.api.post(f"{COMMENTS}/{comment['id']}/resolve").status == 404
        body = {"entryId": entry["id"], "body": "Mine."}
        assert other_room.api.post(COMMENTS, body).status == 422


def test_who_is_there_says_so_and_is_forgotten(
    room: Newsroom, other_room: Newsroom, run_events: DeliveryRun
) -> None:
    path, colleague = f"{ENTRIES}/{room.write()['id']}/presence", room.desk()
    assert room.api.get(path).data == []
    room.api.post(path, {"activity": "editing", "field": "title"})
    colleague.post(path)
    both = room.api.post(path, {"activity": "editing", "field": "body"}).data
    assert sorted((one["name"], one["activity"], one["field"]) for one in both)[0] == (
        "Desk", "viewing", None,
    )  # fmt: skip
    assert sorted(one["field"] or "" for one in both) == ["", "body"]
    assert [one["name"] for one in room.api.delete(path).data] == ["Desk"]
    room.owner.execute(
        "UPDATE cms.presences SET seen_at = now() - interval '2 minutes' WHERE tenant_id = %s",
        room.tenant.tenant_id,
    )
    assert room.api.get(path).data == []
    run_events.periodic("cms.forget_presences")
    assert room.owner.count("cms.presences", room.tenant.tenant_id) == 0
    for answer in (
        other_room.api.get(path),
        other_room.api.post(path),
        other_room.api.delete(path),
    ):
        assert answer.status == 404
    assert room.api.get(f"{ENTRIES}/{NOBODY}/presence").status == 404
    assert room.api.get(f"{ENTRIES}/x/presence").status == 404
    assert room.api.post(path, {"activity": "sleeping"}).status == 422
    assert room.desk("read:cms").get(path).error["code"] == "insufficient_scope"


def test_a_preview_shows_the_draft_or_a_revision_to_who_has_no_key(
    room: Newsroom, anonymous: Api
) -> None:
    target = room.write("Target")
    entry = room.translate(room.write("One", related=target["id"]), "Eins")
    pinned = room.api.get("/v1/cms/revisions", params={"entryId": entry["id"]}).data[0]["id"]
    room.save(entry, "Two")
    following = room.done(entry, "preview", include=["related"])
    fixed = room.done(entry, "preview", locale="de", revisionId=pinned, expiresIn=3_600)
    answer = anonymous.get(following["previewPath"])
    assert answer.status == 200, answer.text
    assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == (
        "no-store", "noindex",
    )  # fmt: skip
    shown = answer.data["entry"]
    assert (shown["id"], shown["fields"]["title"], shown["status"]) == (entry["id"], "Two", "draft")
    assert shown["fields"]["related"]["fields"]["title"] == "Target"
    shown = anonymous.get(fixed["previewPath"]).data["entry"]
    assert (shown["locale"], shown["fields"]["title"]) == ("de", "Eins")
    assert shown["fields"]["related"] == {"id": target["id"]}
    room.save(entry, "Three")
    assert anonymous.get(following["previewPath"]).data["entry"]["fields"]["title"] == "Three"
    listed = room.api.get("/v1/cms/previews").data
    assert following["previewToken"] not in str(listed)


@pytest.mark.parametrize("how", ["tampered", "expired", "revoked", "deleted", "archived"])
def test_a_preview_that_is_over_shows_nothing(room: Newsroom, anonymous: Api, how: str) -> None:
    entry = room.write("One")
    made = room.done(entry, "preview")
    path = made["previewPath"]
    assert anonymous.get(path).status == 200
    if how == "tampered":
        path = path[:-1] + ("A" if path[-1] != "A" else "B")
    elif how == "expired":
        room.owner.execute(
            "UPDATE core.links SET expires_at = now() - interval '1 second' WHERE tenant_id = %s",
            room.tenant.tenant_id,
        )
    elif how == "revoked":
        assert room.api.delete(f"/v1/cms/previews/{made['previewId']}").status == 200
    elif how == "deleted":
        assert room.api.delete(f"{ENTRIES}/{entry['id']}").status == 200
    else:
        room.done(entry, "archive")
    assert anonymous.get(path).status == 404


def test_previews_that_are_refused(
    room: Newsroom, other_room: Newsroom, nothing_written: NothingWritten
) -> None:
    entry, other = room.write(), room.write()
    foreign = room.api.get("/v1/cms/revisions", params={"entryId": other["id"]}).data[0]["id"]
    path, writer = f"{ENTRIES}/{entry['id']}/preview", room.desk("read:cms", "write:cms")
    with nothing_written():
        for body in (
            {"locale": "fr"}, {"expiresIn": 3_601}, {"expiresIn": 0}, {"include": ["a.b.c.d.e"]},
            {"include": ["a'"]}, {"include": "related"},
        ):  # fmt: skip
            assert room.api.post(path, body).status == 422, body
        assert room.api.post(path, {"revisionId": foreign}).status == 404
        assert other_room.api.post(path, {}).status == 404
        assert writer.post(path, {}).status == 403
