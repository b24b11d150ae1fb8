"""An installation that lives as long as a test session, in a database of its own."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparx_core.registry import Registry
    from sparx_core.runtime import Runtime

#: Tests ask more often, and from more threads, than clients may; those of the limits set their own.
UNLIMITED = {
    "SPARX_RATE_LIMIT_KEY": "off",
    "SPARX_RATE_LIMIT_TENANT": "off",
    "SPARX_RATE_LIMIT_ADDRESS": "off",
    "SPARX_TENANT_THREADS": "off",
}

#: The superuser's URL of a server to test on, instead of the embedded one.
SERVER_VARIABLE = "SPARX_TEST_DATABASE_URL"


@dataclass(frozen=True)
class DatabaseServer:
    """A PostgreSQL server for tests: ``admin`` is a superuser's URL, ``home`` keeps passwords."""

    home: Path
    admin: str


@contextmanager
def running_server(home: Path) -> Iterator[DatabaseServer]:
    """The server that ``SPARX_TEST_DATABASE_URL`` names, or an embedded one under ``home``.

    ``home`` is shared by all processes that name the same; the last one to leave removes it. The
    embedded server forgets what it was told if the machine fails, which makes it fast.

    Roles belong to a server, so a given server must serve nothing but tests: the passwords of
    Sparx's roles are set on it.
    """
    given = os.environ.get(SERVER_VARIABLE)
    with _last_one_removes(home):
        if given:
            yield DatabaseServer(home, given)
            return
        from sparx_core.db import embedded

        admin = embedded.ensure_running(home)
        # Commits are waited for: nothing serves a database where they are not.
        for setting in ("fsync", "full_page_writes"):
            _execute(admin, f"ALTER SYSTEM SET {setting} = off")
        _execute(admin, "SELECT pg_reload_conf()")
        try:
            yield DatabaseServer(home, admin)
        finally:
            embedded.stop(home, timeout=0.5)


@contextmanager
def _last_one_removes(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "sessions.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        try:
            yield
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_installation(
    server: DatabaseServer, registry: Registry | None = None, **settings: str
) -> Iterator[Runtime]:
    """A migrated installation in a new database, dropped afterwards.

    ``registry`` are its modules: those that are installed, if none is given. ``settings`` are
    further ``SPARX_*`` variables; those of the environment do not count. Nothing is limited unless
    they say so.
    """
    from sparx_core.db.dsn import built, parsed
    from sparx_core.db.migrate import migrate
    from sparx_core.db.urls import resolve_urls
    from sparx_core.registry import Registry
    from sparx_core.settings import Settings
    from sparx_core.testing.installation import Installation

    _readable_logs()
    name = f"sparx_test_{secrets.token_hex(6)}"
    _execute(server.admin, f"CREATE DATABASE {name}")
    try:
        url = built({**parsed(server.admin), "dbname": name})
        variables = {"SPARX_HOME": str(server.home), "SPARX_DATABASE_URL": url, **UNLIMITED}
        variables |= settings
        loaded = Settings.load(variables)
        modules = registry or Registry.discover()
        migrate(modules, resolve_urls(loaded))
        runtime = Installation.start(loaded, modules)
        try:
            _prove_role(runtime)
            yield runtime
        finally:
            runtime.close()
    finally:
        _execute(server.admin, f"DROP DATABASE {name} WITH (FORCE)")


def _prove_role(runtime: Runtime) -> None:
    # A suite that connects as a superuser proves nothing about isolation.
    with runtime.database.transaction("SELECT current_user::text, session_user::text") as row:
        assert row == ("sparx_app", "sparx_app"), f"the installation is served as {row}"


def _readable_logs() -> None:
    """Log lines in the output of a failed test: plain, because coloured tracebacks take seconds."""
    import structlog

    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
            ]
        )


def _execute(url: str, sql: str) -> Any:
    import psycopg2

    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
    finally:
        connection.close()
