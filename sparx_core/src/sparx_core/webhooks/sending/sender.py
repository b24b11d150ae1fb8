"""The sender of a worker: claims what is due, has it sent by threads, and stores what came of it.

One thread talks to the database, and it alone: while a request is under way nothing is held there
but a lease. A worker that is killed loses nothing: its leases run out, and another one sends again,
with the same ids.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread
from time import monotonic, sleep
from typing import Protocol

import structlog
from peewee import PeeweeException

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.events.doorbell import Pointer
from sparx_core.outbound import OutboundError, OutboundResponse
from sparx_core.runtime import Runtime
from sparx_core.webhooks.sending.claims import LEAST_LEASE, Claimed, Claims
from sparx_core.webhooks.sending.message import Composer
from sparx_core.webhooks.sending.outcome import Outcome, of_error, of_response, records
from sparx_core.webhooks.sending.pool import SLOW_SECONDS, SendingPool
from sparx_core.webhooks.sending.request import Compose, EventGone, Headers

log = structlog.get_logger(__name__)

#: Seconds between two looks at what is due when nobody rings, more or less a fifth.
LOOK_SECONDS = 1.0
#: Seconds that a stopping sender gives to the requests that are under way: what one may take.
GRACE_SECONDS = 15.0
#: Seconds for which outcomes are gathered, so that one statement stores many; how many at most, and
#: how much.
GATHER_SECONDS, GATHERED, GATHERED_BYTES = 0.004, 100, 4_000_000
#: The shortest time between two claims.
_LEAST_WAIT = 0.002

_RECORD = "SELECT tenant_id, id FROM core.record_attempts(%s, %s)"


class Transport(Protocol):
    """What sends a request: ``runtime.outbound``, or a recorder in tests."""

    def send(
        self, method: str, url: str, *, headers: Headers = ..., body: bytes = ...
    ) -> OutboundResponse: ...


class Sender:
    """Sends the webhooks of all tenants, as one of any number of workers.

    ``ring`` rings for deliveries to handlers.
    """

    def __init__(
        self,
        dispatch: Database,
        transport: Transport,
        compose: Compose,
        threads: int,
        ring: Callable[[list[Pointer]], None],
        *,
        lease: float = LEAST_LEASE,
    ) -> None:
        self.dispatch, self.transport, self.compose, self.ring = dispatch, transport, compose, ring
        self.lease = lease
        #: Divides the waits between attempts, for tests that have no time.
        self.pace = 1.0
        self.claims = Claims(dispatch)
        self.pool = SendingPool(self._send, threads)
        self._changed = Condition()
        self._outcomes: deque[Outcome] = deque()
        self._rung = False
        self._stopping = False
        self._look_at = self._release_at = self._end_at = 0.0
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """Something is due: look at once. Returns at once."""
        with self._changed:
            self._rung = True
            self._changed.notify()

    def begin_to_stop(self) -> None:
        """Claim nothing more. Returns at once."""
        with self._changed:
            if not self._stopping:
                self._stopping, self._end_at = True, monotonic() + GRACE_SECONDS
            self._changed.notify()

    def stop(self) -> None:
        """Claim nothing more; returns when what was under way is over, or its time is."""
        self.begin_to_stop()
        self._thread.join(GRACE_SECONDS + 5)

    def work_off(self) -> list[Outcome]:
        """Send all that is due, here and now, one after the other; what came of it. For tests."""
        outcomes: list[Outcome] = []
        while True:
            self.claims.release()
            claimed = self.claims.claim(self.pool.size, self.pool.size, self.lease)
            done = [self.attempt(one) for one in claimed]
            outcomes += done
            if done:
                self._record(done)
            elif self.claims.wait is None or self.claims.wait > LOOK_SECONDS:
                return outcomes
            else:
                sleep(max(_LEAST_WAIT, self.claims.wait))

    # -- one message, in a thread of the pool ----------------------------------------------

    def _send(self, claimed: Claimed) -> None:
        outcome = self.attempt(claimed)
        with self._changed:
            self._outcomes.append(outcome)
            self._changed.notify()

    def attempt(self, claimed: Claimed) -> Outcome:
        """Send a delivery once; what came of it. Never raises."""
        started = claimed.time(monotonic())
        outcome = Outcome(claimed, "fault", started, error="fault")
        try:
            message = self.compose(claimed, int(started))
            body = message.body.decode() if claimed.body is None else None
            outcome = Outcome(claimed, "fault", started, request_headers=message.shown, body=body)
            response = self.transport.send(
                "POST", claimed.url, headers=message.headers, body=message.body
            )
            return _noted(of_response(outcome, response))
        except OutboundError as error:
            return _noted(of_error(outcome, error))
        except EventGone:
            return Outcome(claimed, "cancel", started, error="event_gone")
        except Exception as error:
            # The receiver is not to blame, and the other deliveries have to go on.
            log.exception("webhook_not_sent", delivery=str(claimed.delivery))
            return Outcome(claimed, "fault", started, error="fault", message=type(error).__name__)

    # -- the thread that talks to the database ---------------------------------------------

    def _run(self) -> None:
        while not self._over():
            self._wait()
            try:
                self._tell()
                if not self._stopping:
                    self._look()
            except Unavailable:
                log.warning("webhooks_wait", reason="the database is not available")
                self._pause()
            except Exception:
                log.exception("webhooks_failed")
                self._pause()
        self.pool.close()
        self.dispatch.close()

    def _over(self) -> bool:
        if not self._stopping:
            return False
        return (self.pool.idle and not self._outcomes) or monotonic() > self._end_at

    def _wait(self) -> None:
        """Until there is something to tell or to look for."""
        with self._changed:
            while not (self._outcomes or self._rung or self._stopping):
                left = self._look_at - monotonic()
                if left <= 0 or not self._changed.wait(left):
                    break
            if self._stopping and not self._outcomes:
                self._changed.wait(0.05)
        if self._outcomes:
            sleep(GATHER_SECONDS)

    def _pause(self) -> None:
        sleep(LOOK_SECONDS / 2)

    def _tell(self) -> None:
        """Store what came of requests; all of it, unless the database is not available."""
        while self._outcomes:
            gathered: list[Outcome] = []
            size = 0
            while self._outcomes and len(gathered) < GATHERED and size < GATHERED_BYTES:
                gathered.append(self._outcomes.popleft())
                size += gathered[-1].size
            try:
                self._record(gathered)
            except Unavailable:
                # Whose lease is over is sent again: what came of it is told then.
                now = monotonic()
                kept = [one for one in gathered if now - one.claimed.clock < self.lease]
                self._outcomes.extendleft(reversed(kept))
                raise
            except PeeweeException:
                log.exception("webhook_outcomes_refused", attempts=len(gathered))
                for one in gathered:
                    self._record_bare(one)

    def _record(self, outcomes: list[Outcome]) -> None:
        told = self.dispatch.call(_RECORD, (records(outcomes), self.pace))
        if told:
            self.ring([(tenant, delivery) for tenant, delivery in told])

    def _record_bare(self, outcome: Outcome) -> None:
        """Store an attempt without what others wrote, so that it cannot keep back the rest."""
        try:
            self._record([outcome.bare()])
        except PeeweeException:
            log.exception("webhook_outcome_lost", delivery=str(outcome.claimed.delivery))

    def _look(self) -> None:
        """Claim as many deliveries as can begin, and say when to look again."""
        self._rung = False
        now = monotonic()
        if now >= self._release_at:
            self.claims.release()
            self._release_at = now + LOOK_SECONDS * random.uniform(0.8, 1.2)
        free = self.pool.free()
        if free == 0:
            # The end of a request is told of; that one has become slow is not.
            self._look_at = now + SLOW_SECONDS / 4
            return
        claimed = self.claims.claim(free, self.pool.free_for_trials(), self.lease)
        for one in claimed:
            self.pool.put(one)
        took = monotonic() - now
        wait = LOOK_SECONDS * random.uniform(0.8, 1.2)
        if self.claims.wait is not None:
            wait = min(wait, max(_LEAST_WAIT, self.claims.wait))
        # Looking takes longer the more tenants wait for something, and may not be all that is done.
        self._look_at = now + max(wait, 0 if claimed else 4 * took)


def build_sender(runtime: Runtime) -> Sender:
    """The sender of a worker, with a connection of its own."""
    return Sender(
        Database(runtime.urls.dispatch),
        runtime.outbound,
        Composer(runtime),
        runtime.settings.webhook_threads,
        runtime.doorbell.ring,
        lease=max(LEAST_LEASE, runtime.settings.lease_seconds),
    )


def _noted(outcome: Outcome) -> Outcome:
    if outcome.result != "delivered":
        claimed = outcome.claimed
        log.info(
            "webhook_failed",
            delivery=str(claimed.delivery),
            subscription=str(claimed.subscription_id),
            attempt=claimed.attempt,
            status=outcome.status,
            error=outcome.error,
        )
    return outcome
