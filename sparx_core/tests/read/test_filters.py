"""Every filter with every operator finds what it says, at values that occur and beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from .expected.lists import FILTERS, SORTS, Asked, Filtered, listed
from .expected.resources import Side
from .queries import PATHS, written

EVERY = [(kind, name) for kind in FILTERS for name in FILTERS[kind]]
PREFIXES = [
    "a",
    "A",
    "s",
    "str",
    "%",
    "_",
    "\\",
    "\U0010ffff",
    "\ue000",
    "\uffee",
    "\ud7ff",
    "\x7f",
]


def values(side: Side, kind: str, found: Filtered) -> list[Any]:
    """The least, the largest and some others of a column; and some that are beside them."""
    rows = side.tenant.by_kind[kind]
    if found.kind == "texts":
        known = {text for row in rows for text in row[found.column]}
    else:
        known = {row[found.column] for row in rows}
    ordered = sorted(known - {None})
    chosen = [*ordered[:2], ordered[len(ordered) // 2], *ordered[-2:]]
    if found.kind == "time":
        seconds = [one.replace(microsecond=0) for one in chosen]
        return seconds + [one + timedelta(seconds=1) for one in seconds]
    if found.kind == "text" and found.column != "currency":
        return [*chosen, "nowhere", "a"]
    if found.kind == "id":
        return [*chosen, uuid4()]
    if found.column in ("price", "cost", "unit_price"):
        return [*chosen, Decimal("0.0001"), Decimal(3)]
    return [*chosen, 3] if found.kind == "number" else chosen


def asked_of(name: str, found: Filtered, operator: str, known: list[Any]) -> list[Asked]:
    """What is asked with one operator."""
    if operator == "exists":
        return [Asked(name, operator, wanted) for wanted in (True, False)]
    if operator in ("in", "nin"):
        single = [one for one in known if "," not in str(one)]
        return [Asked(name, operator, some) for some in (single[:1], single[1:3], single)]
    if operator == "startsWith":
        texts = [*PREFIXES, *known, *(one[:2] for one in known)]
        return [Asked(name, operator, one) for one in dict.fromkeys(texts)]
    if operator == "contains" and found.kind == "text":
        return [Asked(name, operator, one) for one in ("a", "PP", "traß", "%", "日")]
    return [Asked(name, operator, one) for one in known]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_operator(world: list[Side], kind: str, name: str) -> None:
    side, found = world[0], FILTERS[kind][name]
    for operator in found.operators:
        matched = set()
        for asked in asked_of(name, found, operator, values(side, kind, found)):
            rows = [str(row["id"]) for row in listed(kind, side.tenant, [asked])]
            params = {f"{name}[{operator}]": written(asked.value), "fields": "id", "take": 250}
            answer = side.api.get(PATHS[kind], params=params)
            assert answer.status == 200, answer.text
            assert [one["id"] for one in answer.data] == rows, asked
            assert answer.meta["total"] == len(rows), asked
            matched |= {bool(rows), len(rows) == len(side.tenant.by_kind[kind])}
        assert matched >= {True, False}, "all values found all rows, or none"


@pytest.mark.parametrize("kind", sorted(SORTS))
def test_filter_that_sorts_as_well(world: list[Side], kind: str) -> None:
    """One range of one index, from either end, and from within."""
    side = world[1 if kind != "perks" else 0]
    for name in SORTS[kind]:
        found = FILTERS[kind][name]
        middle = values(side, kind, found)[2]
        for operator in ("eq", "gte", "gt", "lte", "lt", "exists"):
            if operator not in found.operators:
                continue
            asked = Asked(name, operator, True if operator == "exists" else middle)
            for sort in (name, f"-{name}"):
                rows = listed(kind, side.tenant, [asked], (), sort)
                expected, seen = [str(row["id"]) for row in rows], []
                params = {f"{name}[{operator}]": written(asked.value), "sort": sort, "take": 9}
                for _ in range(3):
                    answer = side.api.get(PATHS[kind], params={**params, "fields": "id"})
                    seen += [one["id"] for one in answer.data]
                    if answer.meta["next_cursor"] is None:
                        break
                    params["cursor"] = answer.meta["next_cursor"]
                assert seen == expected[: len(seen)], (asked, sort)
                assert len(seen) == min(27, len(expected))


def test_conditions_hold_together(world: list[Side]) -> None:
    side = world[0]
    conditions = [
        Asked("kind", "ne", "bundle"),
        Asked("position", "exists", True),
        Asked("stock", "lte", 3),
        Asked("createdAt", "gte", datetime.fromisoformat("2026-03-01T00:00:00+00:00")),
    ]
    for count in range(len(conditions) + 1):
        asked = conditions[:count]
        rows = [str(row["id"]) for row in listed("products", side.tenant, asked)]
        params = {f"{one.name}[{one.operator}]": written(one.value) for one in asked}
        answer = side.api.get(PATHS["products"], params={**params, "take": 250})
        assert [one["id"] for one in answer.data] == rows
        assert rows != []


def test_two_operators_of_one_field(world: list[Side]) -> None:
    """A range, and values left out of it."""
    side = world[0]
    for asked in (
        [Asked("stock", "gte", 1), Asked("stock", "lt", 3)],
        [Asked("stock", "gte", 1), Asked("stock", "ne", 2), Asked("stock", "nin", [1])],
        [Asked("name", "startsWith", "a"), Asked("name", "ne", "apple")],
    ):
        rows = [str(row["id"]) for row in listed("products", side.tenant, asked)]
        params = {f"{one.name}[{one.operator}]": written(one.value) for one in asked}
        answer = side.api.get(PATHS["products"], params={**params, "take": 250})
        assert [one["id"] for one in answer.data] == rows
        assert answer.meta["total"] == len(rows) > 0


def test_values_of_in_may_be_repeated_and_come_apart(world: list[Side]) -> None:
    side = world[0]
    rows = [
        str(row["id"]) for row in listed("products", side.tenant, [Asked("stock", "in", [1, 2])])
    ]
    for query in (
        "stock[in]=1,2",
        "stock[in]=1&stock[in]=2",
        "stock[in]=2,1,1&stock[in]=2",
        "stock[in]=" + ",".join(["1", "2"] * 50),
    ):
        answer = side.api.get(PATHS["products"], query=f"{query}&take=250")
        assert [one["id"] for one in answer.data] == rows, query
