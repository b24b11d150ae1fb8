"""Children are kept alive, stopped in order, and do not outlive their supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sparx_core.cli.supervisor import ChildFailed, Supervisor

#: Notes what happens to it in the file that it is given.
CHILD = """
import os, signal, sys, time
from sparx_core.server.parent import end_with_parent
path, name = sys.argv[1:3]
def note(what):
    with open(path, "a") as file:
        file.write(f"{name} {what} {os.getpid()}\\n")
def stop(*_):
    time.sleep(float(sys.argv[3]))
    note("stopped")
    os._exit(0)
signal.signal(signal.SIGTERM, stop)
end_with_parent()
note("started")
while True:
    time.sleep(0.05)
"""

SUPERVISED = f"""
import os, sys
from sparx_core.cli.supervisor import Supervisor
CHILD = {CHILD!r}
with Supervisor(print) as supervisor:
    for name in ("first", "second"):
        supervisor.start(name, [sys.executable, "-c", CHILD, sys.argv[1], name, "0"], os.environ)
    supervisor.run()
"""


def until(condition: Callable[[], bool], seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def notes(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def started(path: Path) -> list[int]:
    return [int(pid) for _, what, pid in notes(path) if what == "started"]


def command(path: Path, name: str, slow: float = 0.0) -> list[str]:
    return [sys.executable, "-c", CHILD, str(path), name, str(slow)]


def test_child_that_dies_is_started_again_and_told_of(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "notes"
    with Supervisor(said.append) as supervisor:
        supervisor.start("worker", command(path, "worker"), os.environ)
        assert until(lambda: len(started(path)) == 1)
        os.kill(started(path)[0], signal.SIGKILL)

        def again() -> bool:
            supervisor.look()
            return len(started(path)) == 2

        assert until(again)
        assert supervisor.pids()["worker"] == started(path)[1]
    assert any("worker died (signal 9)" in line for line in said)
    assert notes(path)[-1][:2] == ["worker", "stopped"]


def test_child_that_never_works_is_given_up(tmp_path: Path) -> None:
    with Supervisor(lambda line: None) as supervisor:
        supervisor.start("API", [sys.executable, "-c", "raise SystemExit(3)"], os.environ)

        def looks() -> bool:
            supervisor.look(give_up_after=2)
            return False

        with pytest.raises(ChildFailed, match=r"API.*exit code 3"):
            until(looks)


def test_children_are_stopped_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    with Supervisor(lambda line: None) as supervisor:
        supervisor.start("first", command(path, "first", slow=0.5), os.environ)
        supervisor.start("second", command(path, "second"), os.environ)
        assert until(lambda: len(started(path)) == 2)
    stops = [name for name, what, _ in notes(path) if what == "stopped"]
    assert stops == ["first", "second"]  # though the second is the quicker one


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_children_end_with_the_supervisor_however_it_ends(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "notes"
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISED, str(path)])
    assert until(lambda: len(started(path)) == 2)
    supervisor.send_signal(number)
    code = supervisor.wait(timeout=30)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 0)
    assert until(lambda: sum(what == "stopped" for _, what, _ in notes(path)) == 2)
