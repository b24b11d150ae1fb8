"""The deliveries that wait in a worker for one of its threads: every tenant has its turn."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable
from threading import Condition
from uuid import UUID

from sparx_core.events.doorbell import Pointer

#: Deliveries that wait in one worker, of one tenant and in all. What does not fit is dropped: its
#: row is in the database, and a sweeper finds it.
PER_TENANT, AT_MOST = 1_000, 10_000


class FairQueue:
    """Takes what is rung, in any amount, and gives each thread that asks a delivery of the tenant
    for which the fewest threads work; among equals, tenants take turns.

    A tenant gets at most ``share`` threads. The worker has one more than that, so that a tenant
    whose handlers take long never holds them all.
    """

    def __init__(self, share: int, per_tenant: int = PER_TENANT, at_most: int = AT_MOST) -> None:
        self.share, self.per_tenant, self.at_most = share, per_tenant, at_most
        self._changed = Condition()
        #: Tenants in the order of their turns, each with what waits.
        self._waiting: OrderedDict[UUID, deque[UUID]] = OrderedDict()
        self._known: set[UUID] = set()
        self._running: Counter[UUID] = Counter()
        self._closed = False
        #: When something was dropped last.
        self._dropped_at = float("-inf")

    def put(self, pointers: Iterable[Pointer]) -> None:
        """Add what does not wait yet."""
        with self._changed:
            for tenant, delivery in pointers:
                if delivery in self._known:
                    continue
                waiting = self._waiting.get(tenant, ())
                if len(waiting) >= self.per_tenant or len(self._known) >= self.at_most:
                    self._dropped_at = time.monotonic()
                    continue
                self._add(tenant, delivery)
            self._changed.notify_all()

    def take(self) -> Pointer | None:
        """The next delivery, once there is one for this thread; None when the queue is closed.

        The caller says :meth:`end` when it is done with it.
        """
        with self._changed:
            while not self._closed:
                tenant = self._next()
                if tenant is not None:
                    return tenant, self._remove(tenant)
                self._changed.wait()
            return None

    def end(self, tenant: UUID, rest: Pointer | None = None) -> None:
        """A thread is free again. ``rest`` is what it leaves undone, which is never dropped."""
        with self._changed:
            self._running[tenant] -= 1
            if not self._running[tenant]:
                del self._running[tenant]
            if rest is not None and rest[1] not in self._known:
                self._add(*rest)
            self._changed.notify()

    def clear(self) -> None:
        """Forget what waits, when nothing can be done about it now."""
        with self._changed:
            self._waiting.clear()
            self._known.clear()

    def close(self) -> None:
        """Nothing more is given out; what waits is left to other workers."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        return len(self._known)

    def dropped(self, seconds: float) -> bool:
        """Whether something was dropped in the last so many seconds."""
        return time.monotonic() - self._dropped_at < seconds

    def _add(self, tenant: UUID, delivery: UUID) -> None:
        self._waiting.setdefault(tenant, deque()).append(delivery)
        self._known.add(delivery)

    def _next(self) -> UUID | None:
        """Whose turn it is. At most as many tenants are passed over as there are threads."""
        chosen, fewest = None, self.share
        for tenant in self._waiting:
            running = self._running[tenant]
            if running < fewest:
                chosen, fewest = tenant, running
            if fewest == 0:
                break
        return chosen

    def _remove(self, tenant: UUID) -> UUID:
        waiting = self._waiting.pop(tenant)
        delivery = waiting.popleft()
        if waiting:
            self._waiting[tenant] = waiting  # behind the others
        self._known.discard(delivery)
        self._running[tenant] += 1
        return delivery
