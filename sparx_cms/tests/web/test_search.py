"""Full-text search: what is live and nothing else, at once, in every language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import Runtime
from sparx_core.auth.keys import parse_key
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun

PATH, ENTRIES = "/v1/cms/search", "/v1/cms/entries"


@pytest.fixture
def found(api: Api) -> Callable[..., list[str]]:
    """Titles of what is found: ``found("diesel")``."""

    def search(q: str, **more: Any) -> list[str]:
        answer = api.get(PATH, params={"q": q, **more})
        assert answer.status == 200, answer.text
        return [one["title"] for one in answer.data]

    return search


def test_every_word_has_to_occur_as_it_is_or_by_its_stem(
    api: Api, page: Callable[..., Any], found: Callable[..., list[str]]
) -> None:
    entry = page("Diesel engines", slug="d", body="They were running for years.\nInjectors!")
    page("Petrol", slug="p", body="No engine is without an injector; and the diesel is not either.")
    assert found("engine diesel") == ["Diesel engines", "Petrol"]
    assert found("RUN") == found("runn") == found("running") == ["Diesel engines"]
    assert found("the injector petrol") == ["Petrol"]
    assert found("diesel steam") == found("'") == found("--") == []
    (hit,) = api.get(PATH, params={"q": "injectors year"}).data
    assert (hit["entryId"], hit["type"], hit["locale"]) == (entry["id"], "article", "en")
    assert hit["path"] == "/blog/d"
    assert "Injectors" in hit["snippet"]


@pytest.mark.parametrize("q", ["a'b", "a:*b", "x & | y !", "\\", "a\\'", "%", "<->", "(", "é́"])
def test_words_are_no_queries(
    found: Callable[..., list[str]], page: Callable[..., Any], q: str
) -> None:
    page("Nothing of it", slug="n")
    assert found(q) == []


def test_drafts_are_not_found_and_what_is_live_is_at_once(
    page: Callable[..., Any], draft: Callable[..., Any], change: Callable[..., Any],
    publish: Callable[..., Any], act: Callable[..., Any], found: Callable[..., list[str]],
) -> None:  # fmt: skip
    draft("Secret plans", slug="s")
    entry = page("Known", slug="k", body="old words")
    changed = change(entry, body="new words")
    assert (found("plans"), found("new"), found("old")) == ([], [], ["Known"])
    publish(changed)
    assert (found("new"), found("old")) == (["Known"], [])
    act(entry, "unpublish")
    assert found("known") == []


def test_lists_are_searched_in_both_views(
    api: Api, page: Callable[..., Any], change: Callable[..., Any]
) -> None:
    entry = page("Known", slug="k", body="old words")
    change(entry, body="new words")

    def listed(q: str, **more: Any) -> list[str]:
        return [one["id"] for one in api.get(ENTRIES, params={"q": q, **more}).data]

    assert (listed("old"), listed("new")) == ([entry["id"]], [])
    assert listed("new", status="draft") == [entry["id"]]
    assert listed("old", status="draft") == []


def test_every_language(
    create_locale: Callable[..., Any], page: Callable[..., Any], change: Callable[..., Any],
    publish: Callable[..., Any], found: Callable[..., list[str]],
) -> None:  # fmt: skip
    for code in ("de", "ja"):
        create_locale(code)
    entry = page("Houses", slug="h")
    entry = change(entry, "de", title="Häuser", slug="h-de", body="Große STRASSEN")
    publish(change(entry, "ja", title="東京の家", slug="h-ja"))
    assert found("haus") == found("GROẞE") == ["Häuser"]
    assert found("東京") == found("家") == ["東京の家"]
    assert found("house", locale="de") == []
    assert found("house", locale="en") == ["Houses"]


def test_a_field_that_is_hidden_is_searched_no_more(
    api: Api, articles: Any, page: Callable[..., Any], found: Callable[..., list[str]],
    run_events: DeliveryRun,
) -> None:  # fmt: skip
    page("Known", slug="k", body="hidden words")
    fields = [
        {**one, "state": "omitted"} if one["key"] == "body" else one for one in articles["fields"]
    ]
    answer = api.patch(f"/v1/cms/content-types/{articles['id']}", {"fields": fields})
    assert answer.status == 200, answer.text
    run_events.finish_modules()
    run_events()
    assert found("hidden") == []
    assert found("known") == ["Known"]


def test_another_tenants_text(
    other_api: Api, page: Callable[..., Any], found: Callable[..., list[str]]
) -> None:
    page("Known", slug="k")
    assert found("known") == ["Known"]
    assert other_api.get(PATH, params={"q": "known"}).data == []


def test_the_index_is_asked_for_one_tenant(
    installation: Runtime, tenant: NewTenant, other_tenant: NewTenant, page: Callable[..., Any]
) -> None:
    page("Known", slug="k")
    marked = f"'{str(tenant.tenant_id)[-8:]}known'"
    counted = "SELECT count(*) FROM cms.find_search_documents(%s::tsquery)"
    for who, found in ((tenant, 2), (other_tenant, 0)):  # the draft and what is live
        with installation.as_key(parse_key(who.api_key)) as context:
            assert context.transaction.scalar(counted, (marked,)) == found


def test_refused_searches(api: Api, articles: Any) -> None:
    for query in ({}, {"q": " "}, {"q": "x", "locale": "xx"}, {"q": "a " * 11}):
        assert api.get(PATH, params=query).status in (400, 422)
    assert api.get(PATH, params={"q": "x", "type": "nothing"}).status == 404
    assert api.get(PATH, params={"q": "x", "type": "article,post"}).data == []


def test_of_a_word_that_many_have_the_newest_are_found_whatever_is_newer(
    page: Callable[..., Any],
    draft: Callable[..., Any],
    found: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Drafts with the same word do not hide what is live, however many they are."""
    monkeypatch.setattr("sparx_cms.operations.search._CANDIDATES", 1)
    page("Old diesel", slug="old")
    page("New diesel", slug="new")
    assert found("diesel") == ["New diesel"]
    for number in range(5):
        draft(f"Draft of diesel {number}", slug=f"draft-{number}")
    assert set(found("diesel")) == {"New diesel", "Old diesel"}
    assert set(found("diesel", type="article")) == {"New diesel", "Old diesel"}
