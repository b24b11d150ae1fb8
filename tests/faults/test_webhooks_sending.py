"""Webhooks under what receivers and machines do to them: D3, D4, D6, D7 and D8.

Each check prints its invariant, seed and counts. ``TEST_LONG_FAULTS=1`` takes the numbers that the
promises are about.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from types import SimpleNamespace
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.outbound import Outbound
from sparx_core.webhooks.sending.message import Composer
from sparx_core.webhooks.sending.sender import Sender
from tests.live.api import Api
from tests.live.chance import Chance
from tests.live.endpoints import Receivers, listening
from tests.live.folders import server_folder
from tests.live.installation import START_SECONDS, Installation, Running
from tests.live.processes import alive, until
from tests.live.webhooks import Hooks, new_hooks

pytestmark = pytest.mark.faults

LONG = bool(os.environ.get("TEST_LONG_FAULTS"))
#: What a busy machine may take for what is a matter of seconds.
PATIENCE = 900.0 if LONG else 90.0
#: Healthy endpoints and events; what waits for each of the others.
HEALTHY, EVENTS, QUEUED = (50, 20, 500) if LONG else (15, 8, 60)
#: Deliveries and deaths.
DELIVERIES, KILLS = (5_000, 30) if LONG else (450, 2)
#: Endpoints of one event; events a second for how many seconds.
ENDPOINTS, RATE, SECONDS = (1_000, 100, 300) if LONG else (150, 50, 3)
#: What a recovery sends again, and how many of it a second.
MISSING, PER_SECOND = (10_000, 200) if LONG else (120, 40)
_MIB = 1024 * 1024
#: How many times as fast the clock of D4 runs; the waits between attempts, in seconds.
PACE = 100_000.0
DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
_PLANNED = """
SELECT min(w.delay / d.delay)::float, max(w.delay / d.delay)::float
  FROM unnest(%s::float[]) WITH ORDINALITY AS d(delay, attempt)
 CROSS JOIN LATERAL (SELECT core.webhook_delay(d.attempt::integer, NULL) AS delay
                       FROM generate_series(1, 200)) w
 GROUP BY d.attempt ORDER BY d.attempt
"""
_SUBSCRIPTION = "SELECT state, disabled_reason FROM core.webhook_subscriptions WHERE id = %s"
_LET_IT_FAIL = """
UPDATE core.webhook_subscriptions
   SET first_failed_at = clock_timestamp() - %s::interval,
       last_failed_at = clock_timestamp() - %s::interval, open_until = NULL, failures = 1
 WHERE id = %s
"""
#: The last of ten attempts once more.
_ONE_MORE = """
UPDATE core.webhook_deliveries SET state = 'pending', attempt = 9, due_at = clock_timestamp()
 WHERE subscription_id = %s AND event_type = 'order.created'
