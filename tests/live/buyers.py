"""Clients that place orders at once, and remember what the API promised them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from uuid import uuid4

from tests.live.api import Answer, Api
from tests.live.processes import BUSY


@dataclass(frozen=True)
class Account:
    """A tenant's API with customers who buy."""

    slug: str
    api: Api
    customers: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """An order that was answered with 201."""

    slug: str
    id: str
    number: int
    customer: str
    total: float


def account(slug: str, api: Api, customers: int) -> Account:
    """An account with new customers."""
    return Account(slug, api, tuple(api.new_customer(f"Buyer {n}") for n in range(customers)))


#: All of this process: one whose test failed goes on asking a server that is gone.
_started: list[Buyers] = []


def stop_all() -> None:
    """End the clients that a test did not end."""
    while _started:
        _started.pop().stop()


@dataclass
class Buyers:
    """Threads that place orders until so many were acknowledged, through whatever happens.

    ``allowed`` are the statuses other than 201 that a client must expect here; 0 is no answer.
    """

    accounts: Sequence[Account]
    wanted: int
    threads: int = 8
    allowed: frozenset[int] = frozenset({503, 0})
    #: Seconds between two orders of one client.
    pause: float = 0.0
    #: Whether an order that was not acknowledged is sent again, with the same idempotency key.
    retry: bool = False
    #: Keys of orders that were never acknowledged.
    open: set[str] = field(default_factory=set)
    placed: list[Placed] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    slowest_refusal: float = 0.0
    _lock: Lock = field(default_factory=Lock)
    _stop: Event = field(default_factory=Event)
    _running: list[Thread] = field(default_factory=list)

    def start(self, seed: int) -> None:
        _started.append(self)
        for number in range(self.threads):
            thread = Thread(target=self._buy, args=(random.Random(seed + number),), daemon=True)
            self._running.append(thread)
            thread.start()

    def stop(self) -> None:
        """End before the wanted number is reached."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for all clients; fails when they met something they must not, or hang.

        They take so many seconds at most on a machine with nothing else to do.
        """
        deadline = time.monotonic() + BUSY * seconds
        for thread in self._running:
            thread.join(max(deadline - time.monotonic(), 0))
        self._stop.set()
        assert not any(thread.is_alive() for thread in self._running), str(self)
        assert self.problems == [], str(self)

    def have_placed(self, orders: int) -> bool:
        return len(self.placed) >= orders

    def were_refused(self, orders: int) -> bool:
        return self.statuses[503] >= orders

    def done(self) -> bool:
        return self._stop.is_set() or self.have_placed(self.wanted)

    def __str__(self) -> str:
        answers = ", ".join(
            f"{count} x {status or 'no answer'}" for status, count in sorted(self.statuses.items())
        )
        return f"{len(self.placed)} of {self.wanted} orders placed; {answers}; {self.problems[:3]}"

    def _buy(self, chance: random.Random) -> None:
        key: str | None = None
        while not self.done():
            if key is None:
                account = chance.choice(self.accounts)
                customer, quantity = chance.choice(account.customers), chance.randint(1, 9)
                key = str(uuid4()) if self.retry else None
            answer = account.api.place(customer, quantity, key)
            with self._lock:
                self._note(account, customer, answer)
                if key is not None:
                    self.open.add(key)
                    if answer.status == 201:
                        self.open.remove(key)
            if answer.status == 201:
                key = None
            if answer.status != 201:
                self._stop.wait(0.05)
            elif self.pause:
                self._stop.wait(self.pause)

    def _note(self, account: Account, customer: str, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status == 201:
            order = answer.data
            number, total = int(order["orderNumber"]), order["total"]
            self.placed.append(Placed(account.slug, order["id"], number, customer, total))
        elif self.retry and answer.status == 409 and answer.code == "idempotency_in_progress":
            pass  # what a connection began that the database has not given up yet
        elif answer.status not in self.allowed:
            self.problems.append(f"{answer.status}: {answer.body}")
        elif answer.status == 503:
            self.slowest_refusal = max(self.slowest_refusal, answer.seconds)
            if "retry-after" not in answer.headers or answer.code != "unavailable":
                self.problems.append(f"503 without Retry-After, or of another kind: {answer}")
