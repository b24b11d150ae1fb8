"""From the commit to the effect: handlers and three webhooks, over both queues, and what the
trigger that makes webhook deliveries costs an order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from benchmarks.claims import claim_deliveries, claim_webhooks
from benchmarks.events import Buyers, drain, forget, handlers, place_orders, wait_for
from benchmarks.installation import Installation, Say
from benchmarks.machine import Machine
from benchmarks.measure import BenchmarkError, Plan, percentile
from benchmarks.operations import Target
from benchmarks.receiver import Receiver, receiving
from benchmarks.redis import running_redis
from benchmarks.rows import fill
from benchmarks.subscriptions import subscribe, unsubscribe

QUEUES = ("PostgreSQL", "Redis")
HANDLER, WEBHOOKS = "handlers", "three webhooks"
#: Each order of a tenant goes to so many receivers.
EACH = 3
#: What an order is placed with: the trigger taken away, or there with so many subscriptions.
WITH = {"no trigger": None, "none": 0, "one": 1, "three": EACH}

_OPEN = "SELECT count(*) FROM core.webhook_deliveries WHERE state <> 'delivered'"
_SENT = """
SELECT count(*), extract(epoch FROM max(finished_at) - min(finished_at))::float8
  FROM core.webhook_deliveries WHERE state = 'delivered'
"""
_FINISHED = """
SELECT e.aggregate_id::text, e.id::text, extract(epoch FROM d.finished_at)::float8
  FROM core.events e JOIN core.deliveries d ON d.tenant_id = e.tenant_id AND d.event_id = e.id
 WHERE d.state = 'done' AND d.handler = 'crm.update_customer_statistics'
"""
#: Orders that this handler, one of several, is done with.
_DONE = """
SELECT count(*) FROM core.deliveries
 WHERE state = 'done' AND handler = 'crm.update_customer_statistics'
