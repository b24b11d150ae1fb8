"""How fast one worker handles events that have waited."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from falcon.testing import TestClient

from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from benchmarks.operations import ITEMS, Target
from sparx_core.app import create_app
from sparx_core.runtime import Runtime

_PATIENCE_SECONDS = 300.0
# What earlier phases left: nobody is to work on it now.
_FORGET = """
UPDATE core.deliveries SET state = 'skipped', finished_at = now()
 WHERE state NOT IN ('done', 'skipped')
"""
_LEFT = "SELECT count(*) FROM core.deliveries WHERE state NOT IN ('done', 'skipped')"
_TIMES = """
SELECT count(*), extract(epoch FROM max(finished_at) - min(finished_at))::float8
  FROM core.deliveries WHERE state = 'done' AND event_type = 'order.created'
"""
#: Customers in turn: each order changes the statistics of another one.
_BUYERS = """
SELECT k.key_id, array_agg(c.id::text ORDER BY c.id) FROM crm.customers c
  JOIN core.api_keys k ON k.tenant_id = c.tenant_id GROUP BY k.key_id
"""


@dataclass(frozen=True)
class Drained:
    """``seconds`` from the first delivery done to the last; ``total`` from the worker's start."""

    deliveries: int
    seconds: float
    total: float

    @property
    def rate(self) -> float:
        return (self.deliveries - 1) / self.seconds if self.seconds else 0.0


def handlers(installation: Installation) -> int:
    """How many handlers have a delivery of each order."""
    active = frozenset({"core", "crm"})
    return len(installation.registry.handlers_of("order.created", active))


def drain(installation: Installation, targets: Sequence[Target], wanted: int) -> Drained:
    """Place orders while nobody works, then start one worker and wait until all are handled."""
    forget(installation)
    place_orders(installation, targets, wanted)
    installation.settle()
    began = time.monotonic()
    with installation.working():
        wait_for(installation, _LEFT, 0, f"the worker has not handled {wanted} events")
        total = time.monotonic() - began
    ((handled, seconds),) = installation.execute(_TIMES)
    deliveries = wanted * handlers(installation)
    if handled != deliveries:
        raise BenchmarkError(f"{handled} deliveries were handled, not {deliveries}")
    return Drained(handled, seconds, total)


def forget(installation: Installation) -> None:
    """Let nobody work on, or count, what was left before."""
    installation.execute(_FORGET)
    installation.execute("UPDATE core.deliveries SET state = 'skipped' WHERE state = 'done'")
    installation.execute("TRUNCATE core.huey_task")


def wait_for(installation: Installation, query: str, wanted: int, otherwise: str) -> None:
    """Wait until a query answers with a number; raises ``BenchmarkError`` after a while."""
    began = time.monotonic()
    while installation.execute(query) != [(wanted,)]:
        if time.monotonic() - began > _PATIENCE_SECONDS:
            raise BenchmarkError(otherwise)
        time.sleep(0.1)


class Buyers:
    """Places orders in this process: of all tenants and customers in turn."""

    def __init__(
        self, runtime: Runtime, installation: Installation, targets: Sequence[Target]
    ) -> None:
        self.client = TestClient(create_app(runtime))
        keys = {target.key[8:16]: target.key for target in targets}
        self.turns = cycle(
            (keys[key_id], customer)
            for place in zip(
                *(
                    [(key_id, one) for one in customers]
                    for key_id, customers in installation.execute(_BUYERS)
                    if key_id in keys
                ),
                strict=True,
            )
            for key_id, customer in place
        )

    def place(self) -> str:
        """Place the next order; its id."""
        key, customer = next(self.turns)
        answer = self.client.simulate_post(
            "/v1/crm/orders",
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            body=json.dumps({"customerId": customer, "currency": "USD", "items": ITEMS}),
        )
        if answer.status_code != 201:
            raise BenchmarkError(f"an order was refused: {answer.text}")
        return str(answer.json["data"]["id"])


def place_orders(installation: Installation, targets: Sequence[Target], wanted: int) -> None:
    """Place so many orders, and ring for each."""
    runtime = installation.runtime()
    buyers = Buyers(runtime, installation, targets)
    for _ in range(wanted):
        buyers.place()
    runtime.close()
