"""The database goes away and comes back: 503 meanwhile, and nothing has to be restarted."""

from __future__ import annotations

import dataclasses
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from peewee import PeeweeException

from sparx_core.app import create_app
from sparx_core.db.connection import Database
from sparx_core.db.guard import UnsafeRole, refuse_unsafe_role
from sparx_core.errors import Unavailable
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, Owner

from ..probe.declared import Control, Probe
from .wire import Wire

Watch = Callable[[], AbstractContextManager[None]]
PATH = "/v1/probe/probes"


@pytest.fixture
def wire(installation: Runtime) -> Iterator[Wire]:
    made = Wire(installation.urls.app)
    yield made
    made.cut()


@pytest.fixture
def remote(installation: Runtime, wire: Wire, tenant: NewTenant) -> Iterator[Api]:
    """The API of a process that reaches the database over the wire."""
    database = Database(wire.url)
    runtime = dataclasses.replace(installation, database=database)
    yield Api(create_app(runtime), tenant.api_key)
    database.close()


def unavailable(answer: Answer) -> None:
    assert (answer.status, answer.error["code"]) == (503, "unavailable"), answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    for leak in ("psycopg2", "127.0.0.1", "server closed", "refused", "timeout"):
        assert leak not in answer.text


def test_server_that_is_gone_is_a_503_and_comes_back(
    remote: Api, wire: Wire, nothing_written: Watch
) -> None:
    assert remote.get("/v1/me").status == 200
    wire.cut()
    with nothing_written():
        for request in (
            lambda: remote.get("/v1/me"),
            lambda: remote.get(PATH),
            lambda: remote.post(PATH, {"name": "x"}),
        ):
            began = time.monotonic()
            unavailable(request())
            assert time.monotonic() - began < 15
    assert remote.get("/health").status == 200
    unavailable(remote.get("/ready"))
    wire.mend()
    assert remote.get("/v1/me").status == 200
    assert remote.post(PATH, {"name": "x"}).status == 201


def test_server_that_is_gone_from_the_start(remote: Api, wire: Wire) -> None:
    wire.cut()
    unavailable(remote.get("/v1/me"))
    wire.mend()
    assert remote.get("/v1/me").status == 200


def test_connection_that_broke_while_idle_is_replaced_unseen(remote: Api, wire: Wire) -> None:
    for _ in range(3):
        assert remote.post(PATH, {"name": "x"}).status == 201
        wire.drop()
    assert remote.get(PATH).meta["total"] == 3


def test_backend_that_was_ended_by_the_administrator(remote: Api, owner: Owner) -> None:
    assert remote.get("/v1/me").status == 200
    ended = owner.value(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'wire'"
    )
    assert ended == 1
    assert remote.get("/v1/me").status == 200


def test_connection_that_breaks_in_the_middle_leaves_nothing(
    remote: Api, wire: Wire, control: Control, nothing_written: Watch
) -> None:
    def cut_in_the_middle(ctx: Any) -> Any:
        ctx.insert(Probe(name="lost"))
        ctx.flush()
        wire.drop()
        ctx.insert(Probe(name="never sent"))
        return {}

    control.call = cut_in_the_middle
    with nothing_written():
        unavailable(remote.post("/v1/probe/call"))
    assert remote.get("/v1/me").status == 200


