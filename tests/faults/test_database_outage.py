"""PostgreSQL dies while requests run: honest answers meanwhile, and nothing to restart after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest

from sparx_core.db import embedded
from tests.live.api import Answer, Api
from tests.live.books import assert_books_balance, wait_until_handled
from tests.live.buyers import Buyers, account
from tests.live.chance import Chance
from tests.live.installation import Installation
from tests.live.processes import family, until
from tests.live.servers import PostgresServer

pytestmark = pytest.mark.faults

OUTAGES, ORDERS = 2, 150
#: What a client may have to wait for an answer while there is no database, in seconds.
ANSWER_SECONDS = 3.0


@pytest.fixture
def postgres(folder: Path) -> Iterator[PostgresServer]:
    """A server of the test's own, made with the embedded programs: it can be stopped at will."""
    server = PostgresServer(embedded.binaries(), folder / "postgres")
    try:
        server.create()
        yield server
    finally:
        server.remove()


class Readers:
    """Threads that read without a pause, and keep what was neither 200 nor a proper 503."""

    def __init__(self, api: Api, paths: list[str]) -> None:
        self.statuses: Counter[int] = Counter()
        self.problems: list[Answer] = []
        self.slowest = 0.0
        self._stop = Event()
        self._threads = [Thread(target=self._read, args=(api, one), daemon=True) for one in paths]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _read(self, api: Api, path: str) -> None:
        while not self._stop.wait(0.02):
            answer = api.get(path)
            self.statuses[answer.status] += 1
            if answer.status == 503:
                self.slowest = max(self.slowest, answer.seconds)
            refused = answer.status == 503 and "retry-after" in answer.headers
            if answer.status != 200 and not refused:
                self.problems.append(answer)


def test_only_503_until_the_database_is_back(
    install: Callable[..., Installation], postgres: PostgresServer, chance: Chance
) -> None:
    installation = install(SPARX_DATABASE_URL=postgres.url(), SPARX_API_PROCESSES="2")
    dev = installation.dev()
    buyer = account("demo", dev.api, 4)
    first = dev.api.place(buyer.customers[0]).data
    processes = family(dev.pid)

    # No answer at all is not allowed: the database is away, not the API.
    buyers = Buyers([buyer], ORDERS, threads=6, allowed=frozenset({503}), pause=0.02)
    paths = ["/v1/me", "/v1/crm/orders", f"/v1/crm/orders/{first['id']}"]
    with Readers(Api(installation.port, dev.api.key), paths) as readers:
        buyers.start(chance.seed)
        for outage in range(OUTAGES):
            wanted = (outage + 1) * ORDERS // (OUTAGES + 1)
            until(partial(buyers.have_placed, wanted), 30, f"{wanted} orders are placed")
            postgres.crash()
            refused = buyers.statuses[503] + chance.random.randrange(10, 100)
            until(partial(buyers.were_refused, refused), 10, "orders are refused")
            assert dev.api.get("/health").status == 200
            until(lambda: dev.api.get("/ready").status == 503, 10, "the API is not ready")
            postgres.start()
            until(partial(buyers.have_placed, len(buyers.placed) + 1), 10, "orders go on")
        buyers.join(40)
    wait_until_handled(installation, 30)

    print(buyers, f"readers: {dict(readers.statuses)}", sep="\n")
    print(f"slowest 503: {max(buyers.slowest_refusal, readers.slowest):.2f} s")
    print(assert_books_balance(installation, buyers.placed))
    assert readers.problems == []
    assert readers.statuses[503] > 0
    assert max(buyers.slowest_refusal, readers.slowest) < ANSWER_SECONDS
    assert family(dev.pid) == processes, "a process died or was replaced"
    assert "request_failed" not in dev.log.read_text()
