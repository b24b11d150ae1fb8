"""The delivery engine, shot at: nothing lost, nothing twice, nothing left undone.

Each check prints its invariant, seed and counts. ``TEST_LONG_FAULTS=1`` takes the numbers that the
promises are made with.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg2
import pytest

from sparx_core.db import embedded
from tests.faults.conftest import Marks, marks_in
from tests.faults.modules.failpoints import WORK_STEPS
from tests.faults.planted import Planted, planted
from tests.live.buyers import Account, Buyers, account
from tests.live.chance import Chance
from tests.live.folders import server_folder
from tests.live.installation import Installation, Running
from tests.live.processes import alive, children, family, until
from tests.live.servers import PostgresServer, RedisServer

pytestmark = pytest.mark.faults

LONG = bool(os.environ.get("TEST_LONG_FAULTS"))
#: What a busy machine may take for what is a matter of moments.
PATIENCE = 600.0 if LONG else 60.0


@dataclass
class Site:
    """An installation whose PostgreSQL, Redis and workers can be killed at will."""

    installation: Installation
    postgres: PostgresServer
    redis: RedisServer
    marks: Marks
    busy: Planted
    quiet: Planted
    workers: list[Running] = field(default_factory=list)

    def work(self, count: int) -> None:
        """Have so many workers, all of which work."""
        self.workers = [one for one in self.workers if alive(one.pid)]
        self._begun()
        while len(self.workers) > count:
            assert self.workers.pop().end() == 0
        missing = range(count - len(self.workers))
        self.workers += [self.installation.run("worker") for _ in missing]
        self._begun()

    def _begun(self) -> None:
        for one in self.workers:
            until(partial(one.said, "worker_started"), 90, "the worker works")

    def rest(self) -> None:
        """Have nothing of what an earlier check left. Workers stay: starting them takes time."""
        self.execute("TRUNCATE core.deliveries, core.events, marks.marks CASCADE")
        self.redis.call("FLUSHALL")
        for one in (self.busy, self.quiet):
            one.events.clear()

    @contextmanager
    def frozen(self, workers: list[Running]) -> Iterator[None]:
        """Workers that do nothing meanwhile."""
        for one in workers:
            one.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in workers:
                one.process.send_signal(signal.SIGCONT)

    def execute(self, sql: str, *parameters: Any) -> None:
        connection = psycopg2.connect(self.postgres.url())
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
        connection.close()


@pytest.fixture(scope="module")
def installed() -> Iterator[Site]:
    with ExitStack() as stack:
        folder = stack.enter_context(server_folder())
        postgres = PostgresServer(embedded.binaries(), folder / "postgres")
        stack.callback(postgres.remove)
        postgres.create()
        redis = RedisServer(folder / "redis")
        redis.start()
        stack.callback(lambda: redis.end())
        marks = marks_in(folder / "marks")
        settings = {
            "SPARX_DATABASE_URL": postgres.url(),
            "SPARX_REDIS_URL": redis.url,
            "SPARX_LEASE_SECONDS": "5",
        }
        installation = Installation(folder, {**settings, **marks.settings})
        stack.callback(installation.remove)
        installation.migrate()
        tenants = [planted(installation, slug) for slug in ("busy", "quiet")]
        yield Site(installation, postgres, redis, marks, *tenants)


@pytest.fixture
def site(installed: Site) -> Site:
    installed.rest()
    return installed


# -- where it belongs ------------------------------------------------------------------------------

# The first one: it is about there being no worker, and those of the others stay.


def test_a_handler_that_is_not_installed_costs_no_attempt(site: Site, chance: Chance) -> None:
    """C9: blocked while no worker has the module, and done when one has."""
    without = {
        name: text for name, text in site.installation.settings.items() if "PATH" not in name
    }
    elsewhere = replace(site.installation, settings=without)
    worker = elsewhere.worker()
    count = 200 if LONG else 20
    events = site.busy.plant(count)
    site.busy.reach({"blocked": count}, PATIENCE)
    if LONG:
        time.sleep(60)  # the time of the drill
    attempts = {attempt for _, attempt, _, _ in site.busy.attempts(events)}
    assert worker.end() == 0
    site.work(1)
    site.busy.wait(PATIENCE)
    print(
        f"C9 {site.busy.counts()}; {count} were blocked, attempts used {attempts}; {chance.seed=}"
    )
    assert attempts == {0}


# -- in order, and in turn -------------------------------------------------------------------------


def test_a_busy_tenant_does_not_hold_up_another(site: Site, chance: Chance) -> None:
    """C12: ten events of one tenant behind very many of another."""
    many = 100_000 if LONG else 3_000
    site.work(1)
    with site.frozen(site.workers):
        site.busy.plant(many, sleep=0.005)
        few = site.quiet.plant(10, sleep=0.005)
    took = site.quiet.wait(PATIENCE, few)
    left = many - site.busy.states().get("done", 0)
    print(f"C12 {site.quiet.counts(few)}; done {took:.1f} s after the worker began,", end=" ")
    print(f"when {left} of {many} of the busy tenant were left; {chance.seed=}")
    assert left > many / 2, "it was not busy enough to show anything"


def test_events_about_a_row_are_handled_in_order(site: Site, chance: Chance) -> None:
    """C7: many workers, and handlers of which one in five fails."""
    rows, each, workers = (200, 50, 8) if LONG else (40, 2, 2)
    site.work(workers)
    site.busy.plant(rows * each, rows=rows, fail=0.2)
    took = site.busy.wait(PATIENCE)
    disorder = site.busy.disorder()
    print(
        f"C7 {site.busy.counts()}; {rows} rows, {workers} workers, out of order {disorder};", end=""
    )
    print(f" {took:.1f} s; {chance.seed=}")
    assert disorder == 0


# -- killed ----------------------------------------------------------------------------------------


def test_a_killed_handler_runs_elsewhere(site: Site, chance: Chance) -> None:
    """C6: how long it takes until another worker takes over, with a lease of 5 seconds."""
    site.work(2)
    victim, other = site.workers
    with site.frozen([other]):
        event = site.busy.plant(1, sleep=3600)
        site.busy.reach({"running": 1}, PATIENCE)
        # The next one need not take an hour.
        site.execute("UPDATE core.events SET data = '{\"number\": 0}' WHERE id = %s", *event)
        victim.process.kill()
    killed = time.monotonic()
    site.busy.wait(PATIENCE)
    print(f"C6 {site.busy.counts()}; taken over {time.monotonic() - killed:.1f} s after the kill")
    assert site.busy.attempts(event) == [("done", 2, False, None)]


_EXPIRE = """
UPDATE core.deliveries SET lease_until = now(), rung_at = NULL
 WHERE event_id = %s AND state = 'running'
