"""The doorbell: heard soon if all is well, and missed by nobody if it is not."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from huey import Huey
from huey.storage import MemoryStorage

from sparx_core.app import create_app
from sparx_core.db.connection import Database
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import BATCH, MAX_WAITING, Doorbell, build_huey, parse_pointer
from sparx_core.events.fairness import FairQueue
from sparx_core.events.sweeper import Sweeper
from sparx_core.ids import uuid7
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from ..probe.declared import Control
from .conftest import Delivery

PATH = "/v1/probe/probes"
Watch = Callable[[], AbstractContextManager[None]]


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


# -- queues ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A Redis of the tests' own: its port and its socket."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("redis-server is missing; install it, the tests are not complete without")
        # Where everything must run, a test that does not is a failure.
        told = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        told("redis-server is not installed")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    path = folder / "r.sock"
    process = subprocess.Popen(
        [program, "--bind", "127.0.0.1", "--port", str(port), "--unixsocket", str(path),
         "--save", "", "--appendonly", "no", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(path.exists, "Redis listens")
        yield port, path
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["postgresql", "redis", "redis over a socket"])
def redis_url(request: pytest.FixtureRequest) -> str | None:
    """What SPARX_REDIS_URL would be: None is the queue in PostgreSQL."""
    if request.param == "postgresql":
        return None
    port, path = request.getfixturevalue("redis_server")
    return f"redis://127.0.0.1:{port}/0" if request.param == "redis" else f"unix://{path}"


@pytest.fixture
def heard(redis_url: str | None, installation: Runtime, owner: Owner) -> Iterator[Any]:
    """The worker's end of the queue: ``heard(huey)`` answers one message, if there is one."""
    owner.execute("DELETE FROM core.huey_task")
    pointers: list[list[str]] = []
    huey = build_huey(redis_url, installation.urls.dispatch)
    Doorbell(huey, pointers.append)
    huey.storage.flush_queue()

    def answer() -> list[list[str]]:
        task = huey.dequeue()
        if task is not None:
            huey.execute(task)
        return pointers

    answer.huey = huey  # type: ignore[attr-defined]
    yield answer
    huey.storage.flush_queue()


def pointers_of(count: int) -> list[tuple[UUID, UUID]]:
    return [(uuid7(), uuid7()) for _ in range(count)]


def test_ring_is_heard_on_the_other_side(
    redis_url: str | None, installation: Runtime, heard: Any
) -> None:
    doorbell = Doorbell(build_huey(redis_url, installation.urls.app))
    assert doorbell.problem() is None
    rung = pointers_of(3)
    doorbell.ring(rung)
    until(lambda: bool(heard()), "the message arrives")
    (told,) = heard()
    assert [parse_pointer(one) for one in told] == rung
    doorbell.close()
    assert doorbell.failures == 0


def test_many_deliveries_are_few_messages_and_none_is_lost(
    redis_url: str | None, installation: Runtime, heard: Any
) -> None:
    doorbell = Doorbell(build_huey(redis_url, installation.urls.app))
    rung = pointers_of(3 * BATCH + 1)
    for one in rung:
        doorbell.ring([one])
    doorbell.close()
    messages = []
    while sum(map(len, messages)) < len(rung):
        messages = heard()
    assert [parse_pointer(one) for message in messages for one in message] == rung
    assert max(map(len, messages)) <= BATCH
    assert len(messages) < len(rung) / 5


def test_message_is_json_with_ids_and_nothing_else(
    redis_url: str | None, installation: Runtime, heard: Any
) -> None:
    doorbell = Doorbell(build_huey(redis_url, installation.urls.app))
    ((tenant, delivery),) = rung = pointers_of(1)
    doorbell.ring(rung)
    doorbell.close()
    until(lambda: heard.huey.pending_count() == 1, "the message is there")
    message = json.loads(heard.huey.storage.enqueued_items(1)[0])
    assert [f"{tenant}/{delivery}"] in [
        part[0] for part in message if isinstance(part, list) and part
    ]


def test_pickle_is_not_unpacked(heard: Any, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "proof",))

    heard.huey.storage.enqueue(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match="decode"):
        heard()
    assert not (tmp_path / "proof").exists()


def test_whole_way(
    redis_url: str | None,
    installation: Runtime,
    tenant: NewTenant,
    heard: Any,
    control: Control,
    deliveries: Callable[..., list[Delivery]],
    dispatch: Database,
) -> None:
    """From a request in one process to the handler in another, without a sweeper."""
    runtime = dataclasses.replace(
        installation, doorbell=Doorbell(build_huey(redis_url, installation.urls.app))
    )
    Api(create_app(runtime), tenant.api_key).post(PATH, {"name": "x"})
    until(lambda: bool(heard()), "the message arrives")
    Dispatcher(installation, dispatch, 60).deliver(heard()[0])
    assert [one.state for one in deliveries()] == ["done"]
    assert len(control.seen) == 1
    runtime.doorbell.close()


