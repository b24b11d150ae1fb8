"""What it costs an order to be placed safely: recorded, with an idempotency key, and its replay."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import wrk
from benchmarks.installation import Installation, Say, Server
from benchmarks.machine import Machine
from benchmarks.measure import Plan, Run, middle
from benchmarks.operations import ORDERS, Target, order_of
from benchmarks.rows import fill

#: The header of each side, as Lua: every side makes one for each request, so that the client's
#: share is the same. ``turn`` counts the requests of a thread, ``begun`` tells runs apart.
HEADERS = {
    "plain": ('"X-Request-Id"', 'begun .. "-" .. turn'),
    "unrecorded": ('"X-Request-Id"', 'begun .. "-" .. turn'),
    "keyed": ('"Idempotency-Key"', 'begun .. "-" .. turn'),
    "replayed": ('"Idempotency-Key"', '"always-the-same"'),
}
TITLES = {
    "plain": "place an order",
    "unrecorded": "without the audit log",
    "keyed": "with a new idempotency key",
    "replayed": "answered again by its key",
}

#: The tables whose audit triggers are disabled while a side is measured.
_RECORDED = ("crm.orders", "crm.order_items")

_SCRIPT = """\
local targets = {targets}
local turn = 0
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  begun = os.time() .. "-" .. number .. "-" .. tostring({{}}):sub(8)
end

function request()
  turn = turn + 1
  local one = targets[(turn + number * {half}) % #targets + 1]
  local headers = {{ ["Authorization"] = "Bearer " .. one[1],
                    ["Content-Type"] = "application/json" }}
  headers[{name}] = {value}
  return wrk.format("POST", "{path}", headers, one[2])
end
{done}"""


@dataclass
class Costs:
    """The runs of each side, taken in turn."""

    plan: Plan
    machine: Machine
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, side: str) -> Run:
        return middle(self.runs[side])

    def ratio(self, side: str) -> float:
        """The side's rate as a multiple of that of a plain order."""
        return self.median(side).rate / self.median("plain").rate


def measure_costs(home: Path, plan: Plan, say: Say) -> Costs:
    """Place orders in each of the ways, in turn, over one installation."""
    wrk.require_wrk()
    with closing(Installation(home, plan.processes)) as installation:
        machine = Machine.of(installation)
        targets = fill(installation, plan, say)
        costs = Costs(plan, machine)
        scripts = _write_scripts(home / "scripts", targets)
        with installation.serving() as server:
            for number in range(plan.runs):
                say(f"Placing orders: run {number + 1} of {plan.runs}")
                _round(costs, installation, server, scripts)
    return costs


def _round(
    costs: Costs, installation: Installation, server: Server, scripts: Mapping[str, Path]
) -> None:
    for side, script in scripts.items():
        run = _run(installation, side, script, server, costs.plan)
        costs.runs.setdefault(side, []).append(run)
    installation.settle()
    costs.machine.note_load()


def _run(installation: Installation, side: str, script: Path, server: Server, plan: Plan) -> Run:
    postgres = installation.postgres_pid()
    with _recording(installation, on=side != "unrecorded"):
        if plan.warm_up:
            wrk.run(script, server, plan, plan.warm_up)
        return wrk.run(script, server, plan, plan.seconds, postgres=postgres)


@contextmanager
def _recording(installation: Installation, *, on: bool) -> Iterator[None]:
    """Without the triggers that record what is placed, unless they are ``on``."""
    if not on:
        _switch(installation, "DISABLE")
    yield  # what a failure leaves behind goes with the installation
    if not on:
        _switch(installation, "ENABLE")


def _switch(installation: Installation, verb: str) -> None:
    for table in _RECORDED:
        installation.execute(f"ALTER TABLE {table} {verb} TRIGGER audit_insert")


def _write_scripts(folder: Path, targets: Sequence[Target]) -> Mapping[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f'{{ "{one.key}", {json.dumps(json.dumps(order_of(one)))} }}' for one in targets]
    made = {}
    for side, (name, value) in HEADERS.items():
        made[side] = folder / f"{side}.lua"
        made[side].write_text(
            _SCRIPT.format(
                targets="{\n    " + ",\n    ".join(rows) + " }",
                half=max(len(targets) // 2, 1),
                name=name,
                value=value,
                path=ORDERS,
                done=wrk.DONE,
            )
        )
    return made


def costs_table(costs: Costs) -> str:
    """What a person reads."""
    return "\n".join(_lines(costs))


def _lines(costs: Costs) -> Iterator[str]:
    plan = costs.plan
    yield (
        f"{costs.machine}; {plan.tenants} tenants; {plan.processes} API processes,"
        f" {plan.connections} connections; median of {plan.runs} x {plan.seconds} s"
    )
    yield ""
    yield (
        f"{'':32}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'Python':>8}{'PostgreSQL':>11}{'ratio':>8}"
    )
    for side in costs.runs:
        run = costs.median(side)
        yield (
            f"{TITLES[side]:32}{run.rate:8.0f}{run.p50:8.1f}{run.p99:8.1f}"
            f"{run.server or 0:8.2f}{run.database or 0:11.2f}{costs.ratio(side):8.2f}"
        )
    yield ""
    yield costs.machine.told()


def costs_json(costs: Costs) -> dict[str, Any]:
    """Everything, each run by itself."""
    return {
        "machine": asdict(costs.machine),
        "plan": asdict(costs.plan),
        "sides": {
            side: {
                "median": asdict(costs.median(side)),
                "runs": [asdict(run) for run in runs],
                "ratio": costs.ratio(side),
            }
            for side, runs in costs.runs.items()
        },
    }
