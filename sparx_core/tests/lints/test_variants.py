"""Other ways to break the walls, and things that are allowed beside them."""

from __future__ import annotations

from importlib.resources import files

import pytest
from peewee import PostgresqlDatabase

from sparx_core.audit.tables import audited_tables
from sparx_core.db.migrate import SCRIPTS
from sparx_core.db.tables import predicate_of
from sparx_core.lints import run_lints
from sparx_core.lints.kernel import kernel_functions
from sparx_core.runtime import Runtime
from sparx_core.search.functions import hit_functions

RULE = predicate_of("probe")


def found(database: PostgresqlDatabase, runtime: Runtime, sql: str) -> list[tuple[str, str]]:
    database.execute_sql(sql)
    return [(one.lint, one.object) for one in run_lints(database, runtime.registry)]


WALLS = {
    "no policy": ("DROP POLICY tenant ON probe.notes", {"L3"}),
    "policy under another name": ("ALTER POLICY tenant ON probe.notes RENAME TO mine", {"L3"}),
    "owner's policy on a module's table": (
        "CREATE POLICY owner ON probe.notes TO sparx_owner USING (true)",
        {"L3", "L6", "L8"},
    ),
    "owner's policy to write a searched table": (
        "DROP POLICY owner ON probe.probes;"
        "CREATE POLICY owner ON probe.probes TO sparx_owner USING (true)",
        {"L3", "L6", "L8"},
    ),
    "owner's policy on a searched table for everybody": (
        "ALTER POLICY owner ON probe.probes TO PUBLIC",
        {"L8"},
    ),
    "owner's policy for everybody": ("ALTER POLICY owner ON core.api_keys TO PUBLIC", {"L8"}),
    "everything may be written": (
        "ALTER POLICY tenant ON probe.notes WITH CHECK (true)",
        {"L4", "L6"},
    ),
    "column cast": (
        "ALTER POLICY tenant ON probe.notes USING (tenant_id::text = core.tenant_id()::text)"
        " WITH CHECK (tenant_id::text = core.tenant_id()::text)",
        {"L5"},
    ),
    "another module's gate": (
        f"ALTER POLICY tenant ON probe.notes USING ({predicate_of('core')})"
        f" WITH CHECK ({predicate_of('core')})",
        {"L5"},
    ),
    "setting instead of function": (
        "ALTER POLICY tenant ON probe.notes"
        " USING (tenant_id = current_setting('sparx.tenant_id', true)::uuid)"
        " WITH CHECK (tenant_id = current_setting('sparx.tenant_id', true)::uuid)",
        {"L5"},
    ),
    "all tenants": ("ALTER TABLE core.tenants DISABLE ROW LEVEL SECURITY", {"L1"}),
}

TABLES = {
    "single column reference": (
        "ALTER TABLE probe.probes ADD UNIQUE (id);"
        "ALTER TABLE probe.notes ADD FOREIGN KEY (probe_id) REFERENCES probe.probes (id)",
        {"L11", "L12"},
    ),
    "tenant_id is set null on update": (
        "ALTER TABLE probe.notes ADD FOREIGN KEY (tenant_id, probe_id)"
        " REFERENCES probe.probes ON UPDATE SET NULL",
        {"L13"},
    ),
    "unique expression": ("CREATE UNIQUE INDEX ON probe.probes (lower(code), tenant_id)", {"L11"}),
    "exclusion constraint": (
        "ALTER TABLE probe.notes ADD EXCLUDE (position WITH =, tenant_id WITH =)",
        {"L11"},
    ),
    "index of a reference with a condition": (
        "DROP INDEX probe.notes_probe_id_idx;"
        "CREATE INDEX ON probe.notes (tenant_id, probe_id) WHERE text > ''",
        {"L15"},
    ),
    "reference of the core's own": ("DROP INDEX core.credentials_api_key_id_idx", {"L15"}),
    "text instead of uuid": (
        "CREATE TABLE probe.old (tenant_id text, id uuid, PRIMARY KEY (tenant_id, id));"
        "ALTER TABLE probe.old ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        {"L3", "L9"},
    ),
    "table that was never declared": (
        "CREATE TABLE addon.drafts (tenant_id uuid NOT NULL, id uuid PRIMARY KEY)",
        {"L1", "L2", "L3", "L10"},
    ),
    "declared table that is missing": ("DROP TABLE probe.notes", {"L9"}),
    "heir of a tenant table": ("CREATE TABLE probe.old () INHERITS (probe.notes)", {"L10", "L22"}),
    "granted partition": (
        "CREATE TABLE probe.old (PRIMARY KEY (tenant_id, id)) INHERITS (probe.notes);"
        "ALTER TABLE probe.old ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY tenant ON probe.old TO sparx_app USING ({RULE}) WITH CHECK ({RULE});"
        "GRANT SELECT (text) ON probe.old TO sparx_app",
        {"L22"},
    ),
    "table of another schema": (
        "CREATE TABLE public.leads (id integer); GRANT SELECT ON public.leads TO PUBLIC",
        {"L20"},
    ),
    "schema of a module that is gone": (
        "CREATE SCHEMA gone AUTHORIZATION sparx_owner; CREATE TABLE gone.leads (id integer)",
        {"L20"},
    ),
}

