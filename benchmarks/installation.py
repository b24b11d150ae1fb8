"""The installation that is measured: an embedded PostgreSQL, and the processes over it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.measure import BenchmarkError
from sparx_core.cli.serve import TARGET, gunicorn_command
from sparx_core.db import embedded, embedded_guard
from sparx_core.db.migrate import migrate
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.logs import configure_logging
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.settings import PARENT_FD, Settings
from sparx_core.tenants import create_tenant
from sparx_core.testing import UNLIMITED

_START_SECONDS = 60.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Server:
    """gunicorn, ready: where it answers, and the process id of its parent."""

    url: str
    pid: int


class Installation:
    """A home with its embedded database; ``settings`` are those of this process too."""

    def __init__(self, home: Path, processes: int) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SPARX_")},
            "SPARX_HOME": str(home),
            "SPARX_API_PROCESSES": str(processes),
            "SPARX_LOG_FORMAT": "json",
            **UNLIMITED,
        }
        self.settings = Settings.load(self.environment)
        # The processes that are measured log as in production, into files; this one does not.
        configure_logging(replace(self.settings, log_level="error"))
        self.registry = Registry.discover()
        self.urls: DatabaseUrls = resolve_urls(self.settings)

    def set(self, **settings: str | None) -> None:
        """Settings from now on, of this process and of those that it starts; None: the usual."""
        for name, value in settings.items():
            if value is None:
                self.environment.pop(name, None)
            else:
                self.environment[name] = value
        self.settings = Settings.load(self.environment)

    def runtime(self) -> Runtime:
        return Runtime.start(self.settings, self.registry)

    def make_tenants(self, count: int, module: str = "crm") -> list[str]:
        """The keys of new tenants with a module active, in a migrated database."""
        migrate(self.registry, self.urls)
        runtime = self.runtime()
        try:
            return [
                create_tenant(runtime, f"tenant-{number:04}", modules=[module]).api_key
                for number in range(count)
            ]
        finally:
            runtime.close()

    def settle(self) -> None:
        """Nothing left over from what was written: no old rows, no checkpoint that waits."""
        self.execute("VACUUM ANALYZE")
        self.execute("CHECKPOINT")

    def execute(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """As the administrator, whom row-level security does not bind."""
        return execute(self.urls.owner, statement, parameters)

    @contextmanager
    def serving(self, target: str = TARGET, **settings: str) -> Iterator[Server]:
        """gunicorn with the packaged configuration, ready; ``settings`` are its own."""
        name, port = target.partition(":")[0], free_port()
        # The application is the last word of the command.
        command = [*gunicorn_command()[:-1], target]
        with self._process(name, command, SPARX_PORT=str(port), **settings) as process:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + _START_SECONDS
            while not _healthy(url):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchmarkError(f"{target} does not start:\n{self._tail(name)}")
                time.sleep(0.1)
            yield Server(url, process.pid)

    @contextmanager
    def working(self) -> Iterator[None]:
        """One worker."""
        with self._process("worker", [sys.executable, "-m", "sparx_core.cli", "worker"]):
            yield

    def postgres_pid(self) -> int:
        """The process id of the server's parent process."""
        pid = embedded_guard.running_pid(embedded_guard.data_directory(self.home))
        if pid is None:
            raise BenchmarkError("PostgreSQL has stopped")
        return pid

    def close(self) -> None:
        embedded.stop(self.home, timeout=30)

    @contextmanager
    def _process(
        self, name: str, command: list[str], **more: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        # It ends with this process, even if that is killed: then the pipe does.
        ending, kept = os.pipe()
        with (self.home / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                command,
                env={**self.environment, **more, PARENT_FD: str(ending)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(ending,),
            )
        os.close(ending)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)
            os.close(kept)

    def _tail(self, name: str) -> str:
        return "\n".join((self.home / f"{name}.log").read_text().splitlines()[-10:])


def execute(url: str, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    """One statement in a connection of its own, with its rows."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []
    finally:
        connection.close()


def _healthy(url: str) -> bool:
    # Not through a proxy, whatever the environment says.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{url}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port of this machine that nobody uses at the moment."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