"""


@dataclass
class Effects:
    """Rates are per second; latencies in seconds from the answer of the order, ascending."""

    plan: Plan
    machine: Machine
    bare: dict[str, float] = field(default_factory=dict)
    rates: dict[tuple[str, str], float] = field(default_factory=dict)
    latencies: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    #: Seconds of each order, by what it was placed with.
    orders: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, queue: str, what: str) -> float:
        """The worker's rate as a multiple of the bare loop's."""
        return self.rates[queue, what] / self.bare[what]

    def cost(self, side: str) -> float:
        """The median time of an order as a multiple of one without the trigger."""
        return median(self.orders[side]) / median(self.orders["no trigger"])


def measure_effects(home: Path, plan: Plan, say: Say) -> Effects:
    """All of it in one installation; the queues in turn."""
    with closing(Installation(home, plan.processes)) as installation, ExitStack() as stack:
        installation.set(SPARX_WEBHOOK_ALLOW_PRIVATE="loopback")
        effects = Effects(plan, Machine.of(installation))
        targets = fill(installation, plan, say)
        effects.machine.note_load()
        redis = stack.enter_context(running_redis())
        receiver = stack.enter_context(receiving())
        say("Placing orders with and without subscriptions")
        _place_with(effects, installation, targets, receiver)
        say("Claiming and finishing, and nothing else")
        effects.bare[HANDLER] = _bare(
            installation, lambda: place_orders(installation, targets, plan.deliveries),
            lambda: claim_deliveries(installation, plan.deliveries * handlers(installation)),
        )  # fmt: skip
        for queue, url in zip(QUEUES, (None, redis), strict=True):
            with _queued(installation, url):
                say(f"{queue}: handlers")
                drained = drain(installation, targets, plan.deliveries)
                effects.rates[queue, HANDLER] = drained.rate
        for target in targets:
            subscribe(installation, target, [f"{receiver.url}/{n}" for n in range(EACH)])
        wanted = plan.deliveries * EACH
        effects.bare[WEBHOOKS] = _bare(
            installation, lambda: place_orders(installation, targets, plan.deliveries),
            lambda: claim_webhooks(installation, wanted),
        )  # fmt: skip
        for queue, url in zip(QUEUES, (None, redis), strict=True):
            with _queued(installation, url):
                say(f"{queue}: three webhooks, and the way to both")
                effects.rates[queue, WEBHOOKS] = _send(installation, targets, plan.deliveries)
                _follow(effects, queue, installation, targets, receiver)
                effects.machine.note_load()
    return effects


@contextmanager
def _queued(installation: Installation, redis: str | None) -> Iterator[None]:
    installation.set(SPARX_REDIS_URL=redis)
    yield
    installation.set(SPARX_REDIS_URL=None)


def _bare(
    installation: Installation, prepare: Callable[[], None], loop: Callable[[], float]
) -> float:
    _forget_all(installation)
    prepare()
    installation.settle()
    return loop()


def _forget_all(installation: Installation) -> None:
    forget(installation)
    installation.execute("DELETE FROM core.webhook_deliveries")


def _send(installation: Installation, targets: Sequence[Target], orders: int) -> float:
    """Webhooks a second of one worker, which has nothing else to do."""
    _forget_all(installation)
    place_orders(installation, targets, orders)
    forget(installation)
    installation.settle()
    with installation.working():
        wait_for(installation, _OPEN, 0, "the worker has not sent all webhooks")
    ((sent, seconds),) = installation.execute(_SENT)
    if sent != orders * EACH:
        raise BenchmarkError(f"{sent} webhooks were sent, not {orders * EACH}")
    return float((sent - 1) / seconds) if seconds else 0.0


def _follow(
    effects: Effects,
    queue: str,
    installation: Installation,
    targets: Sequence[Target],
    receiver: Receiver,
) -> None:
    """Place one order after the other beside a worker that waits for them."""
    _forget_all(installation)
    runtime = installation.runtime()
    buyers, placed = Buyers(runtime, installation, targets), {}
    with installation.working():
        place_orders(installation, targets[:1], 1)
        wait_for(installation, _OPEN, 0, "the worker does not begin")
        for _ in range(effects.plan.orders):
            order = buyers.place()
            placed[order] = time.time()
            time.sleep(0.05)
        wait_for(installation, _OPEN, 0, "the worker has not sent all webhooks")
        wait_for(installation, _DONE, len(placed) + 1, "the worker has not handled all events")
    runtime.close()
    came: dict[str, float] = {}
    for _, event, at in receiver.arrivals():
        came[event] = max(at, came.get(event, 0.0))
    found = [row for row in installation.execute(_FINISHED) if row[0] in placed]
    handled = [max(0.0, finished - placed[order]) for order, _, finished in found]
    received = [max(0.0, came[event] - placed[order]) for order, event, _ in found]
    effects.latencies[queue, HANDLER] = sorted(handled)
    effects.latencies[queue, WEBHOOKS] = sorted(received)


def _place_with(
    effects: Effects,
    installation: Installation,
    targets: Sequence[Target],
    receiver: Receiver,
) -> None:
    """The time of an order with each number of subscriptions, in turn."""
    runtime, turns = installation.runtime(), max(2, effects.plan.orders // 10)
    places = {
        side: Buyers(runtime, installation, [targets[number]]) for number, side in enumerate(WITH)
    }
    for number, (side, subscriptions) in enumerate(WITH.items()):
        subscribe(
            installation, targets[number],
            [f"{receiver.url}/{one}" for one in range(subscriptions or 0)],
        )  # fmt: skip
        places[side].place()
    for _ in range(turns):
        for side, buyers in places.items():
            verb = "DISABLE" if WITH[side] is None else "ENABLE"
            installation.execute(f"ALTER TABLE core.events {verb} TRIGGER fan_out")
            for _ in range(10):
                began = time.perf_counter()
                buyers.place()
                effects.orders.setdefault(side, []).append(time.perf_counter() - began)
    runtime.close()
    unsubscribe(installation)


def narrowed(plan: Plan) -> Plan:
    """Fewer tenants and orders: what is measured is not how a database grows."""
    return replace(plan, tenants=min(plan.tenants, 20), orders=min(plan.orders // 3, 200))


def shown(latencies: Sequence[float], share: float) -> float:
    """Milliseconds."""
    return percentile(latencies, share) * 1000
