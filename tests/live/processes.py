"""Processes as a test sees them: environment, ports, family, waiting."""

from __future__ import annotations

import os
import shutil
import socket
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

_FOREIGN = ("SPARX_", "PG", "PROBE_")
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
#: How much longer than on an idle machine something may take before it counts as hanging.
BUSY = 6


def environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that would steer an installation."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name != "PORT" and name.lower() not in _PROXIES
    }
    return {**kept, **more}


def until(condition: Callable[[], object], seconds: float, what: str = "") -> None:
    """Wait for a condition that takes at most so many seconds on a machine with nothing else to do.

    It is waited for ``BUSY`` times as long before the test fails: this finds what hangs, and
    measures nothing.
    """
    deadline = time.monotonic() + BUSY * seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {BUSY * seconds:.0f} s: {what or condition}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def require(*programs: str | Path) -> None:
    """Skip without these programs, and say so; where everything must run (CI=true), fail."""
    missing = [str(one) for one in programs if shutil.which(one) is None]
    if not missing:
        return
    told = f"not tested, because this machine lacks: {', '.join(missing)}"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    warnings.warn(told, stacklevel=2)
    pytest.skip(told)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    stat = _stat(pid)
    return stat is not None and stat[0] != "Z"


def children(pid: int) -> list[int]:
    """The live children of a process, oldest first."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = _stat(int(entry.name))
            if stat is not None and stat[0] != "Z" and int(stat[1]) == pid:
                found.append(int(entry.name))
    return sorted(found)


def family(pid: int) -> list[int]:
    """A process and all that descends from it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""


def _stat(pid: int) -> list[str] | None:
    """Status letter, parent and so on: what follows the name in ``/proc/<pid>/stat``."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None