"""
_LET_LEASES_END = """
UPDATE core.webhook_deliveries SET lease_until = clock_timestamp() WHERE state = 'sending'
"""


@dataclass
class Site:
    """An installation without an API, whose workers send to receivers of this process."""

    installation: Installation
    receivers: Receivers
    hooks: Hooks
    workers: list[Running] = field(default_factory=list)

    def work(self, count: int) -> None:
        """Have so many workers, all of which work."""
        self.workers = [one for one in self.workers if alive(one.pid)]
        fresh = [self.installation.run("worker") for _ in range(count - len(self.workers))]
        self.workers += fresh
        for one in fresh:
            until(partial(one.said, "worker_started"), START_SECONDS, "the worker works")

    def kill(self, victim: Running) -> None:
        """kill -9; another worker takes its place."""
        os.kill(victim.pid, signal.SIGKILL)
        victim.process.wait(30)
        self.work(len(self.workers))

    def lag(self, paths: Sequence[str], began: dict[str, float]) -> list[float]:
        """Seconds from the commit of each event to its arrival at each of these paths."""
        wanted = set(paths)
        return sorted(
            one.at - began[one.id]
            for one in list(self.receivers.got)
            if one.path in wanted and one.id in began
        )


@pytest.fixture
def hooks(site: Site) -> Iterator[Hooks]:
    """A tenant without any subscription; what is made goes away with the test."""
    yield site.hooks
    site.hooks.rows("DELETE FROM core.webhook_subscriptions")
    site.hooks.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with server_folder() as folder, listening() as receivers:
        settings = {"SPARX_WEBHOOK_ALLOW_PRIVATE": "loopback", "SPARX_LEASE_SECONDS": "20"}
        installation = Installation(folder, {**settings, "SPARX_WEBHOOK_THREADS": "8"})
        try:
            installation.migrate()
            worker = installation.worker()  # who also keeps the embedded server going
            yield Site(installation, receivers, new_hooks(installation, "acme"), [worker])
        finally:
            installation.remove()


def _p99(values: Sequence[float]) -> float:
    return quantiles(values, n=100)[-1] if len(values) > 1 else values[0]


def _memory(worker: Running) -> int:
    """Bytes that a process holds in memory."""
    return int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def _commit(hooks: Hooks, count: int, type: str) -> dict[str, float]:
    """Events of a type, each in a transaction of its own; when each was committed."""
    began: dict[str, float] = {}
    for _ in range(count):
        (made,) = hooks.emit(type=type)
        began[made] = time.monotonic()
    return began


def test_receivers_that_hang_hold_up_nobody(site: Site, hooks: Hooks) -> None:
    """D3: a black hole, one that drips and one without an end, beside healthy ones."""
    receivers = site.receivers
    site.work(1)
    healthy = [f"/ok/healthy/{number}" for number in range(HEALTHY)]
    bad = [f"/{kind}/" for kind in ("hole", "drip", "endless")]
    well = hooks.subscribe([receivers.url(path) for path in healthy], events="order.*")
    ill = hooks.subscribe([receivers.url(path) for path in bad], events="customer.*")

    alone = _commit(hooks, EVENTS, "order.created")
    hooks.wait(PATIENCE, list(well.values()))
    baseline = site.lag(healthy, alone)
    before = _memory(site.workers[0])
    hooks.emit(QUEUED, type="customer.created")
    until(lambda: all(receivers.now[path] for path in bad), 60, "all of them are asked")
    beside = _commit(hooks, EVENTS, "order.paid")
    hooks.wait(PATIENCE, list(well.values()))
    waiting = hooks.states(list(ill.values()))
    mixed = site.lag(healthy, beside)
    grown = _memory(site.workers[0]) - before

    print(
        f"D3 {HEALTHY} healthy x {EVENTS}: p99 {_p99(baseline):.2f} s alone, {_p99(mixed):.2f} s"
        f" beside {len(bad)} that hang with {QUEUED} queued each; worker grew by"
        f" {grown / _MIB:.1f} MiB; those that hang: {waiting}"
    )
    for path in healthy:
        assert receivers.ids(path) == Counter([*alone, *beside])
    # All that was healthy is done, and two of the others have hardly begun: nobody waited for them.
    # What answers 200 at once and does not end is cut off, and was delivered.
    assert waiting["pending"] + waiting.get("sending", 0) >= 2 * QUEUED - 1
    assert max(receivers.most[path] for path in bad) <= 2
    assert grown <= 20 * _MIB
    site.kill(site.workers[0])  # to end gracefully it would wait for those that hang


@contextmanager
def _fast(site: Site, hooks: Hooks) -> Iterator[Sender]:
    """A sender of this process whose clock runs fast; workers rest meanwhile."""
    for worker in site.workers:
        os.kill(worker.pid, signal.SIGSTOP)
    database = Database(site.installation.admin_url())
    composer = Composer(SimpleNamespace(keyring=hooks.keyring))
    try:
        sender = Sender(database, Outbound("loopback"), composer, 4, lambda told: None)
        sender.pace = PACE
        yield sender
    finally:
        database.close()
        for worker in site.workers:
            os.kill(worker.pid, signal.SIGCONT)


def _work_off(sender: Sender, hooks: Hooks, subscription: str) -> None:
    """Send until nothing of a subscription waits any more."""

    def over() -> bool:
        sender.work_off()
        return not hooks.states([subscription]).keys() & {"pending", "sending"}

    until(over, PATIENCE, "all is tried")


def test_the_schedule_runs_its_course(site: Site, hooks: Hooks) -> None:
    """D4: ten attempts at their times, a 410, and five days of failures, with a fast clock."""
    receivers = site.receivers
    paths = [f"/{kind}/schedule" for kind in ("500", "410")]
    failing, gone = hooks.subscribe([receivers.url(path) for path in paths]).values()
    with _fast(site, hooks) as sender:
        (event,) = hooks.emit(ring=False)
        _work_off(sender, hooks, failing)
        started = hooks.rows(
            "SELECT extract(epoch FROM started_at)::float FROM core.webhook_attempts"
            " WHERE subscription_id = %s ORDER BY number",
            failing,
        )
        assert hooks.rows(_SUBSCRIPTION, gone) == [("disabled", "gone")]
        assert receivers.ids(paths[1]) == {event: 1}
        for first, last, expected in (
            ("5 days 1 hour", "4 days 14 hours", ("enabled", None)),  # all within half a day
            ("4 days", "1 hour", ("enabled", None)),
            ("5 days 1 hour", "1 hour", ("disabled", "failing")),
        ):
            hooks.rows(_LET_IT_FAIL, first, last, failing)
            hooks.rows(_ONE_MORE, failing)
            sender.work_off()
            assert hooks.rows(_SUBSCRIPTION, failing) == [expected], first
    gaps = [(two - one) * PACE for (one,), (two,) in pairwise(started)]
    planned = hooks.rows(_PLANNED, DELAYS)
    parts = ", ".join(f"{gap / delay:.2f}" for gap, delay in zip(gaps, DELAYS, strict=True))
    print(
        f"D4 {len(started)} attempts, the clock {PACE:.0f} times as fast: planned at"
        f" {min(low for low, _ in planned):.2f} to {max(high for _, high in planned):.2f} of the"
        f" schedule, made at {parts} of it"
        " (early ones are late by this clock); a 410 and five days disable, less does not"
    )
    assert all(0.8 <= low <= high <= 1.2 for low, high in planned)
    # Never before its time; how late depends on the machine.
    assert all(gap >= 0.8 * delay for gap, delay in zip(gaps, DELAYS, strict=True))


def test_killed_workers_lose_nothing(site: Site, hooks: Hooks, chance: Chance) -> None:
    """D6: kill -9 between a response and its commit may send again, and loses nothing."""
    receivers = site.receivers
    paths = [f"/slow/{number}" for number in range(3)]
    hooks.subscribe([receivers.url(path) for path in paths], concurrency=3)
    site.work(2)
    events = hooks.emit(DELIVERIES // len(paths))
    first = len(receivers.got)
    # Spread over the messages: each falls while some are under way.
    moments = sorted(chance.random.sample(range(10, DELIVERIES - 40), KILLS))
    for moment in moments:
        until(
            lambda: len(receivers.got) - first >= moment,  # noqa: B023
            PATIENCE,
            f"{moment} messages came",
        )
        site.kill(chance.random.choice(site.workers))
    if not LONG:
        # The leases of the dead run out after 20 seconds: let the time pass.
        hooks.rows(_LET_LEASES_END)
    hooks.wait(PATIENCE)

    repeated = lost = 0
    for path in paths:
        got = receivers.ids(path)
        lost += len(set(events) - set(got))
        repeated += sum(got.values()) - len(got)
        assert set(got) <= set(events)
    print(
        f"D6 {len(events) * len(paths)} deliveries, {KILLS} kills: lost {lost}, sent again"
        f" {repeated}, states {hooks.states()}"
    )
    assert lost == 0
    sent = {(one.path, one.id): one for one in receivers.got}
    for one in receivers.got:
        if one.path in paths:
            same = sent[one.path, one.id]
            assert one.body == same.body
            assert one.headers["x-sparx-delivery"] == same.headers["x-sparx-delivery"]
    assert hooks.states() == {"delivered": len(events) * len(paths)}


def test_many_endpoints_and_many_events(site: Site, hooks: Hooks) -> None:
    """D7: one event for many endpoints, and events at a rate."""
    receivers = site.receivers
    site.work(1)
    many = [f"/ok/many/{number}" for number in range(ENDPOINTS)]
    hooks.subscribe([receivers.url(path) for path in many], events="order.created")
    (event,) = hooks.emit(type="order.created")
    began = {event: time.monotonic()}
    took = hooks.wait(PATIENCE)
    for path in many:
        assert receivers.ids(path) == {event: 1}

    three = [f"/ok/three/{number}" for number in range(3)]
    made = hooks.subscribe([receivers.url(path) for path in three], events="order.paid")
    start = time.monotonic()
    committed: dict[str, float] = {}
    for number in range(RATE * SECONDS):
        time.sleep(max(0.0, start + number / RATE - time.monotonic()))
        committed |= _commit(hooks, 1, "order.paid")
    hooks.wait(PATIENCE, list(made.values()))
    lag = site.lag(three, committed)
    print(
        f"D7 1 event x {ENDPOINTS} endpoints: {took:.1f} s, last"
        f" {site.lag(many, began)[-1]:.1f} s after the commit; {RATE} events/s x 3 endpoints for"
        f" {SECONDS} s: lag p50 {lag[len(lag) // 2]:.3f} s, p99 {_p99(lag):.3f} s"
    )
    for path in three:
        assert receivers.ids(path) == Counter(list(committed))


def test_what_failed_is_recovered_once(site: Site, hooks: Hooks) -> None:
    """D8: each exactly once, throttled, visible on its way, and cancellable."""
    receivers = site.receivers
    site.work(1)
    site.installation.serve()
    api = Api(site.installation.port, hooks.api_key)
    path = "/ok/recovered"
    made = hooks.subscribe([receivers.url(path)], events="customer.updated", open_until="infinity")
    events = hooks.emit(MISSING, type="customer.updated", ring=False)
    hooks.rows(
        "UPDATE core.webhook_deliveries SET state = 'failed', attempt = 10, last_error = 'status',"
        " finished_at = clock_timestamp() WHERE state = 'pending'"
    )
    hooks.rows("UPDATE core.webhook_subscriptions SET open_until = NULL")
    (subscription,) = made.values()

    def recover() -> Any:
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 86_400))
        asked = {"since": since, "perSecond": PER_SECOND}
        answer = api.post(f"/v1/webhooks/subscriptions/{subscription}/recover", asked)
        assert answer.status in (200, 202), answer
        return answer.data["jobId"]

    def job(number: str) -> Any:
        return api.get(f"/v1/jobs/{number}").data

    first = recover()
    until(lambda: len(receivers.ids(path)) >= MISSING // 4, PATIENCE, "a quarter has come")
    seen = job(first)
    assert seen["state"] in ("running", "succeeded")
    assert seen["rowsSucceeded"] >= MISSING // 4
    cancelled = api.post(f"/v1/jobs/{first}/cancel", {}).status == 200
    until(lambda: not hooks.states().keys() & {"pending", "sending"}, PATIENCE, "nothing waits")
    before = len(receivers.ids(path))
    second = recover()
    until(lambda: len(receivers.ids(path)) == MISSING, PATIENCE, "all have come")
    until(lambda: job(second)["state"] == "succeeded", PATIENCE, "the job is over")
    until(lambda: not hooks.states().keys() & {"pending", "sending"}, PATIENCE, "nothing waits")

    got = receivers.ids(path)
    ((spread,),) = hooks.rows(
        "SELECT count(*) / greatest(extract(epoch FROM max(due_at) - min(due_at)), 0.001)"
        " FROM core.webhook_deliveries WHERE replay_id = %s",
        second,
    )
    print(
        f"D8 {MISSING} failed: recovered {len(got)}, twice {sum(got.values()) - len(got)};"
        f" {before} before it was cancelled, then {float(spread):.1f} a second of {PER_SECOND}"
    )
    assert cancelled, "it was over before it could be cancelled"
    assert before < MISSING
    assert got == Counter(events)
    assert spread <= PER_SECOND * 1.1 + 1