RIGHTS = {
    "secrets": ("GRANT SELECT (value) ON core.secrets TO sparx_app", {"L19"}),
    "digests for everybody": ("GRANT SELECT ON core.credentials TO PUBLIC", {"L19"}),
    "append-only table": ("GRANT UPDATE (data) ON core.events TO sparx_app", {"L19"}),
    "tables for dispatch": ("GRANT SELECT ON core.deliveries TO sparx_dispatch", {"L19"}),
    "queue for the API": ("GRANT SELECT ON core.huey_task TO sparx_app", {"L19"}),
    "right to pass on": (
        "GRANT SELECT ON probe.notes TO sparx_app WITH GRANT OPTION",
        {"L19"},
    ),
    "right through a group": (
        "CREATE ROLE sparx_test_group; GRANT sparx_test_group TO sparx_dispatch;"
        "GRANT SELECT ON probe.notes TO sparx_test_group",
        {"L19"},
    ),
    "tables to come": (
        "ALTER DEFAULT PRIVILEGES FOR ROLE sparx_owner GRANT SELECT ON TABLES TO sparx_app",
        {"L19"},
    ),
    "sequence for everybody": (
        "CREATE SEQUENCE probe.numbers; GRANT SELECT ON probe.numbers TO PUBLIC",
        {"L23"},
    ),
    "view by column": (
        "CREATE VIEW probe.texts AS SELECT text FROM probe.notes;"
        "GRANT SELECT (text) ON probe.texts TO PUBLIC",
        {"L16"},
    ),
    "superuser": ("ALTER ROLE sparx_dispatch SUPERUSER", {"L21"}),
    "member of the owner": ("GRANT sparx_owner TO sparx_app", {"L21"}),
    "member of a member": (
        "CREATE ROLE sparx_test_group; GRANT sparx_owner TO sparx_test_group;"
        "GRANT sparx_test_group TO sparx_app",
        {"L21"},
    ),
    "member of dispatch": ("GRANT sparx_dispatch TO sparx_app", {"L21"}),
    "reads everything": ("GRANT pg_read_all_data TO sparx_app", {"L21"}),
    "owns a table": ("ALTER TABLE probe.notes OWNER TO sparx_app", {"L19", "L21"}),
    "owner that can log in": ("ALTER ROLE sparx_owner LOGIN", {"L21"}),
    "schema of its own": ("GRANT CREATE ON SCHEMA probe TO sparx_app", {"L24"}),
    "new schemas": (
        "DO $$ BEGIN EXECUTE 'GRANT CREATE ON DATABASE ' || quote_ident(current_database())"
        " || ' TO sparx_app'; END $$",
        {"L24"},
    ),
    "temporary tables": (
        "DO $$ BEGIN EXECUTE 'GRANT TEMPORARY ON DATABASE ' || quote_ident(current_database())"
        " || ' TO PUBLIC'; END $$",
        {"L24"},
    ),
}

FUNCTIONS = {
    "path that begins with pg_temp": (
        "ALTER FUNCTION core.authenticate SET search_path = pg_catalog",
        {"L18"},
    ),
    "unrecorded": ("DROP TRIGGER audit_delete ON probe.probes", {"L25"}),
    "recorded sometimes": (
        "CREATE OR REPLACE TRIGGER audit_insert AFTER INSERT ON probe.probes"
        " REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
        " WHEN (current_setting('x.y', true) IS NULL) EXECUTE FUNCTION probe.audit_probes()",
        {"L25"},
    ),
    "recorded otherwise": (
        "CREATE OR REPLACE FUNCTION probe.audit_probes() RETURNS trigger LANGUAGE plpgsql"
        " SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        " AS 'BEGIN RETURN NULL; END'",
        {"L18"},
    ),
    "no path": ("ALTER FUNCTION core.touch_keys RESET search_path", {"L18"}),
    "tenant by the caller's types": (
        "CREATE OR REPLACE FUNCTION core.tenant_id() RETURNS uuid LANGUAGE sql STABLE"
        " AS $$ SELECT nullif(current_setting('sparx.tenant_id', true), '')::uuid $$",
        {"L18"},
    ),
    "tenant from elsewhere": (
        "CREATE OR REPLACE FUNCTION core.tenant_id() RETURNS uuid LANGUAGE sql STABLE"
        " RETURN nullif(current_setting('other.tenant_id', true), '')::uuid",
        {"L18"},
    ),
    "another body": (
        "CREATE OR REPLACE FUNCTION core.key_digest(secret_hash bytea) RETURNS bytea"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        " AS 'SELECT secret_hash'",
        {"L18"},
    ),
    "invoker's rights": ("ALTER FUNCTION core.refresh_context SECURITY INVOKER", {"L18"}),
    "executable by everybody": (
        "GRANT EXECUTE ON FUNCTION core.active_modules TO PUBLIC",
        {"L18"},
    ),
    "context for the API": (
        "GRANT EXECUTE ON FUNCTION core.set_context(uuid, text, text) TO sparx_app",
        {"L18"},
    ),
    "claims for the API": (
        "GRANT EXECUTE ON FUNCTION core.claim_delivery TO sparx_app",
        {"L18"},
    ),
    "search with another body": (
        "CREATE OR REPLACE FUNCTION probe.search_probes(words text[], field text)"
        " RETURNS SETOF uuid"
        " LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
        " AS 'BEGIN RETURN QUERY SELECT id FROM probe.probes; END'",
        {"L18"},
    ),
    "search for everybody": (
        "GRANT EXECUTE ON FUNCTION probe.search_probes TO PUBLIC",
        {"L18"},
    ),
    "search of a module's own": (
        "CREATE FUNCTION probe.search_notes() RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS 'SELECT id FROM probe.notes';"
        " REVOKE ALL ON FUNCTION probe.search_notes() FROM PUBLIC;"
        " ALTER FUNCTION probe.search_notes() OWNER TO sparx_owner",
        {"L18"},
    ),
    "another owner": ("ALTER FUNCTION core.key_digest OWNER TO CURRENT_USER", {"L18"}),
}

