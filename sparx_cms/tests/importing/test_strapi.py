"""JSON in the manner of Strapi."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.testing import Api

_ARTICLE, _AUTHOR = "api::article.article", "api::author.author-page"
_LOCALIZED = {"pluginOptions": {"i18n": {"localized": True}}}
_PHOTO = {"id": 7, "documentId": "photo", "name": "ann.png", "alternativeText": "Ann",
          "url": "https://images.example.com/ann.png"}  # fmt: skip
EXPORT: Any = {
    "contentTypes": {
        _ARTICLE: {
            "kind": "collectionType",
            "info": {"displayName": "Article"},
            "attributes": {
                "title": {"type": "string", "required": True, **_LOCALIZED},
                "slug": {"type": "uid", "targetField": "title"},
                "content": {"type": "blocks", **_LOCALIZED},
                "intro": {"type": "richtext"},
                "level": {"type": "enumeration", "enum": ["easy", "hard"]},
                "author": {"type": "relation", "relation": "manyToOne", "target": _AUTHOR},
                "seo": {"type": "component", "component": "shared.meta-data"},
                "sections": {"type": "dynamiczone", "components": ["shared.meta-data"]},
                "secret": {"type": "password"},
            },
        },
        _AUTHOR: {
            "info": {"displayName": "Author page"},
            "attributes": {
                "name": {"type": "string", "unique": True},
                "photo": {"type": "media", "multiple": False},
                "articles": {"type": "relation", "relation": "oneToMany", "target": _ARTICLE,
                             "mappedBy": "author"},
            },
        },
    },
    "components": {
        "shared.meta-data": {"attributes": {"description": {"type": "text"}}},
    },
    "data": {
        _ARTICLE: [
            {
                "id": 1, "documentId": "a1", "locale": "en", "publishedAt": "2026-01-01T10:00:00Z",
                "title": "Hello", "slug": "hello", "level": "easy", "secret": "hunter2",
                "intro": "Some **bold** text",
                "content": [
                    {"type": "heading", "level": 2, "children": [{"type": "text", "text": "H"}]},
                    {"type": "paragraph", "children": [
                        {"type": "text", "text": "b", "bold": True},
                        {"type": "link", "url": "javascript:x", "children": [
                            {"type": "text", "text": "link"}]}]},
                    {"type": "list", "format": "ordered", "children": [
                        {"type": "list-item", "children": [{"type": "text", "text": "i"}]}]},
                    {"type": "code", "language": "python", "children": [
                        {"type": "text", "text": "x"}]},
                ],
                "author": {"id": 3, "documentId": "ann"},
                "seo": {"description": "About"},
                "sections": [{"__component": "shared.meta-data", "description": "Part"},
                             {"__component": "gone.gone"}],
            },
            {"id": 2, "documentId": "a1", "locale": "de", "publishedAt": None, "title": "Hallo"},
        ],
        _AUTHOR: [{"id": 3, "documentId": "ann", "name": "Ann", "photo": _PHOTO,
                   "publishedAt": "2026-01-01T10:00:00Z"}],
    },
}  # fmt: skip


def test_entries_of_strapi(api: Api, run_import: Callable[..., Any]) -> None:
    first = run_import(EXPORT, "strapi")
    assert (first.report["state"], first.errors) == ("succeeded", [])
    assert first.created() == {"locales": 1, "types": 3, "assets": 1, "entries": 2, "redirects": 0}
    found = {
        one["title"]: one for one in api.get("/v1/cms/entries", query="status=draft&locale=*").data
    }
    hello, ann = found["Hello"], found["Ann"]
    fields = hello["fields"]
    assert fields["title"] == {"en": "Hello", "de": "Hallo"}
    assert (fields["slug"], fields["level"], fields["author"]) == (
        "hello",
        "easy",
        {"id": ann["id"]},
    )
    assert [one["type"] for one in fields["content"]["en"]["content"]] == [
        *("heading", "paragraph", "orderedList", "codeBlock")
    ]
    assert "javascript" not in str(fields)
    assert fields["intro"]["content"][0]["content"][1]["text"] == "bold"
    assert fields["seo"] == {"description": "About"}
    assert [one["data"] for one in fields["sections"]] == [{"description": "Part"}]
    assert "hunter2" not in str(hello)
    assert ann["status"] == "published"
    path = f"/v1/cms/entries/{hello['id']}"
    statuses = [api.get(path, query=f"locale={one}").status for one in ("en", "de")]
    assert statuses == [200, 404], "it was published in one language alone"
    second = run_import(EXPORT, "strapi")
    assert (set(second.created().values()), second.report["entries"]["updated"]) == ({0}, 0)