"""


def test_a_payload_that_kills_its_process_is_put_aside(site: Site, chance: Chance) -> None:
    """C8: the others are done; the poison is in quarantine, and no worker dies of it any more."""
    others, workers = (10_000, 4) if LONG else (300, 2)
    site.work(workers)
    began = time.monotonic()
    calm = site.quiet.plant(others, sleep=0.002)
    site.quiet.wait(PATIENCE)
    without = others / (time.monotonic() - began)

    deaths = 0
    (poison,) = site.busy.plant(1, exit=9)
    began = time.monotonic()
    rest = site.quiet.plant(others, sleep=0.002)
    ended: float | None = None

    def in_quarantine() -> bool:
        nonlocal deaths, ended
        for one in [one for one in site.workers if one.process.poll() is not None]:
            assert one.process.returncode == 9, one.tail()
            deaths += 1
            if not LONG:  # the time of its lease passes
                site.execute(_EXPIRE, poison)
            site.workers.remove(one)
            site.workers.append(site.installation.run("worker"))
        if ended is None and site.quiet.states(rest) == {"done": others}:
            ended = time.monotonic()
        ((_, _, quarantined, error),) = site.busy.attempts([poison])
        return bool(quarantined and error and ended is not None)

    until(in_quarantine, 2 * PATIENCE, "the poison is in quarantine, the others are done")
    assert ended is not None
    ((state, attempt, _, error),) = site.busy.attempts([poison])
    assert (state in ("retry", "running"), error) == (True, "killed its process: exit code 9")
    assert deaths == 3
    told = site.quiet.counts([*calm, *rest])
    ratio = others / (ended - began) / without
    print(f"C8 {told}; poison {state} in quarantine after {deaths} deaths and {attempt} claims")
    # Few events are over before the next worker is up: then the ratio says nothing.
    print(f"   others at {ratio:.2f} of the rate without it ({without:.0f}/s); {chance.seed=}")
    _give_up(site, poison)


def _give_up(site: Site, poison: str) -> None:
    """After the last attempt it is dead, with the reason, and the worker has lived through it."""
    site.busy.reach({"retry": 1}, PATIENCE)
    site.execute(
        "UPDATE core.deliveries SET attempt = 19, due_at = now(), rung_at = NULL"
        " WHERE event_id = %s",
        poison,
    )
    site.busy.reach({"dead": 1}, PATIENCE)
    ((state, attempt, quarantined, error),) = site.busy.attempts([poison])
    assert (state, quarantined) == ("dead", True)
    assert attempt >= 20
    assert error == "killed its process: exit code 9"
    assert all(one.process.poll() is None for one in site.workers)


class Plague:
    """Kills what it is told to, one after the other, at random moments."""

    def __init__(self, site: Site, chance: Chance, victims: dict[str, Callable[[], None]]) -> None:
        self.site, self.chance, self.victims = site, chance, victims
        self.killed: Counter[str] = Counter()

    def strike(self, times: int, between: tuple[float, float]) -> None:
        # Each is struck, and the order is of chance.
        names = list(self.victims) * (times // len(self.victims) + 1)
        self.chance.random.shuffle(names)
        for name in names[:times]:
            time.sleep(self.chance.random.uniform(*between))
            self.victims[name]()
            self.killed[name] += 1

    def worker(self) -> None:
        victim = self.chance.random.choice(self.site.workers)
        victim.process.kill()
        victim.process.wait()
        self.site.workers.remove(victim)
        self.site.workers.append(self.site.installation.run("worker"))

    def redis_forgets(self) -> None:
        self.site.redis.call("FLUSHALL")

    def redis(self) -> None:
        self.site.redis.end(signal.SIGKILL)
        self.site.redis.start()

    def database(self) -> None:
        self.site.postgres.crash()
        self.site.postgres.start()


class Writer(Thread):
    """Commits events all the time; those whose commit was answered are promised."""

    def __init__(self, target: Planted, count: int, batch: int, pause: float) -> None:
        super().__init__(daemon=True)
        self.target, self.count, self.batch, self.pause = target, count, batch, pause
        self.refused = 0
        self.ended = Event()

    def run(self) -> None:
        while len(self.target.events) < self.count:
            try:
                self.target.plant(self.batch, rows=50, sleep=0.002)
            except psycopg2.OperationalError:
                self.refused += 1
            time.sleep(self.pause)
        self.ended.set()


def test_nothing_is_lost_or_done_twice_whatever_is_killed(site: Site, chance: Chance) -> None:
    """C1, C2: processes, Redis and PostgreSQL are killed while events are written and handled."""
    events, workers, kills = (10_000, 4, 50) if LONG else (400, 2, 6)
    site.work(workers)
    supervisor = Supervised(site)
    plague = Plague(site, chance, {})
    plague.victims = {
        "worker": plague.worker,
        "redis": plague.redis,
        "redis forgets": plague.redis_forgets,
        "postgresql": plague.database,
    }
    if LONG:
        supervisor.start()
        plague.victims["supervisor"] = supervisor.kill
    writer = Writer(site.busy, events, batch=50, pause=0.2 if LONG else 0.05)
    writer.start()
    plague.strike(kills, (0.2, 2.0) if LONG else (0.1, 0.4))
    until(writer.ended.is_set, PATIENCE, "all is written")
    took = site.busy.wait(PATIENCE)
    supervisor.end()
    print(f"C1/C2 {site.busy.counts()}; killed {dict(plague.killed)},", end=" ")
    print(f"{writer.refused} commits refused, done {took:.1f} s after the last; {chance.seed=}")
    assert sum(plague.killed.values()) == kills


class Supervised:
    """``sparx dev``, a supervisor with a worker of its own; killed, its children end."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.dev: Any = None

    def start(self) -> None:
        self.dev = self.site.installation.dev()

    def kill(self) -> None:
        self.dev.process.kill()
        self.dev.process.wait()
        self.dev.process.stdout.close()
        until(self._free, 60, "the port of the killed API is free")
        self.start()

    def end(self) -> None:
        if self.dev is not None:
            self.dev.end()

    def _free(self) -> bool:
        return not self.dev.api.ready()


