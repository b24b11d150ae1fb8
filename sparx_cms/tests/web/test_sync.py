"""Sync: everything that is live, and then what changes, in the order of commits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

PATH = "/v1/cms/sync"


class Reader:
    """Keeps up: ``reader()`` is what changed since the last time, as (title, or what it is not)."""

    def __init__(self, api: Api, owner: Owner, **query: Any) -> None:
        self.api, self.owner, self.query = api, owner, query

    def __call__(self) -> list[str]:
        self.owner.settle()
        answer = self.api.get(PATH, params=self.query)
        assert answer.status == 200, answer.text
        self.query["token"] = answer.meta["next_token"]
        told = ["gone" if one["deleted"] else one["entry"]["title"] for one in answer.data]
        return told + (self() if answer.meta["has_more"] else [])


@pytest.fixture
def reader(api: Api, owner: Owner) -> Callable[..., Reader]:
    """Makes a reader: ``reader(locale="en")``."""
    return lambda **query: Reader(api, owner, **{"locale": "en", **query})


def test_a_copy_is_kept_up_to_date(
    api: Api, reader: Callable[..., Reader], page: Callable[..., Any], draft: Callable[..., Any],
    change: Callable[..., Any], publish: Callable[..., Any], act: Callable[..., Any],
) -> None:  # fmt: skip
    first, second, third = page("A", slug="a"), page("B", slug="b"), page("C", slug="c")
    draft("Secret", slug="s")
    changes = reader(take=2)
    assert changes() == ["A", "B", "C"]
    assert changes() == []
    changed = change(first, title="A2")
    assert changes() == []  # nothing that readers see
    publish(changed)
    act(second, "unpublish")
    assert changes() == ["A2", "gone"]
    act(third, "archive", unpublish=True)
    answer = api.delete(f"/v1/cms/entries/{first['id']}")
    assert answer.status == 200, answer.text
    assert changes() == ["gone", "gone"]
    assert reader()() == []  # who begins has nothing to forget


def test_each_entry_comes_once_at_its_last_change(
    reader: Callable[..., Reader], page: Callable[..., Any], change: Callable[..., Any],
    publish: Callable[..., Any],
) -> None:  # fmt: skip
    changes = reader()
    first = page("A", slug="a")
    page("B", slug="b")
    for title in ("A2", "A3"):
        publish(change(first, title=title))
    assert changes() == ["B", "A3"]


def test_of_one_type_or_language(
    api: Api, reader: Callable[..., Reader], create_type: Callable[..., Any],
    page: Callable[..., Any], publish: Callable[..., Any], create_entry: Callable[..., Any],
    create_locale: Callable[..., Any],
) -> None:  # fmt: skip
    create_locale("de")
    create_type("note")
    page("A", slug="a")
    publish(create_entry("note", {"title": "N"}))
    publish(create_entry("note", {"title": "Hallo"}, locale="de"))
    assert reader(type="note")() == ["N"]
    assert reader(type="note", locale="de")() == ["Hallo"]
    everything = api.get(PATH).data
    assert [one["type"] for one in everything] == ["article", "note", "note"]
    assert everything[0]["entry"]["fields"]["title"] == {"en": "A"}


def test_a_token_is_of_one_tenant(api: Api, other_api: Api, page: Callable[..., Any]) -> None:
    page("A", slug="a")
    token = api.get(PATH).meta["next_token"]
    assert other_api.get(PATH).data == []
    assert other_api.get(PATH, params={"token": token}).status == 404
    for wrong in ("x", token[:-3], "AAAA" + token[4:], "é"):
        assert api.get(PATH, params={"token": wrong}).error["code"] == "bad_request"
    assert api.get(PATH, params={"type": "nothing"}).status == 404
    assert api.get(PATH, params={"locale": "xx"}).status == 422
