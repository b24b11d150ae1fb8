"""Requests a second of the API, beside the same SQL in pgbench and the ordinary way of writing it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack, closing
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
        for operation in OPERATIONS:
            measured = _Measured(operation, targets, home / "scripts" / operation.name)
            results.append(measured.result(installation, plan, say))
            installation.settle()
            machine.note_load()
        say("Compiling statements")
        statements = time_statements(installation, targets)
        say("Draining events")
        events = drain(installation, targets, plan.deliveries)
        machine.note_load()
    return Speed(plan, machine, results, statements, events)


class _Measured:
    """One operation on all sides in turn: whatever the machine does, it does to all of them."""

    def __init__(self, operation: Operation, targets: Sequence[Target], folder: Path) -> None:
        self.operation, self.targets, self.folder = operation, targets, folder

    def result(self, installation: Installation, plan: Plan, say: Say) -> Result:
        captured = capture(installation, self.operation, self.targets)
        scripts = {
            "literal": pgbench.write_scripts(self.folder / "literal", captured, prepared=False),
            "prepared": pgbench.write_scripts(self.folder / "prepared", captured, prepared=True),
        }
        requests = self.folder / "requests.lua"
        wrk.write_script(requests, self.operation, self.targets)
        result = Result(self.operation, len(captured[0].prepared))
        postgres = installation.postgres_pid()
        with ExitStack() as stack:
            servers = {"api": stack.enter_context(installation.serving())}
            if self.operation.ordinary:
                servers["ordinary"] = stack.enter_context(installation.serving(ordinary.TARGET))
                _compare(servers, self.operation, self.targets)
            for number in range(plan.runs):
                say(f"{self.operation.title}: run {number + 1} of {plan.runs}")
                for side, server in servers.items():
                    if plan.warm_up:
                        wrk.run(requests, server, plan, plan.warm_up)
                    run = wrk.run(requests, server, plan, plan.seconds, postgres=postgres)
                    result.add(side, run)
                for side, paths in scripts.items():
                    run = pgbench.run(self.folder / side, paths, installation.urls.app, plan)
                    result.add(side, run)
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
    with direct.open(request, timeout=10) as answer:
        return repr(json.loads(answer.read(), parse_float=Decimal))
