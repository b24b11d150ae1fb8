"""Compiled statements: built once for each shape, never for each value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from peewee import SQL, Select

from sparx_core.db.statements import StatementCache, slot
from sparx_core.runtime import Runtime
from sparx_core.testing import Api

PATH = "/v1/probe/probes"


def select(*nodes: Any) -> Select:
    return Select([], list(nodes))


def test_built_once_for_each_shape() -> None:
    built: list[str] = []
    cache = StatementCache()

    def build() -> Select:
        built.append("once")
        return select(slot("a"), slot("b"), SQL("%s", ("constant",)))

    first = cache.get("shape", build)
    assert cache.get("shape", build) is first
    assert built == ["once"]
    assert cache.misses == 1
    assert first.values({"a": 1, "b": 2}) == [1, 2, "constant"]
    assert first.values({"a": 3, "b": 4}) == [3, 4, "constant"]


def test_least_recently_used_gives_way() -> None:
    cache = StatementCache(size=2)
    for shape in ("a", "b", "a", "c"):
        cache.get(shape, lambda: select(SQL("1")))
    assert cache.misses == 3
    cache.get("a", lambda: pytest.fail("it was used last"))
    cache.get("b", lambda: select(SQL("1")))
    assert cache.misses == 4


def test_missing_value_is_a_defect_and_not_null() -> None:
    statement = StatementCache().get("shape", lambda: select(slot("a")))
    with pytest.raises(KeyError):
        statement.values({})


def test_values_do_not_make_new_statements(
    api: Api, installation: Runtime, create_probe: Callable[..., Any]
) -> None:
    def everything(number: int) -> None:
        notes = [{"text": f"t{index}"} for index in range(number % 3 + 1)]
        made = create_probe(f"n{number}", code=f"c{number}", notes=notes)
        path = f"{PATH}/{made['id']}"
        api.get(path)
        api.get(PATH, params={"take": number + 1, "skip": number, "q": f"n{number}"})
        api.get(PATH, params={"code": f"c{number}"})
        api.patch(path, {"name": f"m{number}"})
        api.delete(path)

    everything(0)
    before = installation.statements.misses
    for number in range(1, 6):
        everything(number)
    assert installation.statements.misses == before
