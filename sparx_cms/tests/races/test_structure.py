"""Races for what content is made of and stands in: types, trees, paths."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from sparx_core.testing import Answer, Api

from .crowds import at_once, statuses, until_done

TYPES, TERMS, FOLDERS = "/v1/cms/content-types", "/v1/cms/terms", "/v1/cms/folders"
ENTRIES, RESOLVE = "/v1/cms/entries", "/v1/cms/redirects/resolve"
CROWD = 20


def test_twenty_who_add_fields_lose_none(api: Api, create_type: Callable[..., Any]) -> None:
    """Each sends all the fields that he has seen with one of his own."""
    path = f"{TYPES}/{create_type()['id']}"
    refused: list[Answer] = []

    def add(number: int) -> Answer:
        def ask() -> Answer:
            fields = api.get(path).data["fields"]
            answer = api.patch(path, {"fields": [*fields, {"key": f"f{number}", "type": "text"}]})
            if answer.status != 200:
                refused.append(answer)
            return answer

        return until_done(ask)

    answers = at_once([lambda n=n: add(n) for n in range(CROWD)])
    assert statuses(answers) == {200: CROWD}
    assert {one.error["code"] for one in refused} <= {"field_not_omitted", "unavailable"}
    after = api.get(path).data
    keys = [one["key"] for one in after["fields"]]
    assert sorted(keys) == sorted(["title", "slug", *(f"f{n}" for n in range(CROWD))])
    assert len({one["id"] for one in after["fields"]}) == len(keys)
    # Each change is a version of its own.
    assert after["schemaVersion"] == 1 + CROWD


def test_twenty_who_want_the_same_field_make_it_once(
    api: Api, create_type: Callable[..., Any]
) -> None:
    path = f"{TYPES}/{create_type()['id']}"
    fields = [*api.get(path).data["fields"], {"key": "one", "type": "text"}]
    statuses(at_once([lambda: api.patch(path, {"fields": fields})] * CROWD), 422)
    after = api.get(path).data
    assert [one["key"] for one in after["fields"]] == ["title", "slug", "one"]
    assert after["schemaVersion"] == 2


def _terms(api: Api) -> list[str]:
    body = {"key": "t", "name": "T", "pluralName": "T", "hierarchical": True}
    taxonomy = api.post("/v1/cms/taxonomies", body).data["id"]
    return [
        api.post(TERMS, {"taxonomyId": taxonomy, "name": f"T {n}"}).data["id"] for n in range(6)
    ]


def _folders(api: Api) -> list[str]:
    return [api.post(FOLDERS, {"name": f"F {n}"}).data["id"] for n in range(6)]


@pytest.mark.parametrize(("path", "make"), [(TERMS, _terms), (FOLDERS, _folders)])
def test_twenty_moves_in_a_tree_leave_a_tree(
    api: Api, path: str, make: Callable[[Api], list[str]]
) -> None:
    nodes, chance = make(api), Random(9)
    for _ in range(3):
        moves = [chance.sample(nodes, 2) for _ in range(CROWD)]
        answers = at_once([
            lambda one=one, to=to: api.patch(f"{path}/{one}", {"parentId": to}) for one, to in moves
        ])  # fmt: skip
        assert statuses(answers, 422)[200] > 0
        above = {one["id"]: one["parentId"] for one in api.get(path).data}
        assert sorted(above) == sorted(nodes)
        for node in nodes:
            seen: list[str] = []
            at: str | None = node
            while at is not None:
                assert at not in seen, "a tree has no circles"
                seen.append(at)
                at = above[at]


def test_pages_that_move_at_once_are_found_under_all_their_names(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any],
    publish: Callable[..., Any],
) -> None:  # fmt: skip
    create_type("article", urlPattern="/blog/{slug}")
    pages = [
        publish(create_entry(fields={"title": f"P {n}", "slug": f"p{n}"}))["id"] for n in range(4)
    ]
    names: dict[str, set[str]] = {page: {f"p{n}"} for n, page in enumerate(pages)}

    def move(number: int) -> Answer:
        page, slug = pages[number % 4], f"moved-{number}"
        path = f"{ENTRIES}/{page}"

        def ask() -> Answer:
            seen = api.get(path, params={"status": "draft"}).data["version"]
            saved = api.patch(path, {"version": seen, "fields": {"slug": slug}})
            if saved.status != 200:
                return saved
            return api.post(f"{path}/publish", {"version": saved.data["version"]})

        answer = until_done(ask)
        names[page].add(slug)
        return answer

    assert statuses(at_once([lambda n=n: move(n) for n in range(CROWD)])) == {200: CROWD}
    for page, known in names.items():
        now = api.get(f"{ENTRIES}/{page}").data["path"]
        assert len(known) == 1 + CROWD // 4
        for slug in known:
            lead = api.get(RESOLVE, params={"path": f"/blog/{slug}"}).data
            assert (lead["entryId"], lead["location"]) == (page, now)
            assert lead["statusCode"] == (200 if now == f"/blog/{slug}" else 301)


def test_pages_that_change_places_stay_pages(
    api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any],
    publish: Callable[..., Any],
) -> None:  # fmt: skip
    """Everybody wants one of three slugs for one of three pages."""
    create_type("article", urlPattern="/blog/{slug}")
    slugs = ["a", "b", "c"]
    pages = [publish(create_entry(fields={"title": one, "slug": one}))["id"] for one in slugs]
    chance = Random(4)

    def grab(page: str, slug: str) -> Answer:
        path = f"{ENTRIES}/{page}"
        saved = api.patch(path, {"fields": {"slug": slug}})
        if saved.status != 200:
            return saved
        return api.post(f"{path}/publish", {"version": saved.data["version"]})

    wants = [(chance.choice(pages), chance.choice([*slugs, "d", "e"])) for _ in range(CROWD)]
    statuses(at_once([lambda p=p, s=s: grab(p, s) for p, s in wants]))
    now = {page: api.get(f"{ENTRIES}/{page}").data["path"] for page in pages}
    assert len({*now.values()}) == 3
    for page, path in now.items():
        lead = api.get(RESOLVE, params={"path": path}).data
        assert (lead["statusCode"], lead["entryId"]) == (200, page)
    for slug in slugs:
        lead = api.get(RESOLVE, params={"path": f"/blog/{slug}"}).data
        assert lead["location"] in now.values()
        # One step: where readers are sent is a page.
        assert api.get(RESOLVE, params={"path": lead["location"]}).data["statusCode"] == 200
