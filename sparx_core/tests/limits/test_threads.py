"""A tenant's share of the threads: one that hangs leaves some to the others."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg2
import pytest

import sparx_core.limits.threads as threads_module
from sparx_core.limits.threads import WAIT_SECONDS, TenantThreads
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from ..probe import declared
from .conftest import Limited

SECONDS = 30.0


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def test_so_many_run_and_few_wait() -> None:
    threads = TenantThreads(most=2, threads=4)
    assert [threads.enter("a"), threads.enter("a")] == [True, True]
    began = time.monotonic()
    assert not threads.enter("a"), "it waited in vain"
    assert time.monotonic() - began >= WAIT_SECONDS
    assert threads.enter("b")
    threads.leave("a")
    assert threads.enter("a")
    for name in ("a", "a", "b"):
        threads.leave(name)
    assert [threads.running(one) for one in "ab"] == [0, 0]
    assert threads._occupied == {}, "nothing is kept of those who are gone"


def test_who_waits_gets_the_place_that_becomes_free() -> None:
    threads = TenantThreads(most=1, threads=8)
    assert threads.enter("a")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(threads.enter, "a")
        until(lambda: threads._occupied["a"].waiting, "nobody waits")
        threads.leave("a")
        assert waiting.result(SECONDS) is True
    assert threads.running("a") == 1


def test_of_a_tenant_that_hangs_so_few_wait_that_a_thread_is_free() -> None:
    threads = TenantThreads(most=2, threads=4)
    assert threads.waiters == 1
    assert threads.enter("a")
    assert threads.enter("a")
    with ThreadPoolExecutor(2) as pool:  # it is new: both may wait
        assert list(pool.map(threads.enter, "aa")) == [False, False]
        waiting = pool.submit(threads.enter, "a")
        until(lambda: threads._occupied["a"].waiting, "nobody waits")
        began = time.monotonic()
        assert not threads.enter("a"), "of one that hangs, one waits"
        assert time.monotonic() - began < WAIT_SECONDS
        assert waiting.result(SECONDS) is False


def test_a_tenant_whose_requests_come_and_go_is_not_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Nobody waits so long but for being passed by others again and again.
    monkeypatch.setattr(threads_module, "WAIT_SECONDS", 5.0)
    threads = TenantThreads(most=2, threads=8)

    def work(number: int) -> bool:
        entered = threads.enter("a")
        if entered:
            time.sleep(0.002)
            threads.leave("a")
        return entered

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_waiters_by_threads() -> None:
    assert TenantThreads(most=1, threads=1).waiters == 0
    assert TenantThreads(most=1, threads=2).waiters == 0
    assert TenantThreads(most=6, threads=8).waiters == 1


@pytest.fixture
def gate(control: declared.Control) -> Iterator[threading.Event]:
    """Calls of the probe hang until it opens."""
    opened = threading.Event()

    def call(ctx: Any) -> dict[str, str]:
        assert opened.wait(SECONDS)
        return {"tenant": ctx.tenant.slug}

    control.call = call
    yield opened
    opened.set()


def test_a_tenant_that_hangs_leaves_threads_to_others(
    limited: Limited, tenant: NewTenant, other_tenant: NewTenant, gate: threading.Event
) -> None:
    app = limited(api_threads=4, tenant_threads=None)
    mine, other = app.with_key(tenant.api_key), app.with_key(other_tenant.api_key)
    assert mine.get("/v1/me").status == other.get("/v1/me").status == 200

    def ask(client: Api, method: str, path: str) -> tuple[int, str | None]:
        answer = client.request(method, path)
        return answer.status, answer.headers.get("Retry-After")

    with ThreadPoolExecutor(4) as pool:  # as many as the server has
        hanging: list[Future[Any]] = [
            pool.submit(ask, mine, "POST", "/v1/probe/call") for _ in range(20)
        ]
        got = pool.submit(ask, other, "GET", "/v1/me").result(SECONDS)
        assert got == (200, None)
        until(lambda: sum(one.done() for one in hanging) == 18, "who waits waits too long")
        gate.set()
        answers = [one.result(SECONDS) for one in hanging]
    assert sorted(answers) == [(200, None)] * 2 + [(429, "1")] * 18
    assert ask(mine, "POST", "/v1/probe/call") == (200, None), "all places are free again"


def test_places_are_given_back_whatever_happens(
    limited: Limited, tenant: NewTenant, control: declared.Control
) -> None:
    def fail(ctx: Any) -> None:
        raise RuntimeError("a defect")

    control.call = fail
    api = limited(api_threads=1, tenant_threads=None).with_key(tenant.api_key)
    got = [
        api.request(method, path).status
        for method, path in (
            [("POST", "/v1/probe/call")] * 2
            + [("GET", "/v1/nothing"), ("DELETE", "/v1/me"), ("HEAD", "/v1/openapi.json")] * 2
            + [("GET", "/v1/me")]
        )
    ]
    assert got == [500, 500, 404, 405, 200, 404, 405, 200, 200]


# -- through gunicorn --------------------------------------------------------------------------


@contextmanager
def serving(runtime: Runtime, **settings: str) -> Iterator[int]:
    """``sparx serve`` over the same database, with one process; the port."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = int(trial.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARX_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sparx_core.cli", "serve"],
        env={
            **kept,
            "SPARX_HOME": str(runtime.settings.home),
            "SPARX_DATABASE_URL": str(runtime.settings.database_url),
            "SPARX_PORT": str(port),
            "SPARX_API_PROCESSES": "1",
            **settings,
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: answers(port), "gunicorn does not answer")
        yield port
    finally:
        process.terminate()
        process.wait(40)


def answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/health", None) == 200
    except OSError:
        return False


def ask(port: int, method: str, path: str, key: str | None) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def test_gunicorn_serves_others_while_a_tenant_hangs(
    installation: Runtime, api: Api, tenant: NewTenant, other_tenant: NewTenant, owner: Owner
) -> None:
    keys = [api.post("/v1/keys", {"name": "one", "scopes": ["*"]}).data["id"] for _ in range(12)]
    lock = psycopg2.connect(installation.urls.require_owner())
    lock.cursor().execute("SELECT FROM core.api_keys WHERE tenant_id = %s FOR UPDATE",
                          (str(tenant.tenant_id),))  # fmt: skip
    with serving(installation, SPARX_API_THREADS="4") as port:
        for key in (tenant.api_key, other_tenant.api_key):
            assert ask(port, "GET", "/v1/me", key) == 200
        with ThreadPoolExecutor(12) as clients:
            hanging = [
                clients.submit(ask, port, "DELETE", f"/v1/keys/{one}", tenant.api_key)
                for one in keys
            ]
            until(lambda: sum(one.done() for one in hanging) == 10, "ten are not refused")
            assert [ask(port, "GET", "/v1/me", other_tenant.api_key) for _ in range(5)] == [200] * 5
            assert sum(one.done() for one in hanging) == 10, "two hang all the while"
            lock.close()
            got = sorted(one.result(SECONDS) for one in hanging)
    assert got == [200] * 2 + [429] * 10
    revoked = "SELECT count(*) FROM core.api_keys WHERE tenant_id = %s AND revoked_at IS NOT NULL"
    assert owner.rows(revoked, tenant.tenant_id) == [(2,)], "what was refused was not done"
