"""Pages that move leave redirects behind: one step, whatever way they went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.testing import Api, DeliveryRun

PATH = "/v1/cms/redirects"


def lead(api: Api, path: str, **more: Any) -> Any:
    """(status, location) of what a path leads to; None if to nothing."""
    answer = api.get(f"{PATH}/resolve", params={"path": path, **more})
    return None if answer.status == 404 else (answer.data["statusCode"], answer.data["location"])


def rows(api: Api) -> dict[str, Any]:
    return {one["fromPath"]: one["toEntryId"] or one["toPath"] for one in api.get(PATH).data}


def test_a_page_is_found_at_its_path(
    api: Api, page: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    entry = page("Hello", slug="hello")
    draft("Secret", slug="secret")
    found = api.get(f"{PATH}/resolve", params={"path": "/blog/hello/?utm=1"}).data
    assert (found["kind"], found["statusCode"], found["entryId"]) == ("page", 200, entry["id"])
    assert lead(api, "/blog/secret") is None


def test_there_and_back_again(api: Api, page: Callable[..., Any], move: Callable[..., Any]) -> None:
    entry = page("A", slug="a")
    move(entry, "b")
    assert lead(api, "/blog/a") == (301, "/blog/b")
    move(entry, "a")
    assert lead(api, "/blog/a") == (200, "/blog/a")
    assert lead(api, "/blog/b") == (301, "/blog/a")
    assert rows(api) == {"/blog/b": entry["id"]}


def test_moving_again_makes_no_chain(
    api: Api, page: Callable[..., Any], move: Callable[..., Any]
) -> None:
    entry = page("A", slug="a")
    for slug in ("b", "c", "d"):
        move(entry, slug)
    assert {lead(api, f"/blog/{one}") for one in "abc"} == {(301, "/blog/d")}
    assert set(rows(api).values()) == {entry["id"]}


def test_saving_moves_nothing_and_a_page_that_is_gone_leads_nowhere(
    api: Api, page: Callable[..., Any], move: Callable[..., Any], change: Callable[..., Any],
    act: Callable[..., Any],
) -> None:  # fmt: skip
    entry = page("A", slug="a")
    change(entry, slug="draft")
    assert rows(api) == {}
    assert lead(api, "/blog/a") == (200, "/blog/a")
    move(entry, "b")
    act(entry, "unpublish")
    assert lead(api, "/blog/a") is None
    assert rows(api) == {"/blog/a": entry["id"]}


def test_the_place_of_a_page_that_moved_is_taken_by_another(
    api: Api, page: Callable[..., Any], move: Callable[..., Any]
) -> None:
    first = page("A", slug="a")
    move(first, "b")
    second = page("C", slug="c")
    move(second, "a")
    assert lead(api, "/blog/a") == (200, "/blog/a")
    assert rows(api) == {"/blog/c": second["id"]}


def test_what_somebody_made_by_hand_stays(
    api: Api, page: Callable[..., Any], move: Callable[..., Any]
) -> None:
    entry = page("A", slug="a")
    for body in (
        {"fromPath": "/blog/a", "toPath": "/else"},
        {"fromPath": "/x", "toPath": "/blog/a"},
    ):
        refused = body["fromPath"] == "/x"
        assert api.post(PATH, body).status == (409 if refused else 201)
    assert lead(api, "/blog/a") == (200, "/blog/a")  # a live page wins
    move(entry, "b")
    assert lead(api, "/blog/a") == (301, "/else")
    assert rows(api) == {"/blog/a": "/else"}


def test_a_redirect_to_a_path_follows_the_page_that_was_there(
    api: Api, page: Callable[..., Any], move: Callable[..., Any]
) -> None:
    entry = page("A", slug="a")
    body = {"fromPath": "/short", "toPath": "/blog/a", "statusCode": 302}
    assert api.post(PATH, body).status == 201
    assert lead(api, "/short") == (302, "/blog/a")
    move(entry, "b")
    assert lead(api, "/short") == (302, "/blog/b")


def test_a_redirect_to_an_entry(
    api: Api, other_api: Api, page: Callable[..., Any], move: Callable[..., Any]
) -> None:
    entry = page("A", slug="a")
    assert api.post(PATH, {"fromPath": "/xmas", "toEntryId": entry["id"]}).status == 201
    move(entry, "b")
    assert lead(api, "/xmas/") == (301, "/blog/b")
    refused = other_api.post(PATH, {"fromPath": "/xmas", "toEntryId": entry["id"]})
    assert refused.status == 422
    assert refused.error["details"][0]["field"] == "toEntryId"
    again = api.post(PATH, {"fromPath": "/blog/b", "toEntryId": entry["id"]})
    assert again.error["code"] == "redirect_loop"


def test_languages_move_by_themselves(
    api: Api, page: Callable[..., Any], change: Callable[..., Any], publish: Callable[..., Any],
    move: Callable[..., Any], create_locale: Callable[..., Any],
) -> None:  # fmt: skip
    create_locale("de")
    entry = page("Hello", slug="hello")
    publish(change(entry, "de", title="Hallo", slug="hallo"), locales=["de"])
    move(entry, "guten-tag", "de")
    assert lead(api, "/blog/hallo") == (301, "/blog/guten-tag")
    assert lead(api, "/blog/hello") == (200, "/blog/hello")
    assert [one["toLocale"] for one in api.get(PATH).data] == ["de"]


def test_moves_are_told(
    api: Api, page: Callable[..., Any], move: Callable[..., Any], sent_webhooks: Callable[[], Any]
) -> None:
    hook = {"url": "https://hooks.example.com/", "events": ["redirect.*"]}
    assert api.post("/v1/webhooks/subscriptions", hook).status == 201
    entry = page("A", slug="a")
    move(entry, "b")
    move(entry, "a")
    told = [(one.type, one.data["fromPath"]) for one in sent_webhooks()]
    assert sorted(told) == [
        ("redirect.added", "/blog/a"), ("redirect.added", "/blog/b"),
        ("redirect.removed", "/blog/a"),
    ]  # fmt: skip


def test_all_pages_of_a_type_move(
    api: Api, articles: Any, page: Callable[..., Any], draft: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:  # fmt: skip
    entry = page("A", slug="a")
    draft("Secret", slug="secret")
    path = f"/v1/cms/content-types/{articles['id']}"
    assert api.patch(path, {"urlPattern": "/news/{locale}/{slug}"}).status == 200
    run_events.finish_modules()
    run_events()
    assert lead(api, "/news/en/a") == (200, "/news/en/a")
    assert lead(api, "/blog/a") == (301, "/news/en/a")
    assert rows(api) == {"/blog/a": entry["id"]}
    assert api.get(f"/v1/cms/entries/{entry['id']}").data["path"] == "/news/en/a"
