"""How many threads of a process one tenant may occupy at once."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock

#: Seconds that a request waits for one of its tenant's to end.
WAIT_SECONDS = 0.1
#: Threads that are left to others, if nothing else is set: one for a request that waits, one free.
SPARED = 2


@dataclass(slots=True)
class _Occupied:
    """What a tenant has of the threads; ``moved_at``: when one of its requests ended, or the first
    began. Each of those who wait is woken by its lock, in turn.
    """

    moved_at: float
    running: int = 0
    waiting: deque[Lock] = field(default_factory=deque)


class TenantThreads:
    """At most ``most`` of ``threads`` run requests of one tenant; more wait, briefly.

    A request that waits occupies a thread, too. While a tenant's requests come and go, all may wait
    that there are threads for; of one whose requests hang, so few that a thread is free for others.
    """

    def __init__(self, most: int, threads: int) -> None:
        self.most = most
        self.waiters = max(0, threads - most - 1)
        self._occupied: dict[str, _Occupied] = {}
        self._lock = Lock()

    def enter(self, name: str) -> bool:
        """Whether a request of ``name`` may run; :meth:`leave` has to follow if so."""
        with self._lock:
            now = time.monotonic()
            occupied = self._occupied.get(name)
            if occupied is None:
                occupied = self._occupied[name] = _Occupied(now)
            if occupied.running < self.most:
                occupied.running += 1
                return True
            hangs = now - occupied.moved_at > WAIT_SECONDS
            if hangs and len(occupied.waiting) >= self.waiters:
                return False
            turn = Lock()
            turn.acquire()
            occupied.waiting.append(turn)
        if turn.acquire(timeout=WAIT_SECONDS):
            return True
        with self._lock:
            if turn not in occupied.waiting:
                return True  # its turn came at the last moment
            occupied.waiting.remove(turn)
            return False

    def leave(self, name: str) -> None:
        """A request that entered has ended: its place is that of the one who waited longest."""
        with self._lock:
            occupied = self._occupied[name]
            occupied.moved_at = time.monotonic()
            if occupied.waiting:
                occupied.waiting.popleft().release()
                return
            occupied.running -= 1
            if not occupied.running:
                del self._occupied[name]

    def running(self, name: str) -> int:
        with self._lock:
            occupied = self._occupied.get(name)
            return 0 if occupied is None else occupied.running
