"""Compiled statements: built once for each shape, never for each value."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from peewee import SQL, AsIs, Expression, Select

from sparx_core.db.connection import Database
from sparx_core.db.statements import StatementCache, compile_statement, slot
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
    assert first.sql == "SELECT %s, %s, 'constant'"
    assert first.values({"a": 1, "b": 2}) == [1, 2]
    assert first.values({"a": 3, "b": 4}) == [3, 4]


CONSTANTS: list[Any] = [
    0, -1, 2**63 - 1, Decimal("-1.50"), 1.5, True, None, ["a", "it's"],
    "", "it's", "50%", "%s", "%%s", "a\\b", "é 𝄞",
]  # fmt: skip


@pytest.mark.parametrize("constant", CONSTANTS, ids=repr)
@pytest.mark.parametrize("slots", [{}, {"a": 7}], ids=["alone", "beside a slot"])
def test_a_constant_is_the_same_prepared_and_plain(
    installation: Runtime, constant: Any, slots: dict[str, Any]
) -> None:
    nodes = [slot(name).cast("integer") for name in slots]
    statement = compile_statement(select(AsIs(constant), *nodes))
    found = []
    for prepare in (True, False):
        database = Database(installation.urls.app, prepare=prepare)
        row = database.execute_statement(statement.sql, statement.values(slots)).fetchone()
        found.append(row)
        database.close()
    assert found == [(constant, *slots.values())] * 2


def test_a_constant_keeps_its_type_when_it_is_prepared(installation: Runtime) -> None:
    """As a parameter 1.5 would be taken for an integer here."""
    half = Expression(SQL("3::integer"), "*", AsIs(Decimal("1.5")))
    statement = compile_statement(select(half))
    row = installation.database.execute_statement(statement.sql, []).fetchone()
    assert row == (Decimal("4.5"),)


def test_least_recently_used_gives_way() -> None:
    cache = StatementCache(size=2)
    for shape in ("a", "b", "a", "c"):
        cache.get(shape, lambda: select(SQL("1")))
    assert cache.misses == 3
    cache.get("a", lambda: pytest.fail("it was used last"))
    cache.get("b", lambda: select(SQL("1")))
    assert cache.misses == 4


def test_long_statements_make_room_too() -> None:
    cache = StatementCache(characters=250)
    for shape in ("a", "b", "a", "c"):
        cache.get(shape, lambda: select(SQL("1" * 100)))
    assert cache.misses == 3
    cache.get("a", lambda: pytest.fail("there is room for two, and it was used last"))
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
        api.get(PATH, params={"take": number + 1, "skip": number + 1, "q": f"n{number}"})
        api.get(PATH, params={"code": f"c{number}"})
        api.patch(path, {"name": f"m{number}"})
        api.delete(path)

    everything(0)
    before = installation.statements.misses
    for number in range(1, 6):
        everything(number)
    assert installation.statements.misses == before
