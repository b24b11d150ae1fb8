"""Changing content types: what stays, what is told before, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sparx_core.testing import Api, DeliveryRun

PATH = "/v1/cms/content-types"
Nothing = Callable[[], AbstractContextManager[None]]


def changed(api: Api, type: Any, fields: Any, **more: Any) -> Any:
    answer = api.patch(f"{PATH}/{type['id']}", {"fields": fields, **more})
    assert answer.status == 200, answer.text
    return answer.data


def ids_of(type: Any) -> list[dict[str, str]]:
    return [{"id": one["id"]} for one in type["fields"]]


def shown(api: Api, entry: Any) -> Any:
    path = f"/v1/cms/entries/{entry['id']}"
    return api.get(path, params={"status": "draft"}).data["fields"]


def test_a_renamed_field_keeps_everything(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any]
) -> None:
    made = create_type(urlPattern="/articles/{slug}")
    entry = create_entry()
    title, slug = ids_of(made)
    after = changed(api, made, [{**title, "key": "headline"}, {**slug, "key": "path"}])
    assert [(one["field"], one["change"], one["was"]) for one in after["changes"]] == [
        ("headline", "renamed", "title"),
        ("path", "renamed", "slug"),
    ]
    assert after["displayField"] == "headline"
    assert (after["urlPattern"], after["fields"][1]["sourceField"]) == (
        "/articles/{path}",
        "headline",
    )
    assert (after["schemaVersion"], after["fields"][0]["required"]) == (2, True)
    assert shown(api, entry) == {"headline": "Hello", "path": "hello"}


def test_keys_may_change_places(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any]
) -> None:
    made = create_type("pair", [{"key": "a", "type": "text"}, {"key": "b", "type": "text"}])
    entry = create_entry("pair", {"a": "one", "b": "two"})
    first, second = ids_of(made)
    changed(api, made, [{**first, "key": "c"}, {**second, "key": "a"}])
    assert shown(api, entry) == {"c": "one", "a": "two"}


def test_a_field_is_omitted_brought_back_and_deleted(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    run_events: DeliveryRun,
    nothing_written: Nothing,
    owner: Any,
) -> None:
    made = create_type()
    entry = create_entry()
    title, slug = ids_of(made)
    path = f"{PATH}/{made['id']}"
    with nothing_written():
        answer = api.patch(path, {"fields": [title]})
    assert answer.error["code"] == "field_not_omitted"
    assert answer.error["details"] == {"fields": ["slug"]}
    assert changed(api, made, [title, {**slug, "state": "omitted"}])["changes"] == [
        {"field": "slug", "change": "omitted", "was": "slug"}
    ]
    assert shown(api, entry) == {"title": "Hello"}
    refused = api.patch(f"/v1/cms/entries/{entry['id']}", {"fields": {"slug": "x"}})
    assert refused.status == 422
    changed(api, made, [title, {**slug, "state": "active"}])
    assert shown(api, entry) == {"title": "Hello", "slug": "hello"}
    changed(api, made, [title, {**slug, "state": "omitted"}])
    gone = changed(api, made, [title])
    assert [one["change"] for one in gone["changes"]] == ["deleted"]
    run_events()
    job = api.get(f"/v1/jobs/{gone['purgeJobId']}").data
    assert (job["state"], job["rowsSucceeded"]) == ("succeeded", 1)
    draft = owner.value("SELECT draft FROM cms.entries WHERE id = %s", entry["id"])
    assert list(draft) == [title["id"]]
    history = owner.rows("SELECT data FROM cms.revisions WHERE entry_id = %s", entry["id"])
    assert [list(data) for (data,) in history] == [[title["id"]]]


def test_types_of_fields_stay(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    made = create_type(
        "thing",
        [
            {"key": "name", "type": "text"},
            {"key": "many", "type": "text", "multiple": True},
            {"key": "seo", "type": "component", "component": "seo"},
        ],
    )
    create_type("other", [{"key": "name", "type": "text"}], kind="component")
    name, many, seo = ids_of(made)
    path = f"{PATH}/{made['id']}"
    for fields, key in (
        ([{**name, "type": "integer"}, many, seo], "name"),
        ([name, {**many, "multiple": False}, seo], "many"),
        ([name, many, {**seo, "component": "other"}], "seo"),
    ):
        with nothing_written():
            answer = api.patch(path, {"fields": fields})
        assert answer.error["code"] == "field_type_change", answer.text
        assert answer.error["details"] == {"fields": [key]}


def test_fields_are_widened_without_touching_entries(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any]
) -> None:
    made = create_type(
        "thing",
        [
            {"key": "count", "type": "integer"},
            {"key": "note", "type": "text"},
            {"key": "color", "type": "text"},
        ],
    )
    entry = create_entry("thing", {"count": 3, "note": "n", "color": "red"})
    count, note, color = ids_of(made)
    after = changed(
        api,
        made,
        [{**count, "type": "decimal"}, {**note, "type": "longText"}, {**color, "multiple": True}],
    )
    assert {one["change"] for one in after["changes"]} == {"widened"}
    assert shown(api, entry) == {"count": 3, "note": "n", "color": ["red"]}
    path = f"/v1/cms/entries/{entry['id']}"
    more = {"fields": {"count": 3.5, "color": ["red", "blue"]}}
    assert api.patch(path, more).data["fields"]["color"] == ["red", "blue"]


def test_localization_is_turned_on_and_off(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    create_locale: Callable[..., Any],
) -> None:
    create_locale("de")
    made = create_type("thing", [{"key": "name", "type": "text"}])
    entry = create_entry("thing", {"name": "Wheel"})
    (name,) = ids_of(made)
    changed(api, made, [{**name, "localized": True}])
    assert shown(api, entry) == {"name": "Wheel"}
    path = f"/v1/cms/entries/{entry['id']}"
    api.patch(path, {"locale": "de", "fields": {"name": "Rad"}})
    both = api.get(path, params={"status": "draft", "locale": "*"}).data["fields"]
    assert both == {"name": {"de": "Rad", "en": "Wheel"}}
    changed(api, made, [{**name, "localized": False}])
    assert shown(api, entry) == {"name": "Wheel"}
    api.patch(path, {"fields": {"name": "Tyre"}})
    changed(api, made, [{**name, "localized": True}])
    assert shown(api, entry) == {"name": "Tyre"}


def test_a_plan_tells_and_changes_nothing(
    api: Api,
    create_type: Callable[..., Any],
    create_entry: Callable[..., Any],
    publish: Callable[..., Any],
    nothing_written: Nothing,
) -> None:
    made = create_type()
    fits = create_entry("article", {"title": "A long enough title"})
    live = publish(create_entry("article", {"title": "Short"}))
    title, slug = ids_of(made)
    body = {
        "fields": [{**title, "min": 10}, slug, {"key": "note", "type": "text"}],
        "dryRun": True,
    }
    with nothing_written():
        plan = api.patch(f"{PATH}/{made['id']}", body).data
    assert plan["applied"] is False
    assert [(one["field"], one["change"]) for one in plan["changes"]] == [
        ("title", "changed"),
        ("note", "added"),
    ]
    assert plan["impact"] == {
        "entries": 2,
        "checked": 2,
        "invalid": 1,
        "invalidEntries": [live["id"]],
    }
    assert [one["key"] for one in plan["fields"]] == ["title", "slug"]
    applied = changed(api, made, body["fields"])
    assert (applied["applied"], applied["impact"]) == (True, plan["impact"])
    # What is live stays live, and is refused when it is published the next time.
    assert api.get(f"/v1/cms/entries/{live['id']}").data["fields"]["title"] == "Short"
    again = api.post(f"/v1/cms/entries/{live['id']}/publish", {"version": live["version"]})
    assert (again.status, again.error["details"][0]["field"]) == (422, "fields.title")
    assert fits["id"] != live["id"]


def test_a_change_of_a_component_counts_the_entries_that_hold_it(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any]
) -> None:
    part = create_type("part", [{"key": "name", "type": "text"}], kind="component")
    create_type("whole", [{"key": "part", "type": "component", "component": "part"}])
    entry = create_entry("whole", {"part": {"name": "Wheel"}})
    create_entry("whole", {})
    (name,) = ids_of(part)
    plan = changed(api, part, [name, {"key": "size", "type": "text", "required": True}])
    assert plan["impact"]["entries"] == 2
    assert plan["impact"]["invalidEntries"] == [entry["id"]]


def test_nothing_that_is_the_same_is_a_change(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    made = create_type()
    with nothing_written():
        after = changed(api, made, made["fields"])
    assert (after["changes"], after["schemaVersion"]) == ([], 1)


def test_a_version_that_was_not_seen_is_refused(
    api: Api, create_type: Callable[..., Any], nothing_written: Nothing
) -> None:
    made = create_type()
    path = f"{PATH}/{made['id']}"
    assert api.patch(path, {"name": "New", "version": made["version"]}).status == 200
    with nothing_written():
        stale = api.patch(path, {"name": "Other", "version": made["version"]})
    assert (stale.status, stale.error["code"]) == (409, "version_conflict")
