"""Cursors that somebody made himself, checksum and all, are refused, or mark a place in a list."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from sparx_core.testing import Answer

from .expected.lists import SORTS
from .expected.resources import Side
from .queries import PATHS

PRODUCTS = PATHS["products"]
ROW = uuid4().hex
TEXTS, NUMBERS = ("name", "subtitle", "code", "kind", "grade"), ("price", "cost", "unitPrice")
NUMBERS += ("views", "number")  # type: ignore[assignment]


def forged(raw: bytes) -> str:
    """A cursor with this content, which checks itself."""
    checked = zlib.crc32(raw).to_bytes(4, "big") + raw
    return base64.urlsafe_b64encode(checked).decode().rstrip("=")


def marking(sort: str, value: Any, row: Any = ROW) -> str:
    return forged(msgspec.json.encode([sort, row, value]))


@pytest.fixture
def follow(world: list[Side]) -> Callable[[str, str], Answer]:
    """Asks for what comes after a cursor."""

    def get(sort: str, cursor: str) -> Answer:
        params = {"cursor": cursor} | ({} if sort == "-id" else {"sort": sort})
        return world[0].api.get(PRODUCTS, params=params)

    return get


def test_own_form_is_taken(follow: Callable[[str, str], Answer]) -> None:
    """Otherwise the refusals below would prove nothing."""
    assert follow("-id", marking("-id", None, "f" * 32)).data != []
    assert follow("name", marking("name", "")).data != []
    assert follow("-views", marking("-views", 2**63 - 1)).data != []
    assert follow("releasedAt", marking("releasedAt", "-infinity")).data != []
    assert follow("active", marking("active", False)).data != []
    assert follow("categoryId", marking("categoryId", str(uuid4()))).status == 200


WRONG_TYPES = [None, True, 1.5, [], {}, [1], {"a": 1}]
FORGERIES: list[tuple[str, Any]] = [
    *((sort, value) for sort in (*TEXTS, *NUMBERS) for value in WRONG_TYPES),
    *((sort, value) for sort in TEXTS for value in (1, "a\0b")),
    *(
        (sort, value)
        for sort in NUMBERS
        for value in ("1", "x", 2**63, -(2**63) - 1, 10**30, 1e300)
    ),
    *((sort, value) for sort in ("stock", "position") for value in (2**31, -(2**31) - 1, 2**63)),
    *(("active", value) for value in (0, 1, "true", "t", None)),
    *(
        ("categoryId", value)
        for value in (
            1,
            None,
            "",
            "x" * 36,
            "----" + "0" * 32,
            "0-0-0-0-" + "0" * 28,
            "{" + "0" * 34 + "}",
            "0" * 32,
            "-" * 36,
            "urn:uuid:" + "0" * 27,
            "\u0660" * 36,
        )
    ),
    *(
        (sort, value)
        for sort in ("releasedAt", "createdAt")
        for value in (
            1,
            None,
            "",
            "now",
            "infinity",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T00:00:00Z",
            "2026-13-01T00:00:00+00:00",
            "2026-02-30T00:00:00+00:00",
            "2026-01-01T24:00:00+00:00",
            "2026-01-01T00:00:60+00:00",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00.1234567+00:00",
            "0000-01-01T00:00:00+00:00",
            "10000-01-01T00:00:00+00:00",
            "\u0662\u0660\u0662\u0666-01-01T00:00:00+00:00",
            "2026-01-01T00:00:00+00:00\n",
            "2026-01-01T00:00:00+00:00' OR true--",
            "2026-01-01T00:00:00+00:00 BC",
        )
    ),
]


@pytest.mark.parametrize("sign", ["", "-"])
def test_value_of_another_type(follow: Callable[[str, str], Answer], sign: str) -> None:
    for name, value in FORGERIES:
        answer = follow(sign + name, marking(sign + name, value))
        assert answer.status == 400, f"{name} {value!r}: {answer.status}"
        assert answer.error["details"] == {"parameter": "cursor"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("releasedAt", "2026-01-01T00:00:00+23:59"),
        ("releasedAt", "0001-01-01T00:00:00+23:59"),
        ("releasedAt", "9999-12-31T23:59:59.999999-23:59"),
        ("name", "x" * 100_000),
        ("name", "\U0010ffff" * 100),
        ("name", "'; DELETE FROM shop.products; --"),
        ("name", "%s %(x)s %"),
        ("categoryId", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("stock", -(2**31)),
        ("views", -(2**63)),
    ],
)
def test_value_at_the_edge_is_a_place_or_refused(
    world: list[Side], follow: Callable[[str, str], Answer], name: str, value: Any
) -> None:
    mine = {str(row["id"]) for row in world[0].tenant.rows.products}
    for sort in (name, f"-{name}"):
        answer = follow(sort, marking(sort, value))
        assert answer.status in (200, 400), answer.status
        if answer.status == 200:
            assert {one["id"] for one in answer.data} <= mine


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"1",
        b'"x"',
        b"[]",
        b'["-id"]',
        b'["-id","' + ROW.encode() + b'"]',
        b'["-id","' + ROW.encode() + b'",null,null]',
        b'{"-id":1}',
        b'["-id",1,null]',
        b'["-id",null,null]',
        b'["-id","",null]',
        b'["-id","zz",null]',
        b'["-id","' + ROW.encode() + b'0",null]',
        b'[1,"' + ROW.encode() + b'",null]',
        b'["id","' + ROW.encode() + b'",null]',
        b'["-name","' + ROW.encode() + b'","a"]',
        b'["-id","' + ROW.encode() + b'",nul]',
        b'["-id","' + ROW.encode() + b'",NaN]',
        b'["-id","' + ROW.encode() + b'",' + b"[" * 2000 + b"]" * 2000 + b"]",
        b'["-id","' + ROW.encode() + b'",' + b'{"a":' * 800 + b"1" + b"}" * 800 + b"]",
        b'["-id","' + ROW.encode() + b'","\\ud800"]',
        b'["-id","' + ROW.encode() + b'","\xff"]',
        b'["-id","' + ROW.encode() + b'",null]\0',
        b"\0" * 100,
        b"\xff" * 100,
    ],
    ids=range(26),
)
def test_content_that_is_no_mark(follow: Callable[[str, str], Answer], raw: bytes) -> None:
    answer = follow("-id", forged(raw))
    assert answer.status == 400
    assert answer.error["details"] == {"parameter": "cursor"}


def test_cursor_of_another_order(world: list[Side], follow: Callable[[str, str], Answer]) -> None:
    for sort in ("name", "-name", "price"):
        cursor = world[0].api.get(PRODUCTS, params={"sort": sort, "take": 3}).meta["next_cursor"]
        assert follow(sort, cursor).status == 200
        for other in ("-id", *SORTS["products"], *(f"-{name}" for name in SORTS["products"])):
            if other != sort:
                assert follow(other, cursor).status == 400, (sort, other)


def test_cursor_works_with_other_filters(world: list[Side]) -> None:
    """It marks a place in an order, whatever is left out of it."""
    api = world[0].api
    cursor = api.get(PRODUCTS, params={"sort": "price", "take": 10}).meta["next_cursor"]
    rest = api.get(PRODUCTS, params={"sort": "price", "cursor": cursor, "fields": "id,kind"})
    simple = api.get(
        PRODUCTS, params={"sort": "price", "cursor": cursor, "kind": "simple", "fields": "id,kind"}
    )
    assert simple.data == [one for one in rest.data if one["kind"] == "simple"]
    assert simple.data != []


def test_cursor_is_short_enough_for_a_line(world: list[Side]) -> None:
    """Servers and proxies take about 8,000 bytes."""
    for name in SORTS["products"]:
        answer = world[0].api.get(PRODUCTS, params={"sort": name, "take": 1})
        assert len(answer.meta["next_cursor"]) < 2000
