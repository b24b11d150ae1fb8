"""The audit log, attacked by SQL in a request: it neither misses nor believes what it is told.

What a transaction may do it may do here, too: the rows are its tenant's own. What it may not is to
do that unrecorded, or in the name of somebody else.
"""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest

from sparx_core import uuid7

from .attempts import REFUSED, Outcome, attempt
from .situations import DENIED, authenticate, genuine
from .world import World

ENTRIES = (
    "SELECT action, resource_id::text, actor_type, actor_id::text, changes::text, operation"
    " FROM core.audit_entries WHERE tenant_id = %s AND id > %s ORDER BY id"
)
LAST = (
    "SELECT coalesce(max(id::text), '00000000-0000-0000-0000-000000000000') FROM core.audit_entries"
)
RENAME = (
    "UPDATE crm.customers SET name = 'renamed ' || gen_random_uuid()"
    " WHERE id = (SELECT id FROM crm.customers ORDER BY id LIMIT 1)"
)


class Recorded:
    """What is recorded while statements run as ``sparx_app`` in the attacker's tenant."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mine = world.owner.value(
            "SELECT id::text FROM core.api_keys WHERE tenant_id = %s AND name = 'first key'",
            world.mine.tenant_id,
        )

    def after(self, *statements: Any) -> tuple[Outcome, list[Any]]:
        last = self.world.owner.value(LAST)
        outcome = attempt(self.world, genuine, *statements)
        for other in (self.world.theirs, self.world.off):
            assert self.world.owner.rows(ENTRIES, other.tenant_id, last) == []
        return outcome, self.world.owner.rows(ENTRIES, self.world.mine.tenant_id, last)

    def as_it_was(self, *statements: Any, entries: int = 1) -> None:
        """The statements work, and each change is recorded as the key's."""
        outcome, found = self.after(*statements)
        assert outcome.error is None, outcome
        assert len(found) == entries, found
        assert {(one[0], one[2], one[3]) for one in found} == {("updated", "key", self.mine)}
        assert all("renamed" in one[4] for one in found)


@pytest.fixture
def recorded(world: World) -> Recorded:
    return Recorded(world)


def test_a_plain_write_is_recorded(recorded: Recorded) -> None:
    recorded.as_it_was(RENAME)


@pytest.mark.parametrize(
    "setting",
    ["sparx.operation", "sparx.request_id", "sparx.forget_audit", "sparx.audit", "sparx.slug",
     "search_path", "role", "session_replication_role", "row_security", "sparx.modules",
     "sparx.tenant_id", "sparx.actor", "sparx.signature"],
)  # fmt: skip
def test_settings_hide_nothing(recorded: Recorded, setting: str) -> None:
    """Set before a write: it is refused, or recorded as it was."""
    theirs = str(recorded.world.theirs.tenant_id)
    values = ["on", "", "off", "none", "replica", "pg_temp, public", "crm.orders.create"]
    values += [",core,crm,moving:crm,", "system:operator", theirs]
    for value in values:
        outcome, found = recorded.after(
            ("SELECT set_config(%s, %s, true)", (setting, value)), RENAME
        )
        refused = outcome.error is not None or outcome.touched == 0
        assert refused or [(one[2], one[3]) for one in found] == [("key", recorded.mine)], value
        if refused:
            assert found == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("sparx.actor", "system:operator"),
        ("sparx.actor", "key:{other}"),
        ("sparx.signature", ""),
        ("sparx.signature", "x"),
        ("sparx.modules", ",core,crm,moving:crm,"),
        ("sparx.modules", ""),
        ("sparx.tenant_id", "{theirs}"),
        ("sparx.tenant_id", ""),
    ],
)
def test_a_context_that_goes_while_rows_are_written(
    recorded: Recorded, setting: str, value: str
) -> None:
    """The policy looked when the statement began, and the trigger looks at its end."""
    told = value.format(other=uuid7(), theirs=recorded.world.theirs.tenant_id)
    changing = f"{RENAME} RETURNING set_config('{setting}', '{told}', true)"
    with recorded.world.owner.nothing_written(*recorded.world.tenants):
        outcome, found = recorded.after(changing)
    assert (outcome.error, found) == (REFUSED, [])


