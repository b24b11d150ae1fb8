"""What GraphQL costs beside REST: one page of orders with items and customers, asked both ways."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import wrk
from benchmarks.installation import Installation, Say, Server
from benchmarks.machine import Machine
from benchmarks.measure import BenchmarkError, Plan, Run, middle
from benchmarks.operations import ORDERS, Operation, Target
from benchmarks.rows import fill


@dataclass
class Surfaces:
    """The runs of both sides, taken in turn."""

    plan: Plan
    machine: Machine
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def median(self, side: str) -> Run:
        return middle(self.runs[side])

    @property
    def ratio(self) -> float:
        """Answers of GraphQL for each of REST in the same time."""
        return self.median("graphql").rate / self.median("rest").rate


def measure_surfaces(home: Path, plan: Plan, say: Say) -> Surfaces:
    """Ask for the same page both ways, in turn, over one installation."""
    wrk.require_wrk()
    sides = _sides()
    with closing(Installation(home, plan.processes)) as installation:
        machine = Machine.of(installation)
        targets = fill(installation, plan, say)
        found, scripts = Surfaces(plan, machine), {}
        (home / "scripts").mkdir()
        for side, operation in sides.items():
            scripts[side] = home / "scripts" / f"{side}.lua"
            wrk.write_script(scripts[side], operation, targets)
        with installation.serving() as server:
            for target in targets:
                _compare(server, sides, target)
            for number in range(plan.runs):
                say(f"Listing orders: run {number + 1} of {plan.runs}")
                _round(found, installation, scripts, server)
    return found


def _round(
    found: Surfaces, installation: Installation, scripts: dict[str, Path], server: Server
) -> None:
    for side, script in scripts.items():
        run = _run(installation, script, server, found.plan)
        found.runs.setdefault(side, []).append(run)
    found.machine.note_load()


def _sides() -> dict[str, Operation]:
    """The same fields of the same rows, in the words of each."""
    paths = [*_ORDER, *(f"{of}.{name}" for of, names in _RELATED.items() for name in names)]
    inside = [*_ORDER, *(f"{of} {{ {' '.join(names)} }}" for of, names in _RELATED.items())]
    body = {"query": f"{{ crmOrders {{ items {{ {' '.join(inside)} }} total nextCursor }} }}"}
    asked = f"{ORDERS}?fields={','.join(paths)}"
    rest = Operation("rest", "REST", "GET", lambda one: asked)
    graphql = Operation("graphql", "GraphQL", "POST", lambda one: "/graphql", lambda one: body)
    return {"rest": rest, "graphql": graphql}


_ORDER = (
    *("id", "version", "orderNumber", "status", "paymentStatus", "fulfillmentStatus", "currency"),
    *("subtotal", "discountTotal", "shippingTotal", "taxTotal", "total", "balanceDue"),
    *("placedAt", "createdAt", "updatedAt"),
)
_RELATED = {
    "customer": ("id", "name", "email", "type", "tags", "orderCount", "totalSpent", "createdAt"),
    "items": ("sku", "name", "quantity", "unitPrice", "total"),
}


def _compare(server: Server, sides: dict[str, Operation], target: Target) -> None:
    """Both say the same of every order, to the digit."""
    rest, graphql = (_answer(server, one, target) for one in sides.values())
    page = graphql.get("data", {}).get("crmOrders")
    if page is None or repr(_sorted(page["items"])) != repr(_sorted(rest["data"])):
        raise BenchmarkError(f"GraphQL answers {graphql}, and REST {rest}")
    if page["total"] != rest["meta"]["total"]:
        raise BenchmarkError(f"GraphQL counts {page['total']}, and REST {rest['meta']['total']}")


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _answer(server: Server, operation: Operation, target: Target) -> Any:
    body = operation.body(target)
    request = urllib.request.Request(
        server.url + operation.path(target),
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"},
        method=operation.method,
    )
    # Not through a proxy, whatever the environment says.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=30) as answer:
        return json.loads(answer.read(), parse_float=Decimal)


def _run(installation: Installation, script: Path, server: Server, plan: Plan) -> Run:
    if plan.warm_up:
        wrk.run(script, server, plan, plan.warm_up)
    return wrk.run(script, server, plan, plan.seconds, postgres=installation.postgres_pid())


def surfaces_table(found: Surfaces) -> str:
    """What a person reads."""
    return "\n".join(_lines(found))


def _lines(found: Surfaces) -> Iterator[str]:
    plan = found.plan
    yield (
        f"{found.machine}; {plan.tenants} tenants; {plan.processes} API processes,"
        f" {plan.connections} connections; median of {plan.runs} x {plan.seconds} s"
    )
    yield ""
    yield f"{'50 orders, items, customer':28}{'req/s':>8}{'p50 ms':>8}{'p99 ms':>8}{'Python':>8}"
    for side, title in (("rest", "REST"), ("graphql", "GraphQL")):
        run = found.median(side)
        yield f"{title:28}{run.rate:8.0f}{run.p50:8.1f}{run.p99:8.1f}{run.server or 0:8.2f}"
    yield f"{'ratio':28}{found.ratio:8.2f}"
    yield ""
    yield found.machine.told()


def surfaces_json(found: Surfaces) -> dict[str, Any]:
    """Everything, each run by itself."""
    return {
        "machine": asdict(found.machine),
        "plan": asdict(found.plan),
        "ratio": found.ratio,
        "sides": {
            side: {"median": asdict(found.median(side)), "runs": [asdict(one) for one in runs]}
            for side, runs in found.runs.items()
        },
    }