BROKEN = {**WALLS, **TABLES, **RIGHTS, **FUNCTIONS}

ALLOWED = {
    "restrictive policy": (
        "CREATE POLICY published ON probe.notes AS RESTRICTIVE TO sparx_app USING (text <> '')"
    ),
    "view with the reader's rights": (
        "CREATE VIEW probe.texts WITH (security_invoker) AS SELECT text FROM probe.notes;"
        "GRANT SELECT ON probe.texts TO sparx_app"
    ),
    "view that nobody can read": "CREATE VIEW probe.texts AS SELECT text FROM probe.notes",
    "search index": "CREATE INDEX ON probe.probes USING gin (content)",
    "reference that clears its own column": (
        "ALTER TABLE probe.probes DROP CONSTRAINT probes_parent_id_fkey,"
        " ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES probe.probes"
        " ON DELETE SET NULL (parent_id)"
    ),
    "unique per tenant, ignoring case": (
        "CREATE UNIQUE INDEX ON probe.probes (tenant_id, lower(code))"
    ),
    "reference to the tenant": (
        "ALTER TABLE probe.notes ADD FOREIGN KEY (tenant_id) REFERENCES core.tenants"
    ),
    "trigger with the writer's rights": (
        "CREATE FUNCTION probe.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    ),
    "table of somebody else": "CREATE TABLE public.leads (id integer)",
    "group without rights": (
        "CREATE ROLE sparx_test_group; GRANT sparx_test_group TO sparx_app, sparx_dispatch"
    ),
    "walled partition": (
        "CREATE TABLE probe.old (PRIMARY KEY (tenant_id, id)) INHERITS (probe.notes);"
        "ALTER TABLE probe.old ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY tenant ON probe.old TO sparx_app USING ({RULE}) WITH CHECK ({RULE})"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken(database: PostgresqlDatabase, installation: Runtime, name: str) -> None:
    sql, lints = BROKEN[name]
    assert {lint for lint, _ in found(database, installation, sql)} == lints


@pytest.mark.parametrize("name", ALLOWED)
def test_allowed(database: PostgresqlDatabase, installation: Runtime, name: str) -> None:
    assert found(database, installation, ALLOWED[name]) == []


def test_list_of_functions_is_the_kernel_and_the_searches(installation: Runtime) -> None:
    folder = files("sparx_core.db")
    script = "".join(folder.joinpath(name).read_text() for name in SCRIPTS)
    searches = installation.registry.search_functions()
    assert [one.name for one in searches] == ["core.search_members", "probe.search_probes"]
    script += "".join(one.definition() for one in searches)
    hits = hit_functions(installation.registry.resources.values())
    assert len(hits) == len(searches)
    script += "".join(one.definition() for one in hits)
    audited = audited_tables(installation.registry)
    assert {"probe.probes", "probe.notes", "core.activations"} <= {one.table for one in audited}
    script += "".join(one.definition() for one in audited)
    functions = kernel_functions(installation.registry)
    assert len(functions) == script.count("CREATE OR REPLACE FUNCTION")
    assert sum(one.definer for one in functions) == script.count("SECURITY DEFINER SET")
    roles = {one.signature.partition("(")[0]: one.roles for one in functions}
    assert roles["core.authenticate"] == ("sparx_app",)
    assert roles["core.claim_delivery"] == ("sparx_dispatch",)
    assert roles["core.set_context"] == ()
    assert roles["probe.search_probes"] == ("sparx_app",)
    assert roles["probe.audit_probes"] == ()
