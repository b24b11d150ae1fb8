"""The queue of a worker's threads: every tenant has its turn, and nothing grows without end."""

from __future__ import annotations

from collections import Counter
from threading import Thread
from uuid import UUID

import pytest

from sparx_core.events.doorbell import Pointer
from sparx_core.events.fairness import FairQueue
from sparx_core.ids import uuid7

A, B, C = (uuid7() for _ in range(3))


def some(tenant: UUID, count: int) -> list[Pointer]:
    return [(tenant, uuid7()) for _ in range(count)]


def taken(queue: FairQueue, count: int) -> list[UUID]:
    """Whose the next deliveries are, if no thread ends meanwhile."""
    found = []
    for _ in range(count):
        pointer = queue.take()
        assert pointer is not None
        found.append(pointer[0])
    return found


def test_those_of_one_tenant_come_in_their_order() -> None:
    queue, wanted = FairQueue(4), some(A, 4)
    queue.put(wanted)
    assert [queue.take() for _ in range(4)] == wanted


def test_the_tenant_with_the_fewest_threads_is_next() -> None:
    queue = FairQueue(4)
    queue.put(some(A, 100))
    assert taken(queue, 3) == [A, A, A]
    queue.put(some(B, 10))
    assert taken(queue, 3) == [B, B, B]
    queue.end(A)
    queue.end(A)
    assert taken(queue, 2) == [A, A]


def test_equals_take_turns() -> None:
    queue = FairQueue(4)
    for tenant in (A, B, C):
        queue.put(some(tenant, 10))
    found = []
    for _ in range(9):
        (tenant,) = taken(queue, 1)
        queue.end(tenant)
        found.append(tenant)
    assert found == [A, B, C] * 3


def test_a_tenant_never_gets_the_last_thread() -> None:
    queue, more = FairQueue(2), some(A, 1)
    queue.put(some(A, 3))
    assert taken(queue, 2) == [A, A]
    found: list[Pointer | None] = []
    waiting = Thread(target=lambda: found.append(queue.take()))
    waiting.start()
    waiting.join(0.1)
    assert found == [], "the third is left to somebody else"
    queue.put(some(B, 1))
    waiting.join(30)
    assert [one[0] for one in found if one] == [B]
    queue.put(more)
    queue.end(A)
    assert taken(queue, 1) == [A], "as soon as one of its threads is free"


def test_what_waits_already_is_not_added_again() -> None:
    queue, wanted = FairQueue(1), some(A, 5)
    for _ in range(3):
        queue.put(wanted)
    assert len(queue) == 5


def test_what_does_not_fit_is_dropped_and_others_still_get_in() -> None:
    queue = FairQueue(4, per_tenant=10, at_most=25)
    queue.put(some(A, 10))
    assert not queue.dropped(60)
    queue.put(some(A, 1))
    assert queue.dropped(60)
    queue.put(some(B, 50))
    queue.put(some(C, 50))
    assert len(queue) == 25
    assert Counter(taken(queue, 6)) == {A: 2, B: 2, C: 2}


def test_what_a_thread_leaves_undone_is_never_dropped() -> None:
    queue = FairQueue(2, per_tenant=1)
    first, second = some(A, 2)
    queue.put([first])
    assert queue.take() == first
    queue.put([second])
    queue.end(A, first)
    assert [queue.take(), queue.take()] == [second, first], "behind what waits there"


@pytest.mark.parametrize("waiting", [0, 3])
def test_a_closed_queue_gives_nothing_out(waiting: int) -> None:
    queue, answers = FairQueue(1), [some(A, 1)[0]]
    threads = [Thread(target=lambda: answers.append(queue.take())) for _ in range(2)]  # type: ignore[arg-type]
    if waiting == 0:
        for thread in threads:
            thread.start()
    queue.put(some(A, waiting))
    queue.close()
    if waiting:
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(30)
    assert answers[1:] == [None, None]
    assert len(queue) == waiting


def test_cleared_it_takes_the_same_again() -> None:
    queue, wanted = FairQueue(1), some(A, 3)
    queue.put(wanted)
    queue.clear()
    assert len(queue) == 0
    queue.put(wanted)
    assert queue.take() == wanted[0]
