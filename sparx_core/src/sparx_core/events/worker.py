"""The worker process: Huey's consumer hears the doorbell, threads of our own do the work."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from types import FrameType

import structlog
from huey.consumer import Consumer

from sparx_core.db.connection import Database
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import (
    POLL_SECONDS,
    WEBHOOKS,
    Doorbell,
    build_huey,
    parse_pointer,
    told_of,
)
from sparx_core.events.fairness import FairQueue
from sparx_core.events.pool import Pool
from sparx_core.events.quarantine import Quarantine
from sparx_core.events.sweeper import Sweeper
from sparx_core.runtime import Runtime
from sparx_core.webhooks.sending.sender import Sender, build_sender

log = structlog.get_logger(__name__)

#: Threads that only hear: they take messages off the queue and put what these name into our own.
LISTENERS = 2
#: Seconds that a stopping worker gives to the handlers that still run.
GRACE_SECONDS = 30
#: A signal that comes again so soon is the same one, sent to the process and to its group.
SAME_SECONDS = 0.5


class CalmQueueErrors(logging.Filter):
    """While the queue is away Huey says so 25 times a second, each time with its stack.

    One line every ten seconds says the same.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        super().__init__()
        self.seconds = seconds
        self._told = -seconds

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info is None or not str(record.msg).startswith("Error reading"):
            return True
        now = time.monotonic()
        if now - self._told < self.seconds:
            return False
        self._told = now
        record.msg, record.args = "%s: %s", (record.msg, record.exc_info[1])
        record.exc_info = None
        return True


class Listener(Consumer):  # type: ignore[misc]
    """Huey's consumer, which a signal stops gracefully, and a second one at once."""

    #: What the log tells of this worker.
    described: Mapping[str, object] = {}
    _signalled_at: float | None = None

    def start(self) -> None:
        super().start()
        # From now on a signal stops it gracefully.
        log.info("worker_started", **self.described)

    def _handle_signal(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._signalled_at is None:
            self._signalled_at = now
            self._signum, self._restart, self._graceful = number, False, True
        elif now - self._signalled_at > SAME_SECONDS:
            os._exit(1)


def run_worker(runtime: Runtime, threads: int = 4) -> None:
    """Work until SIGTERM or SIGINT, then finish the running handlers and return.

    Huey's scheduler and periodic tasks are off: what waits has a row with ``due_at``.
    """
    settings = runtime.settings
    dispatch = Database(runtime.urls.dispatch)
    quarantine = Quarantine()
    dispatcher = Dispatcher(runtime, dispatch, settings.lease_seconds, quarantine)
    queue = FairQueue(threads)
    pool = Pool(queue, dispatcher, threads + 1)
    huey = build_huey(settings.redis_url, runtime.urls.dispatch)
    sender = build_sender(runtime)
    doorbell = Doorbell(huey, lambda named: _hear(named, queue, sender))
    sweeper = Sweeper(runtime, dispatch, doorbell, queue)
    for risk in told_of(huey):
        log.warning("queue_at_risk", problem=risk)
    listener = _listener(doorbell)
    listener.described = {
        "threads": threads,
        "queue": "redis" if settings.redis_url else "postgresql",
    }
    dispatcher.start_heartbeat()
    pool.start()
    sweeper.start()
    sender.start()
    try:
        listener.run()
    finally:
        sweeper.stop()
        sender.begin_to_stop()
        pool.stop(GRACE_SECONDS)
        sender.stop()
        quarantine.stop()
        dispatcher.stop()
        doorbell.close()
        log.info("worker_stopped")


def _hear(named: list[str], queue: FairQueue, sender: Sender) -> None:
    """A message: deliveries to handlers, and whether webhook deliveries may be due."""
    if WEBHOOKS in named:
        sender.wake()
    queue.put(parse_pointer(one) for one in named if one != WEBHOOKS)


def _listener(doorbell: Doorbell) -> Listener:
    calm = CalmQueueErrors()
    for name in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{name}").addFilter(calm)
    return Listener(
        doorbell.huey,
        workers=LISTENERS,
        periodic=False,
        initial_delay=POLL_SECONDS / 4,
        max_delay=POLL_SECONDS,
        scheduler_interval=60,
        worker_type="thread",
        shutdown_timeout=GRACE_SECONDS,
        graceful_signal="TERM",
    )
