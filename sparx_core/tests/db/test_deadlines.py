"""A request's transaction is over in time, whoever has to end it; threads connect side by side."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.runtime import Runtime


@pytest.fixture
def database(installation: Runtime) -> Iterator[Database]:
    made = Database(installation.urls.app, seconds=0.3)
    yield made
    made.close()


def send_late(database: Database) -> None:
    with database.transaction("SELECT 1"):
        time.sleep(0.4)
        database.execute_sql("SELECT 2")


def test_nothing_is_sent_after_the_deadline(database: Database) -> None:
    with pytest.raises(Unavailable):
        send_late(database)
    with database.transaction("SELECT 7") as row:
        assert row == (7,)


def test_nothing_is_committed_after_the_deadline(database: Database) -> None:
    with pytest.raises(Unavailable), database.transaction("SELECT 1"):
        time.sleep(0.4)


def test_the_server_ends_what_takes_longer(database: Database) -> None:
    if database.connection().info.server_version < 170_000:  # type: ignore[no-untyped-call]
        pytest.skip("PostgreSQL has transaction_timeout since version 17")
    began = time.monotonic()
    with pytest.raises(Unavailable), database.transaction("SELECT 1"):
        database.execute_sql("SELECT pg_sleep(60)")
    assert time.monotonic() - began < 30
    with database.transaction("SELECT 7") as row:
        assert row == (7,)


def test_a_database_without_a_deadline_has_none(installation: Runtime) -> None:
    unbounded = Database(installation.urls.app)
    with unbounded.transaction("SELECT 1"):
        cursor = unbounded.execute_sql("SELECT current_setting('transaction_timeout', true)")
        assert cursor.fetchone()[0] in (None, "0")
    unbounded.close()


def test_threads_do_not_wait_for_each_others_connections() -> None:
    """While the network is cut, each would otherwise wait for the time-outs of all the others."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(20)
        url = f"postgresql://a:b@127.0.0.1:{silent.getsockname()[1]}/c?connect_timeout=4"
        database = Database(url)

        def refused(_: int) -> bool:
            with pytest.raises(Unavailable):
                database.call("SELECT 1")
            return True

        began = time.monotonic()
        with ThreadPoolExecutor(6) as threads:
            assert all(threads.map(refused, range(6)))
        assert time.monotonic() - began < 20, "and not six times four seconds"
