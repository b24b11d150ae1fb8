"""Rich text over the API: converted, stored in entries, shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

from .trees import ENTRY, doc, mark, paragraph, text

_CONVERT = "/v1/cms/rich-text/convert"
_FIELDS = (
    {"key": "title", "type": "text"},
    {"key": "slug", "type": "slug", "sourceField": "title"},
    {"key": "body", "type": "richText", "localized": True},
)


@pytest.fixture
def note(create_type: Callable[..., Any]) -> Any:
    """A content type with a page and a rich text."""
    return create_type("note", _FIELDS, urlPattern="/notes/{slug}")


def test_formats_are_converted(api: Api) -> None:
    read = api.post(_CONVERT, {"from": "html", "to": "tree", "content": "<b onclick=x>Hi</b>"})
    assert read.data == {"format": "tree", "content": doc(paragraph(text("Hi", mark("bold"))))}
    shown = api.post(_CONVERT, {"from": "tree", "to": "markdown", "content": read.data["content"]})
    assert shown.data == {"format": "markdown", "content": "**Hi**"}
    plain = api.post(_CONVERT, {"from": "markdown", "to": "text", "content": "# *Hi*"})
    assert plain.data == {"format": "text", "content": "Hi"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "tree", "to": "html", "content": "text"}, "content"),
        ({"from": "html", "to": "html", "content": {}}, "content"),
        ({"from": "tree", "to": "html", "content": {"type": "doc", "x": 1}}, "content.x"),
        ({"from": "text", "to": "html", "content": "x"}, "from"),
        ({"from": "html", "to": "html", "content": 3}, "content"),
        ({"from": "html", "to": "tree", "content": "<blockquote>" * 60 + "x"}, None),
    ],
)
def test_what_cannot_be_converted_is_refused(api: Api, body: Any, field: str | None) -> None:
    answer = api.post(_CONVERT, body)
    assert answer.status == 422, answer.text
    assert field is None or [one["field"] for one in answer.error["details"]] == [field]


def test_a_field_is_shown_as_readers_see_it(
    api: Api,
    other_api: Api,
    note: Any,
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
) -> None:
    other = create_entry("note", {"title": "Other"})
    body = doc(paragraph(text("<Hi>", mark("link", entryId=other["id"]))))
    entry = create_entry("note", {"title": "One", "body": body})
    path = f"/v1/cms/entries/{entry['id']}/rich-text"
    assert api.get(path, query="field=body").status == 404
    draft = api.get(path, query="field=body&status=draft").data
    link = '<a href="/notes/other" data-entry="{}">&lt;Hi&gt;</a>'.format(other["id"])
    assert draft == {
        "id": entry["id"],
        "field": "body",
        "format": "html",
        "locale": "en",
        "content": f"<p>{link}</p>",
    }
    publish(publish(other) and entry)
    assert api.get(path, query="field=body").data["content"] == f"<p>{link}</p>"
    markdown = api.get(path, query="field=body&format=markdown").data["content"]
    assert markdown == "[\\<Hi>](/notes/other)"
    assert api.get(path).data["content"] == f"<p>{link}</p>"
    assert api.get(path, query="field=title").status == 400
    assert api.get("/v1/cms/entries/x/rich-text").status == 404
    elsewhere = {"from": "tree", "to": "html", "content": body}
    assert "href" in api.post(_CONVERT, elsewhere).data["content"]
    assert "href" not in other_api.post(_CONVERT, elsewhere).data["content"]
    assert api.get(path, query="field=body&locale=fr").status == 422


def test_drafts_are_shown_to_those_who_may_see_them(
    api: Api, other_api: Api, note: Any, create_entry: Callable[..., Any]
) -> None:
    entry = create_entry("note", {"title": "One", "body": doc(paragraph("Secret"))})
    path = f"/v1/cms/entries/{entry['id']}/rich-text"
    key = api.post("/v1/keys", {"name": "reader", "scopes": ["read:cms"]}).data
    reader = api.with_key(key["key"])
    assert reader.get(path, query="field=body&status=draft").status == 403
    assert reader.get(path, query="field=body").status == 404
    assert other_api.get(path, query="field=body&status=draft").status == 404


def test_a_tree_that_is_not_valid_is_not_stored(
    api: Api, note: Any, nothing_written: Callable[..., Any]
) -> None:
    bad = doc(paragraph(text("x", mark("link", href="javascript:alert(1)"))))
    with nothing_written():
        answer = api.post("/v1/cms/entries", {"type": "note", "fields": {"body": bad}})
    assert answer.status == 422
    assert answer.error["details"][0]["pointer"] == (
        "/fields/body/content/0/content/0/marks/0/attrs/href"
    )


def test_what_is_referred_to_has_to_be_there(api: Api, note: Any) -> None:
    body = doc({"type": "embeddedEntry", "attrs": {"entryId": ENTRY}})
    answer = api.post("/v1/cms/entries", {"type": "note", "fields": {"body": body}})
    assert answer.status == 422, answer.text
