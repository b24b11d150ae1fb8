"""A tenant that has something of everything, and its export without what differs elsewhere."""

from __future__ import annotations

import json
from typing import Any

from sparx_core.testing import Api

CMS = "/v1/cms"
FAR = "2031-05-01T08:00:00Z"


def fill(api: Api, picture: bytes) -> None:
    """One of each, and entries in every state that there is."""
    _made(api, "locales", {"code": "de-AT", "name": "Austrian"})
    _made(api, "locales", {"code": "de", "name": "German", "fallback": "en"})
    told = {"host": "www.example.com", "title": "Example", "disallowed": ["/cart"]}
    _made(api, "sites", told)
    fields = [
        {"key": "title", "type": "text", "required": True, "localized": True},
        {"key": "slug", "type": "slug"},
        {"key": "next", "type": "reference"},
        {"key": "picture", "type": "media"},
    ]
    story = {"key": "story", "name": "Story", "fields": fields, "urlPattern": "/stories/{slug}"}
    _made(api, "content-types", story)
    asset = _picture(api, picture)
    live = _entry(api, "Live", slug="live", picture=asset)
    _patched(api, live, {"locale": "de", "fields": {"title": "Lebendig"}})
    _act(api, live, "publish")
    changed = _entry(api, "Changed", slug="changed", next=live)
    _act(api, changed, "publish")
    _patched(api, changed, {"fields": {"slug": "moved"}})
    _act(api, changed, "publish")
    _patched(api, changed, {"fields": {"title": "Changed again"}})
    _act(api, _entry(api, "Archived", slug="archived", next=live), "archive")
    trashed = _entry(api, "Trashed", slug="taken", next=changed)
    assert api.delete(f"{CMS}/entries/{trashed}").status == 200
    _entry(api, "Draft", slug="taken")
    _sort(api, live)
    _show(api, live)
    _plan(api, live, changed)


def _sort(api: Api, entry: str) -> None:
    body = {"key": "topics", "name": "Topic", "pluralName": "Topics", "hierarchical": True}
    taxonomy = _made(api, "taxonomies", body)
    inner = _made(api, "terms", {"taxonomyId": taxonomy, "name": "Diesel"})
    outer = _made(api, "terms", {"taxonomyId": taxonomy, "name": "Engines"})
    assert api.patch(f"{CMS}/terms/{inner}", {"parentId": outer}).status == 200
    _made(api, "entry_terms", {"entryId": entry, "termId": inner})


def _show(api: Api, entry: str) -> None:
    below = [{"label": {"en": "Live", "de": "Da"}, "entryId": entry}]
    items = [{"label": "Home", "url": "/", "children": below}]
    _made(api, "menus", {"key": "main", "name": "Main", "items": items})
    _made(api, "redirects", {"fromPath": "/old", "toEntryId": entry, "statusCode": 302})


def _plan(api: Api, live: str, changed: str) -> None:
    version = _version(api, live)
    asked = {"version": version, "action": "unpublish", "at": FAR, "locales": ["en"]}
    assert api.post(f"{CMS}/entries/{live}/schedule", asked).status == 200
    asked = {"version": _version(api, changed), "at": FAR, "locales": ["en"]}
    planned = api.post(f"{CMS}/entries/{changed}/schedule", asked).data["scheduleIds"]
    assert api.post(f"{CMS}/schedules/{planned[0]}/cancel", {}).status == 200
    _made(api, "releases", {"title": "Nothing yet", "description": "Empty"})
    release = _made(api, "releases", {"title": "Spring"})
    _made(api, "releases/items", {"releaseId": release, "entryId": changed, "locales": ["en"]})
    assert api.post(f"{CMS}/releases/{release}/schedule", {"at": FAR}).status == 200
    said = _made(api, "comments", {"entryId": live, "body": "Right?", "field": "title"})
    _made(api, "comments", {"entryId": live, "body": "Yes.", "parentId": said})
    assert api.post(f"{CMS}/comments/{said}/resolve", {}).status == 200


def _made(api: Api, kind: str, body: Any) -> str:
    answer = api.post(f"{CMS}/{kind}", body)
    assert answer.status == 201, answer.text
    return str(answer.data["id"])


def _entry(api: Api, title: str, **fields: Any) -> str:
    return _made(api, "entries", {"type": "story", "fields": {"title": title, **fields}})


def _version(api: Api, entry: str) -> int:
    return int(api.get(f"{CMS}/entries/{entry}", query="status=draft").data["version"])


def _patched(api: Api, entry: str, body: Any) -> None:
    answer = api.patch(f"{CMS}/entries/{entry}", body)
    assert answer.status == 200, answer.text


def _act(api: Api, entry: str, verb: str) -> None:
    answer = api.post(f"{CMS}/entries/{entry}/{verb}", {"version": _version(api, entry)})
    assert answer.status == 200, answer.text


def _picture(api: Api, content: bytes) -> str:
    folder = _made(api, "folders", {"name": "Outer"})
    folder = _made(api, "folders", {"name": "Inner", "parentId": folder})
    body = {"filename": "a.png", "size": len(content), "folderId": folder, "alt": {"en": "A"}}
    upload = f"{CMS}/uploads/{_made(api, 'uploads', body)}"
    headers = {"Content-Type": "application/octet-stream"}
    sent = api.request("PUT", f"{upload}/content", body=content, headers=headers)
    assert sent.status == 200, sent.text
    return str(api.post(f"{upload}/complete", {}).data["assetId"])


# -- exports, compared ---------------------------------------------------------------------------


def told(export: str) -> dict[str, list[Any]]:
    """The lines of an export by their kind, with names for ids, and in an order of their own."""
    lines = [json.loads(line) for line in export.splitlines()]
    names = {
        one["id"]: one.get("externalId") or f"sparx:{one['id']}"
        for one in lines
        if one["line"] in ("entry", "asset")
    }
    folders = {one["id"]: one["name"] for one in lines if one["line"] == "folder"}
    said = {one["id"]: one["body"] for one in lines if one["line"] == "comment"}
    found: dict[str, list[Any]] = {}
    for line in lines:
        kind = line["line"]
        gone = {"line", "externalId", "url"} | (set() if kind in ("entry", "asset") else {"id"})
        plain = _named({key: one for key, one in line.items() if key not in gone},
                       {**names, **folders, **said})  # fmt: skip
        if kind == "type":
            plain["fields"] = [{**one, "id": None} for one in plain["fields"]]
        found.setdefault(kind, []).append(plain)
    return {kind: sorted(some, key=lambda one: json.dumps(one, sort_keys=True))
            for kind, some in found.items()}  # fmt: skip


def _named(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_named(one, names) for one in value]
    if isinstance(value, dict):
        return {key: _named(one, names) for key, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value
