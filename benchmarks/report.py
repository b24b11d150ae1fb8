"""The one table, and the same figures for machines."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.events import Drained
from benchmarks.measure import Plan, Run, middle
from benchmarks.operations import Operation

SIDES = ("api", "literal", "prepared")


@dataclass
class Result:
    """The runs of one operation, by side."""

    operation: Operation
    #: Messages to the server for one request: what the network has to carry there and back.
    messages: int
    runs: dict[str, list[Run]] = field(default_factory=lambda: {side: [] for side in SIDES})

    def median(self, side: str) -> Run:
        return middle(self.runs[side])

    def ratio(self, side: str) -> float:
        """What share of pgbench's rate the API reaches."""
        return self.median("api").rate / self.median(side).rate


def machine(installation_facts: Mapping[str, str], load: float) -> dict[str, Any]:
    """Where it was measured; ``load`` is the load average before the first run."""
    return {
        "cpus": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "load_before": round(load, 2),
        **installation_facts,
    }


def table(plan: Plan, where: Mapping[str, Any], results: Sequence[Result], events: Drained) -> str:
    """What a person reads."""
    lines = [
        f"{where['cpus']} CPUs, Python {where['python']}, PostgreSQL {where['postgresql']},"
        f" fsync {where['fsync']}; {plan.tenants} tenants with {plan.orders} orders each;"
        f" {plan.processes} API processes, {plan.connections} connections;"
        f" median of {plan.runs} x {plan.seconds} s",
        "",
        f"{'':25}{'round':>6}{'API':^24} {'pgbench, literals':^30} {'pgbench, prepared':^30}",
        f"{'':25}{'trips':>6}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}"
        + f" {'tx/s':>8}{'p50 ms':>7}{'p99 ms':>7}{'ratio':>8}" * 2,
    ]
    for result in results:
        line = f"{result.operation.title:25}{result.messages:6}"
        line += _figures(result.median("api"), 8)
        for side in ("literal", "prepared"):
            line += f" {_figures(result.median(side), 7)}{result.ratio(side):8.2f}"
        lines.append(line)
    lines += [
        "",
        f"Events: one worker handled {events.deliveries} order.created in {events.seconds:.1f} s,"
        f" {events.rate:.0f} deliveries/s ({events.total:.1f} s with its start)",
    ]
    if where["load_before"] > 0.3 * where["cpus"]:
        lines += ["", f"The machine was busy (load {where['load_before']}): do not compare these."]
    return "\n".join(lines)


def as_json(
    plan: Plan, where: Mapping[str, Any], results: Sequence[Result], events: Drained
) -> dict[str, Any]:
    """Everything, each run by itself."""
    return {
        "machine": dict(where),
        "plan": asdict(plan),
        "operations": {
            result.operation.name: {
                "messages": result.messages,
                **{
                    side: {
                        "median": asdict(result.median(side)),
                        "runs": [asdict(run) for run in result.runs[side]],
                    }
                    for side in SIDES
                },
                "ratios": {side: result.ratio(side) for side in SIDES[1:]},
            }
            for result in results
        },
        "events": {**asdict(events), "rate": events.rate},
    }


def _figures(run: Run, width: int) -> str:
    return f"{run.rate:8.0f}{run.p50:{width}.1f}{run.p99:{width}.1f}"
