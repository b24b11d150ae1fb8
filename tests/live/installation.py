"""An installation: a home, its settings, the processes that a test starts in it."""

from __future__ import annotations

import atexit
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

from sparx_core.db.embedded_guard import data_directory, running_pid
from sparx_core.testing import UNLIMITED
from sparx_core.testing.commands import run_command
from tests.live.api import Api
from tests.live.folders import server_folder
from tests.live.processes import (
    alive,
    children,
    command_line,
    environment,
    family,
    free_port,
    until,
)

#: From nothing to the first answer on a busy machine: initdb, migrations, two interpreters.
START_SECONDS = 90.0


class Running:
    """One ``sparx`` command, or another module's, that goes on until it is told to stop."""

    def __init__(
        self, installation: Installation, *arguments: str, module: str = "sparx_core.cli"
    ) -> None:
        self.name = " ".join(arguments)
        self.log = (
            installation.folder / f"{arguments[0].strip('-')}-{len(installation.started)}.log"
        )
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [installation.python, "-m", module, *arguments],
                env=installation.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=installation.folder,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self, text: str) -> bool:
        """Whether it logged this; fails if it has ended."""
        assert self.process.poll() is None, f"sparx {self.name} ended:\n{self.tail()}"
        return text in self.log.read_text()

    def tail(self) -> str:
        return "\n".join(self.log.read_text().splitlines()[-30:])

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60.0) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
        code = self.process.wait(timeout=seconds)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


class Dev(Running):
    """``sparx dev --json``, past its box."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation, "dev", "--json")
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.tail()
        self.box: dict[str, Any] = json.loads(line)
        self.api = Api(installation.port, self.box["apiKey"])

    @property
    def customer(self) -> str:
        return str(self.box["customerId"])

    @property
    def gunicorn(self) -> int | None:
        """The gunicorn master of the moment."""
        return self._child("gunicorn")

    @property
    def gunicorn_workers(self) -> list[int]:
        return [] if self.gunicorn is None else children(self.gunicorn)

    @property
    def worker(self) -> int | None:
        return self._child("sparx_core.cli worker")

    def _child(self, what: str) -> int | None:
        return next((pid for pid in children(self.pid) if what in command_line(pid)), None)


@dataclass
class Installation:
    """A home with settings of its own; ends what it started."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    started: list[Running] = field(default_factory=list)
    #: The interpreter in whose environment Sparx is installed.
    python: str = sys.executable

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def is_embedded(self) -> bool:
        return "SPARX_DATABASE_URL" not in self.settings

    def environment(self) -> dict[str, str]:
        return environment(
            SPARX_HOME=str(self.home),
            PORT=str(self.port),
            NO_PROXY="127.0.0.1",
            SPARX_LOG_FORMAT="json",
            **(UNLIMITED | self.settings),
        )

    def dev(self) -> Dev:
        running = Dev(self)
        self.started.append(running)
        until(running.api.ready, START_SECONDS, "/ready answers 200")
        return running

    def run(self, *arguments: str, module: str = "sparx_core.cli") -> Running:
        running = Running(self, *arguments, module=module)
        self.started.append(running)
        return running

    def serve(self) -> Running:
        """``sparx serve``, once it answers."""
        running = self.run("serve")
        ready = Api(self.port).ready
        until(lambda: running.said("") and ready(), START_SECONDS, "/ready answers 200")
        return running

    def worker(self) -> Running:
        """``sparx worker``, once it works."""
        running = self.run("worker")
        until(lambda: running.said("worker_started"), START_SECONDS, "the worker works")
        return running

    def json(self, *arguments: str) -> Any:
        """What a command that succeeds prints with --json."""
        done = self._command(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def _command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if self.python == sys.executable:
            return run_command(arguments, self.environment(), self.folder)
        return subprocess.run(
            [self.python, "-m", "sparx_core.cli", *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=self.folder,
        )

    def migrate(self) -> None:
        """Have the database that ``sparx migrate`` makes.

        An embedded one is copied from one that was made before: what it takes to make it is tested
        elsewhere, and it would be most of what many tests cost.
        """
        if self.is_embedded:
            # Owners and modes are kept; where the file system can, the files share their blocks.
            command = ("cp", "-a", "--reflink=auto", _migrated_home(), self.home)
            subprocess.run(command, check=True, timeout=120)
        if not self.is_embedded or "PYTHONPATH" in self.settings:
            self.json("migrate")

    def new_tenant(self, slug: str) -> Api:
        """A tenant with the crm, made by the command; its API."""
        made = self.json("tenant", "create", slug, "--modules", "crm")
        return Api(self.port, made["apiKey"])

    def admin_url(self) -> str:
        """A superuser's, whom row-level security does not bind: to see what really is there."""
        if self.is_embedded:
            # Not through the package: that would make this process one more user of the server.
            lines = (data_directory(self.home) / "postmaster.pid").read_text().splitlines()
            return f"postgresql://postgres@/sparx?host={lines[4]}&port={lines[3]}"
        given = self.settings["SPARX_DATABASE_URL"]
        return self.settings.get("SPARX_OWNER_DATABASE_URL", given)

    @contextmanager
    def admin(self) -> Iterator[Any]:
        """A cursor of the superuser, for looking and nothing else."""
        connection = psycopg2.connect(self.admin_url())
        connection.set_session(readonly=True, autocommit=True)
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def remains(self) -> list[str]:
        """Processes of this installation that are still there."""
        return [
            command_line(pid)
            for running in self.started
            for pid in family(running.pid)
            if alive(pid)
        ] + [line for line in _lines_with(str(self.home)) if "postgres" in line]

    def remove(self) -> None:
        """End everything, the last one first."""
        for running in reversed(self.started):
            if running.process.poll() is None:
                running.end()
        if self.is_embedded:
            self.wait_for_the_end()

    def wait_for_the_end(self) -> None:
        """Of the embedded server, which ends after its last user."""
        data = data_directory(self.home)
        until(lambda: running_pid(data) is None, 30, "the embedded server has ended")


@cache
def _migrated_home() -> Path:
    """The home of an installation at head that nobody uses; there until this process ends."""
    kept = ExitStack()
    atexit.register(kept.close)
    installation = Installation(kept.enter_context(server_folder()))
    installation.json("migrate")
    installation.wait_for_the_end()
    return installation.home


def _lines_with(text: str) -> list[str]:
    lines = (command_line(int(one.name)) for one in Path("/proc").iterdir() if one.name.isdigit())
    return [line for line in lines if text in line]