def test_a_context_of_others_in_the_middle(recorded: Recorded) -> None:
    """Whoever has a key of another tenant cannot lend it to what he writes in this one."""
    world = recorded.world

    def lent(world: World, cursor: Any) -> None:
        authenticate(cursor, world.theirs)
        cursor.execute("SELECT " + ", ".join(f"current_setting('{one}')" for one in names))
        captured.extend(cursor.fetchone())
        genuine(world, cursor)

    names = ("sparx.tenant_id", "sparx.modules", "sparx.actor", "sparx.sees", "sparx.signature")
    captured: list[str] = []
    # Both are genuine, and of this very transaction.
    with world.connection() as connection, connection.cursor() as cursor:
        lent(world, cursor)
        calls = ", ".join("set_config(%s, %s, true)" for _ in names)
        values = [one for pair in zip(names, captured, strict=True) for one in pair]
        with world.owner.nothing_written(*world.tenants):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"{RENAME} RETURNING {calls}", values)
            connection.commit()


def test_names_of_ones_own_shadow_nothing(recorded: Recorded) -> None:
    """Temporary tables, types, functions and operators, first in the path."""
    grant = "{} TEMPORARY ON DATABASE {} {} sparx_app"
    database = recorded.world.owner.value("SELECT quote_ident(current_database())")
    recorded.world.owner.execute(grant.format("GRANT", database, "TO"))
    try:
        planted = (
            "CREATE TEMP TABLE new_rows AS SELECT * FROM crm.customers WHERE false",
            "CREATE TEMP TABLE old_rows AS SELECT * FROM crm.customers WHERE false",
            "CREATE TEMP TABLE audit_entries (LIKE core.audit_entries)",
            "CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (false)",
            "CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (false)",
            "CREATE DOMAIN pg_temp.json AS pg_catalog.json CHECK (false)",
            "CREATE FUNCTION pg_temp.concat_ws(pg_catalog.text, VARIADIC pg_catalog.text[])"
            " RETURNS pg_catalog.text LANGUAGE sql AS $$ SELECT ''::pg_catalog.text $$",
            "CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
            " AS $$ SELECT '2000-01-01'::timestamptz $$",
            "SET LOCAL search_path = pg_temp, pg_catalog, core",
        )
        recorded.as_it_was(*planted, RENAME)
    finally:
        recorded.world.owner.execute(grant.format("REVOKE", database, "FROM"))


def test_no_activation_says_that_rows_are_moving(recorded: Recorded) -> None:
    """What the context of the worker says who moves rows is nothing that a row can make it say."""
    for module in ("moving:crm", "x,moving:crm", "x|y"):
        insert = "INSERT INTO core.activations (id, module, state) VALUES (%s, %s, 'active')"
        outcome, _ = recorded.after((insert, (str(uuid7()), module)))
        assert outcome.error == "23514"


def test_no_delivery_lends_a_handlers_name(recorded: Recorded) -> None:
    """The token of a delivery is in a row that a request may write; its pass is not."""
    world = recorded.world
    held = (
        "UPDATE core.deliveries SET state = 'running', token = id,"
        " lease_until = now() + interval '1 hour' RETURNING id"
    )
    with world.connection() as connection, connection.cursor() as cursor:
        genuine(world, cursor)
        cursor.execute(held)
        deliveries = [row_id for (row_id,) in cursor.fetchall()]
        assert deliveries
        for row_id in deliveries:
            for shown in ("", None, row_id, "f" * 64):
                cursor.execute(
                    "SELECT slug FROM core.enter_delivery(%s, %s, %s, %s)",
                    (*map(str, (row_id, world.mine.tenant_id, row_id)), shown and str(shown)),
                )
                assert cursor.fetchall() == []
        cursor.execute("SELECT current_setting('sparx.actor')")
        assert cursor.fetchone() == (f"key:{recorded.mine}",)


def test_deleting_and_inserting(recorded: Recorded) -> None:
    insert = (
        "INSERT INTO crm.customers (id, name, currency) VALUES (%s, 'planted', 'USD')"
        " ON CONFLICT (tenant_id, id) DO UPDATE SET name = 'twice'"
    )
    row_id = str(uuid7())
    outcome, found = recorded.after(
        (insert, (row_id,)),
        (insert, (row_id,)),
        ("WITH gone AS (DELETE FROM crm.customers WHERE id = %s RETURNING 1)"
         " UPDATE core.activations SET version = version WHERE false", (row_id,)),
    )  # fmt: skip
    assert outcome.error is None
    assert [one[0] for one in found] == ["created", "updated", "deleted"]
    assert {(one[1], one[2], one[3]) for one in found} == {(row_id, "key", recorded.mine)}


def test_entries_of_others_are_not_read(world: World) -> None:
    seen = attempt(world, genuine, "SELECT tenant_id FROM core.audit_entries").rows
    assert {str(one) for (one,) in seen} == {str(world.mine.tenant_id)}
    assert world.owner.count("core.audit_entries", world.theirs.tenant_id) > 0
    for situation in DENIED.values():
        assert attempt(world, situation, "SELECT * FROM core.audit_entries").rows == []
