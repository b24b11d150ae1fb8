"""Working a delivery off: claim it, become its tenant, run the handler, mark it done.

The claim is a transaction of its own (role ``sparx_dispatch``); the work and the mark that it
was done are one transaction of ``sparx_app``. A worker that lost its lease finds its token
gone when it marks, and rolls back: what a handler does to the database happens exactly once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from threading import Event as Signal
from threading import Lock, Thread
from uuid import UUID

import structlog
from peewee import PeeweeException

from sparx_core.db.connection import Database
from sparx_core.errors import ApiError, Unavailable
from sparx_core.events.dead import bury
from sparx_core.events.doorbell import Pointer, parse_pointer
from sparx_core.events.failures import MAX_ATTEMPTS, Failure, retry_delay
from sparx_core.events.held import Held, claim, entered, refuse_loops
from sparx_core.events.quarantine import Quarantine
from sparx_core.events.types import Handler
from sparx_core.events.work import LeaseLost, Work
from sparx_core.runtime import Runtime

log = structlog.get_logger(__name__)

#: Seconds for which a thread goes on with work of many transactions before others get their turn.
TURN_SECONDS = 2.0
#: Seconds after which deliveries whose handler was not installed somewhere are looked at again.
BLOCKED_DELAY = 60.0

_EXTEND = "SELECT core.extend_lease(%s, %s, %s, %s)"
_RELEASE = "SELECT core.release_delivery(%s, %s, %s, %s, %s, %s, %s)"
# Marks the delivery and finds the next one that waited for it: one handler sees the events of
# one aggregate in order.
_DONE = """
WITH done AS (
    UPDATE core.deliveries SET state = %s, token = NULL, lease_until = NULL, unanswered = 0,
           finished_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE id = %s AND token = %s RETURNING handler, aggregate_id, position)
SELECT n.id FROM done
  LEFT JOIN LATERAL (
    SELECT id FROM core.deliveries w
     WHERE w.handler = done.handler AND w.aggregate_id = done.aggregate_id
       AND w.position > done.position AND w.state IN ('pending', 'retry')
       AND w.due_at <= clock_timestamp()
     ORDER BY w.position LIMIT 1) n ON true
"""

# Gives the delivery back for the next transaction of the same work. What was done is done, so that
# the attempts begin anew.
_AGAIN = """
UPDATE core.deliveries SET state = 'pending', token = NULL, lease_until = NULL, attempt = 0,
       unanswered = 0, last_error = NULL, due_at = clock_timestamp() + make_interval(secs => %s),
       rung_at = CASE WHEN %s = 0 THEN clock_timestamp() END, updated_at = clock_timestamp()
 WHERE id = %s AND token = %s RETURNING NULL::uuid
