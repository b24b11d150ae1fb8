"""The tenant is changed while a statement runs, after the context was verified."""

from __future__ import annotations

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


#: Does not touch one's own rows, only looks at them, and lets that change the tenant.
PASSING_MINE = "CASE WHEN tenant_id = '{mine}' THEN " + SWITCH + " IS NULL ELSE true END"

WRITING_SWITCHES: dict[str, str] = {
    "update": f"UPDATE {{table}} SET updated_at = now() WHERE {SWITCH} IS NOT NULL",
    "update after a look at mine": (
        f"UPDATE {{table}} SET updated_at = now() WHERE {PASSING_MINE}"
    ),
    "update beside a look at mine": (
        f"UPDATE {{table}} SET updated_at = now() FROM (SELECT {SWITCH} s FROM {{table}} LIMIT 1) x"
        " WHERE tenant_id = '{theirs}' AND x.s IS NOT NULL"
    ),
    "delete after a look at mine": f"DELETE FROM {{table}} WHERE {PASSING_MINE}",
    "delete beside a look at mine": (
        f"WITH a AS (SELECT {SWITCH} s FROM {{table}} LIMIT 1) DELETE FROM {{table}}"
        " USING a WHERE a.s IS NOT NULL AND tenant_id = '{theirs}'"
    ),
    "give away": f"UPDATE {{table}} SET tenant_id = {SWITCH}::uuid",
}


@plans
@pytest.mark.parametrize("trick", WRITING_SWITCHES)
@tables
def test_switching_in_the_middle_of_a_statement_writes_nothing(
    world: World, table: str, trick: str, plan: list[str]
) -> None:
    # One's own rows may be touched, and are: only the others' are compared.
    others = [world.theirs.tenant_id, world.off.tenant_id]
    before = world.owner.fingerprint(others)
    statements = [*plan, *spelled(world, table, [WRITING_SWITCHES[trick]])]
    outcome = attempt(world, genuine, *statements)
    assert outcome.error in (None, REFUSED, "23503", "23001"), outcome
    assert world.owner.fingerprint(others) == before


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
