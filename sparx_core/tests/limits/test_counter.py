"""Counting: exact in one process, never more in several, and bounded."""

from __future__ import annotations

from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor

import pytest

import sparx_core.limits.counter as counter_module
from sparx_core.limits.counter import Counter, Standing
from sparx_core.limits.rate import Rate
from sparx_core.limits.store import Store


class Clock:
    """Time that stands still until it is told."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock(7200.25)
    monkeypatch.setattr(counter_module, "time", found)
    return found


def test_a_name_has_its_quota_and_no_more(clock: Clock) -> None:
    counter = Counter("key", Rate(5, 3600), Store(), processes=1)
    standings = [counter.take("a") for _ in range(7)]
    assert [one.left for one in standings] == [4, 3, 2, 1, 0, 0, 0]
    assert [one.refused for one in standings] == [False] * 5 + [True] * 2
    assert standings[0] == Standing("key", 5, 3600, 4, 3600, refused=False)
    assert standings[0].policy == '"key";q=5;w=3600'
    assert standings[6].state == '"key";r=0;t=3600'
    assert not counter.take("b").refused, "another name has a quota of its own"


def test_what_is_left_is_exact_when_some_are_fetched_at_once(clock: Clock) -> None:
    counter = Counter("key", Rate(100, 3600), Store(), processes=1)
    assert [counter.take("a").left for _ in range(101)] == [*range(99, -1, -1), 0]
    assert counter.take("a").refused


def test_a_window_ends(clock: Clock) -> None:
    counter = Counter("key", Rate(2, 60), Store(), processes=1)
    assert [counter.take("a").refused for _ in range(3)] == [False, False, True]
    clock.now += 59.5  # 7259.75, of a window that ends at 7260
    assert counter.look("a") == Standing("key", 2, 60, 0, 1, refused=True)
    clock.now += 0.25
    assert counter.look("a") == Standing("key", 2, 60, 2, 60, refused=False)
    assert [counter.take("a").refused for _ in range(3)] == [False, False, True]


def test_looking_counts_nothing(clock: Clock) -> None:
    counter = Counter("address", Rate(1, 60), Store(), processes=1)
    assert not any(counter.look("a").refused for _ in range(5))
    assert not counter.take("a").refused
    assert counter.look("a").refused


def test_a_process_without_redis_counts_to_its_part(clock: Clock) -> None:
    counter = Counter("key", Rate(10, 60), Store(), processes=4)
    standings = [counter.take("a") for _ in range(10)]
    assert sum(not one.refused for one in standings) == 3
    assert {one.quota for one in standings} == {3}


def test_threads_get_exactly_the_quota_together(clock: Clock) -> None:
    counter = Counter("key", Rate(500, 3600), Store(), processes=1)
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda _: counter.take("a").refused, range(1500)))
    assert Tally(refused) == {False: 500, True: 1000}


def test_names_are_forgotten_before_they_fill_the_memory(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter_module, "MAX_NAMES", 10)
    store = Store()
    counter = Counter("address", Rate(5, 3600), store, processes=1)
    for number in range(1000):
        counter.take(str(number))
    assert len(counter._windows) == 10
    assert store._local is not None
    assert len(store._local.storage) == 10
