"""``sparx module activate`` and ``deactivate``: they wait for a worker, and say how it went."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from sparx_core.db import embedded
from sparx_core.db.urls import resolve_urls
from sparx_core.settings import Settings

if TYPE_CHECKING:
    from conftest import Sparx

PLUGIN = '''
"""One table, and a hook that refuses while a file says so."""
import os
import sys

from peewee import TextField

from sparx_core import Module, TenantModel, hookimpl


class Parcel(TenantModel):
    name = TextField()

    class Meta:
        schema = "parcels"
        table_name = "parcels"


@hookimpl
def sparx_models():
    return [Parcel]


@hookimpl
def sparx_activate(ctx):
    if os.path.exists(os.environ.get("PARCELS_REFUSE", "")):
        raise RuntimeError("the shelf is full")


plugin = sys.modules[__name__]
module = Module(key="parcels", title="Parcels", package="sparx_parcels", plugin=plugin)
'''
MIGRATION = """
from peewee import TextField

from sparx_core import TenantModel, create_tables


class Parcel(TenantModel):
    name = TextField()

    class Meta:
        schema = "parcels"
        table_name = "parcels"


def up(migrator, db):
    create_tables(db, [Parcel])
"""


class Shelf:
    """An installation with the module ``parcels``, and a tenant with three of them."""

    def __init__(self, sparx: Sparx, folder: Path) -> None:
        self.sparx, self.folder = sparx, folder
        self.refusal = folder / "refuse"
        self.settings = {"PYTHONPATH": str(folder / "site"), "PARCELS_REFUSE": str(self.refusal)}
        self.worker: subprocess.Popen[bytes] | None = None
        #: The tenant of the present test, and how many tests had one.
        self.tenant, self.tenants = "", 0

    def new_tenant(self) -> None:
        self.tenants += 1
        self.tenant = f"acme-{self.tenants}"
        made = self.json("tenant", "create", self.tenant, "--modules", "parcels")["tenantId"]
        self.query(
            "INSERT INTO parcels.parcels (tenant_id, id, name)"
            f" SELECT '{made}', gen_random_uuid(), 'p' || i FROM generate_series(1, 3) i"
        )

    def command(self, verb: str) -> tuple[str, ...]:
        return ("module", verb, "parcels", "--tenant", self.tenant)

    def json(self, *arguments: str) -> Any:
        return self.sparx.json(*arguments, **self.settings)

    def switch(self, verb: str, *more: str) -> Any:
        return self.json(*self.command(verb), *more)

    def start_worker(self) -> None:
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "sparx_core.cli", "worker", "--threads", "1"],
            env=self.sparx.environment(**self.settings),
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
        )

    def stop_worker(self) -> None:
        if self.worker is not None:
            self.worker.send_signal(signal.SIGTERM)
            self.worker.wait(60)
            self.worker = None

    def query(self, sql: str) -> Any:
        urls = resolve_urls(Settings.load({"SPARX_HOME": str(self.sparx.home)}))
        connection = psycopg2.connect(urls.require_owner())
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def names(self) -> list[str]:
        found = self.query(
            "SELECT p.name FROM parcels.parcels p JOIN core.tenants t ON t.id = p.tenant_id"
            f" WHERE t.slug = '{self.tenant}' ORDER BY p.name"
        )
        return [name for (name,) in found]


@pytest.fixture(scope="module")
def place(sparx: Sparx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    package = folder / "site" / "sparx_parcels"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(PLUGIN)
    (package / "migrations" / "0001_parcels.py").write_text(MIGRATION)
    info = folder / "site" / "sparx_parcels-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sparx-parcels\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(
        "[sparx.modules]\nparcels = sparx_parcels.plugin:module\n"
    )
    home = folder / "home"
    embedded.ensure_running(home)
    made = Shelf(type(sparx)(home), folder)
    try:
        made.json("migrate")
        yield made
    finally:
        embedded.stop(home)


@pytest.fixture
def shelf(place: Shelf) -> Iterator[Shelf]:
    place.refusal.unlink(missing_ok=True)
    place.new_tenant()
    yield place
    place.stop_worker()


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_commands_wait_for_the_worker(shelf: Shelf) -> None:
    shown = shelf.switch("deactivate", "--no-wait")
    assert (shown["state"], shown["archivedRows"]) == ("deactivating", 0)
    assert shelf.names() == ["p1", "p2", "p3"]
    shelf.start_worker()
    shown = shelf.switch("deactivate")
    assert (shown["state"], shown["archivedRows"], shown["progress"]) == ("inactive", 3, None)
    assert shelf.names() == []
    shown = shelf.switch("activate")
    assert (shown["state"], shown["archivedRows"]) == ("active", 0)
    assert shown["restored"] == {
        "rows": 3, "cleared": 0, "dropped": 0, "held": 0, "columns": []
    }  # fmt: skip
    assert shelf.names() == ["p1", "p2", "p3"]

    # The same for people.
    done = shelf.sparx(*shelf.command("deactivate"), **shelf.settings)
    told = f"Module parcels is inactive for {shelf.tenant}. 3 rows are in the archive.\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    done = shelf.sparx(*shelf.command("activate"), **shelf.settings)
    assert done.stdout == f"Module parcels is active for {shelf.tenant}. 3 rows came back.\n"

    # And for good.
    shown = shelf.switch("deactivate", "--purge")
    assert (shown["state"], shown["archivedRows"]) == ("inactive", 0)
    assert shelf.switch("activate")["state"] == "active"
    assert shelf.names() == []


def test_what_keeps_the_worker_from_finishing_is_told(shelf: Shelf) -> None:
    shelf.start_worker()
    shelf.switch("deactivate")
    shelf.refusal.touch()
    code, error = shelf.sparx.error(*shelf.command("activate"), **shelf.settings)
    assert (code, error["code"]) == (1, "module_stuck")
    assert "on trying: sparx_activate of parcels: the shelf is full. Nothing" in error["message"]
    assert shelf.names() == []
    shelf.refusal.unlink()
    assert shelf.switch("activate")["state"] == "active"
    assert shelf.names() == ["p1", "p2", "p3"]


def test_without_a_worker_that_is_said(shelf: Shelf) -> None:
    log = shelf.folder / "log"
    with log.open("w") as stderr:
        waiting = subprocess.Popen(
            [sys.executable, "-m", "sparx_core.cli", *shelf.command("deactivate")],
            env=shelf.sparx.environment(**shelf.settings),
            cwd=shelf.folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    wait_until(lambda: "Is one running? (sparx worker)" in log.read_text(), "it says so")
    os.kill(waiting.pid, signal.SIGINT)
    assert waiting.wait(30) == 1
    assert "Interrupted" in log.read_text()
    assert shelf.names() == ["p1", "p2", "p3"], "what was asked for stands, and waits for a worker"


def test_a_module_that_is_not_installed_is_missing(shelf: Shelf) -> None:
    assert shelf.json("module", "list")["missing"] == []
    listed = shelf.sparx.json("module", "list")
    assert listed["missing"] == [{"key": "parcels", "tenants": shelf.tenants}]
    assert "parcels" not in [one["key"] for one in listed["modules"]]
    told = shelf.sparx("module", "list").stdout
    assert (
        "Missing: parcels, which is not installed. Tenants that use it or have rows of it:"
        f" {shelf.tenants}." in told
    )
    rows = shelf.sparx.json("tenant", "list")["tenants"]
    assert len(rows) == shelf.tenants
    (row,) = [one for one in rows if one["slug"] == shelf.tenant]
    assert row["modules"] == ["parcels"]
    # Nothing was taken away.
    assert shelf.names() == ["p1", "p2", "p3"]
    assert shelf.json("tenant", "list")["tenants"] == rows
