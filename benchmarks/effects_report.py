"""What was found out about effects: the tables, and the figures for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from statistics import median
from typing import Any

from benchmarks.effects import EACH, HANDLER, QUEUES, WEBHOOKS, WITH, Effects, shown


def effects_table(effects: Effects) -> str:
    """What a person reads."""
    return "\n".join(_lines(effects))


def _lines(effects: Effects) -> Iterator[str]:
    plan = effects.plan
    yield (
        f"{effects.machine}; {plan.tenants} tenants; one worker; {plan.deliveries} orders that"
        f" waited, then {plan.orders} one by one"
    )
    yield ""
    names = ("a second", "bare", "ratio", "p50 ms", "p99 ms")
    yield f"{'Effects':28}" + "".join(f"{name:>10}" for name in names)
    for what in (HANDLER, WEBHOOKS):
        for queue in QUEUES:
            waits = effects.latencies[queue, what]
            yield (
                f"{what + ', ' + queue:28}{effects.rates[queue, what]:10.0f}"
                f"{effects.bare[what]:10.0f}{effects.ratio(queue, what):10.2f}"
                f"{shown(waits, 0.5):10.1f}{shown(waits, 0.99):10.1f}"
            )
    yield ""
    yield f"{'An order, with subscriptions':28}{'ms':>10}{'ratio':>10}"
    for side in WITH:
        yield f"{side:28}{median(effects.orders[side]) * 1000:10.2f}{effects.cost(side):10.2f}"
    yield ""
    yield effects.machine.told()


def effects_json(effects: Effects) -> dict[str, Any]:
    """Everything."""
    return {
        "machine": asdict(effects.machine),
        "plan": asdict(effects.plan),
        "webhooks": EACH,
        "effects": [
            {
                "what": what,
                "queue": queue,
                "rate": effects.rates[queue, what],
                "bare": effects.bare[what],
                "ratio": effects.ratio(queue, what),
                "latencies": effects.latencies[queue, what],
            }
            for what in (HANDLER, WEBHOOKS)
            for queue in QUEUES
        ],
        "orders": {
            side: {"seconds": effects.orders[side], "ratio": effects.cost(side)} for side in WITH
        },
    }
