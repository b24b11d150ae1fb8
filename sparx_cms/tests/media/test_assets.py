"""Assets in the library: told of, in folders, used by entries, and out of reach of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from sparx_cms.media.usage import note_assets, unusable_assets
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, DeliveryRun

from .conftest import a_picture

PICTURED = (
    {"key": "title", "type": "text"},
    {"key": "picture", "type": "media"},
    {"key": "gallery", "type": "media", "multiple": True},
)


def test_what_is_told_of_an_asset_changes(
    api: Api, upload: Callable[..., Any], nothing_written: Callable[..., Any]
) -> None:
    asset = upload("a.png", title="Boats")
    path = f"/v1/cms/assets/{asset['id']}"
    told = {"alt": {"en": "Two boats", "de": "Zwei Boote"}, "focalX": 0.25, "focalY": 1}
    changed = api.patch(path, told).data
    assert changed["alt"] == told["alt"]
    assert (str(changed["focalX"]), changed["focalY"], changed["title"]) == ("0.25", 1, "Boats")
    assert api.get(f"{path}?locale=de-AT").data["alt"] == "Zwei Boote"
    assert api.patch(path, {"title": None}).data["title"] is None
    with nothing_written():
        for wrong in (
            {"focalX": 1.5},
            {"focalY": -0.1},
            {"focalX": "0.5"},
            {"url": "https://evil.example"},
            {"filename": "a/b.png"},
            {"folderId": str(uuid4())},
        ):
            assert api.patch(path, wrong).status == 422, wrong


def test_lists(api: Api, processed: Callable[..., Any], upload: Callable[..., Any]) -> None:
    ready, other = processed("boats.png"), upload("cars.png", title="Red cars")
    assert [one["id"] for one in api.get("/v1/cms/assets").data] == [other["id"], ready["id"]]
    found = api.get("/v1/cms/assets?status=ready").data
    assert [one["id"] for one in found] == [ready["id"]]
    found = api.get("/v1/cms/assets?q=red").data
    assert [one["id"] for one in found] == [other["id"]]
    found = api.get("/v1/cms/assets?sort=filename").data
    assert [one["filename"] for one in found] == ["boats.png", "cars.png"]


def test_folders(api: Api, upload: Callable[..., Any], nothing_written: Callable[..., Any]) -> None:
    top = api.post("/v1/cms/folders", {"name": "Harbours"}).data
    inner = api.post("/v1/cms/folders", {"name": "Oslo", "parentId": top["id"]}).data
    asset = upload("a.png", folderId=inner["id"])
    found = api.get(f"/v1/cms/assets?folderId={inner['id']}").data
    assert [one["id"] for one in found] == [asset["id"]]
    with nothing_written():
        twice = api.post("/v1/cms/folders", {"name": "oslo", "parentId": top["id"]})
        assert twice.status == 409
        for parent in (top["id"], inner["id"]):
            into = api.patch(f"/v1/cms/folders/{top['id']}", {"parentId": parent})
            assert into.status == 422
        for full in (top, inner):
            refused = api.delete(f"/v1/cms/folders/{full['id']}")
            assert (refused.status, refused.error["code"]) == (409, "folder_not_empty")
    api.delete(f"/v1/cms/assets/{asset['id']}")
    assert api.delete(f"/v1/cms/folders/{inner['id']}").status == 200
    assert api.post(f"/v1/cms/assets/{asset['id']}/restore").data["folderId"] is None


# -- what entries use --------------------------------------------------------------------------


def test_usage_counts_entries(
    api: Api,
    processed: Callable[..., Any],
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
    nothing_written: Callable[..., Any],
) -> None:
    def count() -> int:
        return int(api.get(f"/v1/cms/assets/{asset['id']}").data["usageCount"])

    create_type("pictured", PICTURED)
    asset = processed()
    entry = create_entry("pictured", {"title": "A", "picture": asset["id"]})
    gallery = {"title": "B", "picture": asset["id"], "gallery": [asset["id"], asset["id"]]}
    other = create_entry("pictured", gallery)
    assert count() == 2
    with nothing_written():
        refused = api.delete(f"/v1/cms/assets/{asset['id']}")
        assert (refused.status, refused.error["code"]) == (409, "asset_in_use")
        assert refused.error["details"]["usageCount"] == 2
        assert set(refused.error["details"]["entryIds"]) == {entry["id"], other["id"]}
    # What is live still uses it when the draft does not any more.
    publish(entry)
    path = f"/v1/cms/entries/{entry['id']}"
    draft = api.patch(path, {"fields": {"picture": None}}).data
    assert count() == 2
    publish(draft)
    assert count() == 1
    api.delete(f"/v1/cms/entries/{other['id']}")
    assert count() == 0
    assert api.delete(f"/v1/cms/assets/{asset['id']}").status == 200


def test_entries_show_their_assets(
    api: Api,
    processed: Callable[..., Any],
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
    query_count: Callable[..., Any],
) -> None:
    create_type("pictured", PICTURED)
    asset = processed(alt={"en": "Two boats"})
    publish(create_entry("pictured", {"title": "A", "picture": asset["id"]}))
    path = "/v1/cms/entries?type=pictured&include=picture"
    api.get(path)
    with query_count() as log:
        (entry,) = api.get(path).data
    assert log.count == 1
    # To the field what the asset itself is, its texts in the language of the entry.
    itself = api.get(f"/v1/cms/assets/{asset['id']}").data
    assert entry["fields"]["picture"] == {**itself, "alt": "Two boats", "caption": None}
    assert itself["usageCount"] == 1
    everywhere = api.get(f"{path}&locale=*").data[0]["fields"]["picture"]
    assert everywhere == itself


class Used:
    """What the type engine says of an asset in a document."""

    def __init__(self, target: str) -> None:
        self.field, self.locale, self.position, self.target = str(uuid4()), "*", 0, UUID(target)


def test_which_assets_may_be_published(
    api: Api,
    installation: Runtime,
    tenant: NewTenant,
    processed: Callable[..., Any],
    upload: Callable[..., Any],
) -> None:
    broken = a_picture("JPEG", (100, 100))[:600]
    ready, deleted, failed = processed("a.png"), processed("c.png"), processed("d.jpg", broken)
    waiting = upload("d.png")
    api.delete(f"/v1/cms/assets/{deleted['id']}")
    missing = uuid4()
    ids = [UUID(one["id"]) for one in (ready, waiting, deleted, failed)] + [missing]
    with installation.as_key(parse_key(tenant.api_key), read_only=True) as ctx:
        found = unusable_assets(ctx, ids)
    assert found == {ids[2]: "deleted", ids[3]: "failed", missing: "missing"}


def test_links_are_replaced(
    api: Api,
    installation: Runtime,
    tenant: NewTenant,
    upload: Callable[..., Any],
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
) -> None:
    create_type("plain", PICTURED[:1])
    entry = UUID(create_entry("plain", {"title": "A"})["id"])
    one, other = upload("a.png"), upload("b.png")

    def counts() -> list[int]:
        return [api.get(f"/v1/cms/assets/{it['id']}").data["usageCount"] for it in (one, other)]

    for stage, used, expected in (
        ("draft", [one], [1, 0]),
        ("draft", [one, other], [1, 1]),
        ("draft", [other], [0, 1]),
        ("live", [one], [1, 1]),
        ("draft", [], [1, 0]),
        ("live", [], [0, 0]),
    ):
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            note_assets(ctx, entry, stage, [Used(it["id"]) for it in used])
            ctx.finish()
        assert counts() == expected


# -- somebody else -----------------------------------------------------------------------------


def test_another_tenant_finds_nothing(
    api: Api,
    other_api: Api,
    processed: Callable[..., Any],
    send_form: Callable[..., Answer],
    put: Callable[..., Answer],
    nothing_written: Callable[..., Any],
) -> None:
    asset = processed("theirs.png", title="Theirs")
    folder = api.post("/v1/cms/folders", {"name": "Theirs"}).data
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": 100}).data
    with nothing_written():
        for path in ("assets", "folders", "uploads"):
            assert other_api.get(f"/v1/cms/{path}").data == []
        path = f"/v1/cms/assets/{asset['id']}"
        assert other_api.get(path).status == 404
        assert other_api.patch(path, {"title": "Mine"}).status == 404
        assert other_api.delete(path).status == 404
        assert other_api.post(f"{path}/render_url", {"width": 50}).status == 404
        assert other_api.get(f"/v1/cms/folders/{folder['id']}").status == 404
        assert put(reserved, b"x" * 100, client=other_api).status == 404
        assert other_api.post(f"/v1/cms/uploads/{reserved['id']}/complete").status == 404
        body = {"filename": "a.png", "size": 100, "assetId": asset["id"]}
        assert other_api.post("/v1/cms/uploads", body).status == 422
        body = {"filename": "a.png", "size": 100, "folderId": folder["id"]}
        assert other_api.post("/v1/cms/uploads", body).status == 422


@pytest.mark.parametrize("scopes", [["read:cms"], ["read:crm", "write:crm"], []])
def test_who_may_not_write_sends_no_files(
    api: Api,
    anonymous: Api,
    send_form: Callable[..., Answer],
    put: Callable[..., Answer],
    scopes: list[str],
) -> None:
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": 100}).data
    client = anonymous
    if scopes:
        made = api.post("/v1/keys", {"name": "limited", "scopes": scopes}).data
        client = anonymous.with_key(made["key"])
    expected = 403 if scopes else 401
    before = api.get("/v1/cms/uploads").meta["total"]
    assert send_form("a.png", a_picture(), client).status == expected
    assert put(reserved, b"x" * 100, client=client).status == expected
    assert (
        client.post("/v1/cms/uploads/fetch", {"url": "https://a.example/b.png"}).status == expected
    )
    assert api.get("/v1/cms/uploads").meta["total"] == before
    assert api.get(f"/v1/cms/uploads/{reserved['id']}").data["received"] == 0


def test_the_same_bytes_of_two_tenants_are_two_files(
    anonymous: Api,
    other_api: Api,
    api: Api,
    processed: Callable[..., Any],
    upload: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    mine, theirs = processed("a.png"), upload("a.png", client=other_api)
    run_events()
    assert mine["checksum"] == theirs["checksum"]
    assert mine["url"] != theirs["url"]
    api.delete(f"/v1/cms/assets/{mine['id']}")
    assert anonymous.get(theirs["url"]).status == 200
