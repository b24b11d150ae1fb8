"""A stranger's module is covered by being installed; nothing has to be configured."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from peewee import PostgresqlDatabase, TextField

from sparx_core import Module, Reference, TenantModel, create_tables, hookimpl
from sparx_core.db.tables import secure
from sparx_core.lints import run_lints
from sparx_core.modules import Installed
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime


class Reward(TenantModel):
    name = TextField()
    probe = Reference("probe.probes", null=True, on_delete="SET NULL")

    class Meta:
        schema = "loyalty"
        table_name = "rewards"
        indexes = ((("name",), True),)
        grants = "SELECT, INSERT"


@pytest.fixture
def registry(installation: Runtime) -> Registry:
    """The modules of the installation, and one that its database has never seen."""
    plugin = SimpleNamespace(sparx_models=hookimpl(lambda: [Reward]))
    stranger = Module("loyalty", "Loyalty", "loyalty", plugin, requires=("probe",))
    installed = installation.registry.modules.values()
    return Registry([*installed, Installed(stranger, "acme-loyalty", "0.3")])


@pytest.fixture
def loyalty(database: PostgresqlDatabase, registry: Registry) -> PostgresqlDatabase:
    """The database with the module's table, as ``sparx migrate`` makes it."""
    database.execute_sql("SET LOCAL ROLE sparx_owner")
    create_tables(database, [Reward])
    secure(database, Reward, "loyalty")
    database.execute_sql("RESET ROLE")
    return database


def test_module_that_is_not_migrated(database: PostgresqlDatabase, registry: Registry) -> None:
    (found,) = run_lints(database, registry)
    assert (found.lint, found.object) == ("L9", "loyalty.rewards")
    assert "sparx migrate" in found.advice


def test_module_made_by_the_core_is_clean(loyalty: PostgresqlDatabase, registry: Registry) -> None:
    assert run_lints(loyalty, registry) == []


@pytest.mark.parametrize(
    ("sql", "lints"),
    [
        ("ALTER TABLE loyalty.rewards DISABLE ROW LEVEL SECURITY", {"L1"}),
        ("GRANT UPDATE ON loyalty.rewards TO sparx_app", {"L19"}),
        ("CREATE TABLE loyalty.points (id uuid PRIMARY KEY)", {"L20"}),
        (
            "CREATE TABLE loyalty.points (tenant_id uuid, id uuid, PRIMARY KEY (tenant_id, id))",
            {"L1", "L2", "L3"},
        ),
        (
            "CREATE FUNCTION loyalty.total() RETURNS bigint LANGUAGE sql SECURITY DEFINER"
            " AS 'SELECT count(*) FROM loyalty.rewards'",
            {"L18"},
        ),
    ],
)
def test_its_own_ddl_is_looked_at(
    loyalty: PostgresqlDatabase, registry: Registry, sql: str, lints: set[str]
) -> None:
    loyalty.execute_sql(sql)
    found = run_lints(loyalty, registry)
    assert {one.lint for one in found} == lints
    assert all(one.object.startswith("loyalty.") for one in found)


def test_it_cannot_let_the_owner_in(
    database: PostgresqlDatabase, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reward._meta, "owner_access", True)
    create_tables(database, [Reward])
    secure(database, Reward, "loyalty")
    assert {one.lint for one in run_lints(database, registry)} == {"L3", "L6", "L8"}
