"""The same journey on servers that Sparx did not start: PostgreSQL 15, Redis, PgBouncer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.journeys.first_order import core_journey, wait_for_statistics
from tests.live.api import Answer, Api
from tests.live.chance import Chance
from tests.live.folders import server_folder
from tests.live.installation import Installation
from tests.live.processes import require
from tests.live.servers import DEBIAN_15, PgBouncer, PostgresServer, RedisServer

APP_PASSWORD, DISPATCH_PASSWORD = "app-of-this-test", "dispatch-of-this-test"
REQUESTS, THREADS = 300, 8


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """Debian's PostgreSQL 15."""
    require(DEBIAN_15 / "initdb", DEBIAN_15 / "pg_ctl")
    with server_folder() as folder:
        server = PostgresServer(DEBIAN_15, folder)
        try:
            server.create()
            yield server
        finally:
            server.remove()


@pytest.fixture
def redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder / "redis")
    server.start()
    yield server
    server.end()


def test_first_order_on_postgresql_15_and_redis(
    postgres: PostgresServer, redis: RedisServer, folder: Path
) -> None:
    require("bash", "curl")
    settings = {"SPARX_DATABASE_URL": postgres.url(), "SPARX_REDIS_URL": redis.url}
    installation = Installation(folder, settings)
    try:
        dev = installation.dev()
        core_journey(installation, dev.api)
        with installation.admin() as cursor:
            cursor.execute("SHOW server_version_num")
            assert cursor.fetchone()[0].startswith("15")
            # The doorbell was Redis, and nothing else.
            cursor.execute("SELECT count(*) FROM core.huey_task")
            assert cursor.fetchone() == (0,)
        commands = redis.call("INFO", "commandstats")
        assert isinstance(commands, dict)
        assert commands["cmdstat_lpush"]["calls"] >= 1
        assert not (installation.home / "postgres").exists()
    finally:
        installation.remove()


@pytest.fixture
def pooled(postgres: PostgresServer, folder: Path) -> Iterator[Installation]:
    """An installation that was given its roles, and reaches them through PgBouncer only.

    The owner migrates past the pooler, as the documentation says.
    """
    pooler = PgBouncer(folder / "pgbouncer")
    database = _fresh_database(postgres)
    try:
        pooler.start(
            postgres, {"sparx_app": APP_PASSWORD, "sparx_dispatch": DISPATCH_PASSWORD}, database
        )
        installation = Installation(
            folder,
            {
                "SPARX_DATABASE_URL": pooler.url("sparx_app", APP_PASSWORD, database),
                "SPARX_DISPATCH_DATABASE_URL": pooler.url(
                    "sparx_dispatch", DISPATCH_PASSWORD, database
                ),
                "SPARX_OWNER_DATABASE_URL": postgres.url(database),
            },
        )
        try:
            yield installation
        finally:
            installation.remove()
    finally:
        pooler.end()


def _fresh_database(postgres: PostgresServer) -> str:
    """A database without tenants, on a server where the roles have the passwords of this test."""
    connection = psycopg2.connect(postgres.url("postgres"))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE pooled")
        for role, word in (("sparx_app", APP_PASSWORD), ("sparx_dispatch", DISPATCH_PASSWORD)):
            cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,))
            if cursor.fetchone() is not None:
                cursor.execute(f"ALTER ROLE {role} PASSWORD %s", (word,))
    connection.close()
    return "pooled"


@dataclass
class Side:
    """A tenant as one of two that share a server connection."""

    slug: str
    api: Api
    customer: str
    placed: set[str]

    def request(self, kind: str) -> Answer:
        if kind == "place":
            answer = self.api.place(self.customer)
            self.placed.add(answer.data["id"])
            return answer
        paths = {
            "me": "/v1/me",
            "list": "/v1/crm/orders?take=250",
            "customer": f"/v1/crm/customers/{self.customer}",
        }
        return self.api.get(paths[kind])

    def owns(self, kind: str, answer: Answer) -> bool:
        """Whether an answer speaks of this tenant and of nobody else."""
        data: Any = answer.data
        if kind == "me":
            return bool(data["tenant"]["slug"] == self.slug)
        if kind == "customer":
            return bool(data["id"] == self.customer and data["name"] == self.slug)
        orders = [data] if kind == "place" else data
        return all(order["customerId"] == self.customer for order in orders)


def test_nothing_leaks_through_one_pooled_connection(pooled: Installation) -> None:
    require("bash", "curl")
    pooled.migrate()
    pooled.serve()
    pooled.worker()
    core_journey(pooled, pooled.new_tenant("journey"))
    sides = []
    for slug in ("left", "right"):
        api = pooled.new_tenant(slug)
        sides.append(Side(slug, api, api.new_customer(slug), set()))
    anonymous = Api(pooled.port, "sk_live_00000000_00000000000000000000000000000000")
    kinds = Chance().random.choices(["place", "list", "me", "customer"], [2, 2, 1, 1], k=REQUESTS)

    def request(number: int) -> str | None:
        kind, side = kinds[number], sides[number % 2]
        if number % 25 == 0 and anonymous.get("/v1/me").status != 401:
            return f"{number}: somebody without a key came in"
        answer = side.request(kind)
        if answer.status not in (200, 201) or not side.owns(kind, answer):
            return f"{number}: {side.slug} {kind}: {answer}"
        return None

    with ThreadPoolExecutor(THREADS) as pool:
        problems = [one for one in pool.map(request, range(REQUESTS)) if one]
    print(f"{REQUESTS} requests, {[len(side.placed) for side in sides]} orders")
    assert problems == []

    for side in sides:
        listed = side.api.get("/v1/crm/orders?take=250")
        assert {order["id"] for order in listed.data} == side.placed
        numbers = sorted(int(order["orderNumber"]) for order in listed.data)
        assert numbers == list(range(1001, 1001 + len(side.placed)))
        wait_for_statistics(side.api, side.customer, len(side.placed))
    _assert_nothing_stayed_on_the_connection(pooled)


def _assert_nothing_stayed_on_the_connection(pooled: Installation) -> None:
    """As the next client of the pooler sees the one server connection of ``sparx_app``."""
    connection = psycopg2.connect(pooled.settings["SPARX_DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != connection.info.backend_pid, "this is no pooler"
        cursor.execute("SELECT name FROM pg_prepared_statements")
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT coalesce(current_setting('sparx.tenant_id', true), ''),"
            " coalesce(current_setting('sparx.signature', true), '')"
        )
        assert cursor.fetchone() == ("", "")
        cursor.execute("SELECT count(*) FROM crm.orders")
        assert cursor.fetchone() == (0,)
    connection.close()
    with pooled.admin() as cursor:
        cursor.execute(
            "SELECT usename, count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND usename LIKE 'sparx%' GROUP BY 1 ORDER BY 1"
        )
        assert cursor.fetchall() == [("sparx_app", 1), ("sparx_dispatch", 1)]
