"""An installation of its own for the tests of the command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sparx_core.db import embedded
from sparx_core.testing.commands import run_command


@dataclass(frozen=True)
class Sparx:
    """The command, as its users see it."""

    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("SPARX_") and name != "PORT"
        }
        return {**kept, "SPARX_HOME": str(self.home), **more}

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_command(arguments, self.environment(**environment), self.home.parent)

    def json(self, *arguments: str, **environment: str) -> Any:
        """The object that a command that succeeds prints with --json, and nothing else."""
        done = self(*arguments, "--json", **environment)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def error(self, *arguments: str, **environment: str) -> tuple[int, dict[str, str]]:
        """Exit code and error of a command that fails with --json."""
        done = self(*arguments, "--json", **environment)
        assert done.stdout == ""
        return done.returncode, json.loads(done.stderr)["error"]


@pytest.fixture(scope="session")
def sparx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sparx]:
    """A migrated installation on an embedded database, shared by the tests of a session."""
    home = tmp_path_factory.mktemp("cli") / "home"
    # In use by this process, so that the commands find it running.
    embedded.ensure_running(home)
    command = Sparx(home)
    command.json("migrate")
    yield command
    assert embedded.stop(home)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
