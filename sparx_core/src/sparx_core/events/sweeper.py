"""Finds due deliveries that no doorbell told of, and begins what is due by the clock."""

from __future__ import annotations

import random
import time
from threading import Event as Signal
from threading import Thread

import structlog

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.events.dispatch import BLOCKED_DELAY
from sparx_core.events.doorbell import Doorbell
from sparx_core.events.fairness import FairQueue
from sparx_core.events.retention import Retention, kept
from sparx_core.events.schedules import Schedules
from sparx_core.runtime import Runtime

log = structlog.get_logger(__name__)

#: A delivery that was rung and not begun for so many seconds is looked for again.
QUIET_SECONDS = 5.0
#: The same while the queue cannot be reached, so that nobody rings, or when some did not fit here.
UNHEARD_SECONDS = 0.5
#: Seconds between two sweeps otherwise, more or less.
SWEEP_SECONDS = 1.0
#: After a sweep, so many times as long as it took are without one.
BREAK = 10
#: Deliveries found by one sweep, of one tenant and in all.
SWEEP_PER_TENANT, SWEEP_AT_MOST = 500, 500
#: With fewer deliveries waiting here, more of those that did not fit are looked for at once.
LOW = 100
#: Seconds between two looks for whether that is so.
_LOOK_SECONDS = 0.05

_SWEEP = "SELECT tenant_id, id FROM core.sweep_deliveries(%s, %s, %s)"
_UNBLOCK = "SELECT core.unblock_deliveries(%s)"


class Sweeper:
    """Looks for due deliveries about once a second, and puts them into this worker's queue.

    Every worker has one; they skip each other's rows, so none leads. It needs no doorbell to be
    heard: while that is away events are a second late, and handled.
    """

    def __init__(
        self, runtime: Runtime, dispatch: Database, doorbell: Doorbell, queue: FairQueue
    ) -> None:
        self.runtime = runtime
        self.dispatch = dispatch
        self.doorbell = doorbell
        self.queue = queue
        self.schedules = Schedules(dispatch, runtime.registry.periodic.values())
        self.retention = Retention(dispatch, kept(runtime.settings))
        self._stopping = Signal()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)
        #: Whether there is probably more than the last sweep found.
        self._more = False
        self._unheard = False

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def sweep(self) -> int:
        """Take up what is due and was not rung for a while; how many that were."""
        self._unheard = self.doorbell.problem() is not None
        quiet = UNHEARD_SECONDS if self._unheard or self._more else QUIET_SECONDS
        found = self.dispatch.call(_SWEEP, (quiet, SWEEP_PER_TENANT, SWEEP_AT_MOST))
        self.queue.put((tenant, delivery) for tenant, delivery in found)
        self._more = len(found) >= SWEEP_AT_MOST or self.queue.dropped(QUIET_SECONDS)
        return len(found)

    def begin_periodic(self) -> None:
        """Take up periodic work that has become due."""
        self.queue.put(self.schedules.due())

    def unblock(self) -> None:
        """Deliveries that waited for a handler which this worker has become due."""
        self.dispatch.call(_UNBLOCK, (list(self.runtime.registry.handlers),))

    def _run(self) -> None:
        self._quietly(self.unblock)
        unblocked, took = time.monotonic(), 0.0
        while not self._stopping.is_set():
            pause = UNHEARD_SECONDS if self._unheard else SWEEP_SECONDS
            # It looks through all that is held back: with very much of that, less often.
            self._wait(max(pause * random.uniform(0.8, 1.2), BREAK * took))
            self._quietly(self.begin_periodic)
            began = time.monotonic()
            self._quietly(self.sweep)
            took = time.monotonic() - began
            self._quietly(self.retention.look)
            # Again and again: a worker that lacks a module may start, or claim, after this one.
            if time.monotonic() - unblocked > BLOCKED_DELAY:
                self._quietly(self.unblock)
                unblocked = time.monotonic()

    def _wait(self, seconds: float) -> None:
        """Until the next sweep; less long when there is more to do than waits here."""
        ends = time.monotonic() + seconds
        while not self._stopping.wait(_LOOK_SECONDS if self._more else seconds):
            self._more = self._more or self.queue.dropped(QUIET_SECONDS)
            if time.monotonic() >= ends or (self._more and len(self.queue) < LOW):
                return

    def _quietly(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Unavailable:
            log.warning("sweep_failed")
        except Exception:
            log.exception("sweep_failed")
