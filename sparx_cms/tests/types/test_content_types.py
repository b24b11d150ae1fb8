"""Content types: what a tenant begins with, and what is created or refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sparx_core.testing import Api

PATH = "/v1/cms/content-types"
Nothing = Callable[[], AbstractContextManager[None]]


def test_what_a_tenant_begins_with(api: Api) -> None:
    types = {one["key"]: one for one in api.get(PATH).data}
    assert set(types) == {"page", "post", "author", "category", "tag", "seo"}
    assert all(one["builtIn"] for one in types.values())
    assert types["seo"]["kind"] == "component"
    post = types["post"]
    assert (post["urlPattern"], post["displayField"]) == ("/blog/{slug}", "title")
    assert [(one["code"], one["isDefault"]) for one in api.get("/v1/cms/locales").data] == [
        ("en", True)
    ]


def test_a_type_is_created(api: Api, create_type: Callable[..., Any]) -> None:
    made = create_type(
        "recipe",
        [
            {"key": "title", "type": "text", "required": True},
            {"key": "slug", "type": "slug", "sourceField": "title"},
            {"key": "size", "type": "enum", "options": [{"value": "s"}, {"value": "m"}]},
            {"key": "price", "type": "decimal", "min": 0.5},
        ],
        urlPattern="/recipes/{slug}",
    )
    assert (made["pluralName"], made["kind"], made["schemaVersion"]) == ("Recipe", "collection", 1)
    fields = {one["key"]: one for one in made["fields"]}
    assert len({one["id"] for one in fields.values()}) == 4
    assert fields["slug"]["unique"] is True
    assert fields["title"]["unique"] is False
    assert fields["title"]["label"] == "Title"
    assert made["displayField"] == "title"
    assert api.get(f"{PATH}/{made['id']}").data == made


TITLE = {"key": "title", "type": "text"}


NO_DEFINITIONS: list[tuple[Any, str]] = [
    ([{"key": "Title", "type": "text"}], "fields[0].key"),
    ([{"key": "title", "type": "texts"}], "fields[0].type"),
    ([{"key": "title"}], "fields[0].type"),
    ([TITLE, TITLE], "fields[1].key"),
    ([{**TITLE, "min": 5, "max": 2}], "fields[0].max"),
    ([{**TITLE, "min": 1.5}], "fields[0].min"),
    ([{**TITLE, "to": ["page"]}], "fields[0].to"),
    ([{**TITLE, "pattern": "(a"}], "fields[0].pattern"),
    ([{**TITLE, "pattern": r"(a)\1"}], "fields[0].pattern"),
    ([{**TITLE, "unique": True, "multiple": True}], "fields[0].unique"),
    ([{**TITLE, "default": 3}], "fields[0].default"),
    ([{**TITLE, "minItems": 1}], "fields[0].minItems"),
    ([{"key": "size", "type": "enum"}], "fields[0].options"),
    ([{"key": "size", "type": "enum", "options": [{"value": "s"}, {"value": "s"}]}],
     "fields[0].options"),
    ([{"key": "on", "type": "boolean", "multiple": True}], "fields[0].multiple"),
    ([{"key": "day", "type": "date", "earliest": "soon"}], "fields[0].earliest"),
    ([{"key": "slug", "type": "slug", "sourceField": "title"}], "fields[0].sourceField"),
    ([{"key": "by", "type": "reference", "to": ["nobody"]}], "fields[0].to[0]"),
    ([{"key": "by", "type": "reference", "to": ["seo"]}], "fields[0].to[0]"),
    ([{"key": "seo", "type": "component", "component": "page"}], "fields[0].component"),
    ([{"key": "body", "type": "blocks"}], "fields[0].components"),
    ([{"key": "box", "type": "object", "fields": [{**TITLE, "required": 1}]}],
     "fields[0].fields[0].required"),
    ([{"key": "box", "type": "object", "fields": [TITLE, TITLE]}], "fields[0].fields[1].key"),
    ([{"key": "box", "type": "object", "default": 1, "fields": [{"type": "text"}]}],
     "fields[0].default"),
    ([{"key": "day", "type": "date", "earliest": "x", "fields": [{"type": "text"}]}],
     "fields[0].fields"),
    ([{**TITLE, "id": "0190a6f0-0000-7000-8000-000000000000"}], "fields[0].id"),
]  # fmt: skip


def test_what_is_no_definition(api: Api, nothing_written: Nothing) -> None:
    for fields, at in NO_DEFINITIONS:
        with nothing_written():
            answer = api.post(PATH, {"key": "thing", "name": "Thing", "fields": fields})
        assert answer.status == 422, (fields, answer.text)
        assert answer.error["details"][0]["field"] == at, (fields, answer.text)


NO_TYPES: list[tuple[Any, str]] = [
    ({"urlPattern": "/{nothing}"}, "urlPattern"),
    ({"urlPattern": "/{title"}, "urlPattern"),
    ({"urlPattern": "things"}, "urlPattern"),
    ({"urlPattern": "/../{title}"}, "urlPattern"),
    ({"urlPattern": "/%00/{title}"}, "urlPattern"),
    ({"displayField": "body"}, "displayField"),
    ({"kind": "component", "urlPattern": "/x"}, "kind"),
    ({"stages": [{"key": "a", "name": "A"}, {"key": "a", "name": "B"}]}, "stages"),
    ({"key": "Thing"}, "key"),
    ({"builtIn": True}, "builtIn"),
]


def test_what_is_no_type(api: Api, nothing_written: Nothing) -> None:
    for more, at in NO_TYPES:
        body = {"key": "thing", "name": "Thing", "fields": [TITLE], **more}
        with nothing_written():
            answer = api.post(PATH, body)
        assert answer.status == 422, (more, answer.text)
        assert [one["field"] for one in answer.error["details"]] == [at], more


def test_what_is_no_definition_is_no_change(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    path = f"{PATH}/{create_type('thing', [{**TITLE, 'key': 'other'}])['id']}"
    for fields, at in NO_DEFINITIONS:
        with nothing_written():
            answer = api.patch(path, {"fields": fields})
        assert answer.status == 422, (fields, answer.text)
        assert answer.error["details"][0]["field"] == at, (fields, answer.text)


def test_keys_are_taken_once(
    api: Api, other_api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    create_type("thing")
    with nothing_written():
        assert api.post(PATH, {"key": "thing", "name": "Thing"}).status == 409
    create_type("thing", client=other_api)


def test_components_hold_no_component_that_holds_them(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    inner = create_type("inner", [TITLE], kind="component")
    create_type(
        "outer", [{"key": "inner", "type": "component", "component": "inner"}], kind="component"
    )
    looping = [*inner["fields"], {"key": "all", "type": "blocks", "components": ["outer"]}]
    with nothing_written():
        answer = api.patch(f"{PATH}/{inner['id']}", {"fields": looping})
        mine = {"key": "mine", "name": "Mine", "kind": "component"}
        own = [{"key": "own", "type": "component", "component": "mine"}]
        direct = api.post(PATH, {**mine, "fields": own})
    assert "would hold itself" in answer.error["details"][0]["message"]
    assert "would hold itself" in direct.error["details"][0]["message"]


def test_a_type_in_use_stays(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    nothing_written: Nothing,
) -> None:
    used, named = create_type("used"), create_type("named")
    entry = create_entry("used")
    create_type("naming", [{"key": "by", "type": "reference", "to": ["named"]}])
    for one, entries, types in ((used, 1, []), (named, 0, ["naming"])):
        path = f"{PATH}/{one['id']}"
        with nothing_written():
            for answer in (api.delete(path), api.patch(path, {"key": "other"})):
                assert answer.error["code"] == "type_in_use", answer.text
                assert answer.error["details"] == {"entries": entries, "types": types}
    assert api.delete(f"/v1/cms/entries/{entry['id']}").status == 200
    # It may come back out of the trash.
    assert api.delete(f"{PATH}/{used['id']}").error["code"] == "type_in_use"


def test_an_unused_type_is_renamed_and_deleted(
    api: Api, create_type: Callable[..., Any], sent_webhooks: Any
) -> None:
    made = create_type("thing")
    path = f"{PATH}/{made['id']}"
    assert api.patch(path, {"key": "gadget"}).data["key"] == "gadget"
    assert api.delete(path).data == {"id": made["id"], "deleted": True}
    assert api.get(path).status == 404


def test_a_deprecated_type_has_no_new_entries(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    nothing_written: Nothing,
) -> None:
    made = create_type()
    entry = create_entry()
    api.patch(f"{PATH}/{made['id']}", {"state": "deprecated"})
    with nothing_written():
        answer = api.post("/v1/cms/entries", {"type": "article", "fields": {}})
    assert (answer.status, answer.error["code"]) == (409, "type_deprecated")
    changed = api.patch(f"/v1/cms/entries/{entry['id']}", {"fields": {"title": "Still"}})
    assert changed.data["fields"]["title"] == "Still"


def test_who_may_change_types(api: Api, nothing_written: Nothing) -> None:
    path = f"{PATH}/{api.get(PATH).data[0]['id']}"
    body = {"name": "writer", "scopes": ["read:cms", "write:cms", "publish:cms"]}
    writer = api.with_key(api.post("/v1/keys", body).data["key"])
    with nothing_written():
        for answer in (
            writer.post(PATH, {"key": "x", "name": "X"}),
            writer.patch(path, {"name": "X"}),
            writer.delete(path),
            writer.post(f"{path}/migrations", {"ops": [{"op": "clear", "to": "title"}]}),
            writer.post("/v1/cms/locales", {"code": "de", "name": "German"}),
        ):
            assert answer.status == 403, answer.text
            assert answer.error["details"] == {"requiredScopes": ["schema:cms"]}
    assert writer.get(path).status == 200


def test_types_of_other_tenants_are_nowhere(
    api: Api, other_api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    theirs = create_type("secret", client=other_api)
    path = f"{PATH}/{theirs['id']}"
    with nothing_written():
        assert api.get(path).status == 404
        assert api.patch(path, {"name": "Mine"}).status == 404
        assert api.delete(path).status == 404
        assert (
            api.post(f"{path}/migrations", {"ops": [{"op": "clear", "to": "title"}]}).status == 404
        )
        referring = [{"key": "by", "type": "reference", "to": ["secret"]}]
        assert api.post(PATH, {"key": "x", "name": "X", "fields": referring}).status == 422
    assert "secret" not in {one["key"] for one in api.get(PATH).data}
