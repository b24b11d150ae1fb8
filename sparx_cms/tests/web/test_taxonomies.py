"""Taxonomies: trees of terms, and the live entries that have them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

TAXONOMIES, TERMS, ATTACHED = "/v1/cms/taxonomies", "/v1/cms/terms", "/v1/cms/entry_terms"
TOPICS = {"key": "topics", "name": "Topic", "pluralName": "Topics", "hierarchical": True}


@pytest.fixture
def term(api: Api) -> Callable[..., Any]:
    """Makes a term of the taxonomy ``topics``, below another one or at the top."""
    made = api.post(TAXONOMIES, TOPICS)
    assert made.status == 201, made.text

    def make(name: str, parent: Any = None, **more: Any) -> Any:
        body = {"taxonomyId": made.data["id"], "name": name, **more}
        answer = api.post(TERMS, body | ({"parentId": parent["id"]} if parent else {}))
        assert answer.status == 201, answer.text
        return answer.data

    return make


def test_slugs_are_made_of_names_and_are_unique(api: Api, term: Callable[..., Any]) -> None:
    first = term("Diesel Engines")
    assert first["slug"] == "diesel-engines"
    again = api.post(TERMS, {"taxonomyId": first["taxonomyId"], "name": "Diesel engines"})
    assert again.error["code"] == "conflict"
    assert api.get(TAXONOMIES).data[0]["termCount"] == 1
    taxonomy = f"{TAXONOMIES}/{first['taxonomyId']}"
    assert api.delete(taxonomy).status == 409  # it has terms
    assert api.delete(f"{TERMS}/{first['id']}").status == 200
    assert api.delete(taxonomy).status == 200


def test_a_term_is_never_below_itself(
    api: Api, term: Callable[..., Any], nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    top = term("Top")
    below = term("Below", top)
    with nothing_written():
        refused = api.patch(f"{TERMS}/{top['id']}", {"parentId": below["id"]})
        assert api.delete(f"{TERMS}/{top['id']}").status == 409  # one is below it
        flat = api.patch(f"{TAXONOMIES}/{top['taxonomyId']}", {"hierarchical": False})
    assert refused.error["code"] == "term_cycle"
    assert refused.error["details"]["path"] == [below["id"], top["id"]]
    assert flat.error["code"] == "conflict"
    other = api.post(TAXONOMIES, {**TOPICS, "key": "tags", "hierarchical": False}).data
    body = {"taxonomyId": other["id"], "name": "x"}
    assert api.post(TERMS, {**body, "parentId": top["id"]}).status == 422
    assert api.post(TERMS, {**body, "name": "???"}).error["details"][0]["field"] == "slug"


def test_readers_get_the_live_entries_of_a_term_and_of_those_below(
    api: Api, term: Callable[..., Any], page: Callable[..., Any], draft: Callable[..., Any],
    change: Callable[..., Any],
) -> None:  # fmt: skip
    top = term("Top")
    below = term("Below", top)
    first, second, hidden = page("First"), page("Second"), draft("Hidden")
    for entry, one in ((first, top), (second, below), (hidden, top), (first, below)):
        made = api.post(ATTACHED, {"entryId": entry["id"], "termId": one["id"]})
        assert made.status == 201, made.text
    change(second, title="Draft of the second")
    path = f"{TERMS}/{top['id']}/entries"
    assert [one["title"] for one in api.get(path).data] == ["Second", "First"]
    assert [one["title"] for one in api.get(path, params={"below": "false"}).data] == ["First"]
    one = api.get(path, params={"take": 1})
    rest = api.get(path, params={"take": 1, "after": one.meta["next_cursor"]})
    assert [one.data[0]["title"], rest.data[0]["title"]] == ["Second", "First"]
    assert rest.meta["next_cursor"] is None
    attached = api.get(ATTACHED, params={"entryId": first["id"]}).data
    assert {one["termId"] for one in attached} == {top["id"], below["id"]}
    for one in attached:
        assert api.delete(f"{ATTACHED}/{one['id']}").status == 200
    assert [one["title"] for one in api.get(path).data] == ["Second"]


def test_what_cannot_be_attached(
    api: Api, other_api: Api, term: Callable[..., Any], page: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:  # fmt: skip
    one, entry = term("Top"), page("First")
    body = {"entryId": entry["id"], "termId": one["id"]}
    assert api.post(ATTACHED, body).status == 201
    with nothing_written():
        assert api.post(ATTACHED, body).error["code"] == "conflict"
        for wrong in ({"entryId": one["id"]}, {"termId": entry["id"]}):
            assert api.post(ATTACHED, body | wrong).status == 422
        assert other_api.post(ATTACHED, body).status == 422
        assert other_api.get(f"{TERMS}/{one['id']}/entries").status == 404
        assert api.get(f"{TERMS}/nothing/entries").status == 404