"""


class Dispatcher:
    """Works deliveries off in this process, one a thread at a time.

    With a ``quarantine`` it also takes those that have killed their workers.
    """

    def __init__(
        self,
        runtime: Runtime,
        dispatch: Database,
        lease_seconds: float,
        quarantine: Quarantine | None = None,
    ) -> None:
        self.runtime = runtime
        self.dispatch = dispatch
        self.lease_seconds = lease_seconds
        self.quarantine = quarantine
        self._held: dict[UUID, tuple[Held, Work | None]] = {}
        self._lock = Lock()
        self._stopping = Signal()

    def deliver(self, pointers: Iterable[str]) -> None:
        """Work off what a message names, and what waited for it."""
        for text in pointers:
            pointer: Pointer | None = parse_pointer(text)
            while pointer is not None:
                pointer = self.take_turn(pointer)

    def take_turn(self, pointer: Pointer) -> Pointer | None:
        """Work off a delivery and, for some seconds, what waited for it; what is left of that."""
        ends = time.monotonic() + TURN_SECONDS
        following = self._deliver_one(*pointer)
        while following is not None and time.monotonic() < ends:
            following = self._deliver_one(*following)
        return following

    def start_heartbeat(self) -> None:
        """Prolong held leases from a thread, so that slow work is not taken for dead."""
        Thread(target=self._heartbeat, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        """Give back what is still held: its work will be fenced, and others need not wait."""
        self._stopping.set()
        with self._lock:
            held = [one for one, _ in self._held.values()]
        for one in held:
            log.warning("delivery_given_back", delivery=str(one.delivery), handler=one.handler)
            self._release(one, "retry", "its worker was stopped")

    # -- one delivery ----------------------------------------------------------------------

    def _deliver_one(self, tenant: UUID, delivery: UUID) -> Pointer | None:
        """Returns the next delivery of the same handler and aggregate, if one waited; the same one
        if there is more to do.
        """
        alone = self.quarantine is not None and self.quarantine.is_free()
        held = claim(self.dispatch, tenant, delivery, self.lease_seconds, alone=alone)
        if held is None:
            return None
        handler = self.runtime.registry.handlers.get(held.handler)
        if handler is None:
            reason = f"{held.module} is not installed here"
            self._release(held, "blocked", reason, BLOCKED_DELAY)
            return None
        with self._lock:
            self._held[delivery] = (held, None)
        if held.attempt > MAX_ATTEMPTS:
            self._fail(held, Failure(f"{MAX_ATTEMPTS} attempts without an outcome", True))
        elif held.quarantined and self.quarantine is not None:
            self.quarantine.run(held, self._failed_alone)
        else:
            return self._attempt(handler, held)
        return None

    def _attempt(self, handler: Handler, held: Held) -> Pointer | None:
        try:
            following = self.run(handler, held)
        except LeaseLost:
            log.warning("lease_lost", delivery=str(held.delivery), handler=held.handler)
            self._let_go(held)
            return None
        except Exception as error:
            self._fail(held, Failure.of(error), error)
            return None
        self._let_go(held)
        return (held.tenant, following) if following else None

    def run(self, handler: Handler, held: Held) -> UUID | None:
        """The transaction of a held delivery; the next one, as :meth:`_deliver_one` has it."""
        database = self.runtime.database
        with entered(self.runtime, self.dispatch, held) as (context, occurrence):
            work = context.work
            assert work is not None
            with self._lock:
                self._held[held.delivery] = (held, work)
            refuse_loops(context)
            state = "done"
            if handler.module in context.modules:
                handler.function(context, occurrence)
                context.finish()
            else:
                state = "skipped"  # the module was deactivated in the meantime
            marks = (str(held.delivery), str(held.token))
            if work.unfinished:
                again = (work.pause, work.pause, *marks)
                marked = database.execute_statement(_AGAIN, again).fetchone()
            else:
                marked = database.execute_statement(_DONE, (state, *marks)).fetchone()
            if marked is None:
                raise LeaseLost
        told = context.transaction
        self.runtime.ring(held.tenant, told.deliveries, webhooks=told.webhooks)
        following: UUID | None = held.delivery if work.unfinished else marked[0]
        return following

    # -- failures --------------------------------------------------------------------------

    def _failed_alone(self, held: Held, failure: Failure | None) -> None:
        """What became of a delivery in quarantine."""
        if failure is None:
            self._let_go(held)
        else:
            self._fail(held, failure)

    def _fail(self, held: Held, failure: Failure, error: Exception | None = None) -> None:
        dead = failure.permanent or held.attempt >= MAX_ATTEMPTS
        log.error(
            "delivery_failed",
            delivery=str(held.delivery),
            handler=held.handler,
            attempt=held.attempt,
            dead=dead,
            quarantined=held.quarantined,
            error=failure.reason,
            exc_info=None if isinstance(error, ApiError) else error,
        )
        if not dead:
            self._release(held, "retry", failure.reason, retry_delay(held.attempt))
        else:
            self._bury(held, failure.reason)

    def _bury(self, held: Held, reason: str) -> None:
        try:
            bury(self.runtime, self.dispatch, held, reason)
            self._let_go(held)
        except LeaseLost:
            self._let_go(held)
        except Unavailable:
            # The lease runs out by itself, and whoever finds the delivery tries this again.
            log.warning("release_failed", delivery=str(held.delivery))
            self._let_go(held)
        except Exception:
            # Better an event that is missing than a delivery that comes for ever.
            log.exception("death_not_told", delivery=str(held.delivery))
            self._release(held, "dead", reason)

    def _release(self, held: Held, state: str, reason: str, delay: float = 0.0) -> None:
        handler = self.runtime.registry.handlers.get(held.handler)
        hold = handler is not None and handler.after_dead == "block"
        try:
            self.dispatch.call(_RELEASE, (*held.key, state, reason, delay, hold))
        except (Unavailable, PeeweeException):
            # The lease runs out by itself, and a sweeper finds the delivery.
            log.warning("release_failed", delivery=str(held.delivery))
        self._let_go(held)

    def _let_go(self, held: Held) -> None:
        with self._lock:
            self._held.pop(held.delivery, None)

    def _heartbeat(self) -> None:
        while not self._stopping.wait(self.lease_seconds / 4):
            with self._lock:
                everything = list(self._held.values())
            for held, work in everything:
                try:
                    ((extended,),) = self.dispatch.call(_EXTEND, (*held.key, self.lease_seconds))
                except Exception:  # whatever it was: the other leases need this thread
                    log.warning("heartbeat_failed", delivery=str(held.delivery))
                    continue
                if not extended and work is not None:
                    work.lost = True
