"""Growth, from the empty database to the figures."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

from benchmarks.growth.pages import explained, time_pages
from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.queries import QUERIES
from benchmarks.growth.report import Growth
from benchmarks.growth.rows import grow
from benchmarks.growth.tenant import Tenant
from benchmarks.growth.writes import time_writes
from benchmarks.installation import Installation, Say
from benchmarks.machine import Machine


def measure_growth(home: Path, plan: GrowthPlan, say: Say, plans: Path | None) -> Growth:
    """Grow, ask, write. ``plans``: where to write how PostgreSQL answers each query."""
    with ExitStack() as stack:
        installation = stack.enter_context(closing(Installation(home, processes=1)))
        say(f"Making {plan.neighbours + 1:,} tenants")
        key, *_ = installation.make_tenants(plan.neighbours + 1)
        sizes = list(grow(installation, plan, say))
        tenants = [
            stack.enter_context(closing(Tenant(installation, size, key, plan))) for size in sizes
        ]
        growth = Growth(plan, Machine.of(installation))
        growth.machine.note_load()
        growth.pages = time_pages(tenants, plan, say)
        growth.machine.note_load()
        if plans is not None:
            found = (explained(tenants[-1], query) for query in QUERIES)
            plans.write_text("\n\n".join(found) + "\n")
        growth.writes = time_writes(tenants[-1], plan, say)
        growth.machine.note_load()
    return growth
