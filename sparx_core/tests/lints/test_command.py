"""``python -m sparx_core.lints``: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from sparx_core.db.migrate import migrate
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.registry import Registry
from sparx_core.settings import Settings
from sparx_core.testing import DatabaseServer

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def urls(database_server: DatabaseServer) -> Iterator[DatabaseUrls]:
    """A database of its own with the modules that are installed, which the command discovers."""
    from sparx_core.db.dsn import built, parsed

    admin = psycopg2.connect(database_server.admin)
    admin.autocommit = True
    name = f"sparx_lints_{os.getpid()}"
    admin.cursor().execute(f"CREATE DATABASE {name}")
    url = built({**parsed(database_server.admin), "dbname": name})
    settings = Settings.load({"SPARX_HOME": str(database_server.home), "SPARX_DATABASE_URL": url})
    found = resolve_urls(settings)
    migrate(Registry.discover(), found)
    yield found
    admin.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


@pytest.fixture
def run(urls: DatabaseUrls, tmp_path: Path) -> Run:
    """The command as an operator without the owner's URL runs it."""

    def command(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARX_")}
        return subprocess.run(
            [sys.executable, "-m", "sparx_core.lints", *arguments],
            env={
                **kept,
                "SPARX_HOME": str(tmp_path),
                "SPARX_DATABASE_URL": urls.app,
                **variables,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return command


def execute(urls: DatabaseUrls, sql: str) -> None:
    connection = psycopg2.connect(urls.require_owner())
    with connection, connection.cursor() as cursor:
        cursor.execute(sql)
    connection.close()


def test_walls_that_stand(run: Run) -> None:
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[f"L{n}", "ok"] for n in range(1, 26)]
    assert json.loads(run("--json").stdout) == {"ok": True, "findings": []}


def test_wall_that_fell(run: Run, urls: DatabaseUrls) -> None:
    execute(urls, "ALTER TABLE core.events DISABLE ROW LEVEL SECURITY")
    try:
        done, as_json = run(), run("--json")
    finally:
        execute(urls, "ALTER TABLE core.events ENABLE ROW LEVEL SECURITY")
    assert (done.returncode, as_json.returncode) == (1, 1)
    first, offender, advice, *others = done.stdout.splitlines()
    assert first.split()[:2] == ["L1", "FAIL"]
    assert offender.strip().startswith("core.events has no row-level security")
    assert "ALTER TABLE core.events ENABLE ROW LEVEL SECURITY" in advice
    assert [line.split()[:2] for line in others] == [[f"L{n}", "ok"] for n in range(2, 26)]
    (finding,) = json.loads(as_json.stdout)["findings"]
    assert (finding["lint"], finding["object"]) == ("L1", "core.events")


def test_database_that_cannot_be_reached(run: Run) -> None:
    done = run(SPARX_DATABASE_URL="postgresql://sparx_app:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("Error: The database postgresql://sparx_app@127.0.0.1:1/none")
    assert "secret" not in done.stderr
