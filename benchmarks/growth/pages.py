"""How long a page takes at each size, and what its total would cost without the kept counts."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.queries import QUERIES, Query
from benchmarks.growth.tenant import Taken, Tenant
from benchmarks.installation import Say
from benchmarks.measure import BenchmarkError

#: Requests before those that count, and requests of one block at most.
_WARM_UP, _MOST = 5, 50
_KEPT = re.compile(r'\(SELECT CAST\(coalesce\(sum\("\w+"\."row_count"\)')
_CELL = re.compile(r'CAST\(\("\w+"\."cell" ->> \'(\w+)\'\) AS \w+\)')
_TABLE = re.compile(r'"\w+"\."table_name" = \'crm\.orders\'')

_numbers = itertools.count(1)


@dataclass
class PageTimes:
    """One query: how many rows match, and milliseconds, at each size in turn."""

    query: Query
    matches: list[int | None] = field(default_factory=list)
    pages: list[list[Taken]] = field(default_factory=list)
    #: The message alone: as the API sends it, and with ``count(*)`` in place of the kept counts.
    kept: list[list[float]] = field(default_factory=list)
    plain: list[list[float]] = field(default_factory=list)

    @property
    def milliseconds(self) -> list[float]:
        return [median(one.all for one in taken) for taken in self.pages]

    @property
    def database(self) -> list[float]:
        return [median(one.database for one in taken) for taken in self.pages]

    @property
    def medians(self) -> tuple[list[float], list[float]]:
        """Of ``kept`` and ``plain``."""
        return [median(one) for one in self.kept], [median(one) for one in self.plain]


def time_pages(tenants: Sequence[Tenant], plan: GrowthPlan, say: Say) -> list[PageTimes]:
    """Each query by itself, the sizes in turn, block by block."""
    found = []
    for query in QUERIES:
        say(f"Asking for: {query.title}")
        found.append(_time_query(query, tenants, plan))
    return found


def _time_query(query: Query, tenants: Sequence[Tenant], plan: GrowthPlan) -> PageTimes:
    times = PageTimes(query)
    environs = [one.environ("GET", query.path(one.facts)) for one in tenants]
    for tenant, environ in zip(tenants, environs, strict=True):
        times.matches.append(tenant.answer(environ).get("meta", {}).get("total"))
    times.pages = _in_turn([_page_taker(*one) for one in zip(tenants, environs, strict=True)], plan)
    if query.counted:
        _time_counts(times, tenants, environs, plan)
    return times


def _time_counts(
    times: PageTimes,
    tenants: Sequence[Tenant],
    environs: Sequence[dict[str, Any]],
    plan: GrowthPlan,
) -> None:
    takers = []
    for number, tenant in enumerate(tenants):
        kept, plain = messages_of(tenant, environs[number])
        if tenant.database.send(plain)[0][3] != times.matches[number]:
            raise BenchmarkError(f"{times.query.title}: the kept counts differ from count(*)")
        takers += [_message_taker(tenant, kept), _message_taker(tenant, plain)]
    taken = _in_turn(takers, plan)
    times.kept, times.plain = taken[::2], taken[1::2]


def _page_taker(tenant: Tenant, environ: dict[str, Any]) -> Callable[[], Taken]:
    return lambda: tenant.take(environ)


def _message_taker(tenant: Tenant, message: str) -> Callable[[], float]:
    return lambda: _timed(tenant, message)


def _in_turn(takers: Sequence[Callable[[], Any]], plan: GrowthPlan) -> list[list[Any]]:
    """What each of them took, block by block, so that all of them meet the same machine."""
    sizes = []
    for take in takers:
        began = time.perf_counter()
        take()
        take()
        each = (time.perf_counter() - began) / 2
        sizes.append(max(1, min(_MOST, int(plan.block_seconds / each))))
    taken: list[list[Any]] = [[] for _ in takers]
    for _ in range(plan.blocks):
        for place, take in enumerate(takers):
            for _ in range(min(_WARM_UP, sizes[place] - 1)):
                take()
            taken[place] += [take() for _ in range(sizes[place])]
    return taken


def _timed(tenant: Tenant, message: str) -> float:
    began = time.perf_counter()
    tenant.database.send(message)
    return (time.perf_counter() - began) * 1000


def messages_of(tenant: Tenant, environ: dict[str, Any]) -> tuple[str, str]:
    """What the request sends, and the same with ``count(*)`` for its total.

    If the API has the statement prepared, both of these are.
    """
    tenant.answer(environ)
    before, authenticate, sent = tenant.database.sent[-1].split("; ", 2)
    with tenant.database.in_full():
        tenant.answer(environ)
    kept = tenant.database.sent[-1].split("; ", 2)[2]
    both = [kept, with_plain_count(kept)]
    if sent.startswith("EXECUTE "):
        for place, name in enumerate(("kept", "plain")):
            name = f"{name}_{next(_numbers)}"
            tenant.database.send(f"PREPARE {name} AS {both[place]}")
            both[place] = f"EXECUTE {name}"
    kept, plain = (f"{before}; {authenticate}; {statement}" for statement in both)
    return kept, plain


def with_plain_count(statement: str) -> str:
    """The same statement, but its total counts the rows that match."""
    found = _KEPT.search(statement)
    if found is None:
        raise BenchmarkError("this total comes from no kept counts")
    begin, end = found.start(), _closing(statement, found.start())
    conditions = statement[begin:end].partition(" WHERE ")[2]
    conditions = _TABLE.sub("true", _CELL.sub(r'"c"."\1"', conditions))
    counted = f'(SELECT count(*) FROM "crm"."orders" AS "c" WHERE {conditions}'
    return statement[:begin] + counted + statement[end:]


def _closing(text: str, begin: int) -> int:
    """Where what opens at ``begin`` is closed, and one further."""
    depth = 0
    for place in range(begin, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    raise BenchmarkError("a statement whose brackets do not match")


def explained(tenant: Tenant, query: Query) -> str:
    """The plan of a query with what it really did, as ``sparx_app`` with the key's tenant."""
    tenant.answer(tenant.environ("GET", query.path(tenant.facts)))
    entry, authenticate, statement = tenant.database.sent[-1].split("; ", 2)
    rows = tenant.database.send(f"{entry}; {authenticate}; EXPLAIN (ANALYZE, BUFFERS) {statement}")
    plan = "\n".join(line for (line,) in rows)
    return f"-- {query.title}\n{plan}"
