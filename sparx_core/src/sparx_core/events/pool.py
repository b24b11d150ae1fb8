"""The threads of a worker that work deliveries off."""

from __future__ import annotations

import time
from threading import Event as Signal
from threading import Thread

import structlog

from sparx_core.errors import Unavailable
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import Pointer
from sparx_core.events.fairness import FairQueue

log = structlog.get_logger(__name__)

#: Seconds that a thread waits after it found no database.
PAUSE_SECONDS = 0.5


class Pool:
    """Takes deliveries from a queue, in ``threads`` threads."""

    def __init__(self, queue: FairQueue, dispatcher: Dispatcher, threads: int) -> None:
        self.queue, self.dispatcher = queue, dispatcher
        self._stopping = Signal()
        self._threads = [
            Thread(target=self._run, name=f"delivery-{number}", daemon=True)
            for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> bool:
        """Begin nothing more, and wait for what runs; whether all of it ended in time."""
        self._stopping.set()
        self.queue.close()
        ends = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(ends - time.monotonic(), 0))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while (pointer := self.queue.take()) is not None:
            rest: Pointer | None = None
            try:
                rest = self.dispatcher.take_turn(pointer)
            except Unavailable:
                # Nothing that waits could be claimed now. A sweeper finds it all again.
                log.warning("delivery_not_claimed", waiting=len(self.queue))
                self.queue.clear()
                self._stopping.wait(PAUSE_SECONDS)
            except Exception:
                log.exception("delivery_not_claimed", delivery=str(pointer[1]))
            finally:
                self.queue.end(pointer[0], rest)
