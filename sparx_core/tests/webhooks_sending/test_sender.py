"""The sender of a worker with its threads, and receivers that behave as they like."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Event, Lock
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.outbound import OutboundResponse
from sparx_core.runtime import Runtime
from sparx_core.testing import Owner, SentWebhooks
from sparx_core.webhooks.sending.message import Composer
from sparx_core.webhooks.sending.sender import Sender

from .conftest import Row, Subscribe, Subscription

Rows = Callable[[Subscription], list[Row]]
SECONDS = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"not within {SECONDS} s: {what}"
        time.sleep(0.02)


class Receivers:
    """Answers 200, and keeps whoever asks ``black`` waiting until the hole is closed."""

    def __init__(self) -> None:
        self.got: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.closed = Event()
        self._now: Counter[str] = Counter()
        self._lock = Lock()

    def send(self, method: str, url: str, **request: Any) -> OutboundResponse:
        with self._lock:
            self._now[url] += 1
            self.most[url] = max(self.most[url], self._now[url])
        if "black" in url:
            self.closed.wait(SECONDS)
        with self._lock:
            self._now[url] -= 1
            self.got[url] += 1
        return OutboundResponse(200, [], b"", False, "192.0.2.1", 0.0)


@pytest.fixture
def receivers() -> Iterator[Receivers]:
    made = Receivers()
    yield made
    made.closed.set()


@pytest.fixture
def start(
    installation: Runtime, receivers: Receivers, sent_webhooks: SentWebhooks
) -> Iterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def begin(threads: int = 4, database: Any = None, **options: Any) -> Sender:
        sent_webhooks.leave_others()
        dispatch = database or Database(installation.urls.dispatch)
        composer = Composer(installation)
        made.append(Sender(dispatch, receivers, composer, threads, lambda told: None, **options))
        made[-1].start()
        return made[-1]

    yield begin
    receivers.closed.set()
    for one in made:
        one.stop()


def test_receivers_that_answer_nobody_keep_nobody_waiting(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    receivers: Receivers,
    start: Callable[..., Sender],
    rows: Rows,
    sent_webhooks: SentWebhooks,
) -> None:
    holes = [subscribe(f"https://black-{number}.example/") for number in range(3)]
    well = subscribe("https://well.example/")
    for number in range(8):
        create_probe(str(number))
    # Fewer threads than the holes would take.
    sender = start(threads=2)
    sender.wake()
    until(lambda: receivers.got[well.url] == 8, "the healthy one has all")
    until(lambda: {one.state for one in rows(well)} == {"delivered"}, "and it is stored")
    assert receivers.most[well.url] <= 2
    assert {one.url: receivers.most[one.url] for one in holes} == {one.url: 2 for one in holes}
    receivers.closed.set()
    until(lambda: sent_webhooks.states() == {"delivered": 32}, "the others have all, too")
    assert max(receivers.most.values()) == 2


def test_a_stopping_sender_ends_what_it_began(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    receivers: Receivers,
    start: Callable[..., Sender],
    rows: Rows,
) -> None:
    hole = subscribe("https://black.example/")
    for number in range(5):
        create_probe(str(number))
    sender = start()
    until(lambda: receivers.most[hole.url] == 2, "two requests are under way")
    sender.begin_to_stop()
    receivers.closed.set()
    sender.stop()
    states = Counter(one.state for one in rows(hole))
    assert states == {"delivered": 2, "pending": 3}
    assert receivers.got[hole.url] == 2


class Flaky(Database):
    """A database that is away now and then, after it has done what it was asked or before."""

    lost = 0

    def call(self, statement: str, parameters: Any = ()) -> Any:
        if "record_attempts" in statement and self.lost < 4:
            self.lost += 1
            if self.lost % 2:
                super().call(statement, parameters)
            raise Unavailable
        return super().call(statement, parameters)


def test_what_could_not_be_stored_is_stored_later(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    installation: Runtime,
    receivers: Receivers,
    start: Callable[..., Sender],
    rows: Rows,
    owner: Owner,
) -> None:
    subscription = subscribe()
    for number in range(6):
        create_probe(str(number))
    database = Flaky(installation.urls.dispatch)
    start(database=database)
    until(lambda: {one.state for one in rows(subscription)} == {"delivered"}, "all is stored")
    assert database.lost == 4
    assert receivers.got[subscription.url] == 6, "each was sent once"
    assert owner.count("core.webhook_attempts", subscription.tenant_id) == 6


def test_nobody_has_to_ring(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    start: Callable[..., Sender],
    rows: Rows,
) -> None:
    subscription = subscribe()
    start()
    create_probe()
    until(lambda: [one.state for one in rows(subscription)] == ["delivered"], "it is found")
