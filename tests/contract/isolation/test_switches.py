"""The tenant is changed while a statement runs, after the context was verified."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from .attempts import REFUSED, attempt, inserting, new
from .situations import genuine
from .world import MODELS, World

tables = pytest.mark.parametrize("table", MODELS)

#: What keeps PostgreSQL from reading by index: it compares row by row then.
NO_INDEX = [
    f"SET LOCAL enable_{name} = off" for name in ("indexscan", "indexonlyscan", "bitmapscan")
]
plans = pytest.mark.parametrize("plan", [[], NO_INDEX], ids=["by index", "row by row"])
SWITCH = "set_config('sparx.tenant_id', '{theirs}', true)"

SWITCHES: dict[str, list[str]] = {
    "in WHERE": ["SELECT * FROM {table} WHERE " + SWITCH + " IS NOT NULL"],
    "in the list": ["SELECT t.*, " + SWITCH + " FROM {table} t"],
    "in ORDER BY": ["SELECT * FROM {table} ORDER BY " + SWITCH],
    "in a subquery": ["SELECT * FROM {table} WHERE (SELECT " + SWITCH + ") IS NOT NULL"],
    "beside a second look": [
        "SELECT b.* FROM (SELECT " + SWITCH + " FROM {table} LIMIT 1) a, {table} b"
    ],
    "for each of two tenants": [
        "SELECT c.* FROM (VALUES ('{mine}'), ('{theirs}')) v(t)"
        " CROSS JOIN LATERAL (SELECT set_config('sparx.tenant_id', v.t, true) s OFFSET 0) x"
        " CROSS JOIN LATERAL (SELECT * FROM {table} WHERE x.s IS NOT NULL OFFSET 0) c"
    ],
    "in a CTE before": [
        "WITH a AS MATERIALIZED (SELECT count(*) FROM {table}),"
        " b AS MATERIALIZED (SELECT " + SWITCH + " FROM a) SELECT t.* FROM b, {table} t"
    ],
    "between two fetches": [
        "DECLARE c CURSOR FOR SELECT * FROM {table}", "FETCH 1 FROM c", "SELECT " + SWITCH,
        "FETCH ALL FROM c",
    ],
    "between two runs of a plan": [
        "PREPARE p AS SELECT * FROM {table}", "EXECUTE p", "SELECT " + SWITCH, "EXECUTE p",
    ],
    "in a DO block": [
        "DO $$ BEGIN PERFORM count(*) FROM {table}; PERFORM " + SWITCH + "; END $$",
        "SELECT * FROM {table}",
    ],
    "there and back": [
        "SELECT " + SWITCH, "SELECT * FROM {table}",
        "SELECT set_config('sparx.tenant_id', '{mine}', true)", "SELECT * FROM {table}",
    ],
}  # fmt: skip


def spelled(world: World, table: str, statements: list[str]) -> list[str]:
    names = {"table": table, "mine": world.mine.tenant_id, "theirs": world.theirs.tenant_id}
    return [statement.format(**names) for statement in statements]


@plans
@pytest.mark.parametrize("trick", SWITCHES)
@tables
def test_switching_in_the_middle_of_a_statement_reads_nothing(
    world: World, table: str, trick: str, plan: list[str]
) -> None:
    outcome = attempt(world, genuine, *plan, *spelled(world, table, SWITCHES[trick]))
    assert outcome.error is None
    foreign = {str(world.theirs.tenant_id), str(world.theirs.tenant_id).replace("-", "")}
    ids = {
        str(row_id)
        for (row_id,) in world.owner.rows(
            f"SELECT id FROM {table} WHERE tenant_id = %s", world.theirs.tenant_id
        )
    }
    for row in outcome.rows:
        # The setting itself may be in the answer: it is what was tried, and not what was found.
        assert not ids & {str(value) for value in row}
        assert str(row[0]) not in foreign or len(row) == 1


WRITING_SWITCHES: dict[str, list[str]] = {
    "update": ["UPDATE {table} SET updated_at = now() WHERE " + SWITCH + " IS NOT NULL"],
    "update theirs": [
        "UPDATE {table} SET updated_at = now() FROM (SELECT "
        + SWITCH
        + " s FROM {table} LIMIT 1) x"
        " WHERE tenant_id = '{theirs}' AND x.s IS NOT NULL"
    ],
    "delete": ["DELETE FROM {table} WHERE " + SWITCH + " IS NOT NULL AND tenant_id = '{theirs}'"],
    "give away": ["UPDATE {table} SET tenant_id = " + SWITCH + "::uuid"],
    "delete in a CTE": [
        "WITH a AS (SELECT " + SWITCH + " s FROM {table} LIMIT 1) DELETE FROM {table}"
        " USING a WHERE a.s IS NOT NULL AND tenant_id = '{theirs}'"
    ],
}


@plans
@pytest.mark.parametrize("trick", WRITING_SWITCHES)
@tables
def test_switching_in_the_middle_of_a_statement_writes_nothing(
    world: World, table: str, trick: str, plan: list[str]
) -> None:
    # Own rows may be touched; so it is rolled back, and the other tenants' are what is compared.
    others = [world.theirs.tenant_id, world.off.tenant_id]
    statements = [*plan, *spelled(world, table, WRITING_SWITCHES[trick])]
    with world.connection() as connection, connection.cursor() as cursor:
        genuine(world, cursor)
        before = world.owner.fingerprint(others)
        for statement in statements:
            error, touched = tried(cursor, statement)
            assert error in (None, REFUSED, "23503", "23001")
        if error is None:
            back = "SELECT set_config('sparx.tenant_id', %s, true)"
            cursor.execute(back, (str(world.mine.tenant_id),))
            cursor.execute(f"SELECT count(*) FROM {table} WHERE updated_at = now()")
            changed_or_gone = cursor.fetchone()[0] or world.owner.count(table, world.mine.tenant_id)
            assert touched <= changed_or_gone, "rows were touched that are not one's own"
        connection.rollback()
    assert world.owner.fingerprint(others) == before


def tried(cursor: Any, statement: str) -> tuple[str | None, int]:
    """An error's SQLSTATE, or how many rows were touched."""
    try:
        cursor.execute(statement)
    except psycopg2.Error as error:
        return error.pgcode, 0
    return None, cursor.rowcount


@tables
def test_insert_that_switches_on_its_way_is_refused(world: World, table: str) -> None:
    sql, parameters = inserting(table, new(world.row(table, world.theirs)))
    sql = sql.replace(" FROM json_populate_record", ", {} AS s FROM json_populate_record").format(
        SWITCH.format(theirs=world.theirs.tenant_id)
    )
    head, _, body = sql.partition(" SELECT ")
    names = head.split("(")[1].rstrip(") ")
    with world.owner.nothing_written(*world.tenants):
        outcome = attempt(
            world, genuine, (f"{head} SELECT {names} FROM (SELECT {body}) x", parameters)
        )
    assert outcome.error == REFUSED