def test_server_that_does_not_answer_is_given_up_after_three_seconds(
    installation: Runtime, tenant: NewTenant, wire: Wire
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        wire.port = silent.getsockname()[1]
        runtime = dataclasses.replace(installation, database=Database(wire.url))
        api = Api(create_app(runtime), tenant.api_key)
        began = time.monotonic()
        unavailable(api.get("/v1/me"))
        assert time.monotonic() - began < 15


def test_row_that_somebody_else_holds_is_a_503(
    api: Api, create_probe: Callable[..., Any], installation: Runtime, nothing_written: Watch
) -> None:
    probe = create_probe()
    other = Owner(installation.urls.owner)
    other.connection.autocommit = False
    other.rows("SELECT 1 FROM probe.probes WHERE id = %s FOR UPDATE", probe["id"])
    try:
        with nothing_written():
            unavailable(api.patch(f"{PATH}/{probe['id']}", {"name": "two"}))
    finally:
        other.close()
    assert api.patch(f"{PATH}/{probe['id']}", {"name": "two"}).status == 200


# -- the connection itself -------------------------------------------------------------------------


@pytest.fixture
def database(installation: Runtime) -> Iterator[Database]:
    made = Database(installation.urls.app)
    yield made
    made.close()


@pytest.mark.parametrize(
    "entry", ["SELECT 1 / 0", "SELECT nonsense", "SELECT * FROM core.secrets", "SELECT 'x'::int"]
)
def test_transaction_that_cannot_be_entered_does_not_spoil_the_next(
    database: Database, entry: str
) -> None:
    for _ in range(2):
        with pytest.raises(PeeweeException), database.transaction(entry):
            pytest.fail("entered")
        with database.transaction("SELECT 7") as row:
            assert row == (7,)


def test_transaction_that_fails_does_not_spoil_the_next(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction("SELECT 1"):
        raise ZeroDivisionError
    with pytest.raises(Exception, match="division"), database.transaction("SELECT 1"):
        database.execute_sql("SELECT 1 / 0")
    with database.transaction("SELECT 7") as row:
        assert row == (7,)


def test_read_only_transaction_writes_nothing(
    installation: Runtime, database: Database, nothing_written: Watch
) -> None:
    with (
        nothing_written(),
        pytest.raises(Exception, match="read-only"),
        database.transaction("SELECT 1", read_only=True),
    ):
        database.execute_sql(
            "INSERT INTO core.huey_task (queue, data, priority) VALUES ('', '', 0)"
        )


def test_settings_do_not_outlive_the_transaction(database: Database) -> None:
    with database.transaction("SELECT set_config('sparx.tenant_id', 'x', true)"):
        pass
    with database.transaction("SELECT current_setting('sparx.tenant_id', true)") as row:
        assert row in ((None,), ("",))


def test_peewees_own_transactions_are_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="by the core only"):
        database.atomic()


def test_deadline_of_a_statement_is_an_outage(database: Database) -> None:
    slow = "SET LOCAL statement_timeout = '50ms'; SELECT pg_sleep(5)"
    with pytest.raises(Unavailable), database.transaction("SELECT 1"):
        database.execute_sql(slow)
    with database.transaction("SELECT 7") as row:
        assert row == (7,)


# -- the role --------------------------------------------------------------------------------------


def test_serving_role_is_accepted(database: Database) -> None:
    refuse_unsafe_role(database)


def test_superuser_is_refused(installation: Runtime) -> None:
    superuser = Database(installation.urls.owner)
    with pytest.raises(UnsafeRole, match="is a superuser"):
        refuse_unsafe_role(superuser)
    superuser.close()


@pytest.mark.parametrize(
    ("attribute", "told"),
    [("BYPASSRLS", "bypasses row-level security"), ("IN ROLE sparx_owner", "owns tenants' tables")],
)
def test_role_that_could_pass_the_walls_is_refused(
    installation: Runtime, owner: Owner, attribute: str, told: str
) -> None:
    owner.execute("DROP ROLE IF EXISTS sparx_unsafe")
    owner.execute(f"CREATE ROLE sparx_unsafe LOGIN PASSWORD 'unsafe' {attribute}")
    owner.execute("GRANT USAGE ON SCHEMA core TO sparx_unsafe")
    try:
        from sparx_core.db.dsn import with_login

        unsafe = Database(with_login(installation.urls.app, "sparx_unsafe", "unsafe"))
        with pytest.raises(UnsafeRole, match=told):
            refuse_unsafe_role(unsafe)
        unsafe.close()
    finally:
        owner.execute("REVOKE USAGE ON SCHEMA core FROM sparx_unsafe")
        owner.execute("DROP ROLE sparx_unsafe")
