"""What L18 and L24 are for: what injected SQL plants in a session does not run as somebody else.

The serving role cannot make temporary objects; where a test lets it, what stands behind that is
tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from peewee import Database, PostgresqlDatabase

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api

ALLOW = (
    "DO $$ BEGIN EXECUTE 'GRANT TEMPORARY ON DATABASE ' || quote_ident(current_database())"
    " || ' TO sparx_app'; END $$"
)
#: A type that shadows uuid, and casts that make any text the tenant {tenant}.
ANOTHER_UUID = """
CREATE TYPE pg_temp.uuid AS (value pg_catalog.uuid);
CREATE FUNCTION pg_temp.from_text(pg_catalog.text) RETURNS pg_temp.uuid LANGUAGE sql
    AS $$ SELECT ROW('{tenant}'::pg_catalog.uuid)::pg_temp.uuid $$;
CREATE FUNCTION pg_temp.to_uuid(pg_temp.uuid) RETURNS pg_catalog.uuid LANGUAGE sql
    AS 'SELECT $1.value';
CREATE CAST (pg_catalog.text AS pg_temp.uuid) WITH FUNCTION pg_temp.from_text(pg_catalog.text);
CREATE CAST (pg_temp.uuid AS pg_catalog.uuid) WITH FUNCTION pg_temp.to_uuid(pg_temp.uuid)
    AS ASSIGNMENT;
"""
#: A type that shadows text, whose check notes who runs it and what they can read.
ANOTHER_TEXT = """
CREATE TABLE pg_temp.loot (who pg_catalog.text);
GRANT INSERT ON pg_temp.loot TO PUBLIC;
CREATE FUNCTION pg_temp.look() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN INSERT INTO pg_temp.loot VALUES (current_user); RETURN true; END $$;
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.look());
"""


def authenticated(database: PostgresqlDatabase, tenant: NewTenant) -> PostgresqlDatabase:
    """Inside ``tenant``, as the API is."""
    key = parse_key(tenant.api_key)
    assert key is not None
    row = database.execute_sql(
        "SELECT tenant_id FROM core.authenticate(%s, %s, NULL, NULL)", (key.key_id, key.secret_hash)
    ).fetchone()
    assert row == (tenant.tenant_id,)
    return database


def names(database: PostgresqlDatabase) -> list[Any]:
    return [name for (name,) in database.execute_sql("SELECT name FROM probe.probes").fetchall()]


@pytest.fixture
def injected(database: PostgresqlDatabase) -> PostgresqlDatabase:
    """A transaction of the serving role in which somebody else's SQL runs."""
    database.execute_sql(ALLOW)
    database.execute_sql("SET LOCAL ROLE sparx_app")
    return database


def test_type_of_its_own_does_not_change_the_tenant(
    injected: PostgresqlDatabase,
    create_probe: Callable[..., Any],
    tenant: NewTenant,
    other_tenant: NewTenant,
    other_api: Api,
) -> None:
    create_probe("ours")
    create_probe("theirs", client=other_api)
    injected.execute_sql(ANOTHER_UUID.format(tenant=other_tenant.tenant_id))
    assert names(authenticated(injected, tenant)) == ["ours"]
    assert injected.execute_sql("SELECT core.tenant_id()").fetchone() == (tenant.tenant_id,)


def test_type_of_its_own_does_not_run_as_the_owner(
    injected: PostgresqlDatabase, tenant: NewTenant
) -> None:
    injected.execute_sql(ANOTHER_TEXT)
    injected.execute_sql("SELECT 'x'::pg_temp.text")  # the trap works
    authenticated(injected, tenant)
    injected.execute_sql("SELECT core.refresh_context()")
    users = injected.execute_sql("SELECT DISTINCT who FROM pg_temp.loot").fetchall()
    assert users == [("sparx_app",)]


def test_serving_role_cannot_plant_anything(installation: Runtime, tenant: NewTenant) -> None:
    connection = psycopg2.connect(installation.urls.app)
    for sql in (
        ANOTHER_TEXT,
        "CREATE TEMPORARY TABLE loot (who text)",
        "CREATE TABLE public.loot (who text)",
        "CREATE SCHEMA loot",
        "CREATE FUNCTION probe.look() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    ):
        with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(sql)
        connection.rollback()
    connection.close()


class Injected:
    """A module's query into which somebody put SQL of their own."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def execute(self, database: Database) -> Any:
        return database.execute_sql(self.sql)


def test_statement_of_its_own_does_not_run_in_the_next_tenant(
    installation: Runtime, tenant: NewTenant, create_probe: Callable[..., Any], other_api: Api
) -> None:
    create_probe("theirs", client=other_api)
    mine = parse_key(tenant.api_key)
    prepared = installation.database.execute_sql(
        "SELECT name, statement FROM pg_prepared_statements"
        " WHERE statement ~ 'slug.* FROM core.authenticate'"
    ).fetchall()
    assert prepared, "nothing is prepared here that could be replaced"
    for name, definition in prepared:
        genuine = definition.partition(" AS ")[2]
        with installation.as_key(mine) as context:
            context.run(
                Injected(
                    f"SET loot.mark = 'left'; DEALLOCATE {name};"
                    f" PREPARE {name} AS WITH g AS MATERIALIZED ({genuine})"
                    " SELECT g.* FROM g, LATERAL (SELECT set_config('loot.names', (SELECT"
                    " string_agg(name, ',') FROM probe.probes WHERE g.slug <> ''), false) AS value"
                    " OFFSET 0) l WHERE l.value IS NULL OR l.value <> ''"
                )
            )
    create_probe("theirs too", client=other_api)
    with installation.as_key(mine) as context:
        left = context.run(
            Injected(
                "SELECT current_setting('loot.names', true), current_setting('loot.mark', true)"
            )
        ).fetchone()
    assert not any(left)


def test_sessions_do_not_show_each_other_what_keys_they_serve(
    installation: Runtime, tenant: NewTenant
) -> None:
    serving = PostgresqlDatabase(installation.urls.app)
    reading = PostgresqlDatabase(installation.urls.app)
    try:
        serving.execute_sql("BEGIN")
        authenticated(serving, tenant)
        shown = reading.execute_sql(
            "SELECT query FROM pg_stat_activity WHERE pid = %s",
            (serving.connection().info.backend_pid,),
        ).fetchall()
        assert not [query for (query,) in shown if query and "core.authenticate" in query]
    finally:
        serving.close()
        reading.close()
