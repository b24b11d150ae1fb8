"""A child ends with its parent, even if that was killed."""

from __future__ import annotations

import os
import subprocess
import sys

CHILD = """
import signal, sys, threading
from sparx_core.server.parent import end_with_parent
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stopped.set())
end_with_parent()
print("up", flush=True)
stopped.wait(30)
print("stopped" if stopped.is_set() else "still there", flush=True)
"""


def start(descriptor: int | None) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "SPARX_PARENT_FD"}
    if descriptor is not None:
        environment["SPARX_PARENT_FD"] = str(descriptor)
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        pass_fds=() if descriptor is None else (descriptor,),
    )


def test_stops_when_the_parents_end_of_the_pipe_closes() -> None:
    read_end, write_end = os.pipe()
    with start(read_end) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "up\n"
        assert child.poll() is None
        os.close(write_end)
        assert child.stdout.readlines()[-1] == "stopped\n"
    os.close(read_end)


def test_nobody_to_end_with_is_no_reason_to_end() -> None:
    # Neither without the variable, nor with one that was inherited without its pipe.
    for descriptor in (None, 99):
        environment_only = start(None) if descriptor is None else _without_pipe(descriptor)
        with environment_only as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "up\n"
            assert child.poll() is None
            child.kill()


def _without_pipe(descriptor: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env={**os.environ, "SPARX_PARENT_FD": str(descriptor)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
