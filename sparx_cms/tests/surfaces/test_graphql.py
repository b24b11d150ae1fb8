"""A tenant's content types in GraphQL: at once, and for that tenant alone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from sparx_core.testing import Api, StatementLog

from .writing import EN, Content, text

PATH = "/v1/cms/entries"
STORIES = """query Stories($where: CmsStoryWhere, $take: Int) {
  cmsStories(where: $where, take: $take, orderBy: {fields: {title: DESC}}) {
    total nextCursor
    items {
      __typename id status ...Named
      fields { headline: title words price date author { id title fields { name } }
               related { id fields { author { fields { name } } } }
               extra { note seen_by { fields { name } } } }
    }
  }
}
fragment Named on CmsEntry { type locale }"""


def ask(api: Api, query: str, **variables: Any) -> Any:
    answer = api.post("/graphql", {"query": query, "variables": variables}).json
    assert "errors" not in answer, answer
    return answer["data"]


def refused(api: Api, query: str) -> str:
    errors: list[dict[str, Any]] = api.post("/graphql", {"query": query}).json["errors"]
    return str(errors[0]["message"])


def test_types_have_roots_filters_and_references_of_their_own(
    content: Content, api: Api, query_count: Callable[[], AbstractContextManager[StatementLog]]
) -> None:
    ada = content.entry("person", {}, {"name": {EN: "Ada"}})
    first = content.entry(
        "story", {}, {"title": {EN: "A"}, "words": {EN: 2**40}, "author": {EN: ada}}
    )
    note, seen_by = (one["id"] for one in content.types["story"]["extra"]["fields"])
    values = {
        "title": {EN: "B"}, "price": {EN: 1.5}, "date": {EN: "2026-01-31"},
        "author": {EN: ada}, "related": {EN: [first]}, "extra": {EN: {note: "n", seen_by: ada}},
    }  # fmt: skip
    second = content.entry("story", {}, values)
    ask(api, STORIES, take=5)

    with query_count() as log:
        found = ask(api, STORIES, take=5)["cmsStories"]

    assert log.count == 1, log.statements
    assert found["total"] == 2
    author = {"id": ada, "title": "Ada", "fields": {"name": "Ada"}}
    assert found["items"][0] == {
        "__typename": "CmsStory", "id": second, "status": "published", "type": "story",
        "locale": EN,
        "fields": {
            "headline": "B", "words": None, "price": Decimal("1.5"), "date": "2026-01-31",
            "author": author, "extra": {"note": "n", "seen_by": {"fields": {"name": "Ada"}}},
            "related": [{"id": first, "fields": {"author": {"fields": {"name": "Ada"}}}}],
        },
    }  # fmt: skip
    where = {"fields": {"words": {"gte": 1000}, "title": {"startsWith": "A"}}}
    narrowed = ask(api, STORIES, where=where)["cmsStories"]["items"]
    assert [(one["id"], one["fields"]["words"]) for one in narrowed] == [(first, 2**40)]


def test_views_need_their_scope_here_as_well(
    content: Content, api: Api, keyed: Callable[..., Api]
) -> None:
    draft = content.entry("story", {"title": {EN: "Secret"}})
    one = f'{{ cmsStory(id: "{draft}", status: "%s") {{ fields {{ title }} }} }}'
    assert ask(api, one % "published")["cmsStory"] is None
    assert ask(api, one % "draft")["cmsStory"]["fields"] == {"title": "Secret"}
    reader = keyed("read:cms")
    answer = reader.post("/graphql", {"query": one % "draft"})
    assert answer.json["errors"][0]["extensions"]["code"] == "insufficient_scope"
    assert "Secret" not in answer.text
    person = ask(api, f'{{ cmsPerson(id: "{draft}", status: "draft") {{ id }} }}')
    assert person["cmsPerson"] is None, "an entry of another type"


def test_a_change_of_a_type_is_seen_at_once(content: Content, api: Api) -> None:
    content.entry("story", {}, {"title": {EN: "A"}})
    query = "{ cmsStories { items { fields { title } } } }"
    assert ask(api, query)["cmsStories"]["items"] == [{"fields": {"title": "A"}}]
    fields = list(content.types["story"].values())
    content.change_type("story", [{**fields[0], "key": "headline"}, *fields[1:]])
    assert "title" in refused(api, query)
    renamed = ask(api, query.replace("title", "headline"))
    assert renamed["cmsStories"]["items"] == [{"fields": {"headline": "A"}}]
    assert "cmsRecipes" in refused(api, "{ cmsRecipes { total } }")
    content.type("recipe", text("name"))
    assert ask(api, "{ cmsRecipes { total } }") == {"cmsRecipes": {"total": 0}}


def test_nobody_sees_the_types_of_another_tenant(
    content: Content, other_content: Content, api: Api, other_api: Api
) -> None:
    other_content.type("secret_plan", text("codename"))
    assert ask(other_api, "{ cmsSecretPlans { total } }") == {"cmsSecretPlans": {"total": 0}}
    assert "cmsSecretPlans" in refused(api, "{ cmsSecretPlans { total } }")
    assert "SecretPlan" in other_api.get("/v1/graphql/schema").text
    assert "SecretPlan" not in api.get("/v1/graphql/schema").text


def test_no_name_that_a_tenant_chooses_breaks_its_schema(content: Content, api: Api) -> None:
    for key in ("entry", "any_entry", "entries", "assets", "asset", "story_fields", "stories"):
        content.type(key, text("title"), text("id"))
    content.type("bare")
    answer = api.get("/v1/graphql/schema")
    assert answer.status == 200
    for name in ("CmsEntry2 ", "CmsStoryFields2 ", "CmsBare ", "CmsAsset2 "):
        assert f"type {name}" in answer.text
    assert ask(api, "{ cmsStories { total } }") == {"cmsStories": {"total": 0}}


def test_drafts_are_written_by_the_fields_of_their_type(content: Content, api: Api) -> None:
    ada = content.entry("person", {}, {"name": {EN: "Ada"}})
    create = """mutation($input: CmsStoryInput!) { cmsStoriesCreate(input: $input) {
        id version status fields { title words author { fields { name } } } } }"""
    values = {"title": "New", "words": 5, "author": ada}
    made = ask(api, create, input={"fields": values})["cmsStoriesCreate"]
    assert made["status"] == "draft"
    assert (made["fields"]["title"], made["fields"]["words"]) == ("New", 5)
    update = """mutation($id: ID!, $input: CmsStoryChanges!) {
        cmsStoriesUpdate(id: $id, input: $input) { version fields { title words } } }"""
    changed = ask(api, update, id=made["id"], input={"fields": {"title": "Newer"}})
    assert changed["cmsStoriesUpdate"]["fields"] == {"title": "Newer", "words": 5}
    assert ask(api, "{ cmsStories { total } }") == {"cmsStories": {"total": 0}}
