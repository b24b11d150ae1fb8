"""``sparx`` commands as processes of their own, forked from one that has imported everything.

Importing takes most of a command's time. What a command is told and what it answers are those of a
process: arguments, environment, folder, standard output, standard error and exit code. A test of
what happens before that, or of signals, starts ``python -m sparx_core.cli`` itself.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

#: For one command on a busy machine; one that hangs fails its test.
_SECONDS = 120.0


def run_command(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """``sparx <arguments>`` with exactly this environment."""
    return _forking().run(arguments, environment, folder)


class _Forking:
    """The process that forks, and this one's conversation with it: a line each way a command."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
    ) -> subprocess.CompletedProcess[str]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with TemporaryDirectory() as kept:
            out, err = Path(kept, "out"), Path(kept, "err")
            told = [list(arguments), dict(environment), str(folder), str(out), str(err)]
            self.process.stdin.write(json.dumps(told) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], _SECONDS)
            if not ready:
                _forking.cache_clear()
                self.close()
                raise TimeoutError(f"sparx {' '.join(arguments)}: {err.read_text()}")
            code = int(self.process.stdout.readline())
            return subprocess.CompletedProcess(
                list(arguments), code, out.read_text(), err.read_text()
            )

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@functools.cache
def _forking() -> _Forking:
    made = _Forking()
    atexit.register(made.close)
    return made


# -- in the process that forks -------------------------------------------------------------------


def _serve() -> None:
    from sparx_core.cli import COMMANDS
    from sparx_core.registry import Registry

    for name in COMMANDS:
        importlib.import_module(f"sparx_core.cli.{name}")
    for name in ("db.migrate", "lints", "runtime", "surfaces.openapi.document", "tenants"):
        importlib.import_module(f"sparx_core.{name}")
    Registry.discover()
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(*told)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(
    arguments: list[str], environment: dict[str, str], folder: str, out: str, err: str
) -> None:
    """Be the command: returns or raises as it does, so that Python ends as it always does."""
    from sparx_core.cli import main

    written = os.O_WRONLY | os.O_CREAT
    for number, (path, how) in enumerate(
        [(os.devnull, os.O_RDONLY), (out, written), (err, written)]
    ):
        opened = os.open(path, how, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["sparx", *arguments]
    sys.path[:0] = [one for one in environment.get("PYTHONPATH", "").split(os.pathsep) if one]
    importlib.invalidate_caches()
    main(arguments)


if __name__ == "__main__":
    _serve()
