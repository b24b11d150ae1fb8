"""The threads that send. One that waits for a slow receiver is not counted: another one takes its
place, so that a few receivers that answer nobody do not keep the others waiting.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic

from sparx_core.webhooks.sending.claims import Claimed

#: A request that takes longer is a slow one.
SLOW_SECONDS = 1.0
#: How many times as many threads there are at most as requests that are not slow.
LENT = 4


class SendingPool:
    """Threads that do ``work``, started when they are needed; ``size`` requests at a time, and up
    to ``LENT`` times as many with those that are slow. Half of all may be for receivers that fail.
    """

    def __init__(self, work: Callable[[Claimed], None], size: int) -> None:
        self.size, self.at_most = size, size * LENT
        self._work = work
        self._waiting: SimpleQueue[Claimed | None] = SimpleQueue()
        self._lock = Lock()
        self._busy: dict[int, tuple[float, bool]] = {}
        self._threads: list[Thread] = []

    def free(self) -> int:
        """How many requests can begin now."""
        slow = monotonic() - SLOW_SECONDS
        with self._lock:
            quick = sum(began > slow for began, _ in self._busy.values())
            return max(0, min(self.size - quick, self.at_most - len(self._busy)))

    def free_for_trials(self) -> int:
        """How many of them may be for receivers that fail at present."""
        with self._lock:
            trials = sum(trial for _, trial in self._busy.values())
            return max(0, self.at_most // 2 - trials)

    @property
    def idle(self) -> bool:
        return not self._busy

    def put(self, claimed: Claimed) -> None:
        """Have a delivery sent, at once if there was a place free."""
        with self._lock:
            self._busy[id(claimed)] = monotonic(), claimed.trial
            if len(self._threads) < min(len(self._busy), self.at_most):
                name = f"webhooks-{len(self._threads)}"
                self._threads.append(Thread(target=self._run, name=name, daemon=True))
                self._threads[-1].start()
        self._waiting.put(claimed)

    def close(self) -> None:
        """Threads end when they have nothing more to do."""
        for _ in self._threads:
            self._waiting.put(None)

    def _run(self) -> None:
        while (claimed := self._waiting.get()) is not None:
            try:
                self._work(claimed)
            finally:
                with self._lock:
                    del self._busy[id(claimed)]
