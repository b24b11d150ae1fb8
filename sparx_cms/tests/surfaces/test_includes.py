"""References that are followed: in one statement and one message, however far."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sparx_core.testing import Api, StatementLog

from .writing import EN, Content

PATH = "/v1/cms/entries"
QueryCount = Callable[[], AbstractContextManager[StatementLog]]


def test_a_target_is_shown_as_a_get_shows_it(content: Content, api: Api) -> None:
    author = content.entry("person", {}, {"name": {EN: "Ada"}})
    story = content.entry("story", {}, {"title": {EN: "A"}, "author": {EN: author}})
    plain = api.get(f"{PATH}/{story}").data
    assert plain["fields"]["author"] == {"id": author}

    included = api.get(f"{PATH}/{story}", params={"include": "author"}).data

    assert included["fields"]["author"] == api.get(f"{PATH}/{author}").data
    assert {**included["fields"], "author": {"id": author}} == plain["fields"]


def test_what_is_not_live_keeps_its_place_and_tells_nothing(content: Content, api: Api) -> None:
    live = content.entry("story", {}, {"title": {EN: "Live"}})
    draft = content.entry("story", {"title": {EN: "Secret"}})
    trashed = content.entry(
        "story", {}, {"title": {EN: "Gone"}}, trashed=True, deleted_at="2026-01-01"
    )
    targets = [draft, live, trashed]
    story = content.entry(
        "story", {"related": {"*": targets}}, {"title": {EN: "S"}, "related": {EN: targets}}
    )
    shown = api.get(f"{PATH}/{story}", params={"include": "related"}).data["fields"]["related"]
    assert [one["id"] for one in shown] == targets
    assert [list(one) == ["id"] for one in shown] == [True, False, True]
    of_drafts = {"include": "related", "status": "draft"}
    seen = api.get(f"{PATH}/{story}", params=of_drafts).data["fields"]["related"]
    assert [list(one) == ["id"] for one in seen] == [False, False, True]


def test_any_depth_is_one_statement(content: Content, api: Api, query_count: QueryCount) -> None:
    author = content.entry("person", {}, {"name": {EN: "Ada"}})
    inner = content.entry("story", {}, {"title": {EN: "In"}, "author": {EN: author}})
    middle = content.entry("story", {}, {"title": {EN: "Mid"}, "related": {EN: [inner]}})
    for _ in range(5):
        content.entry(
            "story", {}, {"title": {EN: "Out"}, "related": {EN: [middle]}, "author": {EN: author}}
        )
    params = {
        "type": "story", "sort": "-fields.title", "fields.title": "Out", "take": "2",
        "include": "author,related,related.related,related.related.author",
    }  # fmt: skip
    api.get(PATH, params=params)

    with query_count() as log:
        listed = api.get(PATH, params=params)

    assert log.count == 1, log.statements
    assert (len(listed.data), listed.meta["total"]) == (2, 5)
    followed = listed.data[0]["fields"]["related"][0]["fields"]["related"][0]["fields"]
    assert followed["author"]["fields"]["name"] == "Ada"
    api.get(f"{PATH}/{middle}", params={"include": "related.author"})
    with query_count() as log:
        api.get(f"{PATH}/{middle}", params={"include": "related.author"})
    assert log.count == 1, log.statements


def test_paths_go_through_objects(content: Content, api: Api) -> None:
    author = content.entry("person", {}, {"name": {EN: "Ada"}})
    note, seen_by = (one["id"] for one in content.types["story"]["extra"]["fields"])
    extra = {note: "hm", seen_by: author}
    story = content.entry("story", {}, {"title": {EN: "A"}, "extra": {EN: extra}})
    plain = api.get(f"{PATH}/{story}").data["fields"]["extra"]
    assert plain == {"note": "hm", "seen_by": {"id": author}}
    followed = api.get(f"{PATH}/{story}", params={"include": "extra.seen_by"}).data
    assert followed["fields"]["extra"]["seen_by"]["fields"]["name"] == "Ada"


def test_paths_that_lead_nowhere_are_refused(content: Content, api: Api) -> None:
    story = content.entry("story", {}, {"title": {EN: "A"}})
    wrong = (
        "nothing", "title", "author.name", "extra", "author.", "related.related.related.related"
        ".author", "related.related.related",
    )  # fmt: skip
    for path in wrong:
        refused = api.get(PATH, params={"type": "story", "include": path})
        assert (refused.status, refused.error["details"]) == (400, {"parameter": "include"}), path
    assert api.get(f"{PATH}/{story}", params={"include": "nothing"}).status == 400
    assert api.get(f"{PATH}/{story}", params={"include": "related.related"}).status == 200
