"""How long one search over everything takes in a tenant with 300,000 records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field
from io import BytesIO
from itertools import product
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from falcon.testing import StartResponseMock, create_environ

from benchmarks.capture import RecordingDatabase
from benchmarks.growth.rows import FIRST_NAMES, LAST_NAMES
from benchmarks.installation import Installation, Say
from benchmarks.machine import Machine
from benchmarks.measure import BenchmarkError
from sparx_core.app import create_app
from sparx_core.json import decode
from sparx_core.runtime import Runtime


@dataclass(frozen=True)
class SearchPlan:
    """``records`` of five kinds in one tenant; each query is asked ``times`` in turn."""

    records: int = 300_000
    neighbours: int = 50
    times: int = 15


QUICK_SEARCH = SearchPlan(records=600, neighbours=2, times=2)

#: The share of each kind, in hundredths.
_SHARES = {"accounts": 7, "customers": 33, "deals": 10, "quotes": 5, "orders": 45}
#: Name of the query, and what is asked for.
QUERIES = {
    "an order's number": "{number}",
    "an e-mail address": "{email}",
    "a full name": "{name}",
    "a last name (1 in 45)": "lindqvist",
    "a first and a last name, and a number": "hana lindqvist 77",
    "a word of many companies": "industries",
    "a word of all addresses": "example.com",
    "the beginning of names": "lin",
    "two letters": "zo",
    "a typed half of a deal's title": "renewal quint",
    "a word that nobody has": "xylophone",
    "a number that nobody has": "987654321",
}
_PERSON = """
(%(first)s)[1 + n %% 45] || ' ' || (%(last)s)[1 + (n / 45) %% 45] || ' ' || n
"""
_FILL = (
    """
    INSERT INTO crm.accounts (tenant_id, id, name, domain, industry)
    SELECT t.id, uuidv7(), (%(last)s)[1 + n %% 45] || ' ' ||
           (ARRAY['Industries', 'Logistics', 'Partners', 'Works'])[1 + n %% 4] || ' ' || n,
           'company-' || n || '.example.com', 'manufacturing'
      FROM core.tenants t, generate_series(1, %(accounts)s) n WHERE t.slug = 'tenant-0000'
    """,
    f"""
    INSERT INTO crm.customers (tenant_id, id, name, email, company, type, currency)
    SELECT t.id, uuidv7(), p.name, lower(replace(p.name, ' ', '.')) || '@example.com',
           CASE WHEN n %% 3 = 0 THEN split_part(p.name, ' ', 2) || ' Industries' END,
           'retail', 'USD'
      FROM core.tenants t, generate_series(1, %(customers)s) n
     CROSS JOIN LATERAL (SELECT {_PERSON} AS name) p WHERE t.slug = 'tenant-0000'
    """,
    """
    INSERT INTO crm.deals (tenant_id, id, title, customer_id, pipeline_id, stage_id, status,
                           probability, amount, currency)
    SELECT c.tenant_id, uuidv7(), (ARRAY['Renewal', 'Upgrade', 'Trial', 'Order'])[1 + n %% 4]
           || ' of ' || c.name, c.id, s.pipeline_id, s.id, 'open', 10, 1000000, 'USD'
      FROM (SELECT c.*, row_number() OVER (ORDER BY id) AS n FROM crm.customers c) c
      JOIN (SELECT DISTINCT ON (tenant_id) * FROM crm.stages WHERE kind = 'open'
             ORDER BY tenant_id, position) s ON s.tenant_id = c.tenant_id
     WHERE c.n <= %(deals)s
    """,
    """
    INSERT INTO crm.quotes (tenant_id, id, number, customer_id, currency, subtotal, total,
                            issue_date, valid_until, author)
    SELECT c.tenant_id, uuidv7(), 1000 + n, c.id, 'USD', 1000000, 1000000,
           current_date, current_date + 30, 'system'
      FROM (SELECT c.*, row_number() OVER (ORDER BY id) AS n FROM crm.customers c) c
     WHERE c.n <= %(quotes)s
    """,
    """
    INSERT INTO crm.orders (tenant_id, id, customer_id, number, status, payment_status, currency,
                            subtotal, total)
    SELECT c.tenant_id, uuidv7(), c.ids[1 + floor(random() * cardinality(c.ids))::integer],
           1000 + n, 'placed', 'unpaid', 'USD', 1000000, 1000000
      FROM (SELECT tenant_id, array_agg(id) AS ids FROM crm.customers GROUP BY 1) c,
           generate_series(1, %(orders)s) n
    """,
)


@dataclass
class SearchTimes:
    """One query: how many hits it had, and milliseconds: of the database, and of all."""

    title: str
    asked: str
    hits: int = 0
    database: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)


@dataclass
class Searches:
    """The times of all queries."""

    plan: SearchPlan
    machine: Machine
    times: list[SearchTimes]

    @property
    def slowest(self) -> SearchTimes:
        return max(self.times, key=lambda one: median(one.database))


def measure_search(home: Path, *, quick: bool, say: Say) -> Searches:
    """Fill a tenant, then ask each query in turn."""
    plan = QUICK_SEARCH if quick else SearchPlan()
    with closing(Installation(home, processes=1)) as installation:
        say(f"Making a tenant with {plan.records:,} records")
        key, *_ = installation.make_tenants(plan.neighbours + 1)
        _fill(installation, plan)
        found = Searches(plan, Machine.of(installation), _queries(installation))
        say(f"Searching {plan.times} times")
        with closing(_Asker(installation, key)) as asker:
            for number, one in product(range(plan.times + 1), found.times):
                asker.ask(one, warm_up=number == 0)
        found.machine.note_load()
    return found


def _fill(installation: Installation, plan: SearchPlan) -> None:
    sizes = {name: plan.records * share // 100 for name, share in _SHARES.items()}
    for statement in _FILL:
        installation.execute(statement, {"first": FIRST_NAMES, "last": LAST_NAMES, **sizes})
    installation.settle()


def _queries(installation: Installation) -> list[SearchTimes]:
    """Of a row in the middle of each table."""
    ((name, email),) = installation.execute(
        "SELECT name, email FROM crm.customers ORDER BY id"
        " OFFSET (SELECT count(*) / 2 FROM crm.customers) LIMIT 1"
    )
    ((number,),) = installation.execute("SELECT max(number) - 100 FROM crm.orders")
    facts = {"name": name, "email": email, "number": number}
    return [SearchTimes(title, text.format(**facts)) for title, text in QUERIES.items()]


class _Asker:
    """The application in this process, with its messages timed."""

    def __init__(self, installation: Installation, key: str) -> None:
        self._base = installation.runtime()
        self.database = RecordingDatabase(installation.urls.app)
        base = self._base
        runtime = Runtime(base.settings, base.urls, base.registry, self.database, base.doorbell)
        self._app = create_app(runtime)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, times: SearchTimes, *, warm_up: bool) -> None:
        query = f"q={quote(times.asked)}"
        environ = create_environ("/v1/search", query, headers=self._headers)
        environ["wsgi.input"] = BytesIO(b"")
        answered = StartResponseMock()
        self.database.sent.clear()
        self.database.seconds = 0.0
        began = time.perf_counter()
        body = b"".join(self._app(environ, answered))
        took = time.perf_counter() - began
        if not str(answered.status).startswith("200"):
            raise BenchmarkError(f"{times.asked}: {answered.status} {body.decode()}")
        if warm_up:
            times.hits = len(decode(body)["data"])
            return
        times.database.append(self.database.seconds * 1000)
        times.all.append(took * 1000)

    def close(self) -> None:
        self.database.close()
        self._base.close()


def search_table(found: Searches) -> str:
    """What a person reads."""
    return "\n".join(_lines(found))


def _lines(found: Searches) -> Iterator[str]:
    yield f"{found.machine}; {found.plan.records:,} records of five kinds in one tenant"
    yield ""
    yield f"{'searched':40}{'hits':>6}{'database ms':>13}{'p95':>8}{'all ms':>8}"
    for one in found.times:
        yield (
            f"{one.title:40}{one.hits:6}{median(one.database):13.1f}"
            f"{quantiles(one.database, n=20)[-1]:8.1f}{median(one.all):8.1f}"
        )
    yield ""
    yield found.machine.told()


def search_json(found: Searches) -> dict[str, Any]:
    """Everything, each time by itself."""
    return {
        "machine": asdict(found.machine),
        "plan": asdict(found.plan),
        "searches": [asdict(one) for one in found.times],
    }
