"""What it costs to count requests: the same API without limits, in process, and through Redis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import wrk
from benchmarks.installation import Installation, Say, Server
from benchmarks.machine import Machine
from benchmarks.measure import Plan, Run, middle
from benchmarks.operations import OPERATIONS
from benchmarks.redis import running_redis
from benchmarks.rows import fill

#: Limits that are counted to and never reached; so is a share of the threads that is all of them.
_COUNTED = {
    "SPARX_RATE_LIMIT_KEY": "1000000/second",
    "SPARX_RATE_LIMIT_TENANT": "1000000/second",
    "SPARX_RATE_LIMIT_ADDRESS": "1000000/second",
    "SPARX_TENANT_THREADS": "8",
}
TITLES = {"off": "no limits", "process": "counted in the process", "redis": "counted in Redis"}
#: ``all`` are the keys of all tenants in turn; ``one`` is a single busy key.
KEYS = ("all", "one")
_MEASURED = ("get", "place")


@dataclass
class LimitCosts:
    """The runs of each operation, choice of keys, and side, the sides in turn."""

    plan: Plan
    machine: Machine
    runs: dict[tuple[str, str], dict[str, list[Run]]] = field(default_factory=dict)

    def median(self, what: tuple[str, str], side: str) -> Run:
        return middle(self.runs[what][side])

    def ratio(self, what: tuple[str, str], side: str) -> float:
        """The side's rate as a multiple of that without limits."""
        return self.median(what, side).rate / self.median(what, "off").rate

    def processor(self, what: tuple[str, str], side: str) -> float:
        """The same of the processor time of a request in Python."""
        return (self.median(what, side).server or 0) / (self.median(what, "off").server or 1)


def measure_limits(home: Path, plan: Plan, say: Say) -> LimitCosts:
    """Read and write in turn through three servers over one installation."""
    wrk.require_wrk()
    with closing(Installation(home, plan.processes)) as installation, ExitStack() as stack:
        machine = Machine.of(installation)
        targets = fill(installation, plan, say)
        redis = stack.enter_context(running_redis())
        servers = {
            "off": stack.enter_context(installation.serving()),
            "process": stack.enter_context(installation.serving(**_COUNTED)),
            "redis": stack.enter_context(installation.serving(**_COUNTED, SPARX_REDIS_URL=redis)),
        }
        costs, postgres = LimitCosts(plan, machine), installation.postgres_pid()
        for operation in (one for one in OPERATIONS if one.name in _MEASURED):
            for keys in KEYS:
                chosen = targets if keys == "all" else targets[:1]
                script = home / f"{operation.name}-{keys}.lua"
                wrk.write_script(script, operation, chosen)
                say(f"{operation.title}, {len(chosen)} keys")
                costs.runs[operation.name, keys] = _measured(script, servers, plan, postgres)
                installation.settle()
                machine.note_load()
    return costs


def _measured(
    script: Path, servers: Mapping[str, Server], plan: Plan, postgres: int
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {side: [] for side in servers}
    for _ in range(plan.runs):
        for side, server in servers.items():
            if plan.warm_up:
                wrk.run(script, server, plan, plan.warm_up)
            run = wrk.run(script, server, plan, plan.seconds, postgres=postgres)
            runs[side].append(run)
    return runs


def limits_table(costs: LimitCosts) -> str:
    """What a person reads."""
    return "\n".join(_lines(costs))


def _lines(costs: LimitCosts) -> Iterator[str]:
    plan = costs.plan
    yield (
        f"{costs.machine}; {plan.tenants} tenants; {plan.processes} API processes,"
        f" {plan.connections} connections; median of {plan.runs} x {plan.seconds} s"
    )
    titles = {one.name: one.title for one in OPERATIONS}
    for what, sides in costs.runs.items():
        yield ""
        title = f"{titles[what[0]]}, {'all keys in turn' if what[1] == 'all' else 'one key'}"
        names = ("req/s", "p50 ms", "p99 ms", "Python", "ratio", "processor")
        yield f"{title:42}" + "".join(f"{name:>10}" for name in names)
        for side in sides:
            run = costs.median(what, side)
            yield (
                f"  {TITLES[side]:40}{run.rate:10.0f}{run.p50:10.1f}{run.p99:10.1f}"
                f"{run.server or 0:10.3f}{costs.ratio(what, side):10.3f}"
                f"{costs.processor(what, side):10.3f}"
            )
    yield ""
    yield costs.machine.told()


def limits_json(costs: LimitCosts) -> dict[str, Any]:
    """Everything, each run by itself."""
    return {
        "machine": asdict(costs.machine),
        "plan": asdict(costs.plan),
        "operations": [
            {
                "operation": operation,
                "keys": keys,
                "sides": {
                    side: {"runs": [asdict(run) for run in runs],
                           "ratio": costs.ratio((operation, keys), side)}
                    for side, runs in sides.items()
                },
            }
            for (operation, keys), sides in costs.runs.items()
        ],
    }  # fmt: skip
