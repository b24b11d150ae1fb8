"""An export in the form of Contentful: a small blog in two languages."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def link(kind: str, id: str) -> Json:
    return {"sys": {"type": "Link", "linkType": kind, "id": id}}


def field(id: str, kind: str, **more: Any) -> Json:
    return {"id": id, "name": id.title(), "type": kind, "localized": False, "required": False,
            "validations": [], "disabled": False, "omitted": False, **more}  # fmt: skip


def entry(id: str, kind: str, fields: Json, *, live: bool = True) -> Json:
    sys = {"id": id, "type": "Entry", "version": 3, "contentType": link("ContentType", kind)}
    return {"sys": {**sys, **({"publishedVersion": 2} if live else {})}, "fields": fields}


def asset(id: str, name: str) -> Json:
    file = {"url": f"//images.example.com/{id}/{name}", "fileName": name,
            "contentType": "image/png"}  # fmt: skip
    told = {"title": {"en-US": name.title()}, "description": {"en-US": "A picture", "de": "Bild"}}
    return {"sys": {"id": id, "type": "Asset", "publishedVersion": 1},
            "fields": {**told, "file": {"en-US": file}}}  # fmt: skip


def text(value: str, *marks: str) -> Json:
    return {"nodeType": "text", "value": value, "marks": [{"type": one} for one in marks],
            "data": {}}  # fmt: skip


def node(kind: str, *content: Json, **data: Any) -> Json:
    return {"nodeType": kind, "content": list(content), "data": data}


BODY = node(
    "document",
    node("heading-2", text("Why")),
    node("paragraph", text("One\ntwo ", "bold"),
         node("hyperlink", text("out"), uri="https://example.com"),
         node("hyperlink", text("bad"), uri="javascript:alert(1)"),
         node("entry-hyperlink", text("Ann"), target=link("Entry", "ann")),
         node("embedded-entry-inline", target=link("Entry", "gone"))),
    node("unordered-list", node("list-item", node("paragraph", text("item")))),
    node("embedded-asset-block", target=link("Asset", "cover")),
    node("embedded-entry-block", target=link("Entry", "second")),
    node("hr"),
)  # fmt: skip

SPACE: Json = {
    "locales": [
        {"code": "en-US", "name": "English", "default": True, "fallbackCode": None},
        {"code": "de", "name": "German", "default": False, "fallbackCode": "en-US"},
    ],
    "editorInterfaces": [
        {
            "sys": {"contentType": link("ContentType", "blogPost")},
            "controls": [{"fieldId": "slug", "widgetId": "slugEditor"}],
        }
    ],
    "contentTypes": [
        {
            "sys": {"id": "person", "type": "ContentType"},
            "name": "Person",
            "displayField": "name",
            "description": "",
            "fields": [
                field("name", "Symbol", required=True),
                field("image", "Link", linkType="Asset", required=True),
                field("best", "Link", linkType="Entry",
                      validations=[{"linkContentType": ["blogPost"]}]),
            ],
        },
        {
            "sys": {"id": "blogPost", "type": "ContentType"},
            "name": "Blog Post",
            "displayField": "title",
            "fields": [
                field("title", "Symbol", required=True, localized=True,
                      validations=[{"size": {"max": 80}}]),
                field("slug", "Symbol", validations=[{"unique": True}]),
                field("body", "RichText"),
                field("author", "Link", linkType="Entry",
                      validations=[{"linkContentType": ["person"]}]),
                field("date", "Date"),
                field("tags", "Array", items={"type": "Symbol", "validations": [
                    {"in": ["general", "javascript"]}]}),
                field("pictures", "Array", items={"type": "Link", "linkType": "Asset"}),
                field("place", "Location"),
                field("rating", "Number", validations=[{"range": {"min": 0, "max": 5}}]),
            ],
        },
    ],
    "assets": [asset("cover", "cover.png"), asset("ann-portrait", "ann.png")],
    "entries": [
        entry("first", "blogPost", {
            "title": {"en-US": "First", "de": "Erster"},
            "slug": {"en-US": "first"},
            "body": {"en-US": BODY},
            "author": {"en-US": link("Entry", "ann")},
            "date": {"en-US": "2026-05-12T00:00+02:00"},
            "tags": {"en-US": ["general"]},
            "pictures": {"en-US": [link("Asset", "cover"), link("Asset", "lost")]},
            "place": {"en-US": {"lat": 48.2, "lon": 16.37}},
            "rating": {"en-US": 4.5},
        }),
        entry("second", "blogPost", {
            "title": {"en-US": "Second"},
            "slug": {"en-US": "second"},
            "author": {"en-US": link("Entry", "ann")},
        }),
        entry("third", "blogPost", {"title": {"en-US": "Not yet"}}, live=False),
        entry("ann", "person", {
            "name": {"en-US": "Ann"},
            "image": {"en-US": link("Asset", "ann-portrait")},
            "best": {"en-US": link("Entry", "first")},
        }),
    ],
}  # fmt: skip
