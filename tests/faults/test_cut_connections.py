"""The way to the database breaks, with the server alive: connections ended, network cut."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from functools import partial

import psycopg2
import pytest

from sparx_core.db import embedded
from tests.faults.network import Network
from tests.live.books import assert_books_balance, wait_until_handled
from tests.live.buyers import Account, Buyers, Placed, account
from tests.live.chance import Chance
from tests.live.folders import server_folder
from tests.live.installation import Dev, Installation
from tests.live.processes import require, until
from tests.live.servers import PostgresServer

pytestmark = pytest.mark.faults

LOOPBACK = "127.0.0.1"

#: Seconds between two cuts, and how many there are; the long form is the one of the drill.
PAUSE, CUTS = (5.0, 24) if os.environ.get("TEST_LONG_FAULTS") else (0.3, 6)
#: Seconds for which the network is cut.
PARTITION = 30.0 if os.environ.get("TEST_LONG_FAULTS") else 7.0
#: What a client may wait for: TCP gives up after 5 seconds, a new connection after 3.
ANSWER_SECONDS = 6.5
#: From the return of the database to the first order.
RECOVERY_SECONDS = 5.0
_TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE usename IN ('sparx_app', 'sparx_dispatch')"
)


@dataclass(frozen=True)
class Site:
    """An installation whose database is at the other end of a cable, if we may lay one."""

    installation: Installation
    dev: Dev
    buyer: Account
    postgres: PostgresServer
    network: Network | None

    def buyers(self, seed: int) -> Buyers:
        buyers = Buyers(
            [self.buyer], 100_000, threads=6, allowed=frozenset({503}), pause=0.02, retry=True
        )
        buyers.start(seed)
        return buyers


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with ExitStack() as stack:
        folder = stack.enter_context(server_folder())
        network = None
        if os.geteuid() == 0 and shutil.which("ip"):
            network = stack.enter_context(Network())
        postgres = PostgresServer(
            embedded.binaries(), folder / "postgres", host=network.inside if network else LOOPBACK
        )
        stack.callback(postgres.remove)
        with network.entered() if network else nullcontext():
            postgres.create()
        settings = {"SPARX_DATABASE_URL": postgres.url(), "SPARX_LEASE_SECONDS": "5"}
        installation = Installation(folder, {**settings, "SPARX_API_PROCESSES": "2"})
        stack.callback(installation.remove)
        dev = installation.dev()
        yield Site(installation, dev, account("demo", dev.api, 4), postgres, network)


def test_all_connections_are_terminated_again_and_again(site: Site, chance: Chance) -> None:
    installation, postgres = site.installation, site.postgres
    held = _orders(installation)
    buyers = site.buyers(chance.seed)
    ended = 0
    for _ in range(CUTS):
        wanted = len(buyers.placed) + 10
        until(partial(buyers.have_placed, wanted), 20, "orders are placed")
        time.sleep(PAUSE)  # the rhythm of the drill
        connection = psycopg2.connect(postgres.url())
        with connection.cursor() as cursor:
            cursor.execute(_TERMINATE)
            ended += cursor.fetchone()[0]
        connection.close()
    wanted = len(buyers.placed) + 10
    until(partial(buyers.have_placed, wanted), 20, "orders are placed at the end")
    buyers.stop()
    buyers.join(30)
    print(f"{ended} connections ended in {CUTS} cuts")
    assert ended >= CUTS, "nothing was cut"
    _assert_nothing_lost(site, buyers, held)


def test_a_partition_is_told_and_mended(site: Site, chance: Chance) -> None:
    if site.network is None:
        require("ip", "root-privileges")
    assert site.network is not None
    held = _orders(site.installation)
    buyers = site.buyers(chance.seed)
    until(partial(buyers.have_placed, 30), 30, "orders are placed")
    try:
        site.network.cut()
        cut = time.monotonic()
        until(partial(buyers.were_refused, 1), 10, "orders are refused")
        while time.monotonic() - cut < PARTITION:
            assert site.dev.api.get("/health").status == 200
            time.sleep(0.5)
        assert site.dev.api.get("/ready").status == 503
    finally:
        site.network.mend()
    mended, refused, placed = time.monotonic(), buyers.statuses[503], len(buyers.placed)
    until(partial(buyers.have_placed, placed + 1), 15, "orders are placed again")
    recovery = time.monotonic() - mended
    buyers.stop()
    buyers.join(30)
    print(f"recovery {recovery:.1f} s, slowest 503 {buyers.slowest_refusal:.1f} s")
    assert refused >= 6, "each of the clients was told"
    assert recovery <= RECOVERY_SECONDS
    assert buyers.slowest_refusal <= ANSWER_SECONDS
    _assert_nothing_lost(site, buyers, held)


def _assert_nothing_lost(site: Site, buyers: Buyers, held: dict[str, Placed]) -> None:
    """Every promise is kept, no retry made an order of its own, and nobody saw a 500."""
    wait_until_handled(site.installation, 60)
    print(buyers)
    print(assert_books_balance(site.installation, [*held.values(), *buyers.placed]))
    made = set(_orders(site.installation)) - set(held)
    acknowledged = {one.id for one in buyers.placed}
    assert acknowledged <= made
    # A request that the end of the test interrupted may have made one that nobody asked for again.
    assert len(made - acknowledged) <= len(buyers.open)
    assert len(acknowledged) == len(buyers.placed), "a retry was answered as an order of its own"
    assert "request_failed" not in site.dev.log.read_text()


def _orders(installation: Installation) -> dict[str, Placed]:
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT t.slug, o.id::text, o.number, o.customer_id::text, o.total / 10000.0"
            " FROM crm.orders o JOIN core.tenants t ON t.id = o.tenant_id"
        )
        return {
            order: Placed(slug, order, number, customer, float(total))
            for slug, order, number, customer, total in cursor.fetchall()
        }
