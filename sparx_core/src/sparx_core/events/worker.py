"""The worker process: Huey's consumer, with a sweeper that needs no doorbell to be heard."""

from __future__ import annotations

import logging
import random
import time
from threading import Event as Signal
from threading import Thread

import structlog
from huey.consumer import Consumer

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.events.dispatch import BLOCKED_DELAY, Dispatcher
from sparx_core.events.doorbell import POLL_SECONDS, Doorbell, build_huey, pointer_text
from sparx_core.events.retention import Retention, kept
from sparx_core.events.schedules import Schedules
from sparx_core.runtime import Runtime

log = structlog.get_logger(__name__)

#: A delivery that was rung and not begun for so many seconds is rung again.
QUIET_SECONDS = 5.0
#: The same while the queue cannot be reached, so that nobody rings.
UNHEARD_SECONDS = 1.0
#: Deliveries rung by one sweep, of one tenant and in all.
SWEEP_PER_TENANT, SWEEP_AT_MOST = 100, 500
#: Seconds that a stopping worker gives to the handlers that still run.
GRACE_SECONDS = 30

_SWEEP = "SELECT tenant_id, id FROM core.sweep_deliveries(%s, %s, %s)"
_UNBLOCK = "SELECT core.unblock_deliveries(%s)"


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


class Sweeper:
    """Looks for due deliveries about once a second and rings for them.

    Every worker has one; they skip each other's rows, so none leads. While the queue cannot be
    reached it works off what it finds itself: events are late then, but handled.
    """

    def __init__(
        self, runtime: Runtime, dispatch: Database, doorbell: Doorbell, dispatcher: Dispatcher
    ) -> None:
        self.runtime = runtime
        self.dispatch = dispatch
        self.doorbell = doorbell
        self.dispatcher = dispatcher
        self.schedules = Schedules(dispatch, runtime.registry.periodic.values())
        self.retention = Retention(dispatch, kept(runtime.settings))
        self._stopping = Signal()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=5)

    def sweep(self) -> int:
        """Ring for what is due and was not rung for a while; how many that were."""
        unheard = self.doorbell.problem() is not None
        quiet = UNHEARD_SECONDS if unheard else QUIET_SECONDS
        due = self.dispatch.call(_SWEEP, (quiet, SWEEP_PER_TENANT, SWEEP_AT_MOST))
        if not unheard:
            self.doorbell.ring((tenant, delivery) for tenant, delivery in due)
            return len(due)
        for tenant, delivery in due:
            if self._stopping.is_set():
                break
            self.dispatcher.deliver([pointer_text(tenant, delivery)])
        return len(due)

    def begin_periodic(self) -> None:
        """Ring for periodic work that has become due; unheard, the next sweep finds it."""
        due = self.schedules.due()
        if due and self.doorbell.problem() is None:
            self.doorbell.ring(due)

    def unblock(self) -> None:
        """Deliveries that waited for a handler which this worker has become due."""
        self.dispatch.call(_UNBLOCK, (list(self.runtime.registry.handlers),))

    def _run(self) -> None:
        self._quietly(self.unblock)
        unblocked = time.monotonic()
        while not self._stopping.wait(random.uniform(0.8, 1.2)):
            self._quietly(self.begin_periodic)
            self._quietly(self.sweep)
            self._quietly(self.retention.look)
            # Again and again: a worker that lacks a module may start, or claim, after this one.
            if time.monotonic() - unblocked > BLOCKED_DELAY:
                self._quietly(self.unblock)
                unblocked = time.monotonic()

    def _quietly(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except Unavailable:
            log.warning("sweep_failed")
        except Exception:
            log.exception("sweep_failed")


def run_worker(runtime: Runtime, threads: int = 4) -> None:
    """Consume until SIGTERM, then finish the running handlers and return.

    Huey's scheduler and periodic tasks are off: what waits has a row with ``due_at``.
    """
    dispatch = Database(runtime.urls.dispatch)
    dispatcher = Dispatcher(runtime, dispatch, runtime.settings.lease_seconds)
    huey = build_huey(runtime.settings.redis_url, runtime.urls.dispatch)
    doorbell = Doorbell(huey, dispatcher.deliver)
    sweeper = Sweeper(runtime, dispatch, doorbell, dispatcher)
    consumer = Consumer(
        huey,
        workers=threads,
        periodic=False,
        initial_delay=POLL_SECONDS / 4,
        max_delay=POLL_SECONDS,
        scheduler_interval=60,
        worker_type="thread",
        shutdown_timeout=GRACE_SECONDS,
        graceful_signal="TERM",
    )
    calm = CalmQueueErrors()
    for name in ("Worker", "Scheduler"):
        logging.getLogger(f"huey.consumer.{name}").addFilter(calm)
    dispatcher.start_heartbeat()
    sweeper.start()
    log.info(
        "worker_started",
        threads=threads,
        queue="redis" if runtime.settings.redis_url else "postgresql",
    )
    try:
        consumer.run()
    finally:
        sweeper.stop()
        dispatcher.stop()
        doorbell.close()
        log.info("worker_stopped")
