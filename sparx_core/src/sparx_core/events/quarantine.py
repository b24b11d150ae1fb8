"""Deliveries that have killed their workers: run one at a time, each in a process of its own.

That process may die. The worker lives, and records what the delivery died of.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from threading import Lock, Thread

import structlog

from sparx_core.events.failures import Failure
from sparx_core.events.held import Held

log = structlog.get_logger(__name__)

Report = Callable[[Held, "Failure | None"], None]

_COMMAND = (sys.executable, "-m", "sparx_core.events.quarantined")


class Quarantine:
    """The one place of this worker in which a delivery runs alone."""

    def __init__(self) -> None:
        self._place = Lock()
        self._process: subprocess.Popen[str] | None = None
        self._stopping = False

    def is_free(self) -> bool:
        return not self._place.locked() and not self._stopping

    def run(self, held: Held, report: Report) -> None:
        """Run a held delivery from a thread of its own; ``report`` what it failed with, or None."""
        Thread(target=self._run, args=(held, report), name="quarantine", daemon=True).start()

    def stop(self) -> None:
        """End what runs."""
        self._stopping = True
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def _run(self, held: Held, report: Report) -> None:
        with self._place:
            if self._stopping:
                return
            log.warning("delivery_quarantined", delivery=str(held.delivery), handler=held.handler)
            try:
                failure = self._in_child(held)
            except OSError as error:
                failure = Failure(f"could not be run alone: {error}")
        if not self._stopping:
            report(held, failure)

    def _in_child(self, held: Held) -> Failure | None:
        # Its input stays open: the child ends when it closes, and so with this process.
        with subprocess.Popen(
            _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            self._process = process
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(vars(held), default=str) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass  # it died already, which the exit code tells
            answered = process.stdout.readline()
        self._process = None
        if not answered:
            return Failure(f"killed its process: {_cause(process.returncode)}")
        answer = json.loads(answered)
        return Failure(**answer) if answer else None


def _cause(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
