"""The doorbell: a Huey message that says "these deliveries may be due", and nothing else.

Huey forgets a message before its task runs, on every storage; so nothing depends on it. A
lost message costs the seconds until a sweeper looks. Ringing never fails a request and never
makes it wait: a thread of each process takes what committed and rings once for all of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from threading import Thread
from typing import Any
from uuid import UUID

import structlog
from huey import Huey, RedisHuey
from huey.contrib.sql_huey import SqlStorage
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import RedisStorage
from peewee import PostgresqlDatabase
from redis import ConnectionPool
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

QUEUE = "sparx"
#: Deliveries named by one message at most.
BATCH = 50
#: Seconds between two messages of one process: under load one message rings for many.
PAUSE_SECONDS = 0.02
#: Seconds after which a worker that heard nothing looks into the queue, when it has to poll.
POLL_SECONDS = 0.2

#: Deliveries that may wait for a queue that does not answer. The sweepers find the others.
MAX_WAITING = 10_000

Pointer = tuple[UUID, UUID]

#: In a message: webhook deliveries may be due. Whose they are a sender finds out.
WEBHOOKS = "webhooks"


class JsonSerializer(Serializer):  # type: ignore[misc]
    """Messages as JSON: Huey's pickles would let whoever writes to Redis run code here."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(list(data)).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class SqlDoorbellStorage(SqlStorage):  # type: ignore[misc]
    """Huey's SQL storage on the tables that the core's migrations made, in schema ``core``."""

    def create_models(self) -> Any:
        models = super().create_models()
        for model in models:
            model._meta.schema = "core"
            model._meta.set_table_name(f"huey_{model.__name__.lower()}")
        return models


#: For how long a worker's read waits in Redis for a message, and the longer one for an answer.
_READ_SECONDS, REDIS_SECONDS = 1, 2


def build_huey(redis_url: str | None, database_url: str) -> Huey:
    """Huey on Redis when there is one, else on the PostgreSQL of ``database_url``."""
    if redis_url:
        pool = ConnectionPool.from_url(
            redis_url,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=1,
            health_check_interval=15,
            retry=Retry(NoBackoff(), 1),
        )
        return RedisHuey(
            QUEUE,
            results=False,
            serializer=JsonSerializer(),
            connection_pool=pool,
            blocking=True,
            read_timeout=_READ_SECONDS,
        )
    return Huey(
        QUEUE,
        results=False,
        serializer=JsonSerializer(),
        storage_class=SqlDoorbellStorage,
        database=PostgresqlDatabase(database_url),
        create_tables=False,
    )


class Doorbell:
    """Rings for committed deliveries from a thread of its own."""

    def __init__(self, huey: Huey, deliver: Callable[[list[str]], None] | None = None) -> None:
        self.huey = huey
        self.failures = 0
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._thread: Thread | None = None

        # Defined here: Huey knows a task by this module's name, in every process.
        def answer(pointers: list[str]) -> None:
            (deliver or _not_a_worker)(pointers)

        self._task = huey.task(name="deliver", retries=0)(answer)

    def ring(self, deliveries: Iterable[Pointer]) -> None:
        """Ask for deliveries to be worked off. Returns at once; call it after the commit."""
        for tenant, delivery in deliveries:
            if self._waiting.qsize() < MAX_WAITING:
                self._waiting.put(pointer_text(tenant, delivery))
        self._begin()

    def ring_webhooks(self) -> None:
        """Ask for webhook deliveries to be sent; like :meth:`ring`."""
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(WEBHOOKS)
        self._begin()

    def _begin(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            # Started here, so that a forked process has a thread of its own.
            self._thread = Thread(target=self._run, name="doorbell", daemon=True)
            self._thread.start()

    def problem(self) -> str | None:
        """What keeps the queue from being reached, or None."""
        try:
            storage = self.huey.storage
            if isinstance(storage, SqlDoorbellStorage):
                storage.check_conn()
            else:
                # Written and not read: one that is full, or a replica, takes no messages either.
                storage.conn.set(f"{QUEUE}.probe", 1, ex=60)
        except Exception as error:
            return type(error).__name__
        return None

    def close(self) -> None:
        """Ring for what still waits, then stop."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < BATCH and not self._waiting.empty():
                batch.append(self._waiting.get())
            pointers = [pointer for pointer in dict.fromkeys(batch) if pointer is not None]
            if pointers:
                self._send(pointers)
            if None in batch:
                return
            time.sleep(PAUSE_SECONDS)

    def _send(self, pointers: list[str]) -> None:
        try:
            self._task(pointers)
        except Exception as error:
            # Redis or the database is away: the sweepers find the deliveries by themselves.
            self.failures += 1
            log.warning("doorbell_failed", error=str(error), deliveries=len(pointers))


def told_of(huey: Huey) -> list[str]:
    """What is wrong with how the queue is kept, if that can be seen; nothing of it loses an event.

    A Redis that evicts whatever it likes throws messages away when it is full, and a cache beside
    the queue makes it full.
    """
    if not isinstance(huey.storage, RedisStorage):
        return []
    try:
        policy = str(huey.storage.conn.info("memory").get("maxmemory_policy", ""))
    except Exception:  # it is away, or does not say
        return []
    if not policy.startswith("allkeys"):
        return []
    return [
        f"Redis evicts messages when it is full (maxmemory-policy {policy}), which makes events"
        " late. Set it to noeviction, or give the queue a Redis of its own."
    ]


def pointer_text(tenant: UUID, delivery: UUID) -> str:
    return f"{tenant}/{delivery}"


def parse_pointer(text: str) -> Pointer:
    tenant, _, delivery = text.partition("/")
    return UUID(tenant), UUID(delivery)


def _not_a_worker(pointers: list[str]) -> None:
    raise RuntimeError("deliveries are worked off by `sparx worker`")
