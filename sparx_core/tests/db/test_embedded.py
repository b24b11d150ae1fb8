"""The embedded PostgreSQL: there when needed, durable, gone with its last user."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest

from sparx_core.db import embedded
from sparx_core.db.embedded_guard import data_directory, is_postgres, recorded_pid, running_pid

HOLDER = """
import sys
from pathlib import Path
from sparx_core.db.embedded import ensure_running
print(ensure_running(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def server_is_gone(home: Path) -> bool:
    return running_pid(data_directory(home)) is None


def query(url: str, text: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


class Holder:
    """Another process that uses the server."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    chosen = tmp_path / "home"
    yield chosen
    embedded.stop(chosen)
    assert until(lambda: server_is_gone(chosen))


def test_server_is_durable_and_private(home: Path) -> None:
    url = embedded.ensure_running(home)
    settings = dict(
        query(
            url,
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit',"
            " 'full_page_writes', 'jit', 'max_connections', 'listen_addresses')",
        )
    )
    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "jit": "off",
        "max_connections": "200",
        "listen_addresses": "",
    }
    assert stat.S_IMODE(data_directory(home).stat().st_mode) == 0o700


def test_stop_ends_the_server_and_data_stays(home: Path) -> None:
    url = embedded.ensure_running(home)
    query(url, "CREATE TABLE kept AS SELECT 7 AS value")
    assert embedded.stop(home)
    assert server_is_gone(home)
    assert query(embedded.ensure_running(home), "SELECT value FROM kept") == [(7,)]


@pytest.mark.parametrize(
    "name", [f"{'long-' * 30}name", "with space and 'quote' and ümlaut"], ids=["long", "odd"]
)
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    try:
        assert query(embedded.ensure_running(home), "SELECT 1") == [(1,)]
        assert query(embedded.ensure_running(home), "SELECT 2") == [(2,)]
    finally:
        assert embedded.stop(home)


def test_second_process_joins_and_the_server_outlives_the_first(home: Path) -> None:
    first, second = Holder(home), Holder(home)
    url = first.url()
    assert second.url() == url
    pid = running_pid(data_directory(home))
    first.end(signal.SIGKILL)
    assert embedded.stop(home, timeout=0.3) is False  # it is not ours to stop
    assert query(url, "SELECT 1") == [(1,)]
    assert running_pid(data_directory(home)) == pid
    second.end(signal.SIGKILL)
    assert until(lambda: server_is_gone(home)), "nobody uses it, and it still runs"


def test_many_processes_start_one_server(home: Path) -> None:
    holders = [Holder(home) for _ in range(4)]
    assert len({holder.url() for holder in holders}) == 1
    for holder in holders:
        holder.end()
    assert until(lambda: server_is_gone(home))


def test_starts_again_after_the_server_itself_was_killed(home: Path) -> None:
    url = embedded.ensure_running(home)
    query(url, "CREATE TABLE kept AS SELECT 7 AS value")
    pid = running_pid(data_directory(home))
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: not is_postgres(pid))
    assert query(embedded.ensure_running(home), "SELECT value FROM kept") == [(7,)]


def test_lock_of_a_server_that_was_elsewhere_does_not_block(home: Path) -> None:
    embedded.ensure_running(home)
    assert embedded.stop(home)
    # As after a restart of the machine: the number in the lock file is that of a live process
    # which is not PostgreSQL (this one).
    lock = data_directory(home) / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{data_directory(home)}\n0\n5432\n\n\n\n\n")
    os.chown(lock, data_directory(home).stat().st_uid, data_directory(home).stat().st_gid)
    assert recorded_pid(data_directory(home)) == os.getpid()
    assert query(embedded.ensure_running(home), "SELECT 1") == [(1,)]


def test_interrupted_preparation_is_begun_anew(home: Path) -> None:
    (home / "postgres.new").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")
    assert query(embedded.ensure_running(home), "SELECT 1") == [(1,)]
    assert not (home / "postgres.new").exists()


def test_missing_package_is_explained(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "find_spec", lambda name: None)
    with pytest.raises(embedded.EmbeddedError, match=r"SPARX_DATABASE_URL.*pip install"):
        embedded.ensure_running(home)
    assert not home.exists()


def test_starting_does_not_keep_the_output_of_the_command_open(home: Path) -> None:
    # key=$(sparx tenant create ...) must end with the command, not with the server or its guard.
    script = HOLDER.replace("sys.stdin.read()", "")
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", script, str(home)], capture_output=True, check=True, timeout=60
    )
    assert time.monotonic() - began < 50
    assert until(lambda: server_is_gone(home))
