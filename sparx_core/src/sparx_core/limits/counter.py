"""One limit: how many requests each name under it may make in a window."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from sparx_core.limits.rate import Rate
from sparx_core.limits.store import Store

#: Names that a process remembers the window of; those asked about longest ago are forgotten. What
#: Redis has counted of them stays.
MAX_NAMES = 50_000

#: A process fetches a part of what it counted of a name in this window, or in the one before, and
#: at most a part of what is left, so that other processes get theirs.
_USED_PART = 2
_LEFT_PART = 8
#: What the processes of a machine let through of a name in a window, all together, before they
#: tell Redis: a part of the quota. Most keys ask less than that, and cost it nothing.
_TRUSTED_PART = 8


@dataclass(slots=True)
class Standing:
    """Where a name stands: what is ``left`` in this window, which ends in ``reset`` seconds."""

    limit: str
    quota: int
    seconds: int
    left: int
    reset: int
    refused: bool

    @property
    def policy(self) -> str:
        """An item of ``RateLimit-Policy``."""
        return f'"{self.limit}";q={self.quota};w={self.seconds}'

    @property
    def state(self) -> str:
        """An item of ``RateLimit``."""
        return f'"{self.limit}";r={self.left};t={self.reset}'


@dataclass(slots=True)
class _Window:
    """What a process knows of a name: the ``count`` of all, and what it may still hand out."""

    number: int = -1
    quota: int = 0
    count: int = 0
    granted: int = 0
    used: int = 0
    used_before: int = 0
    untold: int = 0
    full: bool = False
    lock: Lock = field(default_factory=Lock)


class Counter:
    """Counts requests in windows that begin at the same moment in every process.

    A request costs no message of its own to Redis. The first few of a window are told later, with
    those that follow; a busy process fetches some of a name's quota at once and hands it out. So
    the processes of a machine may exceed the quota by an eighth at most. A name that is refused is
    refused without asking until the window ends. Where the process counts by itself, because there
    is no Redis or it is away, it counts to its part of the quota.
    """

    def __init__(self, name: str, rate: Rate, store: Store, processes: int) -> None:
        self.name, self.rate, self.store = name, rate, store
        self.part = rate.shared_by(processes)
        self.trusted = rate.amount // (_TRUSTED_PART * processes) if store.redis_url else 0
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str) -> Standing:
        """Count a request."""
        now = time.time()
        window = self._window(name, int(now // self.rate.seconds))
        with window.lock:
            self._turn(window, now)
            if not window.granted and not window.full:
                self._fetch(window, name)
            refused = not window.granted
            if not refused:
                window.granted -= 1
                window.used += 1
            return self._standing(window, now, refused=refused)

    def look(self, name: str) -> Standing:
        """Where a name stands as far as this process knows, without counting."""
        now = time.time()
        window = self._windows.get(name)
        if window is None:
            window = _Window()
        with window.lock:
            self._turn(window, now)
            return self._standing(window, now, refused=window.full and not window.granted)

    def _window(self, name: str, number: int) -> _Window:
        window = self._windows.get(name)
        if window is not None and window.number == number:
            return window
        with self._lock:
            window = self._windows.setdefault(name, window or _Window())
            self._windows.move_to_end(name)
            if len(self._windows) > MAX_NAMES:
                forgotten, old = self._windows.popitem(last=False)
                self.store.forget(self._key(forgotten, old.number))
            return window

    def _turn(self, window: _Window, now: float) -> None:
        number = int(now // self.rate.seconds)
        if window.number != number:
            window.used_before = window.used if window.number == number - 1 else 0
            window.number = number
            window.quota = (self.rate if self.store.is_shared else self.part).amount
            window.count = window.granted = window.used = window.untold = 0
            window.full = False

    def _fetch(self, window: _Window, name: str) -> None:
        if self.trusted and not window.used:
            window.granted = window.untold = window.count = self.trusted
            return
        amount = left = window.quota - window.count
        if self.store.redis_url is not None:
            busy = max(1 + window.used // _USED_PART, window.used_before // _USED_PART)
            amount = max(1, min(busy, left // _LEFT_PART))
        key = self._key(name, window.number)
        told = amount + window.untold
        count, shared = self.store.add(key, told, 2 * self.rate.seconds)
        window.untold = 0
        window.quota = self.rate.amount if shared else self.part.amount
        window.granted = max(0, amount - max(0, count - window.quota))
        window.count = min(count, window.quota)
        # Also when the last were just granted: the next one need not ask.
        window.full = count >= window.quota

    def _key(self, name: str, number: int) -> str:
        return f"{self.name}/{name}/{self.rate.seconds}/{number}"

    def _standing(self, window: _Window, now: float, *, refused: bool) -> Standing:
        quota = window.quota
        left = 0 if refused else max(0, quota - window.count) + window.granted
        reset = max(1, math.ceil((window.number + 1) * self.rate.seconds - now))
        return Standing(self.name, quota, self.rate.seconds, left, reset, refused)
