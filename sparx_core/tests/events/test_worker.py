"""The worker as a process: what it refuses, what it warns of, how it stops."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from huey import Huey
from huey.storage import MemoryStorage

from sparx_core import Context
from sparx_core.db.connection import Database
from sparx_core.db.dsn import DatabaseSetupError
from sparx_core.db.guard import refuse_forgetful_commits
from sparx_core.errors import Unavailable
from sparx_core.events import worker as workers
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import Pointer, build_huey, told_of
from sparx_core.events.fairness import FairQueue
from sparx_core.events.pool import Pool
from sparx_core.events.types import Occurrence
from sparx_core.events.worker import Listener
from sparx_core.ids import uuid7
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from ..probe.declared import Control, Note
from .conftest import Delivery

Read = Callable[..., list[Delivery]]
PATIENCE = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


# -- at the start ----------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["on", "local", "remote_apply", "off"])
def test_commits_that_a_crash_forgets_are_refused(installation: Runtime, setting: str) -> None:
    mark = "&" if "?" in installation.urls.app else "?"
    url = f"{installation.urls.app}{mark}options=-c%20synchronous_commit%3D{setting}"
    database = Database(url)
    try:
        if setting == "off":
            with pytest.raises(DatabaseSetupError, match="synchronous_commit"):
                refuse_forgetful_commits(database)
        else:
            refuse_forgetful_commits(database)
    finally:
        database.close()


class Memory:
    """A Redis that says how it evicts, or is away."""

    def __init__(self, policy: str | None) -> None:
        self.policy = policy

    def info(self, section: str) -> dict[str, str]:
        assert section == "memory"
        if self.policy is None:
            raise ConnectionError("away")
        return {"maxmemory_policy": self.policy}


@pytest.mark.parametrize(
    ("policy", "warned"),
    [
        ("allkeys-lru", True),
        ("allkeys-random", True),
        ("noeviction", False),
        ("volatile-ttl", False),  # messages have no time to live
        (None, False),
    ],
)
def test_a_redis_that_evicts_messages_is_told_of(policy: str | None, warned: bool) -> None:
    huey = build_huey("redis://127.0.0.1:1/0", "postgresql://nobody@127.0.0.1:1/none")
    huey.storage.conn = Memory(policy)
    assert [("noeviction" in told) for told in told_of(huey)] == [True] * warned


def test_a_queue_in_the_database_evicts_nothing(installation: Runtime) -> None:
    assert told_of(build_huey(None, installation.urls.dispatch)) == []


# -- at the end ------------------------------------------------------------------------------------


def test_the_second_signal_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(workers.os, "_exit", ended.append)
    monkeypatch.setattr(workers, "SAME_SECONDS", 3600.0)
    listener = Listener(Huey("signals", storage_class=MemoryStorage), workers=1, periodic=False)
    listener._handle_signal(15, None)
    assert (listener._signum, listener._graceful, listener._restart) == (15, True, False)
    listener._handle_signal(15, None)
    assert ended == [], "the same one, sent to the process and to its group"
    monkeypatch.setattr(workers, "SAME_SECONDS", 0.0)
    listener._handle_signal(2, None)
    assert ended == [1]


class Slow:
    """A dispatcher whose work takes until it is told to end."""

    def __init__(self) -> None:
        self.go, self.begun = threading.Event(), list[Pointer]()

    def take_turn(self, pointer: Pointer) -> Pointer | None:
        self.begun.append(pointer)
        self.go.wait(PATIENCE)
        return None


def some(tenant: UUID, count: int) -> list[Pointer]:
    return [(tenant, uuid7()) for _ in range(count)]


def test_it_finishes_what_runs_and_begins_nothing() -> None:
    slow, queue = Slow(), FairQueue(2)
    pool = Pool(queue, slow, 3)  # type: ignore[arg-type]
    pool.start()
    queue.put(some(uuid7(), 10))
    until(lambda: len(slow.begun) == 2, "two are begun")
    assert pool.stop(0.0) is False
    slow.go.set()
    assert pool.stop(PATIENCE) is True
    assert len(slow.begun) == 2
    assert len(queue) == 8


def test_without_a_database_it_forgets_what_waits_and_goes_on() -> None:
    """The rows are there; a sweeper finds them."""
    calls: list[Pointer] = []

    class Away(Slow):
        def take_turn(self, pointer: Pointer) -> Pointer | None:
            calls.append(pointer)
            if len(calls) == 1:
                raise Unavailable
            return None

    queue = FairQueue(1)
    queue.put(some(uuid7(), 10))
    pool = Pool(queue, Away(), 1)  # type: ignore[arg-type]
    pool.start()
    until(lambda: len(calls) == 1 and len(queue) == 0, "nothing waits")
    queue.put(some(uuid7(), 1))
    until(lambda: len(calls) == 2, "it goes on")
    assert pool.stop(PATIENCE)


def test_what_takes_too_long_is_given_back_and_leaves_nothing(
    api: Api, create_probe: Callable[..., Any], control: Control, installation: Runtime,
    dispatch: Database, deliveries: Read, pointer: Callable[[Delivery], str], owner: Owner,
    tenant: NewTenant,
) -> None:  # fmt: skip
    running, go = threading.Event(), threading.Event()

    def wait(ctx: Context, event: Occurrence) -> None:
        ctx.insert(Note(probe=event.aggregate_id, position=0, text="late"))
        ctx.flush()
        running.set()
        go.wait(PATIENCE)

    control.reaction = wait
    probe = create_probe()
    (delivery,) = deliveries()
    dispatcher = Dispatcher(installation, dispatch, 60)
    thread = threading.Thread(target=dispatcher.deliver, args=([pointer(delivery)],))
    thread.start()
    assert running.wait(PATIENCE)
    dispatcher.stop()
    (given_back,) = deliveries()
    assert (given_back.state, given_back.token) == ("retry", None)
    assert given_back.wait <= 0, "others need not wait"
    go.set()
    thread.join(PATIENCE)
    assert [one.state for one in deliveries()] == ["retry"]
    assert api.get(f"/v1/probe/probes/{probe['id']}").data["notes"] == []


def test_work_whose_lease_is_lost_ends_at_its_next_statement(
    api: Api, create_probe: Callable[..., Any], control: Control, installation: Runtime,
    dispatch: Database, deliveries: Read, pointer: Callable[[Delivery], str], owner: Owner,
) -> None:  # fmt: skip
    """The heartbeat finds it out; what follows would be in vain."""
    reached: list[str] = []

    def lose(ctx: Context, event: Occurrence) -> None:
        work = ctx.work
        assert work is not None
        owner.execute(
            "UPDATE core.deliveries SET token = gen_random_uuid() WHERE id = %s", work.delivery
        )
        until(lambda: work.lost, "the heartbeat finds it out")
        reached.append("lost")
        ctx.first(Note.select())
        reached.append("after")

    control.reaction = lose
    create_probe()
    (delivery,) = deliveries()
    dispatcher = Dispatcher(installation, dispatch, 8)
    dispatcher.start_heartbeat()
    dispatcher.deliver([pointer(delivery)])
    dispatcher.stop()
    assert reached == ["lost"]
    assert [one.state for one in deliveries()] == ["running"], "it is the other worker's"