# -- no queue --------------------------------------------------------------------------------------


@pytest.mark.parametrize("redis", [True, False])
def test_queue_that_is_away_fails_no_request_and_loses_no_event(
    installation: Runtime,
    tenant: NewTenant,
    run_events: DeliveryRun,
    control: Control,
    redis: bool,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    nowhere = f"127.0.0.1:{port}"
    huey = build_huey(
        f"redis://{nowhere}/0" if redis else None, f"postgresql://sparx_app@{nowhere}/x"
    )
    runtime = dataclasses.replace(installation, doorbell=Doorbell(huey))
    assert runtime.doorbell.problem() is not None
    api = Api(create_app(runtime), tenant.api_key)
    for _ in range(3):
        assert api.post(PATH, {"name": "x"}).status == 201
    until(lambda: runtime.doorbell.failures > 0, "the failure is noticed")
    assert run_events() == 6
    assert len(control.seen) == 3
    ready = api.get("/ready")
    assert ready.status == 200, "an API that serves is not taken out for its queue"
    assert ready.data["checks"]["queue"]["ok"] is False
    runtime.doorbell.close()


class HangingDoorbell(Doorbell):
    """Its queue takes a message and does not answer."""

    answer = threading.Event()

    def _send(self, pointers: list[str]) -> None:
        self.answer.wait(30)


def test_queue_that_does_not_answer_is_not_waited_for_without_end() -> None:
    doorbell = HangingDoorbell(Huey("hanging", storage_class=MemoryStorage))
    try:
        doorbell.ring((uuid7(), uuid7()) for _ in range(MAX_WAITING + 500))
        assert doorbell._waiting.qsize() <= MAX_WAITING
    finally:
        doorbell.answer.set()


def test_serving_role_can_ring_but_not_listen(installation: Runtime) -> None:
    doorbell = Doorbell(build_huey(None, installation.urls.app))
    doorbell.ring(pointers_of(1))
    doorbell.close()
    assert doorbell.failures == 0
    connection = psycopg2.connect(installation.urls.app)
    for sql in (
        "SELECT data FROM core.huey_task",
        "DELETE FROM core.huey_task",
        "UPDATE core.huey_task SET priority = 1",
    ):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege), connection.cursor() as cursor:
            cursor.execute(sql)
        connection.rollback()
    connection.close()


# -- the sweeper -----------------------------------------------------------------------------------


class NotedDoorbell(Doorbell):
    """Has a queue that can always be reached."""

    def __init__(self) -> None:
        super().__init__(Huey("noted", storage_class=MemoryStorage))

    def problem(self) -> str | None:
        return None


def swept(queue: NotedQueue, tenant: NewTenant) -> list[UUID]:
    """The deliveries of a tenant that were put into the queue since last asked."""
    found = [delivery for owner, delivery in queue.put_in if owner == tenant.tenant_id]
    queue.put_in.clear()
    return found


class NotedQueue(FairQueue):
    """Notes what was put into it, and gives nothing out."""

    def __init__(self) -> None:
        super().__init__(1)
        self.put_in: list[tuple[UUID, UUID]] = []

    def put(self, pointers: Iterable[tuple[UUID, UUID]]) -> None:
        self.put_in += pointers


@pytest.fixture
def queue() -> NotedQueue:
    return NotedQueue()


@pytest.fixture
def sweeper(installation: Runtime, dispatch: Database, queue: NotedQueue, owner: Owner) -> Sweeper:
    # What other tests left lying about is not to be found by these.
    owner.execute(
        "UPDATE core.deliveries SET state = 'skipped'"
        " WHERE state IN ('pending', 'retry', 'running')"
    )
    return Sweeper(installation, dispatch, NotedDoorbell(), queue)


