"""Lists: pages that neither repeat nor lose a row, and parameters that are known or refused."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from sparx_core.read.ordering import BadCursor, Cursor, Ordering
from sparx_core.testing import Api

from ..probe.declared import Probe

PATH = "/v1/probe/probes"
ROW = "01a2007d-fd87-73b7-b820-b471a0e40afc"


def encode(row: str) -> str:
    return Cursor(UUID(row)).encode(Ordering())


@pytest.fixture
def create_many(api: Api, installation: Any) -> Callable[..., list[str]]:
    """Creates probes quickly, oldest first; their ids."""
    from sparx_core.auth.keys import parse_key

    def create(count: int, client: Api | None = None) -> list[str]:
        with installation.as_key(parse_key((client or api).key or "")) as ctx:
            rows = [ctx.insert(Probe(name=f"n{number}")) for number in range(count)]
            ctx.finish()
        return [str(row.id) for row in rows]

    return create


def ids(answer: Any) -> list[str]:
    return [one["id"] for one in answer.data]


def test_empty_list(api: Api) -> None:
    answer = api.get(PATH)
    assert answer.data == []
    assert answer.meta == {"total": 0, "per_page": 50, "next_cursor": None}
    assert list(answer.json) == ["success", "data", "meta"]


def test_newest_first_with_everything_that_get_shows(
    api: Api, create_probe: Callable[..., Any]
) -> None:
    made = [create_probe(f"n{number}", notes=[{"text": "a"}] * number) for number in range(4)]
    answer = api.get(PATH)
    assert answer.data == made[::-1]
    assert answer.data == [api.get(f"{PATH}/{one['id']}").data for one in answer.data]


def test_take_and_skip(api: Api, create_many: Callable[..., list[str]]) -> None:
    newest_first = create_many(7)[::-1]
    for take in (1, 2, 3, 7, 250):
        for skip in (0, 1, 6, 7, 100):
            answer = api.get(PATH, params={"take": take, "skip": skip})
            assert ids(answer) == newest_first[skip : skip + take]
            assert answer.meta["total"] == 7
            assert answer.meta["per_page"] == take
            assert (answer.meta["next_cursor"] is None) == (skip + take >= 7)


@pytest.mark.parametrize("take", [1, 3, 5, 10, 11])
def test_cursor_visits_every_row_once(
    api: Api, create_many: Callable[..., list[str]], take: int
) -> None:
    newest_first = create_many(10)[::-1]
    pages = [api.get(PATH, params={"take": take})]
    while (cursor := pages[-1].meta["next_cursor"]) and len(pages) <= 10:
        pages.append(api.get(PATH, params={"take": take, "cursor": cursor}))
    assert [row for page in pages for row in ids(page)] == newest_first
    assert len(pages) == -(-10 // take)
    assert {page.meta["total"] for page in pages} == {10}


def test_rows_that_come_and_go_in_between_neither_repeat_nor_hide_others(
    api: Api, create_many: Callable[..., list[str]]
) -> None:
    first = create_many(9)
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        answer = api.get(PATH, params={"take": 3} | ({"cursor": cursor} if cursor else {}))
        seen += ids(answer)
        cursor = answer.meta["next_cursor"]
        create_many(2)
        api.delete(f"{PATH}/{seen[-1]}")  # the very row that the cursor names
    assert seen == first[::-1]
    assert cursor is None


def test_filter_and_search_hold_for_page_total_and_cursor(
    api: Api, create_probe: Callable[..., Any]
) -> None:
    apples = [create_probe(f"apple {number}", code=f"A{number}")["id"] for number in range(3)]
    pear = create_probe("pear", code="P1")["id"]
    first = api.get(PATH, params={"q": "APPLE", "take": 2})
    assert (ids(first), first.meta["total"]) == (apples[:0:-1], 3)
    second = api.get(PATH, params={"q": "APPLE", "cursor": first.meta["next_cursor"]})
    assert ids(second) == apples[:1]
    assert ids(api.get(PATH, params={"q": "a2"})) == [apples[2]], "code is searched too"
    assert ids(api.get(PATH, params={"code": "P1"})) == [pear]
    assert ids(api.get(PATH, params={"code": "P1", "q": "apple"})) == []
    assert ids(api.get(PATH, params={"code": "p1"})) == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "50%", "a_b", "%%", "x\\y", "'", '"', "%s"])
def test_search_takes_characters_as_they_are(
    api: Api, create_probe: Callable[..., Any], text: str
) -> None:
    found = create_probe(f"before{text}after")["id"]
    create_probe("before and after")
    assert ids(api.get(PATH, params={"q": text})) == [found]


def test_lists_of_others_stay_theirs(
    api: Api, other_api: Api, create_many: Callable[..., list[str]]
) -> None:
    mine, theirs = create_many(3), create_many(4, other_api)
    assert ids(api.get(PATH)) == mine[::-1]
    assert ids(other_api.get(PATH)) == theirs[::-1]
    assert api.get(PATH).meta["total"] == 3
    their_cursor = other_api.get(PATH, params={"take": 1}).meta["next_cursor"]
    assert set(ids(api.get(PATH, params={"cursor": their_cursor}))) <= set(mine)


# -- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("unknown=1", "unknown"),
        ("Take=1", "Take"),
        ("limit=1", "limit"),
        ("sort=nonsense", "sort"),
        ("name=x", "name"),
        ("tenant_id=x", "tenant_id"),
        ("code[like]=x", "code[like]"),
        ("%00=1", "\0"),
        ("take=0", "take"),
        ("take=251", "take"),
        ("take=-1", "take"),
        ("take=1.5", "take"),
        ("take=ten", "take"),
        ("take=", "take"),
        ("take=%D9%A1", "take"),
        ("take=1e2", "take"),
        ("take=99999999999999999999", "take"),
        ("take=1&take=2", "take"),
        ("skip=-1", "skip"),
        ("skip=10001", "skip"),
        ("skip=x", "skip"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%F0%9F%98%80", "cursor"),
        ("cursor=" + "A" * 5000, "cursor"),
        ("q=", "q"),
        ("q=+++", "q"),
        ("q=" + "x" * 201, "q"),
        ("q=a%00b", "q"),
        ("q=a&q=b", "q"),
        ("code=", "code"),
        ("code=a%00b", "code"),
        ("code=" + "x" * 300, "code"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_parameter_that_is_wrong_is_named(api: Api, query: str, parameter: str) -> None:
    answer = api.get(PATH, query=query)
    assert (answer.status, answer.error["code"]) == (400, "bad_request"), answer.text
    assert answer.error["details"] == {"parameter": parameter}


def test_cursor_and_skip_exclude_each_other(api: Api) -> None:
    cursor = encode(ROW)
    assert api.get(PATH, params={"cursor": cursor, "skip": 1}).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/me"),
        ("GET", f"{PATH}/01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("POST", PATH),
        ("PATCH", f"{PATH}/01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("DELETE", f"{PATH}/01a2007d-fd87-73b7-b820-b471a0e40afc"),
        ("POST", "/v1/probe/call"),
        ("GET", "/v1/modules"),
    ],
)
def test_operations_without_parameters_refuse_any(api: Api, method: str, path: str) -> None:
    answer = api.request(method, path, query="dryRun=1", json={"name": "x"})
    assert answer.status == 400
    assert answer.error["details"] == {"parameter": "dryRun"}
    assert api.get(PATH).meta["total"] == 0


# -- cursors -------------------------------------------------------------------------------------


def test_cursor_names_a_row() -> None:
    assert Cursor.decode(encode(ROW), Ordering()) == Cursor(UUID(ROW))


def test_mutated_cursor_is_refused_or_means_the_same(api: Api) -> None:
    cursor = encode(ROW)
    alphabet = string.ascii_letters + string.digits + "-_+/=.~"
    refusals = 0
    for position in range(len(cursor)):
        for other in alphabet:
            mutated = cursor[:position] + other + cursor[position + 1 :]
            try:
                found = Cursor.decode(mutated, Ordering())
            except BadCursor:
                refusals += 1
            else:
                assert found == Cursor(UUID(ROW)), mutated
    assert refusals > len(cursor) * (len(alphabet) - 5)


@pytest.mark.parametrize(
    "forged",
    [
        base64.urlsafe_b64encode(UUID(int=0).bytes).decode(),
        base64.urlsafe_b64encode(UUID(int=0).bytes + b"\0\0\0\0").decode(),
        base64.urlsafe_b64encode(b"x" * 19).decode(),
        base64.urlsafe_b64encode(b'{"id": 1}').decode(),
        "01a2007d-fd87-73b7-b820-b471a0e40afc",
        "1",
    ],
)
def test_forged_cursor_is_refused(api: Api, forged: str) -> None:
    answer = api.get(PATH, params={"cursor": forged})
    assert (answer.status, answer.error["details"]) == (400, {"parameter": "cursor"})
