"""Content for a tenant: something in every table of the CMS."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api

CMS = "/v1/cms"


def publish_something(api: Api) -> None:
    """A page that is live and moved, and what is around it."""
    fields = [{"key": "title", "type": "text"}, {"key": "slug", "type": "slug"}]
    type_ = {"key": "note", "name": "Note", "fields": fields, "urlPattern": "/notes/{slug}"}
    assert api.post(f"{CMS}/content-types", type_).status == 201
    body = {"type": "note", "fields": {"title": "Hello", "slug": "hello"}}
    page = published(api, api.post(f"{CMS}/entries", body).data)
    moved = {"fields": {"slug": "moved"}}
    page = published(api, api.patch(f"{CMS}/entries/{page['id']}", moved).data)
    refer_to_something(api, page)
    show_something(api, page)
    keep_something(api)
    plan_something(api, page)
    review_something(api)


def plan_something(api: Api, page: Any) -> None:
    """A schedule, a release, a comment, somebody who is there, and a preview of a page."""
    path, at = f"{CMS}/entries/{page['id']}", "2030-01-01T08:00:00Z"
    body = {"version": page["version"], "action": "unpublish", "at": at}
    assert api.post(f"{path}/schedule", body).status == 200
    release = api.post(f"{CMS}/releases", {"title": "Spring"}).data
    item = {"releaseId": release["id"], "entryId": page["id"]}
    assert api.post(f"{CMS}/releases/items", item).status == 201
    said = {"entryId": page["id"], "body": "Is this right?"}
    assert api.post(f"{CMS}/comments", said).status == 201
    assert api.post(f"{path}/presence", {}).status == 200
    assert api.post(f"{path}/preview", {}).status == 200


def review_something(api: Api) -> None:
    """A review at its second stage."""
    stages = [{"key": "desk", "name": "Desk"}, {"key": "legal", "name": "Legal"}]
    fields = [{"key": "title", "type": "text"}]
    type_ = {"key": "notice", "name": "Notice", "fields": fields, "stages": stages}
    assert api.post(f"{CMS}/content-types", type_).status == 201
    body = {"type": "notice", "fields": {"title": "Hello"}}
    notice = api.post(f"{CMS}/entries", body).data
    review = api.post(f"{CMS}/entries/{notice['id']}/submit", {}).data["reviewId"]
    key = api.post("/v1/keys", {"name": "Desk", "scopes": ["*"]}).data["key"]
    assert api.with_key(key).post(f"{CMS}/reviews/{review}/approve", {}).status == 200


def keep_something(api: Api) -> None:
    """A file in a folder, which an entry uses, and how it came there."""
    data = b"%PDF-1.7\n"
    folder = api.post(f"{CMS}/folders", {"name": "Terms"}).data
    body = {"filename": "terms.pdf", "size": len(data), "folderId": folder["id"]}
    upload = f"{CMS}/uploads/{api.post(f'{CMS}/uploads', body).data['id']}"
    assert api.request("PUT", f"{upload}/content", body=data).status == 200
    asset = api.post(f"{upload}/complete").data["assetId"]
    type_ = {"key": "terms", "name": "Terms", "fields": [{"key": "file", "type": "media"}]}
    assert api.post(f"{CMS}/content-types", type_).status == 201
    assert api.post(f"{CMS}/entries", {"type": "terms", "fields": {"file": asset}}).status == 201


def published(api: Api, entry: Any) -> Any:
    """An entry that goes live as it is."""
    answer = api.post(f"{CMS}/entries/{entry['id']}/publish", {"version": entry["version"]})
    assert answer.status == 200, answer.text
    return answer.data


def refer_to_something(api: Api, page: Any) -> None:
    """An entry that refers to a page, and has a value that no other has."""
    fields = [
        {"key": "code", "type": "text", "unique": True},
        {"key": "about", "type": "reference"},
    ]
    type_ = {"key": "remark", "name": "Remark", "fields": fields}
    assert api.post(f"{CMS}/content-types", type_).status == 201
    body = {"type": "remark", "fields": {"code": "A1", "about": page["id"]}}
    assert api.post(f"{CMS}/entries", body).status == 201


def show_something(api: Api, page: Any) -> None:
    """A menu, a taxonomy with a term that a page has, and a site."""
    items = [{"label": "Hello", "entryId": page["id"]}]
    assert api.post(f"{CMS}/menus", {"key": "main", "name": "Main", "items": items}).status == 201
    taxonomy = {"key": "topics", "name": "Topic", "pluralName": "Topics"}
    topics = api.post(f"{CMS}/taxonomies", taxonomy).data
    term = api.post(f"{CMS}/terms", {"taxonomyId": topics["id"], "name": "Diesel"}).data
    attached = {"entryId": page["id"], "termId": term["id"]}
    assert api.post(f"{CMS}/entry_terms", attached).status == 201
    assert api.post(f"{CMS}/sites", {"host": "www.example.com", "title": "Notes"}).status == 201
