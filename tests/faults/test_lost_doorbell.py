"""Redis only rings: when it forgets, or is gone, events are handled all the same."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.books import assert_books_balance, wait_until_handled
from tests.live.buyers import Buyers, account
from tests.live.chance import Chance
from tests.live.installation import Installation
from tests.live.processes import until
from tests.live.servers import RedisServer

pytestmark = pytest.mark.faults

ORDERS = 50


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.end()


def test_messages_that_redis_forgets_are_only_late(
    install: Callable[..., Installation], redis: RedisServer, chance: Chance
) -> None:
    installation = install(SPARX_REDIS_URL=redis.url)
    installation.migrate()
    installation.serve()
    buyers = Buyers([account("acme", installation.new_tenant("acme"), 4)], ORDERS, 4, frozenset())
    buyers.start(chance.seed)
    buyers.join(20)
    # Nobody works yet, so what was rung for waits in Redis.
    until(lambda: redis.call("DBSIZE") != 0, 10, "the API has rung")
    redis.call("FLUSHALL")

    installation.worker()
    more = Buyers(buyers.accounts, ORDERS, 4, frozenset(), pause=0.02)
    more.start(chance.seed + 100)
    flushed = 0
    while not more.done():
        redis.call("FLUSHALL")
        flushed += 1
        time.sleep(chance.random.uniform(0, 0.02))
    more.join(20)
    wait_until_handled(installation, 20)
    print(f"{flushed} x FLUSHALL", buyers, more, sep="\n")
    print(assert_books_balance(installation, [*buyers.placed, *more.placed]))


def test_events_are_handled_while_redis_is_gone_came_back_and_is_full(
    install: Callable[..., Installation], redis: RedisServer, chance: Chance
) -> None:
    # With limits that nobody reaches, so that requests are counted in Redis too.
    installation = install(SPARX_REDIS_URL=redis.url, SPARX_RATE_LIMIT_KEY="100000/second")
    installation.migrate()
    dev = installation.dev()
    buyer = account("demo", dev.api, 4)
    before = Buyers([buyer], ORDERS, 4, frozenset())
    before.start(chance.seed)
    before.join(20)

    redis.end(signal.SIGKILL)
    without = Buyers([buyer], ORDERS, 4, frozenset())
    without.start(chance.seed + 100)
    without.join(20)
    wait_until_handled(installation, 20)
    told = [line for line in dev.log.read_text().splitlines() if "Error reading" in line]
    assert 1 <= len(told) < 10, "Huey would have said it 25 times a second"
    assert [line for line in told if "Traceback" in line] == [], "a known outage needs no stack"

    redis.start()
    again = Buyers([buyer], ORDERS, 4, frozenset())
    again.start(chance.seed + 200)
    again.join(20)
    wait_until_handled(installation, 20)

    redis.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.call("CONFIG", "SET", "maxmemory", "1")
    full = Buyers([buyer], ORDERS, 4, frozenset())
    full.start(chance.seed + 300)
    full.join(20)
    wait_until_handled(installation, 20)
    errors = redis.call("INFO", "errorstats")
    assert isinstance(errors, dict)
    assert errors["errorstat_OOM"]["count"] > 0, "Redis took what it was sent"
    print(before, without, again, full, sep="\n")
    promised = [*before.placed, *without.placed, *again.placed, *full.placed]
    print(assert_books_balance(installation, promised))
