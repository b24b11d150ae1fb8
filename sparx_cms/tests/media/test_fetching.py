"""Files that a worker fetches from a URL, and those that it never asks for."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_cms.media.wanting import want_asset
from sparx_core import OutboundResponse
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, OutboundCalls

from .conftest import a_picture

URL = "https://images.example.com/harbour/boats.png"


@pytest.fixture
def fetch(api: Api, run_events: DeliveryRun) -> Callable[..., Any]:
    """Has a file fetched, and returns what became of the upload."""

    def fetch(url: str = URL, **more: Any) -> Any:
        answer = api.post("/v1/cms/uploads/fetch", {"url": url, **more})
        assert answer.status == 200, answer.text
        assert answer.data["state"] == "fetching"
        run_events()
        return api.get(f"/v1/cms/uploads/{answer.data['id']}?include=asset").data

    return fetch


def test_a_file_is_fetched(
    anonymous: Api, fetch: Callable[..., Any], outbound_calls: OutboundCalls
) -> None:
    data = a_picture()
    outbound_calls.answer(200, data)
    done = fetch(title="Boats", alt={"en": "Two"})
    assert [one.url for one in outbound_calls.calls] == [URL]
    assert (done["state"], done["received"], done["sourceUrl"]) == ("completed", len(data), URL)
    asset = done["asset"]
    assert (asset["filename"], asset["title"], asset["alt"]) == (
        "boats.png",
        "Boats",
        {"en": "Two"},
    )
    assert (asset["status"], asset["contentType"], asset["width"]) == ("ready", "image/png", 60)
    assert anonymous.get(asset["url"]).body == data


def test_redirects_are_followed_three_times(
    fetch: Callable[..., Any], outbound_calls: OutboundCalls
) -> None:
    def hops(count: int) -> None:
        left = [count]

        def answer(call: Any) -> OutboundResponse:
            left[0] -= 1
            if left[0] < 0:
                return OutboundResponse(200, [], a_picture(), False, "192.0.2.1", 0.1)
            headers = [("Location", f"/{left[0]}.png")]
            return OutboundResponse(302, headers, b"", False, "192.0.2.1", 0.1)

        outbound_calls.answer_by(answer)

    hops(3)
    assert fetch()["state"] == "completed"
    hops(4)
    failed = fetch()
    assert (failed["state"], failed["assetId"]) == ("failed", None)
    assert failed["problem"] == "The URL redirects more than 3 times."


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest",
        "https://127.0.0.1/",
        "https://[::ffff:7f00:1]/",
        "file:///etc",
    ],
)
def test_redirects_lead_to_no_private_address(
    fetch: Callable[..., Any], outbound_calls: OutboundCalls, location: str
) -> None:
    outbound_calls.answer(302, location=location)
    failed = fetch()
    assert failed["state"] == "failed"
    assert [one.url for one in outbound_calls.calls] == [URL]


def test_urls_that_are_never_asked(
    api: Api,
    outbound_calls: OutboundCalls,
    nothing_written: Callable[..., Any],
) -> None:
    with nothing_written():
        for url in (
            "http://127.0.0.1/a.png",
            "https://127.0.0.1/a.png",
            "https://[::ffff:7f00:1]/a.png",
            "https://0.0.0.0/a.png",
            "https://2130706433/a.png",
            "https://10.0.0.1/a.png",
            "https://localhost/a.png",
            "https://user:password@images.example.com/a.png",
            "https://images.example.com:8080/a.png",
            "ftp://images.example.com/a.png",
        ):
            answer = api.post("/v1/cms/uploads/fetch", {"url": url})
            assert (answer.status, answer.error["code"]) == (400, "url_not_allowed"), url
    assert outbound_calls.calls == []


def test_what_comes_is_looked_at_like_an_upload(
    api: Api, fetch: Callable[..., Any], outbound_calls: OutboundCalls
) -> None:
    for status, body, problem in (
        (200, b"<html></html>", "of none of the types"),
        (404, b"", "answered with 404"),
        (200, a_picture("JPEG"), "does not end like that"),
    ):
        outbound_calls.answer(status, body)
        failed = fetch()
        assert (failed["state"], failed["assetId"]) == ("failed", None)
        assert problem in failed["problem"]
    outbound_calls.fail("timeout")
    assert fetch()["state"] == "failed"
    assert api.get("/v1/cms/assets").data == []


def test_an_asset_whose_bytes_come_later(
    api: Api,
    installation: Runtime,
    tenant: NewTenant,
    outbound_calls: OutboundCalls,
    run_events: DeliveryRun,
) -> None:
    def want(name: str) -> str:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            asset = want_asset(ctx, URL, name, external_id=name, title="Boats")
            ctx.finish()
        return f"/v1/cms/assets/{asset.id}"

    path = want("boats.png")
    waiting = api.get(path).data
    assert (waiting["status"], waiting["url"], waiting["contentVersion"]) == ("processing", None, 0)
    outbound_calls.answer(200, a_picture())
    run_events()
    arrived = api.get(path).data
    assert (arrived["status"], arrived["title"], arrived["contentVersion"]) == ("ready", "Boats", 1)
    outbound_calls.answer(500)
    path = want("others.png")
    run_events()
    failed = api.get(path).data
    assert (failed["status"], failed["problem"]) == ("failed", "The server answered with 500.")


def test_an_entry_goes_live_when_its_files_are_here(
    api: Api,
    installation: Runtime,
    tenant: NewTenant,
    outbound_calls: OutboundCalls,
    run_events: DeliveryRun,
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    fields = [{"key": "title", "type": "text"}, {"key": "photo", "type": "media"}]
    assert api.post("/v1/cms/content-types", {"key": "note", "name": "Note", "fields": fields})
    with installation.as_key(parse_key(tenant.api_key)) as ctx:
        asset = want_asset(ctx, URL, "boats.png")
        ctx.finish()
    body = {"type": "note", "fields": {"title": "Boats", "photo": str(asset.id)}}
    entry = api.post("/v1/cms/entries", body).data
    path, asked = f"/v1/cms/entries/{entry['id']}", {"version": entry["version"]}
    with nothing_written():
        refused = api.post(f"{path}/publish", asked)
    assert refused.status == 422
    assert refused.error["details"][0]["field"] == "fields.photo"
    assert "not here yet" in refused.error["details"][0]["message"]
    outbound_calls.answer(200, a_picture())
    run_events()
    assert api.get(f"/v1/cms/assets/{asset.id}").data["status"] == "ready"
    assert api.post(f"{path}/publish", asked).status == 200


def test_nobody_waits_for_smaller_images(api: Api, anonymous: Api, send_form: Any) -> None:
    """What was uploaded is served at once, so that an entry that shows it may go live."""
    asset = send_form("a.png", a_picture()).data
    assert asset["status"] == "processing"
    fields = [{"key": "photo", "type": "media"}]
    assert api.post("/v1/cms/content-types", {"key": "note", "name": "Note", "fields": fields})
    entry = api.post("/v1/cms/entries", {"type": "note", "fields": {"photo": asset["id"]}}).data
    path = f"/v1/cms/entries/{entry['id']}"
    assert api.post(f"{path}/publish", {"version": entry["version"]}).status == 200
    shown = api.get(f"{path}?include=photo").data["fields"]["photo"]
    assert anonymous.get(shown["url"]).body == a_picture()
