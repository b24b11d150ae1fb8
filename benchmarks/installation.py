"""The installation that is measured: an embedded PostgreSQL full of tenants, and its processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.measure import BenchmarkError, Plan
from benchmarks.operations import Target
from sparx_core.cli.serve import gunicorn_command
from sparx_core.db import embedded
from sparx_core.db.migrate import migrate
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.logs import configure_logging
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.tenants import create_tenant

CUSTOMERS = 20
_START_SECONDS = 60.0

_CUSTOMERS = """
INSERT INTO crm.customers (tenant_id, id, name, email, currency)
SELECT t.id, uuidv7(), 'Customer ' || n, 'customer' || n || '@example.com', 'USD'
  FROM core.tenants t, generate_series(1, %(customers)s) n
"""
# Placed one a minute until now, each by the next customer.
_ORDERS = """
INSERT INTO crm.orders
       (tenant_id, id, customer_id, number, currency, subtotal, total, created_at, updated_at)
SELECT c.tenant_id, uuidv7(make_interval(mins => n - %(orders)s)), c.id, 1000 + n, 'USD',
       23160000, 23160000, now() + make_interval(mins => n - %(orders)s), now()
  FROM generate_series(1, %(orders)s) n
  JOIN (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) AS place
          FROM crm.customers) c ON c.place = n %% %(customers)s + 1
 ORDER BY n
"""
_ITEMS = """
INSERT INTO crm.order_items
       (tenant_id, id, order_id, position, sku, name, quantity, unit_price, total)
SELECT o.tenant_id, uuidv7(), o.id, p, 'INJ-6.7-CR', '6.7L Common-Rail Injector', 4, 28950000000,
       11580000
  FROM crm.orders o, generate_series(0, 1) p
"""
_COUNTERS = """
INSERT INTO core.counters (tenant_id, name, value)
SELECT tenant_id, 'crm.orders.number', max(number) FROM crm.orders GROUP BY tenant_id
"""
_STATISTICS = """
UPDATE crm.customers c SET order_count = s.orders, total_spent = s.spent,
       first_order_at = s.first_at, last_order_at = s.last_at
  FROM (SELECT tenant_id, customer_id, count(*) AS orders, sum(total) AS spent,
               min(created_at) AS first_at, max(created_at) AS last_at
          FROM crm.orders GROUP BY 1, 2) s
 WHERE s.tenant_id = c.tenant_id AND s.customer_id = c.id
"""
_TARGETS = """
SELECT k.key_id, min(o.customer_id::text), min(o.id::text) FROM core.api_keys k
  JOIN LATERAL (SELECT customer_id, id FROM crm.orders o
                 WHERE o.tenant_id = k.tenant_id ORDER BY o.id LIMIT 1) o ON true
 GROUP BY k.key_id
"""

Say = Callable[[str], None]


class Installation:
    """A home with its embedded database; ``settings`` are those of this process too."""

    def __init__(self, home: Path, plan: Plan) -> None:
        self.home, self.plan, self.port = home, plan, _free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SPARX_")},
            "SPARX_HOME": str(home),
            "SPARX_PORT": str(self.port),
            "SPARX_API_PROCESSES": str(plan.processes),
            "SPARX_LOG_FORMAT": "json",
        }
        self.settings = Settings.load(self.environment)
        # The processes that are measured log as in production, into files; this one does not.
        configure_logging(replace(self.settings, log_level="error"))
        self.registry = Registry.discover()
        self.urls: DatabaseUrls = resolve_urls(self.settings)
        self.targets: list[Target] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def runtime(self) -> Runtime:
        return Runtime.start(self.settings, self.registry)

    def fill(self, say: Say) -> None:
        """Tenants through the real code, their rows in bulk, statistics for the planner."""
        plan = self.plan
        say(f"Making {plan.tenants} tenants with {plan.orders} orders each")
        migrate(self.registry, self.urls)
        runtime = self.runtime()
        keys = {}
        for number in range(plan.tenants):
            made = create_tenant(runtime, f"tenant-{number:03}", modules=["crm"])
            keys[made.api_key[8:16]] = made.api_key
        runtime.close()
        parameters = {"customers": CUSTOMERS, "orders": plan.orders}
        for statement in (_CUSTOMERS, _ORDERS, _ITEMS, _COUNTERS, _STATISTICS):
            self.execute(statement, parameters)
        self.settle()
        self.targets = [
            Target(keys[key_id], customer, order)
            for key_id, customer, order in self.execute(_TARGETS)
        ]

    def settle(self) -> None:
        """Nothing left over from what was written: no old rows, no checkpoint that waits."""
        self.execute("VACUUM ANALYZE")
        self.execute("CHECKPOINT")

    def execute(self, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
        """As the administrator, whom row-level security does not bind."""
        connection = psycopg2.connect(self.urls.owner)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """gunicorn with the packaged configuration, ready."""
        with self._process("api", gunicorn_command()) as process:
            deadline = time.monotonic() + _START_SECONDS
            while not self._ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchmarkError(f"The API does not start:\n{self._tail('api')}")
                time.sleep(0.1)
            yield

    @contextmanager
    def working(self) -> Iterator[None]:
        """One worker."""
        with self._process("worker", [sys.executable, "-m", "sparx_core.cli", "worker"]):
            yield

    def close(self) -> None:
        embedded.stop(self.home, timeout=30)

    @contextmanager
    def _process(self, name: str, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        with (self.home / f"{name}.log").open("a") as log:
            process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)

    def _ready(self) -> bool:
        # Not through a proxy, whatever the environment says.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(f"{self.url}/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _tail(self, name: str) -> str:
        return "\n".join((self.home / f"{name}.log").read_text().splitlines()[-10:])


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port
