"""Redis: counts of all processes in few messages; without it, each counts by itself."""

from __future__ import annotations

import signal
import time
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

import sparx_core.limits.store as store_module
from sparx_core.limits.counter import Counter
from sparx_core.limits.rate import Rate
from sparx_core.limits.store import Store

from .conftest import RedisServer

HOUR = 3600


def counters(redis: RedisServer, quota: int, processes: int) -> list[Counter]:
    """One for each process."""
    rate = Rate(quota, HOUR)
    return [Counter("key", rate, Store(redis.url), processes) for _ in range(processes)]


def test_processes_get_exactly_the_quota_together(redis: RedisServer) -> None:
    both = counters(redis, 400, 2)

    def ask(number: int) -> bool:
        return both[number % 2].take("a").refused

    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(ask, range(1200)))
    assert Tally(refused) == {False: 400, True: 800}
    assert not both[0].take("b").refused


def test_what_a_process_fetched_is_little_beside_the_quota(redis: RedisServer) -> None:
    one, other = counters(redis, 100, 2)
    for _ in range(50):
        assert not one.take("a").refused
    got = 0
    while not other.take("a").refused:
        got += 1
    assert 40 <= got <= 50, "the rest waits for the first process"
    rest = 0
    while not one.take("a").refused:
        rest += 1
    assert got + rest == 50


def test_a_late_process_has_little_more(redis: RedisServer) -> None:
    one, late = counters(redis, 160, 2)
    assert taken(one, "a", 1000) == 160
    assert taken(late, "a", 1000) == 10, "an eighth of the rate, shared by the processes"
    assert taken(late, "a", 1000) == 0


def test_a_quiet_key_costs_no_message(redis: RedisServer) -> None:
    client = redis.client()
    both = counters(redis, 160, 2)
    assert [taken(one, "a", 10) for one in both] == [10, 10]
    assert client.keys("*") == []
    assert not both[0].take("a").refused
    (key,) = client.keys("*")
    assert int(client.get(key)) > 10, "what was not told before is told now"


def test_a_busy_key_costs_few_messages_and_a_refused_one_none(redis: RedisServer) -> None:
    (counter,) = counters(redis, 1000, 1)
    client = redis.client()

    def messages() -> int:
        stats = client.info("commandstats")
        return int(stats.get("cmdstat_evalsha", {}).get("calls", 0))

    client.config_resetstat()
    for _ in range(1000):
        assert not counter.take("a").refused
    assert messages() < 100
    client.config_resetstat()
    assert all(counter.take("a").refused for _ in range(1000))
    assert messages() == 0


def test_what_is_counted_is_forgotten_and_tells_nobody_s_secret(redis: RedisServer) -> None:
    (counter,) = counters(redis, 7, 1)
    counter.take("a")
    client = redis.client()
    (key,) = client.keys("*")
    assert key.startswith(b"sparx:rate:key/a/3600/")
    assert 0 < client.ttl(key) <= 2 * HOUR


@pytest.fixture
def short_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "REST_SECONDS", 0.05)


def taken(counter: Counter, name: str, most: int) -> int:
    """How many requests of ``most`` are let through."""
    return sum(not counter.take(name).refused for _ in range(most))


def test_a_killed_redis_neither_opens_nor_closes(redis: RedisServer, short_rest: None) -> None:
    counter = Counter("key", Rate(100, HOUR), Store(redis.url), processes=4)
    assert taken(counter, "before", 10) == 10
    redis.kill()
    assert taken(counter, "new", 1000) == 25, "the part of one process of four"
    assert taken(counter, "before", 1000) <= 25 + 4, "and what was fetched before"
    redis.start()
    deadline = time.monotonic() + 10
    names = (f"back {number}" for number in count())
    while taken(counter, next(names), 5) and not counter.store.is_shared:
        assert time.monotonic() < deadline, "Redis is back, and nobody asks it"
        time.sleep(0.01)
    assert taken(counter, "after", 1000) == 100


def test_a_hanging_redis_keeps_one_request_a_second_waiting(redis: RedisServer) -> None:
    counter = Counter("key", Rate(100_000, HOUR), Store(redis.url), processes=1)
    assert redis.process is not None
    counter.take("a")
    redis.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        names = [str(number) for number in range(300)]
        with ThreadPoolExecutor(4) as pool:
            refused = list(pool.map(lambda name: counter.take(name).refused, names))
        took = time.monotonic() - began
    finally:
        redis.process.send_signal(signal.SIGCONT)
    assert not any(refused)
    # At most one wait of each thread before it is known, and one more; 300 without that.
    assert took < 30 * store_module.REDIS_SECONDS, took


@pytest.mark.parametrize("state", ["full", "read-only"])
def test_a_redis_that_takes_nothing_is_away(
    redis: RedisServer, short_rest: None, state: str
) -> None:
    counter = Counter("key", Rate(100, HOUR), Store(redis.url), processes=4)
    client = redis.client()
    if state == "full":
        client.config_set("maxmemory", 1)
    else:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        assert taken(counter, "a", 1000) == 25
    finally:
        client.execute_command("REPLICAOF", "NO", "ONE")


def test_redis_over_a_socket(redis: RedisServer) -> None:
    two = [Counter("key", Rate(8, HOUR), Store(f"unix://{redis.socket}"), 2) for _ in range(2)]
    assert [taken(one, "a", 20) for one in two] == [8, 0]


def test_a_redis_that_does_not_let_us_in_is_away(redis: RedisServer, short_rest: None) -> None:
    client = redis.client()
    client.config_set("requirepass", "right")
    try:
        assert taken(Counter("key", Rate(8, HOUR), Store(redis.url), processes=2), "a", 20) == 4
        let_in = redis.url.replace("redis://", "redis://:right@")
        assert taken(Counter("key", Rate(8, HOUR), Store(let_in), processes=2), "a", 20) == 8
    finally:
        client.config_set("requirepass", "")
    nowhere = Store("unix:///nonexistent/redis.sock")
    assert taken(Counter("key", Rate(8, HOUR), nowhere, processes=2), "a", 20) == 4
