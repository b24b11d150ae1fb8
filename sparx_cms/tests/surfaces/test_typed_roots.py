"""The GraphQL fields of one content type: what REST shows, and of that type alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

from .test_graphql import PATH, ask
from .writing import DE, EN, Content, text

CREATE = """mutation($locale: String) { cmsStoriesCreate(input: {fields: {title: "New"}},
    locale: $locale) { id } }"""
UPDATE = """mutation($id: ID!, $locale: String, $version: Int) { cmsStoriesUpdate(id: $id,
    input: {fields: {title: "Changed"}}, locale: $locale, version: $version) { id version } }"""


def error(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    answer = api.post("/graphql", {"query": query, "variables": variables}).json
    found: dict[str, Any] = answer["errors"][0]
    return {"message": found["message"], **found["extensions"]}


def drafts(api: Api) -> list[Any]:
    found: list[Any] = api.get(PATH, params={"status": "draft"}).data
    return found


@pytest.mark.parametrize(
    "query",
    ["query($locale: String) { cmsStories(locale: $locale) { items { fields { title } } } }",
     "query($id: ID!, $locale: String) { cmsStory(id: $id, locale: $locale) { title } }",
     CREATE, UPDATE],
)  # fmt: skip
def test_values_by_language_are_no_values_of_a_type(content: Content, api: Api, query: str) -> None:
    title = {EN: "A", DE: "B"}
    story = content.entry("story", {"title": title}, {"title": title})
    before = drafts(api)
    variables = {"id": story} if "$id" in query else {}

    found = error(api, query, locale="*", **variables)

    assert (found["code"], found["details"]) == ("bad_request", {"parameter": "locale"})
    assert drafts(api) == before, "nothing was written"
    assert ask(api, query, locale=DE, **variables)


def test_rows_of_any_type_have_values_by_language_as_in_rest(content: Content, api: Api) -> None:
    title = {EN: "A", DE: "B"}
    story = content.entry("story", {}, {"title": title, "words": {EN: 7}})
    rest = api.get(f"{PATH}/{story}", params={"locale": "*"}).data
    assert (rest["fields"]["title"], rest["fields"]["words"]) == (title, 7)
    one = ask(api, f'{{ cmsEntry(id: "{story}", locale: "*") {{ locale title fields }} }}')
    assert one["cmsEntry"] == {name: rest[name] for name in ("locale", "title", "fields")}
    listed = ask(api, '{ cmsEntries(type: "story", locale: "*") { items { fields } } }')
    assert listed["cmsEntries"]["items"] == [{"fields": rest["fields"]}]


def test_an_entry_of_another_type_is_not_changed(
    content: Content, other_content: Content, api: Api
) -> None:
    content.type("note", text("title", localized=True))  # it has the field that is sent
    note = content.entry("note", {"title": {EN: "Mine"}})
    theirs = other_content.entry("story", {"title": {EN: "Theirs"}})
    before = drafts(api)
    for entry in (note, theirs, "nonsense"):
        assert error(api, UPDATE, id=entry)["code"] == "not_found"
        # Which version it has, is nothing that this field tells.
        assert error(api, UPDATE, id=entry, version=7)["code"] == "not_found"
    assert drafts(api) == before
    counted = "SELECT count(*) FROM cms.revisions WHERE entry_id IN (%s, %s)"
    assert content.owner.value(counted, note, theirs) == 2
    story = content.entry("story", {"title": {EN: "Story"}})
    assert ask(api, UPDATE, id=story)["cmsStoriesUpdate"] == {"id": story, "version": 2}


FIELDS: tuple[dict[str, Any], ...] = (
    text("title"),
    {"key": "blob", "type": "json"},
    {"key": "body", "type": "richText"},
    {"key": "parts", "type": "blocks", "components": ["quote"]},
    {"key": "said", "type": "component", "component": "quote"},
    {"key": "place", "type": "location"},
    {"key": "size", "type": "integer"},
    {"key": "ratio", "type": "decimal"},
    {"key": "on", "type": "boolean"},
    {"key": "day", "type": "date"},
    {"key": "at", "type": "datetime"},
    {"key": "tags", "type": "text", "multiple": True},
    {"key": "group", "type": "object", "fields": [text("a"), {"key": "raw", "type": "json"}]},
)
PARAGRAPH = {"type": "paragraph", "content": [{"type": "text", "text": "Hi"}]}
VALUES: dict[str, Any] = {
    "title": "All", "blob": {"b": [1, None, {"z": 1.5, "a": "ü"}], "title": "x"},
    "body": {"type": "doc", "content": [PARAGRAPH]},
    "parts": [{"type": "quote", "data": {"words": "A", "extra": {"k": [None]}}},
              {"type": "quote", "data": {"words": "B", "extra": None}}],
    "said": {"words": "C", "extra": {"deep": {"er": True}}}, "place": {"lat": 1.5, "lon": -2},
    "size": 2**53 - 1, "ratio": 0.1, "on": False, "day": "2026-01-31",
    "at": "2026-01-31T10:00:00Z", "tags": ["b", "a"], "group": {"a": "x", "raw": {"b": {}}},
}  # fmt: skip
WHOLE = """fields { title blob body parts said { words extra } place size ratio on day at tags
                    group { a raw } }"""


@pytest.fixture
def whole(content: Content, api: Api) -> str:
    """The id of an entry with a value in a field of every type, which is live."""
    component = {"key": "quote", "name": "Quote", "kind": "component"}
    inner = [text("words"), {"key": "extra", "type": "json"}]
    sent = {"key": "sheet", "name": "Sheet", "fields": list(FIELDS)}
    for body in ({**component, "fields": inner}, sent):
        answer = api.post("/v1/cms/content-types", body)
        assert answer.status == 201, answer.text
    made = api.post(PATH, {"type": "sheet", "fields": VALUES})
    assert made.status == 201, made.text
    entry: str = made.data["id"]
    published = api.post(f"{PATH}/{entry}/publish", {"version": made.data["version"]})
    assert published.status == 200, published.text
    return entry


def test_values_of_every_type_are_those_of_rest(whole: str, api: Api) -> None:
    rest = api.get(f"{PATH}/{whole}").data["fields"]
    assert rest["blob"] == VALUES["blob"]
    assert [one["data"] for one in rest["parts"]] == [one["data"] for one in VALUES["parts"]]
    typed = ask(api, f'{{ cmsSheet(id: "{whole}") {{ {WHOLE} }} }}')["cmsSheet"]["fields"]
    assert typed == rest
    listed = ask(api, f"{{ cmsSheets {{ items {{ {WHOLE} }} }} }}")["cmsSheets"]["items"]
    assert listed == [{"fields": rest}]
    untyped = ask(api, f'{{ cmsEntry(id: "{whole}") {{ fields }} }}')["cmsEntry"]["fields"]
    assert untyped == rest


def test_what_a_typed_root_writes_is_what_rest_writes(whole: str, api: Api) -> None:
    rest = api.get(f"{PATH}/{whole}", params={"status": "draft"}).data["fields"]
    create = (
        f"mutation($input: CmsSheetInput!) {{ cmsSheetsCreate(input: $input) {{ id {WHOLE} }} }}"
    )
    made = ask(api, create, input={"fields": VALUES})["cmsSheetsCreate"]
    stored = api.get(f"{PATH}/{made['id']}", params={"status": "draft"}).data["fields"]
    assert made["fields"] == stored
    for fields in (rest, stored):  # blocks have ids of their own
        fields["parts"] = [{**one, "id": ""} for one in fields["parts"]]
    assert stored == rest


def hiding(api: Api, *fields: str) -> Api:
    """The API with a key that may do anything, and from which fields are hidden."""
    body = {"name": "hiding", "scopes": ["*"], "hiddenFields": list(fields)}
    return api.with_key(api.post("/v1/keys", body).data["key"])


@pytest.mark.parametrize("hidden", ["cms.entries.title", "cms.assets.filename"])
def test_keys_with_hidden_fields_include_nothing(content: Content, api: Api, hidden: str) -> None:
    """What is included is shown whole: nothing of it would be hidden."""
    ada = content.entry("person", {}, {"name": {EN: "Ada"}})
    values = {"title": {EN: "S"}, "author": {EN: ada}}
    story = content.entry("story", values, values)
    key = hiding(api, hidden)
    include = {"include": "author"}
    answers = (
        key.get(PATH, params={"type": "story", **include}),
        key.get(f"{PATH}/{story}", params=include),
        key.patch(f"{PATH}/{story}", {"fields": {"title": "No"}, "version": 1}, params=include),
        key.post(PATH, {"type": "story", "fields": {"title": "No"}}, params=include),
    )
    for answer in answers:
        assert (answer.status, answer.error["code"]) == (403, "forbidden"), answer.text
    author = "fields { author { id fields { name } } }"
    asked = (
        f"{{ cmsStories {{ items {{ {author} }} }} }}",
        f'{{ cmsStory(id: "{story}") {{ {author} }} }}',
        f'mutation {{ cmsStoriesUpdate(id: "{story}", input: {{fields: {{title: "No"}}}})'
        f" {{ {author} }} }}",
    )
    for query in asked:
        assert error(key, query)["code"] == "forbidden", query
    kept = drafts(api)
    assert {one["title"] for one in kept} == {"S", None}
    assert api.get(f"{PATH}/{story}", params=include).data["fields"]["author"]["fields"]
    # The reference itself is a value like any other.
    seen = ask(key, f'{{ cmsStory(id: "{story}") {{ fields {{ author {{ id }} }} }} }}')
    assert seen == {"cmsStory": {"fields": {"author": {"id": ada}}}}


def test_values_that_are_hidden_are_in_no_form_there(content: Content, api: Api) -> None:
    story = content.entry("story", {}, {"title": {EN: "Secret"}})
    key = hiding(api, "cms.entries.fields", "cms.entries.title")
    listed = key.get(PATH, params={"type": "story"})
    assert (listed.status, "Secret" in listed.text) == (200, False)
    for params in (
        {"fields.title": "Secret"},
        {"sort": "fields.title"},
        {"fields": "fields.title"},
    ):
        assert key.get(PATH, params={"type": "story", **params}).status == 400, params
    assert key.get(PATH, params={"q": "Secret"}).error["code"] == "forbidden"
    assert "CmsStoryFields" not in key.get("/v1/graphql/schema").text
    assert ask(key, f'{{ cmsStory(id: "{story}") {{ id type }} }}')["cmsStory"]["id"] == story
    assert error(key, "{ cmsStories { items { fields { title } } } }")["code"] == "bad_request"
    assert error(key, '{ cmsStories(q: "Secret") { total } }')["code"] == "forbidden"
    sent = key.post(PATH, {"type": "story", "fields": {"title": "No"}})
    assert (sent.status, len(drafts(api))) == (422, 1)


@pytest.fixture
def found(api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any],
          publish: Callable[..., Any]) -> dict[str, str]:  # fmt: skip
    """Two live articles about injectors, one of them short, and a note: their ids."""
    for key in ("article", "note"):
        create_type(key, (text("title"), {"key": "size", "type": "integer"}))
    made = {
        name: publish(create_entry(type_, {"title": title, "size": size}))["id"]
        for name, type_, title, size in (
            ("long", "article", "Injectors in long", 9), ("short", "article", "Injectors", 1),
            ("note", "note", "Injectors of old", 9), ("other", "article", "Pumps", 9),
        )
    }  # fmt: skip
    create_entry("article", {"title": "Injectors, a draft", "size": 9})
    return made


def test_a_search_narrows_with_everything_else(
    found: dict[str, str], api: Api, other_api: Api
) -> None:
    def listed(**params: Any) -> list[str]:
        answer = api.get(PATH, params={"q": "injector", **params})
        assert answer.status == 200, answer.text
        assert answer.meta["total"] == len(answer.data)
        return [one["id"] for one in answer.data]

    assert set(listed()) == {found["long"], found["short"], found["note"]}
    articles: dict[str, Any] = {"type": "article", "sort": "fields.size"}
    assert listed(**articles) == [found["short"], found["long"]]
    assert listed(**articles, **{"fields.size[gt]": 5}) == [found["long"]]
    assert len(listed(status="draft")) == 4
    assert other_api.get(PATH, params={"q": "injector"}).data == []
    query = """query($q: String, $where: CmsArticleWhere) { cmsArticles(q: $q, where: $where,
        orderBy: {fields: {size: ASC}}) { total items { id } } }"""
    asked = ask(api, query, q="injector")["cmsArticles"]
    assert asked == {"total": 2, "items": [{"id": found["short"]}, {"id": found["long"]}]}
    narrowed = ask(api, query, q="injector", where={"fields": {"size": {"gt": 5}}})["cmsArticles"]
    assert narrowed == {"total": 1, "items": [{"id": found["long"]}]}
    page = api.get(PATH, params={"q": "injector", "take": 2})
    after = api.get(PATH, params={"q": "injector", "take": 2, "cursor": page.meta["next_cursor"]})
    assert {one["id"] for one in (*page.data, *after.data)} == set(listed())


def test_searches_that_are_none(api: Api) -> None:
    for q in ("", " ", "a " * 11, "a" * 201):
        answer = api.get(PATH, params={"q": q})
        assert (answer.status, answer.error["details"]) == (400, {"parameter": "q"}), q
    assert api.get(f"{PATH}/01a216c1-262b-7cf8-957b-2800d6769a5a", params={"q": "x"}).status == 400