# -- step by step ----------------------------------------------------------------------------------

#: What is true after one step is true before the next one; the long form takes both.
STEPS = [
    step
    for step in WORK_STEPS
    if LONG or step in ("after-dispatch.claim", "before-Database._commit", "after-Database._commit")
]


def test_one_effect_whenever_the_worker_dies(site: Site, tmp_path: Path) -> None:
    """C4: from what is heard to the mark."""
    site.work(0)
    settings = {**site.installation.settings, "FAILPOINTS": str(tmp_path)}
    mined = replace(site.installation, settings=settings)
    for step in STEPS:
        (tmp_path / step).touch()
        worker = mined.run("worker", module="failpoints")
        site.busy.plant(1)
        code = worker.process.wait(timeout=PATIENCE)
        assert code == -signal.SIGKILL, (step, worker.tail())
    site.work(1)
    site.busy.wait(PATIENCE)
    assert not any(tmp_path.iterdir()), "a step was never taken"
    print(f"C4 {site.busy.counts()}; the worker died at {len(STEPS)} steps: {', '.join(STEPS)}")


# -- beside the API --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(installed: Site) -> tuple[Running, Account]:
    """The API of the installation, and a tenant that buys."""
    running = installed.installation.serve()
    return running, account("buyer", installed.installation.new_tenant("buyer"), 4)


