"""How fast the API is beside the same SQL in pgbench, and beside the ordinary way to write it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from benchmarks import ordinary, pgbench, wrk
from benchmarks.capture import capture
from benchmarks.events import drain
from benchmarks.installation import Installation, Say, Server
from benchmarks.machine import Machine
from benchmarks.measure import BenchmarkError, Plan
from benchmarks.operations import OPERATIONS, Operation, Target
from benchmarks.report import Result, Speed
from benchmarks.rows import fill
from benchmarks.statements import time_statements


def measure_speed(home: Path, plan: Plan, say: Say) -> Speed:
    """Fill a database and measure each operation, the statement cache, and the events."""
    wrk.require_wrk()
    with closing(Installation(home, plan.processes)) as installation:
        machine = Machine.of(installation)
        targets = fill(installation, plan, say)
        machine.note_load()
        results = []
        with (
            installation.serving() as api,
            installation.serving(ordinary.TARGET) as other,
        ):
            for operation in OPERATIONS:
                sides = {"api": api, "ordinary": other} if operation.ordinary else {"api": api}
                _compare(sides, operation, targets)
                folder = home / "scripts" / operation.name
                measured = _Measured(installation, operation, targets, folder, sides)
                results.append(measured.result(plan, say))
                installation.settle()
                machine.note_load()
        say("Compiling statements")
        statements = time_statements(installation, targets)
        say("Draining events")
        events = drain(installation, targets, plan.deliveries)
        machine.note_load()
    return Speed(plan, machine, results, statements, events)


@dataclass
class _Measured:
    """One operation on all sides in turn: whatever the machine does, it does to all of them."""

    installation: Installation
    operation: Operation
    targets: Sequence[Target]
    folder: Path
    servers: Mapping[str, Server]

    def result(self, plan: Plan, say: Say) -> Result:
        captured = capture(self.installation, self.operation, self.targets)
        scripts = {
            "literal": pgbench.write_scripts(self.folder / "literal", captured, prepared=False),
            "prepared": pgbench.write_scripts(self.folder / "prepared", captured, prepared=True),
        }
        requests = self.folder / "requests.lua"
        wrk.write_script(requests, self.operation, self.targets)
        result = Result(self.operation, len(captured[0].prepared))
        postgres = self.installation.postgres_pid()
        for number in range(plan.runs):
            say(f"{self.operation.title}: run {number + 1} of {plan.runs}")
            for side, server in self.servers.items():
                if plan.warm_up:
                    wrk.run(requests, server, plan, plan.warm_up)
                result.add(side, wrk.run(requests, server, plan, plan.seconds, postgres=postgres))
            for side, paths in scripts.items():
                url = self.installation.urls.app
                result.add(side, pgbench.run(self.folder / side, paths, url, plan))
        return result


def _compare(servers: dict[str, Server], operation: Operation, targets: Sequence[Target]) -> None:
    """Refuse to compare two servers whose answers differ, in anything but white space."""
    for target in targets:
        answers = {side: _answer(server, operation, target) for side, server in servers.items()}
        if len(set(answers.values())) != 1:
            raise BenchmarkError(f"{operation.title}: the answers differ: {answers}")


def _answer(server: Server, operation: Operation, target: Target) -> str:
    """The answer as Python shows it: order of names, types, and every digit of numbers."""
    request = urllib.request.Request(
        server.url + operation.path(target), headers={"Authorization": f"Bearer {target.key}"}
    )
    # Not through a proxy, whatever the environment says.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=10) as answer:
            return repr(json.loads(answer.read(), parse_float=Decimal))
    except urllib.error.URLError as error:
        raise BenchmarkError(f"{request.full_url}: {error}") from error
