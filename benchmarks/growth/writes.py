"""What a write pays for fast lists: the counting triggers and the search index, with and without.

Done last, on the largest tenant: without its triggers the counts are wrong from then on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.queries import ORDERS
from benchmarks.growth.tenant import Taken, Tenant
from benchmarks.installation import Say, execute
from benchmarks.operations import ITEMS

#: Writes after each change of the table that do not count: plans are made anew.
_WARM_UP = 5
_CUSTOMERS = "/v1/crm/customers"
_INDEX = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'crm' AND indexname = %s"

_numbers = itertools.count(1)


@dataclass
class WriteTimes:
    """One kind of write, with and without what is looked at."""

    title: str
    on: list[Taken] = field(default_factory=list)
    off: list[Taken] = field(default_factory=list)

    def milliseconds(self, *, on: bool, committed: bool) -> float:
        """The median of the request with its commit, or of its messages before that."""
        return median(
            one.all if committed else one.database for one in (self.on if on else self.off)
        )

    def ratio(self, *, committed: bool) -> float:
        """With, as a multiple of without."""
        without = self.milliseconds(on=False, committed=committed)
        return self.milliseconds(on=True, committed=committed) / without


def time_writes(tenant: Tenant, plan: GrowthPlan, say: Say) -> list[WriteTimes]:
    """With and without in turn, so that both meet the same machine."""
    index = "customers_search_idx"
    ((definition,),) = execute(tenant.grown.urls.owner, _INDEX, (index,))
    found = []
    for title, write, off, on in (
        ("place an order: counting", _order, *_triggers("crm.orders")),
        ("create a customer: counting", _customer, *_triggers("crm.customers")),
        ("create a customer: search index", _customer, f"DROP INDEX crm.{index}", definition),
    ):
        say(f"Writing: {title}")
        times = WriteTimes(title)
        for _ in range(plan.turns):
            execute(tenant.grown.urls.owner, off)
            times.off += _writes(tenant, write, plan.writes)
            execute(tenant.grown.urls.owner, on)
            times.on += _writes(tenant, write, plan.writes)
        found.append(times)
    return found


def _triggers(table: str) -> tuple[str, str]:
    alter = f"ALTER TABLE {table}"
    return f"{alter} DISABLE TRIGGER count_insert", f"{alter} ENABLE TRIGGER count_insert"


def _writes(tenant: Tenant, write: Callable[[Tenant], dict[str, Any]], count: int) -> list[Taken]:
    taken = [tenant.take(write(tenant)) for _ in range(_WARM_UP + count)]
    return taken[_WARM_UP:]


def _order(tenant: Tenant) -> dict[str, Any]:
    body = {"customerId": tenant.facts.regular[0], "currency": "USD", "items": ITEMS}
    return tenant.environ("POST", ORDERS, body)


def _customer(tenant: Tenant) -> dict[str, Any]:
    name = f"Newcomer {next(_numbers)}"
    email = f"{name.lower().replace(' ', '.')}@example.com"
    return tenant.environ("POST", _CUSTOMERS, {"name": name, "email": email, "tags": ["new"]})
