"""Prepared statements: used where they can be, and never more of them than the server can bear."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sparx_core.db import connection
from sparx_core.db.connection import Database
from sparx_core.runtime import Runtime


@pytest.fixture
def database(installation: Runtime) -> Iterator[Database]:
    database = Database(installation.urls.app)
    yield database
    database.close()


def prepared(database: Database) -> int:
    return int(database.execute_sql("SELECT count(*) FROM pg_prepared_statements").fetchone()[0])


def test_a_statement_is_prepared_once(database: Database) -> None:
    for number in range(3):
        assert database.execute_statement("SELECT %s::integer + 1", (number,)).fetchone() == (
            number + 1,
        )
    assert prepared(database) == 1


def test_the_one_used_longest_ago_gives_way(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_PREPARED", 3)
    often = "SELECT 'often', %s::integer"
    for number in range(10):
        assert database.execute_statement(f"SELECT {number}", ()).fetchone() == (number,)
        assert database.execute_statement(often, (number,)).fetchone() == ("often", number)
        assert prepared(database) <= 3
    assert database._prepared.find(often) is not None
    # What gave way is prepared again when it is asked for.
    assert database.execute_statement("SELECT 0", ()).fetchone() == (0,)


def test_a_refused_definition_leaves_the_rest_usable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_PREPARED", 2)
    database.execute_statement("SELECT 1", ())
    database.execute_statement("SELECT 2", ())
    with pytest.raises(Exception, match="no_such_table"):
        database.execute_statement("SELECT * FROM no_such_table", ())
    for number in (1, 2, 3):
        assert database.execute_statement(f"SELECT {number}", ()).fetchone() == (number,)
    assert prepared(database) == 2


def test_what_is_very_long_is_executed_and_not_prepared(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_PREPARED_CHARACTERS", 30)
    long = f"SELECT %s::integer, '{'x' * 30}', '%%'"
    for number in range(2):
        found = database.execute_statement(long, (number,)).fetchone()
        assert found == (number, "x" * 30, "%")
    assert prepared(database) == 0
