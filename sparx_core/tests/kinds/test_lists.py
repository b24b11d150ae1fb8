"""Rows of kinds over REST: asked for by what the tenant declares, in one statement."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.testing import Api, StatementLog

from .conftest import PATH, Animal, Declare


@pytest.fixture
def zoo(declare: Declare, animal: Animal) -> dict[str, str]:
    """Cats, of which one has a friend, and a dog: their ids by name."""
    declare("cat", lives="number", colour="text", friend={"type": "animal", "of": ["cat", "dog"]})
    declare("dog", tricks="number", colour="text")
    found = {"Rex": animal("dog", "Rex", tricks=3, colour="red")}
    found["Tom"] = animal("cat", "Tom", lives=9, colour="grey", friend=found["Rex"])
    found["Kit"] = animal("cat", "Kit", lives=7.5, colour="red")
    found["Nil"] = animal("cat", "Nil")
    return found


def names(api: Api, **params: object) -> list[str]:
    answer = api.get(PATH, params=params)
    assert answer.status == 200, answer.text
    assert answer.meta["total"] == len(answer.data)
    return [one["name"] for one in answer.data]


def test_a_row_is_shown_with_the_values_of_its_kind(zoo: dict[str, str], api: Api) -> None:
    shown = api.get(f"{PATH}/{zoo['Tom']}").data
    assert shown["species"] == "cat"
    assert shown["facts"] == {"colour": "grey", "friend": {"id": zoo["Rex"]}, "lives": 9}
    assert [one["facts"] for one in api.get(PATH).data if one["name"] == "Nil"] == [{}]


def test_lists_are_narrowed_and_sorted_by_them(zoo: dict[str, str], api: Api) -> None:
    cats = {"species": "cat", "sort": "facts.lives"}
    assert names(api, **cats) == ["Nil", "Kit", "Tom"]
    assert names(api, **cats, **{"facts.lives[gte]": "7.5"}) == ["Kit", "Tom"]
    assert names(api, **cats, **{"facts.colour[startsWith]": "gr"}) == ["Tom"]
    assert names(api, **cats, **{"facts.colour[exists]": "false"}) == ["Nil"]
    assert names(api, species="dog", **{"facts.colour": "red"}) == ["Rex"]
    assert sorted(names(api)) == ["Kit", "Nil", "Rex", "Tom"]
    first = api.get(PATH, params={**cats, "take": "2"})
    after = api.get(PATH, params={**cats, "take": "2", "cursor": first.meta["next_cursor"]})
    assert [one["name"] for one in (*first.data, *after.data)] == ["Nil", "Kit", "Tom"]


def test_less_of_a_row_and_more_of_what_it_leads_to(zoo: dict[str, str], api: Api) -> None:
    params = {"species": "cat", "fields": "name,facts.lives", "sort": "facts.lives"}
    assert api.get(PATH, params=params).data[1:] == [
        {"name": "Kit", "facts": {"lives": 7.5}}, {"name": "Tom", "facts": {"lives": 9}},
    ]  # fmt: skip
    friend = api.get(f"{PATH}/{zoo['Tom']}", params={"include": "friend"}).data["facts"]["friend"]
    facts = {"tricks": 3, "colour": "red"}
    assert friend == {"id": zoo["Rex"], "name": "Rex", "species": "dog", "facts": facts}
    changed = api.patch(
        f"{PATH}/{zoo['Tom']}", {"facts": {"lives": 8}}, params={"include": "friend"}
    )
    assert changed.data["facts"]["friend"]["name"] == "Rex"
    assert changed.data["facts"]["lives"] == 8


def test_any_question_is_one_statement(
    zoo: dict[str, str], api: Api,
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:  # fmt: skip
    params = {
        "species": "cat", "facts.lives[lt]": "100", "sort": "-facts.colour", "include": "friend",
        "fields": "name,facts.friend",
    }  # fmt: skip
    api.get(PATH, params=params)
    with query_count() as log:
        found = api.get(PATH, params=params)
    assert log.count == 1, log.statements
    assert found.data[1]["facts"]["friend"]["name"] == "Rex"


@pytest.mark.parametrize(
    ("params", "parameter"),
    [
        ({"species": "unicorn"}, "species"),
        ({"species": "dog", "facts.lives": "9"}, "facts.lives"),
        ({"facts.lives": "9"}, "facts.lives"),
        ({"species": "cat", "facts.friend": "x"}, "facts.friend"),
        ({"species": "cat", "facts.lives[startsWith]": "9"}, "facts.lives[startsWith]"),
        ({"species": "cat", "facts.lives": "many"}, "facts.lives"),
        ({"species": "cat", "sort": "facts.friend"}, "sort"),
        ({"species": "cat", "fields": "facts.tricks"}, "fields"),
        ({"species": "cat", "include": "lives"}, "include"),
        ({"species": "cat", "facts.a'b\"": "x"}, "facts.a'b\""),
    ],
)
def test_questions_that_nothing_answers(
    zoo: dict[str, str], api: Api, params: dict[str, str], parameter: str
) -> None:
    answer = api.get(PATH, params=params)
    assert (answer.status, answer.error["code"]) == (400, "bad_request")
    assert answer.error["details"]["parameter"] == parameter


def test_a_get_of_one_kind_shows_no_row_of_another(zoo: dict[str, str], api: Api) -> None:
    path = f"{PATH}/{zoo['Rex']}"
    assert api.get(path, params={"species": "dog"}).data["name"] == "Rex"
    assert api.get(path, params={"species": "cat"}).status == 404
    assert api.get(path, params={"species": "unicorn"}).status == 400


def test_values_that_are_none_are_not_written(zoo: dict[str, str], api: Api) -> None:
    for body in ({"facts": {"tricks": 1}}, {"facts": 7}):
        assert api.patch(f"{PATH}/{zoo['Tom']}", body).status == 422
    assert api.post(PATH, {"name": "U", "species": "unicorn"}).status == 422
    assert api.get(f"{PATH}/{zoo['Tom']}").data["version"] == 1
    assert len(api.get(PATH).data) == 4
