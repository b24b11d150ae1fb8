"""Locales: added, changed, and refused."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

PATH = "/v1/cms/locales"
Nothing = Callable[[], AbstractContextManager[None]]


def test_a_locale_stands_in_for_another(api: Api, create_locale: Callable[..., Any]) -> None:
    german = create_locale("de", fallback="en")
    create_locale("de-AT", fallback="de")
    assert (german["fallback"], german["isDefault"]) == ("en", False)
    assert [one["code"] for one in api.get(PATH, params={"sort": "code"}).data] == [
        "de",
        "de-AT",
        "en",
    ]


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"code": "German"}, "code"),
        ({"code": "fr", "fallback": "it"}, "fallback"),
        ({"code": "fr", "fallback": "fr"}, "fallback"),
    ],
)
def test_what_is_no_locale(api: Api, nothing_written: Nothing, body: Any, at: str) -> None:
    with nothing_written():
        answer = api.post(PATH, {"name": "X", **body})
    assert [one["field"] for one in answer.error["details"]] == [at]


def test_locales_do_not_stand_in_for_each_other_in_turn(
    api: Api, create_locale: Callable[..., Any], nothing_written: Nothing
) -> None:
    german = create_locale("de")
    create_locale("fr", fallback="de")
    with nothing_written():
        answer = api.patch(f"{PATH}/{german['id']}", {"fallback": "fr"})
    assert answer.error["details"][0]["field"] == "fallback"


def test_the_default_moves_until_there_are_entries(
    api: Api, create_locale: Callable[..., Any], create_entry: Callable[..., Any],
    nothing_written: Nothing,
) -> None:  # fmt: skip
    english = api.get(PATH).data[0]
    german = create_locale("de", isDefault=True)
    defaults = {one["code"]: one["isDefault"] for one in api.get(PATH).data}
    assert defaults == {"en": False, "de": True}
    create_entry("page", {"title": "Hallo"})
    with nothing_written():
        for row, body in ((english, {"isDefault": True}), (german, {"isDefault": False})):
            answer = api.patch(f"{PATH}/{row['id']}", body)
            assert answer.error["code"] == "locale_in_use", answer.text


def test_a_locale_in_use_stays(
    api: Api,
    create_locale: Callable[..., Any],
    create_entry: Callable[..., Any],
    nothing_written: Nothing,
) -> None:
    english = api.get(PATH).data[0]
    german, french = create_locale("de"), create_locale("fr")
    create_locale("de-CH", fallback="de")
    create_entry("page", {"title": "Bonjour"}, locale="fr")
    with nothing_written():
        for row in (english, german, french):
            assert api.delete(f"{PATH}/{row['id']}").error["code"] == "locale_in_use"
    spanish = create_locale("es")
    assert api.delete(f"{PATH}/{spanish['id']}").status == 200


def test_locales_of_other_tenants_are_nowhere(
    api: Api, other_api: Api, create_locale: Callable[..., Any], nothing_written: Nothing
) -> None:
    theirs = create_locale("de", client=other_api)
    with nothing_written():
        assert api.patch(f"{PATH}/{theirs['id']}", {"name": "Mine"}).status == 404
        assert api.delete(f"{PATH}/{theirs['id']}").status == 404
        answer = api.post("/v1/cms/entries", {"type": "page", "locale": "de", "fields": {}})
    assert answer.error["details"][0]["field"] == "locale"
