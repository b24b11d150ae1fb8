"""Every table of every installed module, with every verb, out of every situation.

Every attempt is committed: that nothing came of it is proved by a superuser's look at all tables,
once all verbs were tried on one of them. To look is what takes the time.
"""

from __future__ import annotations

import dataclasses
import io
from itertools import product
from typing import Any

import psycopg2
import pytest

from sparx_core import uuid7
from sparx_core.db.tables import references_of

from .attempts import BY_NAME, REFUSED, VERBS, Outcome, Verb, attempt, inserting
from .situations import DENIED, Situation, authenticate, forge, genuine, settings_of
from .unlike import unlike
from .world import MODELS, MODULES, World

tables = pytest.mark.parametrize("table", MODELS)


@tables
def test_every_table_has_rows_that_could_leak(world: World, table: str) -> None:
    for tenant in (world.mine, world.theirs, world.off):
        assert world.owner.count(table, tenant.tenant_id) > 0
    assert attempt(world, genuine, f"SELECT current_user::text, count(*) FROM {table}").rows == [
        ("sparx_app", world.owner.count(table, world.mine.tenant_id))
    ]


def nothing_comes_of(world: World, situation: Situation, verb: Verb, table: str) -> Outcome:
    """What came of trying a verb, which is nothing."""
    outcome = attempt(world, situation, verb.make(world, table))
    assert outcome.nothing, (verb.name, outcome)
    return outcome


@tables
def test_nothing_is_read_or_written_without_a_genuine_context(world: World, table: str) -> None:
    with world.owner.nothing_written(*world.tenants):
        for verb, (name, situation) in product(VERBS, DENIED.items()):
            outcome = nothing_comes_of(world, situation, verb, table)
            if verb.name.startswith(("insert", "upsert")):
                assert outcome.error == REFUSED, (verb.name, name)


@pytest.mark.parametrize("table", [one for one in MODELS if MODULES[one] != "core"])
def test_nothing_is_read_or_written_while_the_module_is_off(world: World, table: str) -> None:
    """In a genuine context: the rows are there, the tenant's own, and out of reach."""

    def inactive(world: World, cursor: Any) -> None:
        authenticate(cursor, world.off)

    def pretended(world: World, cursor: Any) -> None:
        authenticate(cursor, world.off)
        tenant, _, actor, signature, _ = settings_of(cursor)
        forge(cursor, tenant, f",core,{MODULES[table]},", actor, signature)

    own = dataclasses.replace(world, mine=world.off)
    with world.owner.nothing_written(*world.tenants):
        for verb, situation in product(VERBS, (inactive, pretended)):
            nothing_comes_of(own, situation, verb, table)


# -- in a genuine context: the tenant's own rows, and no other -------------------------------------

#: What the verbs that mean other tenants' rows come to: no row, or a refusal.
FOREIGN = [verb for verb in VERBS if "theirs" in verb.name or verb.name == "truncate"]


@tables
def test_rows_of_others_are_out_of_reach(world: World, table: str) -> None:
    with world.owner.nothing_written(*world.tenants):
        for verb in FOREIGN:
            outcome = nothing_comes_of(world, genuine, verb, table)
            if verb.name.startswith(("insert", "upsert")):
                assert outcome.error == REFUSED, verb.name


@tables
def test_own_rows_are_within_reach(world: World, table: str) -> None:
    """The refusals above mean something: the same statements work on the tenant's own rows."""
    count = world.owner.count(table, world.mine.tenant_id)
    grants = MODELS[table]._meta.grants  # type: ignore[attr-defined]
    position = [column.name for column in columns(world, table)].index("tenant_id")
    seen = attempt(world, genuine, BY_NAME["select"].make(world, table)).rows
    assert {str(row[position]) for row in seen} == {str(world.mine.tenant_id)}
    assert len(seen) == count
    if "INSERT" in grants:
        inserted = attempt(world, genuine, BY_NAME["insert mine"].make(world, table), commit=False)
        assert inserted.touched == 1 or inserted.error == "23505", inserted
    if "UPDATE" in grants:
        changed = attempt(world, genuine, BY_NAME["update all"].make(world, table), commit=False)
        assert changed.touched == count
    if "DELETE" in grants:
        deleted = attempt(world, genuine, BY_NAME["delete all"].make(world, table), commit=False)
        assert deleted.touched == count or deleted.error in ("23503", "23001"), deleted


def columns(world: World, table: str) -> Any:
    with world.connection() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 0")
        return cursor.description


@tables
def test_own_rows_cannot_be_given_away(world: World, table: str) -> None:
    with world.owner.nothing_written(*world.tenants):
        outcome = attempt(world, genuine, BY_NAME["give mine away"].make(world, table))
    assert outcome.error == REFUSED


REFERENCES = [
    (table, str(reference.column_name), reference.target)
    for table, model in MODELS.items()
    for reference in references_of(model)
]


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_no_reference_points_into_another_tenant(
    world: World, table: str, column: str, target: str
) -> None:
    foreign = world.row(target, world.theirs)["id"]
    missing = str(uuid7())
    own = world.row(table, world.mine)["id"]
    other = unlike(world, table, column)
    key = f"{table.partition('.')[2]}_{column}_fkey"
    with world.owner.nothing_written(*world.tenants):
        for pointed_at in (foreign, missing):
            for verb, statement in (
                ("UPDATE", (f"UPDATE {table} SET {column} = %s WHERE id = %s", (pointed_at, own))),
                ("INSERT", inserting(table, {**other, column: pointed_at})),
            ):
                # What only a definer function writes, the serving role may not write at all.
                may = verb in MODELS[table]._meta.grants  # type: ignore[attr-defined]
                outcome = attempt(world, genuine, statement)
                assert outcome.error == ("23503" if may else REFUSED), outcome
                # It is refused for what it points at, and for nothing else.
                assert outcome.constraint == (key if may else None)


# -- COPY ------------------------------------------------------------------------------------------


def copied(world: World, situation: Situation, command: str) -> str:
    with world.connection() as connection, connection.cursor() as cursor:
        situation(world, cursor)
        target = io.StringIO()
        cursor.copy_expert(command, target)
        return target.getvalue()


@tables
def test_copy_to_sees_no_more_than_select(world: World, table: str) -> None:
    own = copied(world, genuine, f"COPY {table} TO STDOUT").splitlines()
    assert len(own) == world.owner.count(table, world.mine.tenant_id)
    assert all(str(world.mine.tenant_id) in line for line in own)
    for situation in DENIED.values():
        for command in (f"COPY {table} TO STDOUT", f"COPY (SELECT * FROM {table}) TO STDOUT"):
            assert copied(world, situation, command) == ""


@tables
def test_copy_from_is_refused(world: World, table: str) -> None:
    with world.owner.nothing_written(*world.tenants):
        for situation in (genuine, *DENIED.values()):
            with world.connection() as connection, connection.cursor() as cursor:
                situation(world, cursor)
                with pytest.raises(psycopg2.Error) as raised:
                    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(""))
                assert raised.value.pgcode in (REFUSED, "0A000")
