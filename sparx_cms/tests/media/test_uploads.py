"""Files on their way in: as a form, in pieces, and what is refused of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

from sparx_core.runtime import Runtime
from sparx_core.testing import Answer, Api, DeliveryRun, SentWebhooks

from .conftest import a_picture

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def test_a_form_makes_an_asset(api: Api, anonymous: Api, send_form: Callable[..., Answer]) -> None:
    data = a_picture(size=(60, 40))
    folder = api.post("/v1/cms/folders", {"name": "Harbours"}).data
    answer = send_form(
        "boats.png", data, title="Boats", alt={"en": "Two boats"}, folderId=folder["id"]
    )
    assert answer.status == 201
    asset = answer.data
    assert answer.headers["Location"] == f"/v1/cms/assets/{asset['id']}"
    assert (asset["filename"], asset["contentType"], asset["size"]) == (
        *("boats.png", "image/png"),
        len(data),
    )
    assert (asset["width"], asset["height"], asset["frames"]) == (60, 40, 1)
    assert asset["checksum"] == sha256(data).hexdigest()
    assert (asset["title"], asset["alt"], asset["folderId"]) == (
        *("Boats", {"en": "Two boats"}),
        folder["id"],
    )
    assert (asset["status"], asset["contentVersion"], asset["usageCount"]) == ("processing", 1, 0)
    # It can be fetched at once, by anybody.
    assert anonymous.get(asset["url"]).body == data


def test_bytes_come_in_pieces_and_after_an_interruption(
    api: Api, anonymous: Api, put: Callable[..., Answer]
) -> None:
    data = PDF + bytes(3000)
    body = {"filename": "a.pdf", "size": len(data), "title": "Terms"}
    reserved = api.post("/v1/cms/uploads", body).data
    assert (reserved["state"], reserved["received"], reserved["assetId"]) == ("receiving", 0, None)

    assert put(reserved, data[:1000], 0, len(data)).data["received"] == 1000
    early = api.post(f"/v1/cms/uploads/{reserved['id']}/complete")
    assert (early.status, early.error["code"]) == (409, "upload_incomplete")
    for start in (0, 500, 2000):  # again, overlapping, and with a gap
        answer = put(reserved, data[start : start + 10], start, len(data))
        assert (answer.status, answer.error["code"]) == (409, "upload_offset")
        assert answer.error["details"] == {"received": 1000}
    assert put(reserved, data[1000:], 1000, len(data)).data["received"] == len(data)

    done = api.post(f"/v1/cms/uploads/{reserved['id']}/complete").data
    assert done["state"] == "completed"
    asset = api.get(f"/v1/cms/assets/{done['assetId']}").data
    assert (asset["status"], asset["title"]) == ("ready", "Terms")
    assert asset["checksum"] == sha256(data).hexdigest()
    assert anonymous.get(asset["url"]).body == data
    again = put(reserved, b"more", len(data), len(data))
    assert (again.status, again.error["code"]) == (409, "upload_closed")


def test_large_files_are_put_together_by_a_worker(
    api: Api,
    anonymous: Api,
    put: Callable[..., Answer],
    run_events: DeliveryRun,
) -> None:
    data = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + bytes(26 * 1024 * 1024)
    reserved = api.post("/v1/cms/uploads", {"filename": "a.mp4", "size": len(data)}).data
    assert put(reserved, data).data["received"] == len(data)
    done = api.post(f"/v1/cms/uploads/{reserved['id']}/complete").data
    path = f"/v1/cms/assets/{done['assetId']}"
    assert api.get(path).data["status"] == "processing"
    fields = [{"key": "film", "type": "media"}]
    api.post("/v1/cms/content-types", {"key": "note", "name": "Note", "fields": fields})
    body = {"type": "note", "fields": {"film": done["assetId"]}}
    entry = api.post("/v1/cms/entries", body).data
    publish = f"/v1/cms/entries/{entry['id']}/publish"
    assert api.post(publish, {"version": entry["version"]}).status == 422
    run_events()
    assert api.post(publish, {"version": entry["version"]}).status == 200
    asset = api.get(path).data
    assert (asset["status"], asset["checksum"]) == ("ready", sha256(data).hexdigest())
    part = anonymous.get(asset["url"], headers={"Range": "bytes=4-11"})
    assert (part.status, part.body) == (206, b"ftypisom")
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(data)}"


def test_other_bytes_keep_the_id_and_change_the_address(
    api: Api,
    anonymous: Api,
    processed: Callable[..., Any],
    put: Callable[..., Answer],
    run_events: DeliveryRun,
) -> None:
    before = processed("a.png", a_picture(), title="Boats")
    data = a_picture("JPEG", (80, 80))
    body = {"filename": "b.jpg", "size": len(data), "assetId": before["id"]}
    reserved = api.post("/v1/cms/uploads", body).data
    put(reserved, data)
    api.post(f"/v1/cms/uploads/{reserved['id']}/complete")
    run_events()
    after = api.get(f"/v1/cms/assets/{before['id']}").data
    assert (after["contentVersion"], after["title"], after["filename"]) == (2, "Boats", "b.jpg")
    assert (after["contentType"], after["width"], after["status"]) == ("image/jpeg", 80, "ready")
    assert after["url"] != before["url"]
    assert anonymous.get(after["url"]).body == data
    # Pages that still have the old address show what is there now, and nobody keeps it for ever.
    old = anonymous.get(before["url"])
    assert (old.body, old.headers["Cache-Control"]) == (data, "no-store")


def test_what_is_larger_than_allowed_is_not_taken_in(
    installation: Runtime,
    send_form: Callable[..., Answer],
    api: Api,
    put: Callable[..., Answer],
    monkeypatch: Any,
) -> None:
    from dataclasses import replace

    from sparx_core.app import create_app

    monkeypatch.setattr(
        installation, "settings", replace(installation.settings, max_upload_bytes=5_000_000)
    )
    small = Api(create_app(installation), api.key)
    data = a_picture() + bytes(9_000_000)
    answer = send_form("a.png", data, small)
    assert (answer.status, answer.error["code"]) == (413, "payload_too_large")
    assert api.get("/v1/cms/uploads").meta["total"] == 0
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": 100}).data
    longer = put(reserved, bytes(200))
    assert (longer.status, longer.error["code"]) == (413, "payload_too_large")
    assert api.get(f"/v1/cms/uploads/{reserved['id']}").data["received"] == 0


def test_uploads_are_events(
    api: Api,
    upload: Callable[..., Any],
    run_events: DeliveryRun,
    sent_webhooks: SentWebhooks,
) -> None:
    hook = {"url": "https://hooks.example.com/", "events": ["media.*"]}
    assert api.post("/v1/webhooks/subscriptions", hook).status == 201
    made = upload()
    run_events()
    api.patch(f"/v1/cms/assets/{made['id']}", {"title": "New"})
    api.delete(f"/v1/cms/assets/{made['id']}")
    told = [(one.type, one.data["id"], one.data["status"]) for one in sent_webhooks()]
    assert told == [
        ("media.uploaded", made["id"], "processing"),
        ("media.processed", made["id"], "ready"),
        ("media.updated", made["id"], "ready"),
        ("media.deleted", made["id"], "ready"),
    ]


def test_forms_that_cannot_be_read(
    api: Api, send_form: Callable[..., Answer], nothing_written: Callable[..., Any]
) -> None:
    picture = a_picture()
    with nothing_written():
        assert send_form("", picture).status == 422
        assert send_form("../a.png", picture).status == 422
        assert send_form("a.png", picture, alt={"english": "x"}).status == 422
        assert send_form("a.png", picture, unknown="x").status == 422
        assert send_form("a.png", picture, folderId="0" * 36).status == 422
        unknown = api.request("POST", "/v1/cms/assets/upload", query="x=1", body=picture)
        assert (unknown.status, unknown.error["details"]) == (400, {"parameter": "x"})
        plain = api.request("POST", "/v1/cms/assets/upload", body=picture)
        assert (plain.status, plain.error["code"]) == (415, "unsupported_media_type")
        cut = api.request(
            "POST",
            "/v1/cms/assets/upload",
            body=b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nA',
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert cut.status == 400


def test_the_same_bytes_of_several_clients_come_once(api: Api, put: Callable[..., Answer]) -> None:
    data = a_picture()
    reserved = api.post("/v1/cms/uploads", {"filename": "a.png", "size": len(data)}).data
    path = f"/v1/cms/uploads/{reserved['id']}"
    with ThreadPoolExecutor(8) as threads:
        sent = list(threads.map(lambda _: put(reserved, data).status, range(8)))
        done = list(threads.map(lambda _: api.post(f"{path}/complete").status, range(8)))
    assert sorted(sent) == [200] + [409] * 7
    assert sorted(done) == [200] + [409] * 7
    assert api.get("/v1/cms/assets").meta["total"] == 1
    assert api.get("/v1/cms/assets").data[0]["checksum"] == sha256(data).hexdigest()
