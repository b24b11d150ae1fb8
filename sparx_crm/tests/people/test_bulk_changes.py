"""Many customers at once: assigned, tagged."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/crm/customers"
ASSIGN, TAG = f"{PATH}/bulk-assign", f"{PATH}/bulk-tag"
MISSING = "01a2007d-fd87-73b7-b820-b471a0e40afc"


@pytest.fixture
def three(create_customer: Callable[..., Any]) -> list[str]:
    return [create_customer(name, tags=["old"])["id"] for name in ("Ann", "Bob", "Kim")]


def test_assigned_and_only_what_changes_counts(
    api: Api, three: list[str], facts: Callable[..., list[str]]
) -> None:
    kim = api.post("/v1/members", {"name": "Kim"}).data["id"]
    sent = {"customerIds": three[:2] * 2, "ownerId": kim}
    assert api.post(ASSIGN, sent).data == {"updatedCount": 2}
    sent = {"customerIds": three, "ownerId": kim}
    assert api.post(ASSIGN, sent).data == {"updatedCount": 1}
    assert api.post(ASSIGN, sent).data == {"updatedCount": 0}
    assert {one["ownerId"] for one in api.get(PATH).data} == {kim}
    assert {one["version"] for one in api.get(PATH).data} == {2}
    assert api.post(ASSIGN, {"customerIds": three[:1], "ownerId": None}).data["updatedCount"] == 1
    assert facts("customer") == ["created"] * 3 + ["updated"] * 4


def test_tagged_and_only_what_changes_counts(
    api: Api, three: list[str], facts: Callable[..., list[str]]
) -> None:
    api.patch(f"{PATH}/{three[0]}", {"tags": ["new"]})
    sent = {"customerIds": three, "addTags": ["new"], "removeTags": ["old", "never"]}
    assert api.post(TAG, sent).data == {"updatedCount": 2}
    assert [one["tags"] for one in api.get(PATH).data] == [["new"]] * 3
    assert api.post(TAG, sent).data == {"updatedCount": 0}
    assert facts("customer") == ["created"] * 3 + ["updated"] * 3


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (ASSIGN, {"customerIds": [], "ownerId": None}, "customerIds"),
        (ASSIGN, {"customerIds": [MISSING] * 501, "ownerId": None}, "customerIds"),
        (ASSIGN, {"customerIds": ["x"], "ownerId": None}, "customerIds[0]"),
        (ASSIGN, {"customerIds": [MISSING], "ownerId": None}, "customerIds[0]"),
        (ASSIGN, {"customerIds": [MISSING]}, "ownerId"),
        (TAG, {"customerIds": [MISSING], "addTags": ["two words"]}, "addTags[0]"),
        (TAG, {"customerIds": [MISSING], "removeTags": ["x" * 64]}, "removeTags[0]"),
        (TAG, {"customerIds": [MISSING]}, "addTags"),
        (TAG, {"customerIds": [MISSING], "addTags": ["x"]}, "customerIds[0]"),
    ],
)
def test_bad_values_change_nothing(
    api: Api, three: list[str], nothing_written: Watch, path: str, body: Any, field: str
) -> None:
    if body["customerIds"] == [MISSING]:
        body = {**body, "customerIds": [MISSING, *three]}
    with nothing_written():
        answer = api.post(path, body)
        assert (answer.status, answer.error["code"]) == (422, "validation_error"), answer.text
        assert [one["field"] for one in answer.error["details"]] == [field]


def test_others_and_deleted_ones_are_not_there(
    api: Api,
    other_api: Api,
    three: list[str],
    create_customer: Callable[..., Any],
    nothing_written: Watch,
) -> None:
    theirs = create_customer(client=other_api)["id"]
    member = other_api.post("/v1/members", {"name": "Kim"}).data["id"]
    api.delete(f"{PATH}/{three[2]}")
    with nothing_written():
        for one in (theirs, three[2]):
            for path, more in ((ASSIGN, {"ownerId": None}), (TAG, {"addTags": ["x"]})):
                answer = api.post(path, {"customerIds": [three[0], one], **more})
                assert answer.error["details"][0]["field"] == "customerIds[1]"
        answer = api.post(ASSIGN, {"customerIds": three[:2], "ownerId": member})
        assert [one["field"] for one in answer.error["details"]] == ["ownerId"]


def test_full_of_tags(api: Api, three: list[str], nothing_written: Watch) -> None:
    api.patch(f"{PATH}/{three[1]}", {"tags": [f"t{number}" for number in range(50)]})
    with nothing_written():
        answer = api.post(TAG, {"customerIds": three, "addTags": ["more"]})
        assert answer.error["details"][0]["field"] == "addTags"
