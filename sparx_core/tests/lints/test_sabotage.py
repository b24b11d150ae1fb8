"""Each lint catches what it is for, and nothing else does."""

from __future__ import annotations

import re

import pytest
from peewee import PostgresqlDatabase

from sparx_core.db.migrate import owner_connection
from sparx_core.db.tables import predicate_of
from sparx_core.lints import LINTS, run_lints
from sparx_core.runtime import Runtime

RULE = predicate_of("probe")
PARTED = f"""
CREATE TABLE probe.visits (tenant_id uuid NOT NULL, id uuid, PRIMARY KEY (tenant_id, id))
    PARTITION BY HASH (tenant_id);
ALTER TABLE probe.visits OWNER TO sparx_owner;
ALTER TABLE probe.visits ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON probe.visits TO sparx_app USING ({RULE}) WITH CHECK ({RULE});
CREATE TABLE probe.visits_0 PARTITION OF probe.visits FOR VALUES WITH (MODULUS 1, REMAINDER 0);
"""


def ruled(rule: str) -> str:
    return f"ALTER POLICY tenant ON probe.notes USING ({rule}) WITH CHECK ({rule})"


#: Lint, the object that is to be named, and one way to break it.
SABOTAGE = [
    ("L1", "probe.notes", "ALTER TABLE probe.notes DISABLE ROW LEVEL SECURITY"),
    ("L2", "core.events", "ALTER TABLE core.events NO FORCE ROW LEVEL SECURITY"),
    ("L3", "probe.notes", f"CREATE POLICY more ON probe.notes TO sparx_app USING ({RULE})"),
    (
        "L4",
        "probe.notes",
        "ALTER POLICY tenant ON probe.notes WITH CHECK (tenant_id = core.tenant_id())",
    ),
    ("L5", "probe.notes", ruled("tenant_id = core.tenant_id()")),
    ("L6", "probe.notes", ruled(f"{RULE} OR text = 'public'")),
    ("L7", "probe.notes", ruled(f"{RULE} OR core.tenant_id() IS NULL")),
    ("L8", "probe.notes", "ALTER POLICY tenant ON probe.notes TO PUBLIC"),
    (
        "L9",
        "probe.notes",
        "ALTER TABLE probe.notes DROP CONSTRAINT notes_pkey, ALTER COLUMN tenant_id DROP NOT NULL",
    ),
    (
        "L10",
        "probe.notes",
        "ALTER TABLE probe.notes DROP CONSTRAINT notes_pkey, ADD PRIMARY KEY (id)",
    ),
    ("L11", "probe.probes", "ALTER TABLE probe.probes ADD UNIQUE (code)"),
    (
        "L12",
        "probe.notes",
        "ALTER TABLE probe.notes ADD FOREIGN KEY (probe_id, id)"
        " REFERENCES probe.probes (tenant_id, id)",
    ),
    (
        "L13",
        "probe.probes",
        "ALTER TABLE probe.probes DROP CONSTRAINT probes_parent_id_fkey,"
        " ADD FOREIGN KEY (tenant_id, parent_id) REFERENCES probe.probes ON DELETE SET NULL",
    ),
    ("L14", "probe.notes", "CREATE INDEX ON probe.notes (position)"),
    ("L15", "probe.notes", "DROP INDEX probe.notes_probe_id_idx"),
    (
        "L16",
        "probe.texts",
        "CREATE VIEW probe.texts AS SELECT text FROM probe.notes;"
        " GRANT SELECT ON probe.texts TO sparx_app",
    ),
    (
        "L17",
        "probe.texts",
        "CREATE MATERIALIZED VIEW probe.texts AS SELECT text FROM probe.notes;"
        " GRANT SELECT ON probe.texts TO sparx_app",
    ),
    (
        "L18",
        "probe.all_notes()",
        "CREATE FUNCTION probe.all_notes() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM probe.notes';"
        "ALTER FUNCTION probe.all_notes OWNER TO sparx_owner;"
        "REVOKE ALL ON FUNCTION probe.all_notes FROM PUBLIC",
    ),
    ("L19", "probe.notes", "GRANT TRUNCATE ON probe.notes TO sparx_app"),
    ("L20", "probe.exchange_rates", "CREATE TABLE probe.exchange_rates (id uuid PRIMARY KEY)"),
    ("L21", "sparx_app", "ALTER ROLE sparx_app BYPASSRLS"),
    ("L22", "probe.visits_0", PARTED),
    ("L23", "core.events_position_seq", "GRANT USAGE ON core.events_position_seq TO sparx_app"),
    ("L24", "public", "GRANT CREATE ON SCHEMA public TO PUBLIC"),
    ("L25", "probe.notes", "ALTER TABLE probe.notes DISABLE TRIGGER audit_update"),
]


def test_every_lint_has_its_sabotage_and_advice() -> None:
    ids = [f"L{number}" for number in range(1, 26)]
    assert [lint.id for lint in LINTS] == ids == [lint for lint, _, _ in SABOTAGE]
    assert all(lint.title and lint.advice for lint in LINTS)


@pytest.mark.parametrize(("lint", "object_", "sql"), SABOTAGE, ids=[one[0] for one in SABOTAGE])
def test_sabotage_is_caught_by_its_lint_alone(
    database: PostgresqlDatabase, installation: Runtime, lint: str, object_: str, sql: str
) -> None:
    database.execute_sql(sql)
    found = run_lints(database, installation.registry)
    assert [(one.lint, one.object) for one in found] == [(lint, object_)], "\n".join(
        map(str, found)
    )
    advice = found[0].advice
    assert "{" not in advice
    assert re.search(r"[A-Z]{4}|sparx migrate|tenant_id|TenantModel", advice)
    assert str(found[0]).startswith(f"{lint} {object_} ")
    assert str(found[0]).endswith(advice)
    # The serving role sees the same, so that any login can run the lints.
    database.execute_sql("SET LOCAL ROLE sparx_app")
    assert run_lints(database, installation.registry) == found


def test_migrated_database_is_clean_for_every_login(
    database: PostgresqlDatabase, installation: Runtime
) -> None:
    registry = installation.registry
    assert [*registry.modules] == ["core", "probe", "addon"]
    assert run_lints(database, registry) == []
    assert run_lints(installation.database, registry) == []
    assert run_lints(PostgresqlDatabase(installation.urls.dispatch), registry) == []
    with owner_connection(installation.urls.owner) as owner:
        assert run_lints(owner, registry) == []


def test_connection_is_left_as_it_was(database: PostgresqlDatabase, installation: Runtime) -> None:
    def search_path(of: PostgresqlDatabase) -> str:
        found: str = of.execute_sql("SHOW search_path").fetchone()[0]
        return found

    database.execute_sql("SET LOCAL search_path = probe, public")
    run_lints(database, installation.registry)
    assert search_path(database) == "probe, public"
    fresh = PostgresqlDatabase(installation.urls.app)
    before = search_path(fresh)
    run_lints(fresh, installation.registry)
    assert fresh.connection().info.transaction_status == 0
    assert search_path(fresh) == before
    fresh.close()
