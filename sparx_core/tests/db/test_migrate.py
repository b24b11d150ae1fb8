"""Migrations: from nothing, again, from processes at once, and with walls around every table."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from types import SimpleNamespace

import pytest

from sparx_core.db.connection import Database
from sparx_core.db.dsn import built, parsed
from sparx_core.db.migrate import migrate, owner_connection, pending
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.modules import Installed, Module
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.testing import DatabaseServer, Owner
from sparx_core.version import VERSION

from ..probe.declared import INSTALLED

CORE = Installed(core_module, "sparx-core", VERSION)
OF_CORE = [
    f"core/{path.stem}" for path in sorted((files("sparx_core") / "migrations").glob("0*.py"))
]
EVERYTHING = [*OF_CORE, "probe/0001_probe", "addon/0001_addon"]


@pytest.fixture
def settings(database_server: DatabaseServer) -> Iterator[Settings]:
    """An empty database of the session's server."""
    name = f"sparx_test_{secrets.token_hex(6)}"
    server = Owner(database_server.admin)
    server.execute(f"CREATE DATABASE {name}")
    url = built({**parsed(database_server.admin), "dbname": name})
    yield Settings.load({"SPARX_HOME": str(database_server.home), "SPARX_DATABASE_URL": url})
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    server.close()


@pytest.fixture
def urls(settings: Settings) -> DatabaseUrls:
    return resolve_urls(settings)


@pytest.fixture
def everything() -> Registry:
    return Registry([CORE, *INSTALLED])


def test_from_nothing_and_again(urls: DatabaseUrls, everything: Registry) -> None:
    told: list[str] = []
    assert migrate(everything, urls, told.append) == EVERYTHING == told
    assert migrate(everything, urls, told.append) == []
    assert told == EVERYTHING


def test_again_touches_nothing(urls: DatabaseUrls, everything: Registry) -> None:
    migrate(everything, urls)
    state = (
        "SELECT (SELECT sum(hashtextextended(c::text, 0)::numeric) FROM pg_class c"
        "         WHERE relnamespace::regnamespace::text IN ('core', 'probe', 'addon')),"
        " (SELECT sum(hashtextextended(p::text, 0)::numeric) FROM pg_policy p),"
        " (SELECT sum(hashtextextended(f::text, 0)::numeric) FROM pg_proc f"
        "   WHERE pronamespace = 'core'::regnamespace)"
    )
    owner = Owner(urls.require_owner())
    before = owner.rows(state)
    migrate(everything, urls)
    assert owner.rows(state) == before
    owner.close()


def test_module_that_comes_later(urls: DatabaseUrls, everything: Registry) -> None:
    assert migrate(Registry([CORE]), urls) == OF_CORE
    database = Database(urls.app)
    assert pending(Registry([CORE]), database) == []
    assert pending(everything, database) == EVERYTHING[len(OF_CORE) :]
    assert migrate(everything, urls) == EVERYTHING[len(OF_CORE) :]
    assert pending(everything, database) == []
    database.close()


def test_module_without_tables_is_never_pending(settings: Settings, urls: DatabaseUrls) -> None:
    bare = Module("bare", "Bare", "sparx_core.tests", SimpleNamespace())
    registry = Registry([CORE, Installed(bare, "sparx-bare", "1.0.0")])
    migrate(registry, urls)
    serving = Database(urls.app)
    assert pending(registry, serving) == []
    serving.close()


def test_processes_at_once_agree(settings: Settings, urls: DatabaseUrls) -> None:
    script = (
        "from sparx_core.db.migrate import migrate; from sparx_core.db.urls import resolve_urls;"
        "from sparx_core.modules import Installed; from sparx_core.plugin import module;"
        "from sparx_core.registry import Registry; from sparx_core.settings import Settings;"
        "print(migrate(Registry([Installed(module, 'sparx-core', '1')]),"
        " resolve_urls(Settings.load())))"
    )
    environment = {
        **os.environ,
        "SPARX_HOME": str(settings.home),
        "SPARX_DATABASE_URL": str(settings.database_url),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    printed = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert printed == sorted([str(OF_CORE), "[]", "[]"])


def test_broken_walls_are_put_up_again(urls: DatabaseUrls, everything: Registry) -> None:
    migrate(everything, urls)
    policies = (
        "SELECT polname::text FROM pg_policy WHERE polrelid = 'probe.probes'::regclass ORDER BY 1"
    )
    owner = Owner(urls.require_owner())
    for sabotage in (
        "DROP POLICY tenant ON probe.probes",
        "DROP POLICY emptied ON probe.probes",
        "ALTER TABLE probe.probes DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE probe.probes NO FORCE ROW LEVEL SECURITY",
    ):
        owner.execute(sabotage)
        migrate(everything, urls)
        assert owner.rows(policies) == [("emptied",), ("owner",), ("tenant",)]
        assert owner.rows(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class"
            " WHERE oid = 'probe.probes'::regclass"
        ) == [(True, True)]
    owner.close()


def test_everything_belongs_to_the_owner(urls: DatabaseUrls, everything: Registry) -> None:
    migrate(everything, urls)
    owner = Owner(urls.require_owner())
    assert owner.rows(
        "SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class"
        " WHERE relnamespace::regnamespace::text IN ('core', 'probe', 'addon')"
    ) == [("sparx_owner",)]
    owner.close()


def test_owner_is_bound_by_the_walls_of_modules_tables(
    installation: Runtime, create_probe: object, api: object
) -> None:
    """FORCE: even the owner, and so a function of the owner's, sees no tenant's rows.

    For their search functions the owner reads tables that are searched, and writes none.
    """
    create_probe(notes=[{"text": "a"}])  # type: ignore[operator]
    with owner_connection(installation.urls.require_owner()) as database:
        assert database.execute_sql("SELECT count(*) FROM probe.notes").fetchone() == (0,)
        assert database.execute_sql("SELECT count(*) FROM probe.probes").fetchone()[0] > 0
        assert database.execute_sql("UPDATE probe.probes SET name = 'x'").rowcount == 0
        assert database.execute_sql("DELETE FROM probe.probes").rowcount == 0


def test_process_that_serves_before_the_migration_recovers_after_it(
    settings: Settings, urls: DatabaseUrls, everything: Registry
) -> None:
    from sparx_core.app import create_app
    from sparx_core.auth.keys import new_key
    from sparx_core.tenants import create_tenant
    from sparx_core.testing import Api

    runtime = Runtime.start(settings, everything)
    try:
        app = create_app(runtime)
        early = Api(app, new_key().text)
        for _ in range(2):
            assert early.get("/v1/me").status >= 500
        assert early.get("/ready").status == 503
        migrate(everything, urls)
        made = create_tenant(runtime, "late", modules=["addon"])
        assert Api(app, made.api_key).get("/v1/me").data["modules"] == ["addon", "probe"]
        assert early.get("/v1/me").status == 401
    finally:
        runtime.close()
