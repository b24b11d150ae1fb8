"""SQL of modules: when what the core has prepared on a connection is still what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from sparx_core.db.connection import Database
from sparx_core.db.injection import is_one_statement
from sparx_core.runtime import Runtime

QUERY = "SELECT 'of the core', %s::integer"
VALUES = [1, 1.5, True, None, Decimal("1.5"), uuid4(), datetime.now(UTC), "a", ["a", [2]]]


class Sent:
    """A module's query, as somebody else may have changed it."""

    def __init__(self, sql: str, parameters: Any = None) -> None:
        self.sql, self.parameters = sql, parameters

    def execute(self, database: Database) -> Any:
        return database.execute_sql(self.sql, self.parameters)


class Failing:
    """A module that fails by itself."""

    def execute(self, database: Database) -> Any:
        raise ZeroDivisionError


@pytest.fixture
def database(installation: Runtime) -> Iterator[Database]:
    database = Database(installation.urls.app)
    yield database
    database.close()


def prepared(database: Database) -> int:
    return int(database.execute_sql("SELECT count(*) FROM pg_prepared_statements").fetchone()[0])


def transaction(database: Database, *queries: Sent | Failing) -> None:
    with database.transaction(QUERY, (1,)) as found:
        assert found == ("of the core", 1)
        for one in queries:
            database.run(one)


def setting(database: Database) -> Any:
    return database.execute_sql("SELECT current_setting('loot.mark', true)").fetchone()[0]


@pytest.mark.parametrize(
    "sql",
    ["SELECT 1", "(SELECT 1)", "\n WITH a AS (SELECT 1) SELECT * FROM a", "update a set b = %s"],
)
def test_a_query_is_one_statement(sql: str) -> None:
    assert is_one_statement(sql, VALUES)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT 1; PREPARE s1 AS SELECT 2", []),
        ("PREPARE s1 AS SELECT 2", []),
        ("/* SELECT */ DEALLOCATE ALL", []),
        ("EXPLAIN ANALYZE EXECUTE s1", []),
        ("SELECTED", []),
        ("SELECT %s", ["x'; DEALLOCATE ALL; --"]),
        ("SELECT %s", [["a", ["b;"]]]),
        ("SELECT %s", [{"a": 1}]),
    ],
    ids=["second", "prepare", "comment", "explain", "word", "text", "nested", "unknown"],
)
def test_what_may_be_more_is_told(sql: str, parameters: list[Any]) -> None:
    assert not is_one_statement(sql, parameters)


def test_a_query_leaves_what_is_prepared(database: Database) -> None:
    transaction(database)
    for _ in range(3):
        transaction(database, Sent("SELECT set_config('loot.mark', 'left', false)"))
        assert prepared(database) == 1
        assert not setting(database)


@pytest.mark.parametrize(
    "sent",
    [
        Sent("SELECT 1; DEALLOCATE ALL; PREPARE s1 AS SELECT 'of somebody', $1::integer"),
        Sent("SELECT '%s'", ("; DEALLOCATE ALL; PREPARE s1 AS SELECT $a$it$a$, $1::integer; --",)),
    ],
    ids=["text", "parameter"],
)
def test_what_was_replaced_is_not_executed(database: Database, sent: Sent) -> None:
    transaction(database)
    transaction(database, sent)
    assert prepared(database) == 0
    transaction(database)


def test_what_was_replaced_is_gone_after_a_failure(database: Database) -> None:
    transaction(database)
    sent = Sent("SELECT 1; DEALLOCATE ALL; PREPARE s1 AS SELECT 'of somebody', $1::integer")
    with pytest.raises(ZeroDivisionError):
        transaction(database, sent, Failing())
    transaction(database)


def test_a_query_cannot_prepare_through_a_function(database: Database) -> None:
    """Functions of PostgreSQL that take SQL as text execute what reads, and nothing else."""
    for sql in (
        "SELECT query_to_xml('PREPARE s1 AS SELECT 1', true, true, '')",
        "SELECT query_to_xml('DEALLOCATE ALL', true, true, '')",
        "SELECT * FROM ts_stat('DEALLOCATE ALL')",
    ):
        with pytest.raises(Exception, match=r"PREPARE|DEALLOCATE|cursor|read-only|non-volatile"):
            transaction(database, Sent(sql))
        transaction(database)
    assert prepared(database) == 1
