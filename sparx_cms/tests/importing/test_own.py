"""Everything of a tenant is exported, and imported by another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

Run = Callable[..., Any]


def _doc(*content: Any) -> Any:
    return {"type": "doc", "content": list(content)}


@pytest.fixture
def filled(
    api: Api,
    create_type: Callable[..., Any],
    create_locale: Callable[..., Any],
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
) -> Api:
    """A tenant with something of each kind, in which entries refer to one another in a circle."""
    create_locale("de", fallback="en")
    create_type("badge", [{"key": "text", "type": "text"},
                          {"key": "about", "type": "reference"}], kind="component")  # fmt: skip
    create_type(
        "story",
        [
            {"key": "title", "type": "text", "required": True, "localized": True},
            {"key": "slug", "type": "slug"},
            {"key": "body", "type": "richText"},
            {"key": "next", "type": "reference", "to": ["story"]},
            {"key": "badge", "type": "component", "component": "badge"},
            {"key": "parts", "type": "blocks", "components": ["badge"]},
            {"key": "extra", "type": "json"},
        ],
        urlPattern="/stories/{slug}",
    )
    first = create_entry("story", {"title": "One", "slug": "one", "extra": {"id": "kept"}})
    second = create_entry(
        "story",
        {
            "title": "Two",
            "slug": "two",
            "next": first["id"],
            "body": _doc({"type": "embeddedEntry", "attrs": {"entryId": first["id"]}}),
            "badge": {"text": "New", "about": first["id"]},
            "parts": [{"type": "badge", "data": {"about": first["id"]}}],
        },
    )
    path = f"/v1/cms/entries/{first['id']}"
    first = api.patch(path, {"fields": {"next": second["id"]}}).data
    first = api.patch(path, {"locale": "de", "fields": {"title": "Eins"}}).data
    publish(first, cascade=True)
    assert api.patch(path, {"fields": {"title": "One, newer"}}).status == 200
    create_entry("story", {"title": "Draft", "slug": "draft"})
    redirect = {"fromPath": "/old", "toEntryId": first["id"]}
    assert api.post("/v1/cms/redirects", redirect).status == 201
    return api


def _seen(api: Api, status: str) -> dict[str, Any]:
    """The entries by title, without what differs from tenant to tenant: ids."""
    query = f"type=story&locale=*&status={status}&include=next"
    found = api.get("/v1/cms/entries", query=query).data
    return {one["title"]: _without_ids(one["fields"]) for one in found}


def _without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "version" in value:  # an entry that is included
        return value["title"]
    return {
        key: "-" if key in ("id", "entryId") and len(str(one)) == 36 else _without_ids(one)
        for key, one in value.items()
    }


def test_an_export_makes_the_same_tenant_elsewhere(
    filled: Api, other_api: Api, run_import: Run
) -> None:
    exported = filled.get("/v1/cms/export")
    assert exported.status == 200
    found = run_import(exported.text.encode(), "sparx", other_api)
    assert (found.report["state"], found.errors) == ("succeeded", [])
    assert found.created()["entries"] == 3
    assert found.created()["redirects"] == 1
    for status in ("published", "draft"):
        assert _seen(other_api, status) == _seen(filled, status)
    assert _seen(other_api, "draft")["One, newer"]["extra"] == {"id": "kept"}
    theirs = {one["id"] for one in filled.get("/v1/cms/entries", query="status=draft").data}
    ours = other_api.get("/v1/cms/entries", query="status=draft&include=next").text
    assert not any(id in ours for id in theirs)
    lead = other_api.get("/v1/cms/redirects/resolve", query="path=/old").data
    assert lead["location"] == "/stories/one"


def test_an_export_that_comes_back_changes_nothing(filled: Api, run_import: Run) -> None:
    before = filled.get("/v1/cms/export").text
    found = run_import(before.encode(), "sparx")
    assert (set(found.created().values()), found.errors) == ({0}, [])
    assert found.report["entries"]["updated"] == 0
    assert filled.get("/v1/cms/export").text == before


def test_an_export_has_one_tenant_alone(filled: Api, other_api: Api) -> None:
    lines = [json.loads(line) for line in other_api.get("/v1/cms/export").text.splitlines()]
    assert {one["line"] for one in lines} == {"space", "locale", "type"}
    assert "story" not in [one.get("key") for one in lines]


def test_who_may_export_and_import(
    api: Api, other_api: Api, send: Callable[..., str], nothing_written: Callable[..., Any]
) -> None:
    writer = api.post("/v1/keys", {"name": "w", "scopes": ["read:cms", "write:cms", "schema:cms"]})
    limited = api.with_key(writer.data["key"])
    upload, theirs = send({}), send({}, other_api)
    with nothing_written():
        refused = limited.get("/v1/cms/export")
        assert refused.error["details"] == {"requiredScopes": ["draft:cms"]}
        asked = limited.post("/v1/cms/imports", {"uploadId": upload, "format": "sparx"})
        assert asked.error["details"] == {"requiredScopes": ["publish:cms"]}
        for body in ({"uploadId": theirs, "format": "sparx"}, {"uploadId": upload, "format": "wp"}):
            assert api.post("/v1/cms/imports", body).status == 422
    assert api.with_key(None).get("/v1/cms/export").status == 401
    assert api.get("/v1/cms/export", query="type=story").status == 400


def test_a_file_that_is_none_fails_its_job(api: Api, run_import: Run) -> None:
    found = run_import(b"<rss>", "sparx")
    assert (found.report["state"], set(found.created().values())) == ("failed", {0})
    job = api.get(f"/v1/jobs/{found.report['jobId']}").data
    assert job["error"]["code"] == "bad_request"
