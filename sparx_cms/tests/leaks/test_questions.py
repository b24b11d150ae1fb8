"""Questions by which a reader could find out about drafts: filters, orders, counts, versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

from .workshop import CMS, ENTRIES, GONE, SECRET, Workshop


def found(api: Api, **params: Any) -> list[str]:
    """The ids that a list of notes has."""
    answer = api.get(ENTRIES, params={"type": "note", **params})
    assert answer.status == 200, answer.text
    assert answer.meta["total"] == len(answer.data)
    return [one["id"] for one in answer.data]


def test_lists_compare_what_is_live(workshop: Workshop, site: Api) -> None:
    first, second = workshop.shown["entry"]["id"], workshop.shown["other"]["id"]
    draft = workshop.hidden["draft"]
    # In their drafts the ranks are 9 and 7: the other way round.
    assert found(site, sort="fields.rank") == [first, second]
    assert found(site, sort="-fields.rank") == [second, first]
    for params in (
        {"fields.rank": 9}, {"fields.rank": 6}, {"fields.rank[gt]": 7}, {"fields.rank[lt]": 5},
        {"fields.title[contains]": SECRET}, {"fields.title[startsWith]": "Changed"},
        {"fields.slug": f"changed-{SECRET}"}, {"fields.code": SECRET}, {"fields.friend": draft},
        {"fields.title[contains]": GONE}, {"q": SECRET}, {"q": GONE},
        {"fields.title[contains]": "e", "locale": "de"}, {"locale": "de", "sort": "fields.title"},
    ):  # fmt: skip
        assert found(site, **params) == [], params
    assert found(site, **{"fields.rank[in]": "5,6,7,9"}) == [second, first]
    # The same questions find drafts for those who may see them.
    assert found(workshop.api, status="draft", **{"fields.rank": 9}) == [first]
    assert found(workshop.api, status="draft", q=SECRET)


@pytest.mark.parametrize("params", [
    {"fields.retired": GONE}, {"sort": "fields.retired"}, {"sort": "updatedAt"},
    {"sort": "-updatedAt"}, {"updatedAt[gt]": "2020-01-01T00:00:00Z"}, {"trashed": "true"},
    {"fields": "fields.retired"}, {"sort": "title"}, {"sort": "version"}, {"stage": "desk"},
    {"include": "retired"}, {"include": "friend.code"},
])  # fmt: skip
def test_what_only_drafts_have_is_no_question(site: Api, params: dict[str, str]) -> None:
    assert site.get(ENTRIES, params={"type": "note", **params}).status == 400


def test_what_refers_to_what_is_live_is_not_told(workshop: Workshop, site: Api) -> None:
    path = f"{ENTRIES}/{workshop.shown['entry']['id']}"
    for direction in ("in", "out"):
        params = {"direction": direction}
        assert site.get(f"{path}/references", params=params).data == []
        assert workshop.api.get(f"{path}/references", params={**params, "status": "draft"}).data
    shown = site.get(path, params={"include": "friend,image"}).data
    assert shown["fields"]["friend"] is None


def test_a_draft_that_is_saved_changes_no_header(workshop: Workshop, site: Api) -> None:
    entry = workshop.write(title="Fresh", slug="fresh")
    live = workshop.done(entry, "publish")
    path = f"{ENTRIES}/{entry['id']}"
    before = site.get(path)
    workshop.save(entry, fields={"title": f"New {SECRET}"})
    after = site.get(path)
    assert after.body == before.body
    assert after.headers["etag"] == before.headers["etag"] == f'"{live["version"]}"'
    draft = workshop.api.get(path, params={"status": "draft"})
    assert draft.headers["etag"] == f'"{draft.data["version"]}"' != after.headers["etag"]
    workshop.done(entry, "unpublish")


def test_terms_are_those_of_what_is_live(
    workshop: Workshop, site: Api, keyed: Callable[..., Api]
) -> None:
    listed = site.get(f"{CMS}/entry_terms")
    assert [one["id"] for one in listed.data] == [workshop.shown["entry term"]["id"]]
    assert listed.meta["total"] == 1
    counted = site.get(f"{CMS}/entry_terms/aggregate?groupBy=termId").data
    assert [one["count"] for one in counted] == [1]
    assert len(keyed("read:cms", "draft:cms").get(f"{CMS}/entry_terms").data) == 2


@pytest.mark.parametrize("name", ["entry_terms", "assets"])
def test_a_file_of_all_rows_is_for_who_sees_all(
    site: Api, keyed: Callable[..., Api], name: str
) -> None:
    refused = site.post(f"{CMS}/{name}/export")
    assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    assert keyed("draft:cms").post(f"{CMS}/{name}/export").status == 202


def test_how_often_a_file_is_used_is_told_of_what_is_live(
    workshop: Workshop, site: Api, keyed: Callable[..., Api]
) -> None:
    asset = workshop.file("plan.pdf")
    entry = workshop.write(title=f"Uses {SECRET}", image=asset)
    path = f"{CMS}/assets/{asset}"
    assert site.get(path).data["usageCount"] == 0
    assert keyed("read:cms", "draft:cms").get(path).data["usageCount"] == 1
    live = workshop.write(title="Illustrated", image=asset)
    workshop.done(live, "publish")
    assert site.get(path).data["usageCount"] == 1
    params = {"include": "image"}
    shown = site.get(f"{ENTRIES}/{live['id']}", params=params).data["fields"]["image"]
    assert shown["usageCount"] == 1
    workshop.done(live, "unpublish")
    assert entry["status"] == "draft"


def test_slugs_of_drafts_are_no_errors_of_readers(workshop: Workshop, site: Api) -> None:
    """Who may not write learns by no refusal which values are taken."""
    path = f"{ENTRIES}/{workshop.shown['entry']['id']}"
    for code in (SECRET, "free"):
        body = {"type": "note", "fields": {"title": "T", "code": code}}
        refused = site.post(ENTRIES, body)
        assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
        refused = site.patch(path, {"fields": {"slug": f"draft-{code}"}})
        assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    for verb in ("publish", "preview", "schedule", "duplicate", "revert", "discard", "submit"):
        refused = site.post(f"{path}/{verb}", {"version": 1})
        assert refused.error["code"] == "insufficient_scope", verb


def test_paths_of_drafts_lead_nowhere(workshop: Workshop, site: Api) -> None:
    for slug in (f"draft-{SECRET}", f"changed-{SECRET}", SECRET):
        lead = site.get(f"{CMS}/redirects/resolve", params={"path": f"/notes/{slug}"})
        assert lead.status == 404
    assert site.get(f"{CMS}/redirects/resolve", params={"path": "/notes/open"}).status == 200
    # Saving another slug moved nothing.
    assert SECRET not in site.get(f"{CMS}/redirects").text


def test_rich_text_leads_to_no_draft(workshop: Workshop, site: Api) -> None:
    """A reader who sends a tree that refers to a draft gets neither its title nor its path."""
    link = {"type": "link", "attrs": {"kind": "entry", "id": workshop.hidden["draft"]}}
    text = {"type": "text", "text": "there", "marks": [link]}
    embed = {"type": "entry", "attrs": {"id": workshop.hidden["draft"]}}
    for content in ([{"type": "paragraph", "content": [text]}], [embed]):
        body = {"source": "tree", "to": "html", "content": {"type": "doc", "content": content}}
        answer = site.post(f"{CMS}/rich-text/convert", body)
        assert SECRET not in answer.text, answer.text
        assert answer.status in (200, 422)
