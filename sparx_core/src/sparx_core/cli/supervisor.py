"""Child processes that are started again when they die, and stopped in order."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType

from sparx_core.settings import PARENT_FD

#: Seconds before a child that died is started again: doubled each time it dies young.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
#: A child that lived this long, in seconds, was well.
WELL = 20.0
#: Longer than the graceful stop of gunicorn and of the worker, in seconds.
STOP_SECONDS = 40.0
_LOOK = 0.2


class ChildFailed(Exception):
    """A child kept dying before it was of any use."""


@dataclass
class Child:
    """One process that is to be there."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: float
    pause: float = FIRST_PAUSE
    again_at: float | None = None
    deaths: int = 0


class Supervisor:
    """Runs children until it is told to stop.

    Each child is in a session of its own, so that Ctrl-C reaches the supervisor alone and it
    decides on the order; and each holds the end of a pipe that tells it when the supervisor is
    gone, however that came about.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        self._stop = threading.Event()
        self._hurry = False
        self._environment: dict[str, str] = {}
        self._read_end, self._write_end = os.pipe()

    def __enter__(self) -> Supervisor:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()
        os.close(self._read_end)
        os.close(self._write_end)

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def start(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        """Start a child; from now on :meth:`look` keeps it alive."""
        self._environment = {**environment, PARENT_FD: str(self._read_end)}
        self._children.append(Child(name, command, self._spawn(command), time.monotonic()))

    def pids(self) -> dict[str, int]:
        return {child.name: child.process.pid for child in self._children}

    def look(self, *, give_up_after: int | None = None) -> None:
        """Start again what has died. Raises ``ChildFailed`` after that many early deaths."""
        now = time.monotonic()
        for child in self._children:
            if child.again_at is not None:
                if now >= child.again_at and not self.stopping:
                    child.process, child.started = self._spawn(child.command), now
                    child.again_at = None
                continue
            code = child.process.poll()
            if code is None:
                continue
            child.deaths += 1
            if give_up_after is not None and child.deaths >= give_up_after:
                raise ChildFailed(f"The {child.name} does not start (exit code {code}).")
            child.pause = (
                FIRST_PAUSE if now - child.started > WELL else min(child.pause * 2, LONGEST_PAUSE)
            )
            child.again_at = now + child.pause
            self._say(f"The {child.name} died ({_cause(code)}); again in {child.pause:.0f} s")

    def run(self) -> None:
        """Keep the children alive until a signal says stop."""
        while not self._stop.wait(_LOOK):
            self.look()

    def wait(self, seconds: float) -> bool:
        """Pause; True if told to stop meanwhile."""
        return self._stop.wait(seconds)

    def stop_all(self) -> None:
        """Stop the children gracefully, one after the other in the order of their start."""
        self._stop.set()
        for child in self._children:
            self._stop_one(child)
        self._children.clear()

    def _stop_one(self, child: Child) -> None:
        if child.process.poll() is not None:
            return
        child.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while child.process.poll() is None:
            if self._hurry or time.monotonic() > deadline:
                self._say(f"The {child.name} does not stop; ending it")
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
                return
            time.sleep(0.05)

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=2,  # standard output is for what `sparx dev` itself prints
            pass_fds=(self._read_end,),
            start_new_session=True,
        )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # The second Ctrl-C is impatience.
        self._hurry = self._stop.is_set() and number == signal.SIGINT
        self._stop.set()


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
