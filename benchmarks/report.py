"""The tables of speed, and the same figures for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from benchmarks.events import Drained
from benchmarks.machine import Machine
from benchmarks.measure import Plan, Run, middle
from benchmarks.operations import Operation
from benchmarks.statements import Statements

PGBENCH = ("literal", "prepared")


@dataclass
class Result:
    """The runs of one operation, by side."""

    operation: Operation
    #: Messages to the server for one request: what the network has to carry there and back.
    messages: int
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def add(self, side: str, run: Run) -> None:
        self.runs.setdefault(side, []).append(run)

    def median(self, side: str) -> Run:
        return middle(self.runs[side])

    def ratio(self, side: str) -> float:
        """The API's rate as a multiple of the side's."""
        return self.median("api").rate / self.median(side).rate


@dataclass(frozen=True)
class Speed:
    """All that was measured."""

    plan: Plan
    machine: Machine
    results: Sequence[Result]
    statements: Statements
    events: Drained


def speed_table(speed: Speed) -> str:
    """What a person reads."""
    return "\n".join(
        [
            *_beside_pgbench(speed),
            "",
            *_beside_ordinary(speed),
            "",
            *_statements(speed.statements),
            "",
            f"Events: one worker handled {speed.events.deliveries} deliveries of order.created in"
            f" {speed.events.seconds:.1f} s, {speed.events.rate:.0f} deliveries/s"
            f" ({speed.events.total:.1f} s with its start)",
            "",
            speed.machine.told(),
            "How pages grow with a tenant: python -m benchmarks growth",
        ]
    )


def _beside_pgbench(speed: Speed) -> Iterator[str]:
    plan = speed.plan
    yield (
        f"{speed.machine}; {plan.tenants} tenants with {plan.orders} orders each;"
        f" {plan.processes} API processes, {plan.connections} connections;"
        f" median of {plan.runs} x {plan.seconds} s"
    )
    yield ""
    yield f"{'':25}{'round':>6}{'API':^24} {'pgbench, literals':^30} {'pgbench, prepared':^30}"
    yield (
        f"{'':25}{'trips':>6}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}"
        + f" {'tx/s':>8}{'p50 ms':>7}{'p99 ms':>7}{'ratio':>8}" * 2
    )
    for result in speed.results:
        line = f"{result.operation.title:25}{result.messages:6}"
        line += _figures(result.median("api"), 8)
        for side in PGBENCH:
            line += f" {_figures(result.median(side), 7)}{result.ratio(side):8.2f}"
        yield line


def _beside_ordinary(speed: Speed) -> Iterator[str]:
    yield f"{'':25}{'':6}{'API':^39} {'written the ordinary way':^39}"
    yield (
        f"{'processor ms a request':25}{'':6}"
        + f"{'req/s':>8}{'p50 ms':>8}{'Python':>8}{'PostgreSQL':>11}{'':5}" * 2
        + f"{'ratio':>8}{'processor':>11}"
    )
    for result in speed.results:
        if "ordinary" in result.runs:
            line = f"{result.operation.title:25}{'':6}"
            for side in ("api", "ordinary"):
                run = result.median(side)
                line += f"{run.rate:8.0f}{run.p50:8.1f}"
                line += f"{_shown(run.server, 8)}{_shown(run.database, 11)}{'':5}"
            yield f"{line}{result.ratio('ordinary'):8.2f}{_shown(_processor_ratio(result), 11)}"


def _processor_ratio(result: Result) -> float | None:
    """Processor time of the ordinary way, Python and PostgreSQL, as a multiple of the API's."""
    used = []
    for run in (result.median("ordinary"), result.median("api")):
        if run.server is None or run.database is None:
            return None
        used.append(run.server + run.database)
    return used[0] / used[1]


def _statements(statements: Statements) -> Iterator[str]:
    yield (
        f"Statement cache: a list with items and customers takes {statements.compile:.0f} us to"
        f" compile, {statements.find:.1f} us to find"
        f" ({statements.compile / statements.find:.0f} times less);"
        f" {statements.requests} reads were {statements.hits} hits and {statements.misses} misses"
    )


def speed_json(speed: Speed) -> dict[str, Any]:
    """Everything, each run by itself."""
    return {
        "machine": asdict(speed.machine),
        "plan": asdict(speed.plan),
        "operations": {
            result.operation.name: {
                "messages": result.messages,
                **{
                    side: {
                        "median": asdict(result.median(side)),
                        "runs": [asdict(run) for run in runs],
                    }
                    for side, runs in result.runs.items()
                },
                "ratios": {side: result.ratio(side) for side in result.runs if side != "api"},
            }
            for result in speed.results
        },
        "statements": asdict(speed.statements),
        "events": {**asdict(speed.events), "rate": speed.events.rate},
    }


def _figures(run: Run, width: int) -> str:
    return f"{run.rate:8.0f}{run.p50:{width}.1f}{run.p99:{width}.1f}"


def _shown(figure: float | None, width: int) -> str:
    return f"{'-':>{width}}" if figure is None else f"{figure:{width}.2f}"
