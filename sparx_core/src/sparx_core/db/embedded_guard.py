"""Stops an embedded PostgreSQL when nobody uses it any more; run as a script of its own.

Every process that uses the server holds a shared lock on one file, which the kernel drops
when the process ends, however it ends. The guard waits for the exclusive lock on that file:
when it gets it, the last user is gone, so nothing has to be cleaned up after a ``kill -9``.

Imports the standard library only: it runs as long as the server does and must stay small.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

#: A fast shutdown writes a checkpoint; only a very busy disk needs longer than this.
_FAST_SECONDS = 60.0
_IMMEDIATE_SECONDS = 10.0


def data_directory(home: Path) -> Path:
    return home / "postgres"


def users_lock(home: Path) -> Path:
    """Held shared by each user of the server, exclusively by whoever stops it."""
    return home / "postgres.users.lock"


def guard_lock(home: Path) -> Path:
    """Held by the one guard of the server."""
    return home / "postgres.guard.lock"


def is_postgres(pid: int) -> bool:
    """Whether that process is a live PostgreSQL, and not one that got the number later."""
    if Path("/proc/self/stat").exists():
        try:
            # "4711 (postgres) S ...": Z is one that has ended and was not waited for, which is
            # how it stays in a container whose first process does not care for orphans.
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")
        except OSError:
            return False
        return name.endswith("(postgres") and not rest.startswith("Z")
    found = subprocess.run(
        ["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False
    )
    return "postgres" in found.stdout


def recorded_pid(data: Path) -> int | None:
    """The process id that the server wrote down, alive or not."""
    try:
        return int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def recorded_sockets(data: Path) -> Path | None:
    """The folder of the socket that the server wrote down."""
    try:
        return Path((data / "postmaster.pid").read_text().splitlines()[4])
    except (OSError, IndexError):
        return None


def running_pid(data: Path) -> int | None:
    pid = recorded_pid(data)
    return pid if pid is not None and is_postgres(pid) else None


def stop_server(pid: int, data: Path) -> None:
    """Shut the server down and return when it has ended: fast first, without mercy if need be."""
    sockets = recorded_sockets(data)
    _end(pid)
    # A folder of its own, for a home whose path is too long for a socket; empty by now.
    if sockets is not None and sockets != data:
        with suppress(OSError):
            sockets.rmdir()


def _end(pid: int) -> None:
    for number, seconds in ((signal.SIGINT, _FAST_SECONDS), (signal.SIGQUIT, _IMMEDIATE_SECONDS)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if _ended(pid, seconds):
            return
    os.kill(pid, signal.SIGKILL)


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_postgres(pid):
            return True
        time.sleep(0.02)
    return False


def guard(home: Path) -> None:
    """Wait until the last user is gone, then stop the server. Returns at once if guarded."""
    own = guard_lock(home).open("w")
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    users = users_lock(home).open("w")
    pid = running_pid(data_directory(home))
    fcntl.flock(users, fcntl.LOCK_EX)
    if _still_there(users.fileno(), users_lock(home)):
        pid = running_pid(data_directory(home))
    # Otherwise the folder was deleted under a running server, and what is at its place now
    # belongs to somebody else: stop what was guarded from the beginning.
    if pid is not None and is_postgres(pid):
        stop_server(pid, data_directory(home))
    # In this order: who waits for the users' lock must find the guard's lock free.
    own.close()
    users.close()


def _still_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