def test_sweeper_rings_for_what_was_not_heard_and_not_again_at_once(
    create_probe: Callable[..., Any],
    sweeper: Sweeper,
    queue: NotedQueue,
    tenant: NewTenant,
    owner: Owner,
    deliveries: Callable[..., list[Delivery]],
) -> None:
    create_probe()
    assert sweeper.sweep() == 0, "somebody was told a moment ago"
    owner.execute(
        "UPDATE core.deliveries SET rung_at = now() - interval '1 minute' WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    assert sweeper.sweep() == 2
    assert deliveries()[0].id in swept(queue, tenant)
    assert sweeper.sweep() == 0
    assert swept(queue, tenant) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("state = 'pending'", True),
        ("state = 'retry'", True),
        ("state = 'retry', due_at = now() + interval '1 minute'", False),
        (
            "state = 'running', token = gen_random_uuid(), lease_until = now() - interval '1 s'",
            True,
        ),
        (
            "state = 'running', token = gen_random_uuid(), lease_until = now() + interval '1 m'",
            False,
        ),
        ("state = 'done'", False),
        ("state = 'dead'", False),
        ("state = 'blocked'", False),
        ("state = 'skipped'", False),
    ],
)
def test_what_is_due(
    create_probe: Callable[..., Any],
    sweeper: Sweeper,
    queue: NotedQueue,
    tenant: NewTenant,
    owner: Owner,
    change: str,
    found: bool,
) -> None:
    create_probe()
    owner.execute(
        f"UPDATE core.deliveries SET rung_at = NULL, {change} WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    sweeper.sweep()
    assert len(swept(queue, tenant)) == (2 if found else 0)


def test_busy_tenant_does_not_hide_the_others(
    api: Api,
    other_api: Api,
    new_tenant: TenantMaker,
    anonymous: Api,
    create_probe: Callable[..., Any],
    sweeper: Sweeper,
    dispatch: Database,
    owner: Owner,
) -> None:
    quiet = anonymous.with_key(new_tenant("quiet").api_key)
    for number in range(20):
        create_probe(f"n{number}")
    for client in (other_api, quiet):
        create_probe(client=client)
    owner.execute("UPDATE core.deliveries SET rung_at = NULL WHERE state = 'pending'")
    rows = dispatch.call("SELECT tenant_id, id FROM core.sweep_deliveries(5.0, 4, 100)")
    counts = [sum(tenant == one for tenant, _ in rows) for one in new_tenant.made]
    assert sorted(counts) == [2, 2, 4]


def test_two_sweepers_do_not_ring_for_the_same(
    create_probe: Callable[..., Any],
    sweeper: Sweeper,
    queue: NotedQueue,
    tenant: NewTenant,
    owner: Owner,
    installation: Runtime,
) -> None:
    for number in range(10):
        create_probe(f"n{number}")
    owner.execute(
        "UPDATE core.deliveries SET rung_at = NULL WHERE tenant_id = %s", tenant.tenant_id
    )
    first = psycopg2.connect(installation.urls.dispatch)
    with first.cursor() as cursor:
        cursor.execute("SELECT id FROM core.sweep_deliveries(5.0, 7, 7)")
        taken = {row[0] for row in cursor.fetchall()}
    sweeper.sweep()  # skips the rows that the open transaction of the first one holds
    rest = {str(one) for one in swept(queue, tenant)}
    first.commit()
    first.close()
    assert len(taken) == 7
    assert len(rest) == 13
    assert not taken & rest


def test_very_many_that_are_held_back_keep_nobody_busy(
    create_probe: Callable[..., Any],
    sweeper: Sweeper,
    queue: NotedQueue,
    tenant: NewTenant,
    owner: Owner,
    deliveries: Callable[..., list[Delivery]],
    dispatch: Database,
) -> None:
    """Each is looked at once: compared with each other they would take longer than a statement may,
    whatever the planner knows of them."""
    create_probe()
    (first,) = deliveries()
    owner.execute("ANALYZE core.deliveries")
    owner.execute(
        "INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type,"
        " aggregate_id, position, rung_at) SELECT tenant_id, gen_random_uuid(), handler, module,"
        " event_id, event_type, aggregate_id, position + n, NULL"
        " FROM core.deliveries, generate_series(1, 20000) n WHERE id = %s",
        first.id,
    )
    owner.execute("UPDATE core.deliveries SET rung_at = NULL WHERE id = %s", first.id)
    owner.execute(
        "UPDATE pg_class SET reltuples = 0, relpages = 2000"  # as after very many were deleted
        " WHERE oid = 'core.deliveries'::regclass"
    )
    sweeper.sweep()
    assert swept(queue, tenant) == [first.id]
    claimed = "SELECT count(*) FROM core.claim_delivery(%s, %s, 60)"
    last = owner.value(
        "SELECT id FROM core.deliveries WHERE tenant_id = %s ORDER BY position DESC LIMIT 1",
        tenant.tenant_id,
    )
    for delivery, count in ((last, 0), (first.id, 1)):
        assert dispatch.call(claimed, (str(delivery), str(tenant.tenant_id))) == [(count,)]
    owner.execute("DELETE FROM core.deliveries WHERE tenant_id = %s", tenant.tenant_id)
    owner.execute("ANALYZE core.deliveries")