def handled(site: Site) -> bool:
    with site.installation.admin() as cursor:
        cursor.execute("SELECT DISTINCT state FROM core.deliveries")
        return [state for (state,) in cursor.fetchall()] == ["done"]


def test_processes_are_replaced_while_orders_are_placed(
    site: Site, served: tuple[Running, Account], chance: Chance
) -> None:
    """C11: workers with SIGTERM, the API with gunicorn's own rolling restart, SIGHUP."""
    restarts, pause = (24, 5.0) if LONG else (1, 0.0)
    api, buyer = served
    site.work(1)
    # Nothing but 201; a kept connection may be closed just as a request is sent on it, and then the
    # same request is sent again, with its key.
    buyers = Buyers([buyer], 1_000_000, 4, frozenset({0}), pause=0.02, retry=True)
    buyers.start(chance.seed)
    gone: list[int] = []
    for _ in range(restarts):
        wanted = len(buyers.placed) + 20
        until(partial(buyers.have_placed, wanted), PATIENCE, f"{wanted} orders are placed")
        time.sleep(pause)  # the rhythm of the drill
        before = children(api.pid)
        api.process.send_signal(signal.SIGHUP)
        until(lambda: not set(before) & set(children(api.pid)), PATIENCE, "the API is replaced")  # noqa: B023
        (worker,) = site.workers
        gone += [*before, *family(worker.pid)]
        site.work(2)
        assert worker.end() == 0
        site.work(1)
    buyers.stop()
    buyers.join(PATIENCE)
    until(lambda: handled(site), PATIENCE, "all events are handled")
    lost = {one.id for one in buyers.placed} - _ordered(site)
    left = [pid for pid in gone if alive(pid)]
    print(f"C11 {restarts} restarts, {len(buyers.placed)} orders: failed requests", end=" ")
    print(f"{len(buyers.problems)}, {buyers.statuses[0]} sent again, lost {len(lost)},", end=" ")
    print(f"orphan processes {len(left)} of {len(gone)}; {chance.seed=}")
    assert (buyers.problems, buyers.statuses[503], lost, left) == ([], 0, set(), [])


def _ordered(site: Site) -> set[str]:
    """Orders whose event was handled once."""
    with site.installation.admin() as cursor:
        cursor.execute(
            "SELECT e.aggregate_id::text FROM core.events e JOIN core.deliveries d"
            " ON d.tenant_id = e.tenant_id AND d.event_id = e.id"
            " WHERE e.type = 'order.created' AND d.state = 'done'"
            " AND d.handler = 'crm.update_customer_statistics'"
        )
        found = [order for (order,) in cursor.fetchall()]
    assert len(found) == len(set(found))
    return set(found)


_LATE = """
SELECT count(*), percentile_cont(0.99) WITHIN GROUP (ORDER BY
       extract(epoch FROM d.finished_at - e.occurred_at)) FROM core.deliveries d
  JOIN core.events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
 WHERE e.type = 'order.created'
"""


def test_events_are_handled_while_redis_is_away(
    site: Site, served: tuple[Running, Account], chance: Chance
) -> None:
    """C5: the API refuses nothing, events are a little late, and nothing is left over."""
    seconds = 60.0 if LONG else 2.0
    site.work(1)
    # 16 clients at 100 requests a second, if the machine can.
    buyers = Buyers([served[1]], 1_000_000, 16, frozenset(), pause=0.15)
    site.redis.end(signal.SIGKILL)
    try:
        buyers.start(chance.seed)
        time.sleep(seconds)  # what the drill lasts
        until(partial(buyers.have_placed, 20), PATIENCE, "orders are placed")
        buyers.stop()
        buyers.join(PATIENCE)
        until(lambda: handled(site), PATIENCE, "all events are handled")
    finally:
        site.redis.start()
    with site.installation.admin() as cursor:
        cursor.execute(_LATE)
        ((events, late),) = cursor.fetchall()
    print(f"C5 Redis away for {seconds:.0f} s: {len(buyers.placed)} orders,", end=" ")
    print(f"errors {len(buyers.problems)}, {events} events, p99 {late:.2f} s; {chance.seed=}")
    assert events >= len(buyers.placed)
