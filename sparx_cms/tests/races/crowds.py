"""Many who do something at the same time, and what they may be answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sparx_core.testing import Answer

Ask = Callable[[], Answer]
#: Somebody was faster, or waited for somebody who was: the same may be asked again.
AGAIN = (409, 503)
#: How often anybody here is told to try again before the test fails.
PATIENCE = 60


def at_once(work: Sequence[Ask]) -> list[Answer]:
    """What each of several calls answers that begin together."""
    barrier = Barrier(len(work))

    def run(one: Ask) -> Answer:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def until_done(ask: Ask) -> Answer:
    """Ask as often as the answer is to ask again."""
    for _ in range(PATIENCE):
        answer = ask()
        if answer.status not in AGAIN:
            return answer
    raise AssertionError(f"refused {PATIENCE} times: {answer.text}")


def statuses(answers: Sequence[Answer], *refusals: int) -> Counter[int]:
    """How many were answered what; nothing but success, ``AGAIN`` and some refusals may be."""
    found = Counter(one.status for one in answers)
    wrong = [one.text for one in answers if one.status not in (200, 201, *AGAIN, *refusals)]
    assert not wrong, wrong[0]
    return found
