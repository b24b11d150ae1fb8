"""Other ways out of one's tenant: roles, definitions, files, functions for other roles."""

from __future__ import annotations

import psycopg2
import pytest

from .attempts import REFUSED, attempt
from .situations import DENIED, genuine, malformed_tenant
from .world import MODELS, World

BREAKOUTS = [
    "SET ROLE sparx_owner",
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION sparx_owner",
    "SET row_security = off; SELECT * FROM crm.orders",
    "ALTER TABLE crm.orders DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE crm.orders NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY open ON crm.orders USING (true)",
    "DROP POLICY tenant ON crm.orders",
    "GRANT SELECT ON crm.orders TO PUBLIC",
    "ALTER ROLE sparx_app BYPASSRLS",
    "ALTER ROLE sparx_app SUPERUSER",
    "SELECT * FROM core.secrets",
    "SELECT * FROM core.credentials",
    "SELECT value FROM core.secrets WHERE name = 'context' FOR SHARE",
    "COPY core.secrets TO STDOUT",
    "SELECT core.set_context('{theirs}', ',core,crm,', 'key:forged')",
    "SELECT core.active_modules('{theirs}')",
    "SELECT core.key_digest('x')",
    "SELECT core.sweep_deliveries(0, 1000, 1000)",
    "SELECT core.claim_delivery(id, tenant_id, 60) FROM core.deliveries",
    "SELECT core.release_delivery(id, tenant_id, id, 'dead', '', 0) FROM core.deliveries",
    "SELECT core.unblock_deliveries(ARRAY['x'])",
    "SELECT core.note_progress(id, tenant_id, id, 1, 1) FROM core.deliveries",
    "SELECT core.forget_deliveries(0, 1000, false)",
    "SELECT core.forget_events(0, 1000)",
    "SELECT core.delivery_metrics(300)",
    "SELECT core.delivery_pass(id, tenant_id, id) FROM core.deliveries",
    "SELECT core.open_module(id, id, 'x') FROM core.deliveries",
    "DROP POLICY module ON core.archives",
    "CREATE OR REPLACE FUNCTION core.tenant_id() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "CREATE FUNCTION core.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE crm.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE VIEW crm.mine AS SELECT * FROM crm.orders",
    "CREATE SCHEMA mine",
    "CREATE EXTENSION dblink",
    "ALTER TABLE crm.orders OWNER TO sparx_app",
    "ALTER TABLE crm.orders ADD COLUMN mine int",
    "CREATE TRIGGER mine BEFORE UPDATE ON crm.orders"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE mine AS ON SELECT TO crm.orders DO INSTEAD SELECT 1",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "COPY crm.orders TO PROGRAM 'cat'",
    "COPY crm.orders TO '/stolen'",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'",
    "UPDATE core.tenants SET slug = 'mine'",
    "INSERT INTO core.tenants (id, slug, name, currency)"
    " VALUES (gen_random_uuid(), 'x1', 'x', 'USD')",
    "DELETE FROM core.tenants",
    "DELETE FROM core.events",
    "UPDATE core.events SET data = '{{}}'",
    "INSERT INTO core.audit_entries (id, action, resource, resource_id, changes, actor_type)"
    " VALUES (gen_random_uuid(), 'created', 'crm.orders', gen_random_uuid(), '{{}}', 'system')",
    "UPDATE core.audit_entries SET actor_type = 'system'",
    "DELETE FROM core.audit_entries",
    "ALTER TABLE crm.orders DISABLE TRIGGER audit_insert",
    "DROP TRIGGER audit_insert ON crm.orders",
    "SET session_replication_role = replica",
    "SELECT core.system_actor()",
    "SELECT core.refuse_entry()",
    "SELECT core.forget_entries(0, 1000)",
    "SELECT crm.audit_orders()",
    "CREATE TRIGGER mine AFTER INSERT ON crm.orders EXECUTE FUNCTION crm.audit_orders()",
    "DELETE FROM crm.migrations",
    "SELECT data FROM core.huey_task",
]  # fmt: skip


CATALOGUE = """
SELECT c.oid::regclass::text, c.relowner, c.relacl::text, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT array_agg(pg_get_expr(p.polqual, p.polrelid) ORDER BY p.polname)
          FROM pg_policy p WHERE p.polrelid = c.oid)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^pg_' ORDER BY 1
"""


@pytest.mark.parametrize("sql", BREAKOUTS, ids=lambda sql: sql[:60])
def test_breaking_out_is_refused(world: World, sql: str) -> None:
    spelled_out = sql.format(theirs=world.theirs.tenant_id)
    before = world.owner.rows(CATALOGUE)
    with world.owner.nothing_written(*world.tenants):
        outcome = attempt(world, genuine, spelled_out)
    # A GRANT by somebody who may not is a warning, and an extension may not be there at all.
    allowed = (None,) if sql.startswith("GRANT") else (REFUSED, "0A000", "42809")
    assert outcome.error in allowed, outcome
    assert world.owner.rows(CATALOGUE) == before


def test_tenants_see_themselves_only(world: World) -> None:
    found = attempt(world, genuine, "SELECT id FROM core.tenants").rows
    assert [str(row[0]) for row in found] == [str(world.mine.tenant_id)]
    for situation in DENIED.values():
        assert attempt(world, situation, "SELECT id FROM core.tenants").rows == []


def test_malformed_tenant_reads_nothing(world: World) -> None:
    for table in MODELS:
        outcome = attempt(world, malformed_tenant, f"SELECT * FROM {table}")
        assert outcome.rows == []
        assert outcome.error in (None, "22P02")


def test_key_of_another_tenant_cannot_be_registered_for(world: World) -> None:
    theirs = world.row("core.api_keys", world.theirs)["id"]
    with world.owner.nothing_written(*world.tenants):
        outcome = attempt(
            world, genuine, ("SELECT core.register_key('mineMINE', %s, 'x'::bytea)", (theirs,))
        )
    assert outcome.error == "23503"


def test_statistics_of_the_planner_are_not_readable(world: World) -> None:
    world.owner.execute("ANALYZE")
    for table in MODELS:
        schema, _, name = table.partition(".")
        found = attempt(
            world,
            genuine,
            (
                "SELECT attname FROM pg_stats WHERE schemaname = %s AND tablename = %s",
                (schema, name),
            ),
        )
        assert found.rows == []


def test_dispatching_role_reads_no_table(world: World) -> None:
    connection = psycopg2.connect(world.runtime.urls.dispatch)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for table in (*MODELS, "core.tenants", "core.secrets", "core.credentials"):
            for sql in (
                f"SELECT * FROM {table}",
                f"DELETE FROM {table}",
                f"COPY {table} TO STDOUT",
            ):
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(sql)
        for function in ("authenticate('x', 'x'::bytea, NULL, NULL)", "refresh_context()"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SELECT core.{function}")
    connection.close()
