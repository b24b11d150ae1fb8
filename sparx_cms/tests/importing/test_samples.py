"""Files in the shape of those that Contentful and Strapi publish with their own tools, with what is
peculiar about these. The content is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api, OutboundCalls

from ..media.conftest import a_picture
from .contentful_space import asset, entry, field, link, node, text

Run = Callable[..., Any]
#: As it is in exports of other spaces.
_RESOURCE = {"sys": {"type": "ResourceLink", "linkType": "Contentful:Entry", "urn": "crn:x:e:1"}}
_ELSEWHERE = node(
    "document",
    node("paragraph", node("resource-hyperlink", text("there"), target=_RESOURCE)),
    node("embedded-resource-block", target=_RESOURCE),
)
SPACE: Any = {
    # The language that stands in comes after the one for which it does.
    "locales": [
        {"code": "de-DE", "name": "German", "fallbackCode": "en-US", "default": False},
        {"code": "en-US", "name": "U.S. English", "fallbackCode": None, "default": True},
    ],
    "editorInterfaces": [
        {
            "sys": {"contentType": link("ContentType", kind)},
            "controls": [{"fieldId": "slug", "widgetId": "slugEditor"}],
            "sidebar": [{"widgetId": "some-app", "widgetNamespace": "app"}],
        }
        for kind in ("lesson", "page-2")
    ],
    "tags": [{"sys": {"type": "Tag", "id": "other"}, "name": "other"}],
    "webhooks": [],
    "roles": [{"name": "Author", "policies": []}],
    "contentTypes": [
        {
            "sys": {"id": "lesson", "type": "ContentType"},
            "name": "Lesson",
            "displayField": "title",
            "fields": [
                field("title", "Symbol", required=True),
                field("slug", "Symbol", required=True),
                field("copy", "Text", localized=True),
                field("level", "Symbol", validations=[{"in": ["easy", "easy", "hard"]}]),
                field("weight", "Number"),
                field("place", "Location"),
                field("body", "RichText"),
                field("other", "ResourceLink", allowedResources=[]),
                field("others", "Array", items={"type": "ResourceLink", "validations": []}),
                field("next", "Link", linkType="Entry",
                      validations=[{"linkContentType": ["lesson", "gone"]}]),
                field("hero", "Link", linkType="Asset", required=True),
                field("hero-image", "Symbol"),
                field("heroImage", "Symbol"),
            ],
        },
        {
            "sys": {"id": "page-2", "type": "ContentType"}, "name": "Page", "displayField": "path",
            "fields": [field("slug", "Symbol"), field("title", "Symbol")],
        },
        {
            "sys": {"id": "page2", "type": "ContentType"}, "name": "Page again",
            "displayField": None, "fields": [field("title", "Symbol")],
        },
        {  # there is one here already, which has a name that it demands
            "sys": {"id": "category", "type": "ContentType"}, "name": "Category",
            "displayField": "title", "fields": [field("title", "Symbol", required=True)],
        },
    ],
    "assets": [asset("hero", "hero.png")],
    "entries": [
        entry("one", "lesson", {
            "title": {"en-US": "One"}, "slug": {"en-US": "one"},
            "copy": {"en-US": "## Hello\n\n* a", "de-DE": "## Hallo"},
            "level": {"en-US": "impossible"}, "weight": {"en-US": 0.30000000000000004},
            "place": {"en-US": {"lat": 48.20817430000001, "lon": 16.37}},
            "body": {"en-US": _ELSEWHERE}, "other": {"en-US": _RESOURCE},
            "hero": {"en-US": link("Asset", "hero")}, "next": {"en-US": link("Entry", "one")},
            "hero-image": {"en-US": "a"}, "heroImage": {"en-US": "b"},
        }),
        entry("home", "page-2", {"slug": {"en-US": "/Home/of it"}, "title": {"en-US": "Home"}}),
        entry("kind", "category", {"title": {"en-US": "Kind"}}),
        entry("two", "page2", {"title": {"en-US": "Two"}}, live=False),
        {
            **entry("old", "page2", {"title": {"en-US": "Old"}}, live=False),
            "metadata": {"tags": [link("Tag", "other")]},
        },
    ],
}  # fmt: skip
SPACE["entries"][-1]["sys"]["archivedVersion"] = 4


def test_what_is_peculiar_about_spaces(
    api: Api, run_import: Run, outbound_calls: OutboundCalls
) -> None:
    outbound_calls.answer(200, a_picture())
    found = run_import(SPACE, "contentful")
    assert (found.report["state"], found.errors) == ("succeeded", [])
    assert (found.report["entries"]["created"], found.report["published"]) == (5, 3)
    types = {one["key"]: one for one in api.get("/v1/cms/content-types", query="take=50").data}
    fields = {one["key"]: one for one in types["lesson"]["fields"]}
    kinds = {key: fields[key]["type"] for key in ("slug", "level", "next")}
    assert kinds == {"slug": "slug", "level": "text", "next": "reference"}
    assert not {"other", "others"} & fields.keys()
    assert (fields["next"].get("to"), types["page_2"]["name"]) == (["lesson"], "Page")
    assert [one["type"] for one in types["page_2"]["fields"]] == ["text", "text"]
    assert types["page2"]["name"] == "Page again"
    (kind,) = api.get("/v1/cms/entries", query="type=category").data
    assert kind["title"] == "Kind"
    languages = {one["code"]: one for one in api.get("/v1/cms/locales").data}
    assert languages["de-DE"]["fallback"] == "en-US"
    shown = api.get("/v1/cms/entries", query="type=lesson&locale=*").data[0]["fields"]
    assert (shown["weight"], shown["place"]["lat"]) == (Decimal("0.3"), Decimal("48.2081743"))
    assert (shown["heroImage"], shown["heroImage_2"]) == ("a", "b")
    assert shown["body"]["content"] == [
        {"type": "paragraph", "content": [{"type": "text", "text": "there"}]}
    ]
    (old,) = api.get("/v1/cms/entries", query="status=archived").data
    assert old["fields"]["title"] == "Old"
    again = run_import(SPACE, "contentful")
    assert (again.errors, again.report["published"]) == ([], 0)
    assert [again.report["entries"][one] for one in ("created", "updated", "failed")] == [0, 0, 0]


_PAGE, _GLOBAL, _TAG = "api::page.page", "api::global.global", "api::tag.tag"
_LOCALIZED = {"pluginOptions": {"i18n": {"localized": True}}}
#: As version 4 of Strapi shows content, and as its templates bring theirs along.
TEMPLATE: Any = {
    "contentTypes": {
        _PAGE: {
            "kind": "collectionType", "options": {"draftAndPublish": True},
            "attributes": {
                "name": {"type": "string", **_LOCALIZED},
                "slug": {"type": "uid", "targetField": "name", **_LOCALIZED},
                "tag": {"type": "relation", "relation": "manyToOne", "target": _TAG},
                "owner": {"type": "relation", "relation": "oneToOne", "target": "admin::user"},
                "picture": {"type": "media"},
                "parts": {"type": "dynamiczone", "components": ["part.hero", "part.gone"]},
                "gone": {"type": "component", "component": "part.gone"},
                "color": {"type": "customField", "customField": "plugin::color-picker.color"},
                "above": {"type": "relation", "relation": "oneToOne", "target": _PAGE},
            },
        },
        _GLOBAL: {
            "kind": "singleType", "options": {"draftAndPublish": False},
            "attributes": {"siteName": {"type": "string"}},
        },
        _TAG: {"options": {"draftAndPublish": False}, "attributes": {"name": {"type": "string"}}},
    },
    "components": {
        "part.hero": {"attributes": {
            "title": {"type": "string"},
            "file": {"type": "media"},
            "buttons": {"type": "component", "component": "part.button", "repeatable": True},
        }},
        "part.button": {"attributes": {
            "text": {"type": "string"}, "type": {"type": "enumeration", "enum": ["a", "b"]},
        }},
    },
    "data": {
        _PAGE: {"data": [
            {"id": 1, "attributes": {
                "name": "Home", "slug": "", "locale": "en", "publishedAt": "2026-01-01T10:00:00Z",
                "tag": {"data": {"id": 2, "attributes": {"name": "food"}}},
                "owner": {"data": {"id": 1, "attributes": {"username": "root"}}},
                "picture": {"data": {"id": 9, "attributes": {
                    "name": "a.png", "url": "https://old.example.com/a.png"}}},
                "parts": [
                    {"id": 1, "__component": "part.hero", "title": "Hi", "file": "art.jpg",
                     "buttons": [{"id": 2, "text": "Go", "type": "a"}]},
                    {"__component": "part.gone", "title": "?"},
                ],
                "localizations": {"data": [{"id": 5, "attributes": {"locale": "fr"}}]}}},
            {"id": 5, "attributes": {
                "name": "Accueil", "slug": "accueil", "locale": "fr", "publishedAt": None,
                "localizations": {"data": [{"id": 1, "attributes": {"locale": "en"}}]}}},
            {"id": 6, "attributes": {"name": "Below", "locale": "en", "publishedAt": None,
                                     "above": {"data": {"id": 5, "attributes": {}}}}},
        ]},
        _GLOBAL: {"siteName": "Example"},
        _TAG: [{"name": "news"}, {"name": "food"}],
    },
}  # fmt: skip


def test_what_is_peculiar_about_templates(
    api: Api, run_import: Run, outbound_calls: OutboundCalls
) -> None:
    outbound_calls.answer(200, a_picture())
    found = run_import(TEMPLATE, "strapi", mediaBase="https://old.example.com/uploads")
    assert (found.report["state"], found.errors) == ("succeeded", [])
    assert [found.report[one]["created"] for one in ("types", "assets", "entries")] == [3, 2, 5]
    assert "https://old.example.com/uploads/art.jpg" in [one.url for one in outbound_calls.calls]
    pages = api.get(
        "/v1/cms/entries", query="type=page&status=draft&locale=*&include=tag,above"
    ).data
    named = {one["fields"]["name"]["en"]: one for one in pages}
    assert named.keys() == {"Home", "Below"}
    home = named["Home"]["fields"]
    assert (home["name"]["fr"], home["slug"]) == ("Accueil", {"fr": "accueil"})
    assert home["tag"]["fields"]["name"] == {"en": "food"}
    assert [one["data"]["buttons"] for one in home["parts"]] == [[{"text": "Go", "type": "a"}]]
    assert not {"owner", "gone", "color"} & home.keys()
    assert named["Below"]["fields"]["above"]["id"] == named["Home"]["id"]
    assert api.get(f"/v1/cms/entries/{named['Home']['id']}", query="locale=fr").status == 404
    (site,) = api.get("/v1/cms/entries", query="type=global").data
    assert site["fields"]["siteName"] == "Example"


def test_a_draft_beside_what_is_live(api: Api, run_import: Run) -> None:
    rows = [
        {"documentId": "a", "publishedAt": None, "name": "Newer"},
        {"documentId": "a", "publishedAt": "2026-01-01T10:00:00Z", "name": "Live"},
    ]
    types = {_TAG: {"attributes": {"name": {"type": "string"}}}}
    found = run_import({"contentTypes": types, "data": {_TAG: rows}}, "strapi")
    assert found.errors == []
    shown = [api.get("/v1/cms/entries", query=f"type=tag&status={one}").data[0]
             for one in ("published", "draft")]  # fmt: skip
    assert [one["fields"]["name"] for one in shown] == ["Live", "Newer"]


def test_what_could_not_be_fetched_is_fetched_by_the_next_import(
    api: Api, run_import: Run, run_events: Callable[[], int], outbound_calls: OutboundCalls
) -> None:
    outbound_calls.answer(503)
    run_import(SPACE, "contentful")
    run_events()
    (failed,) = api.get("/v1/cms/assets").data
    assert (failed["status"], failed["contentVersion"]) == ("failed", 0)
    outbound_calls.answer(200, a_picture())
    again = run_import(SPACE, "contentful")
    run_events()
    assert again.report["assets"]["updated"] == 1
    (ready,) = api.get("/v1/cms/assets").data
    assert (ready["id"], ready["status"], ready["problem"]) == (failed["id"], "ready", None)
    asked = len(outbound_calls.calls)
    third = run_import(SPACE, "contentful")
    run_events()
    assert (third.report["assets"]["updated"], len(outbound_calls.calls)) == (0, asked)
