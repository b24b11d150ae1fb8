"""Working a delivery off: claim it, become its tenant, run the handler, mark it done.

The claim is a transaction of its own (role ``sparx_dispatch``); the work and the mark that it
was done are one transaction of ``sparx_app``. A worker that lost its lease finds its token
gone when it marks, and rolls back: what a handler does to the database happens exactly once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from threading import Event as Signal
from threading import Lock, Thread
from typing import Any
from uuid import UUID

import structlog
from peewee import PeeweeException

from sparx_core.context import Actor, Context, Tenant, parse_modules
from sparx_core.db.connection import Database
from sparx_core.errors import ApiError, Unavailable
from sparx_core.events.doorbell import Pointer, parse_pointer
from sparx_core.events.models import MAX_DEPTH
from sparx_core.events.types import Handler, Occurrence
from sparx_core.events.work import Work
from sparx_core.json import decode
from sparx_core.runtime import Runtime
from sparx_core.transaction import Transaction

log = structlog.get_logger(__name__)

#: After this many attempts, about twelve hours, a delivery is dead.
MAX_ATTEMPTS = 20
#: The longest wait between two attempts, in seconds.
MAX_DELAY = 3600.0
#: Seconds for which a thread goes on with work of many transactions before others get their turn.
TURN_SECONDS = 2.0
#: Seconds after which deliveries whose handler was not installed somewhere are looked at again.
BLOCKED_DELAY = 60.0

_CLAIM = (
    "SELECT token, handler, module, attempt, core.delivery_pass(%s, %s, token)"
    " FROM core.claim_delivery(%s, %s, %s)"
)
#: What triggers are told of a handler: ``sparx.operation`` and ``sparx.request_id``.
_NOTED = (
    "set_config('sparx.operation', %s, true),"
    " set_config('sparx.request_id', coalesce(request_id, ''), true)"
)
_ENTER = (
    "SELECT slug, tenant_name, currency, modules, event_id, event_type, event_version,"
    f" aggregate_id, data, occurred_at, request_id, depth, {_NOTED}"
    " FROM core.enter_delivery(%s, %s, %s, %s)"
)
_EXTEND = "SELECT core.extend_lease(%s, %s, %s, %s)"
_RELEASE = "SELECT core.release_delivery(%s, %s, %s, %s, %s, %s)"
# Marks the delivery and finds the next one that waited for it: one handler sees the events of
# one aggregate in order.
_DONE = """
WITH done AS (
    UPDATE core.deliveries SET state = %s, token = NULL, lease_until = NULL,
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
       last_error = NULL, due_at = clock_timestamp(), rung_at = clock_timestamp(),
       updated_at = clock_timestamp()
 WHERE id = %s AND token = %s RETURNING NULL::uuid
"""


class LeaseLost(Exception):
    """Somebody else holds the delivery now; this attempt's work is rolled back."""


class TooDeep(Exception):
    """Handlers emit events that their like answer with events: a loop."""


def retry_delay(attempt: int) -> float:
    """Seconds until the next attempt: doubling to an hour, 20 percent either way."""
    return min(2.0**attempt, MAX_DELAY) * random.uniform(0.8, 1.2)


class Dispatcher:
    """Works deliveries off in this process, one a thread at a time."""

    def __init__(self, runtime: Runtime, dispatch: Database, lease_seconds: float) -> None:
        self.runtime = runtime
        self.dispatch = dispatch
        self.lease_seconds = lease_seconds
        self._held: dict[UUID, tuple[UUID, UUID]] = {}
        self._lock = Lock()
        self._stopping = Signal()

    def deliver(self, pointers: Iterable[str]) -> None:
        """The Huey task: work off what the message names, and what waited for it."""
        for text in pointers:
            pointer: Pointer | None = parse_pointer(text)
            turn = time.monotonic() + TURN_SECONDS
            while pointer is not None:
                following = self._deliver_one(*pointer)
                if following == pointer and time.monotonic() > turn:
                    # Work that goes on gets to the end of the queue, behind what waits there.
                    self.runtime.ring(pointer[0], [pointer[1]])
                    following = None
                pointer = following

    def start_heartbeat(self) -> None:
        """Prolong held leases from a thread, so that slow work is not taken for dead."""
        Thread(target=self._heartbeat, name="heartbeat", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    # -- one delivery ----------------------------------------------------------------------

    def _deliver_one(self, tenant: UUID, delivery: UUID) -> Pointer | None:
        """Returns the next delivery of the same handler and aggregate, if one waited; the same one
        if there is more to do.
        """
        ids = (str(delivery), str(tenant))
        claimed = self.dispatch.call(_CLAIM, (*ids, *ids, self.lease_seconds))
        if not claimed:
            return None
        token, name, module, attempt, shown_pass = claimed[0]
        handler = self.runtime.registry.handlers.get(name)
        held = (str(delivery), str(tenant), str(token))
        if attempt > MAX_ATTEMPTS:
            self._release(held, "dead", f"{MAX_ATTEMPTS} attempts without an outcome", 0)
            return None
        if handler is None:
            self._release(held, "blocked", f"{module} is not installed here", BLOCKED_DELAY)
            return None
        with self._lock:
            self._held[delivery] = (tenant, token)
        try:
            following = self._run(handler, tenant, delivery, token, shown_pass)
        except LeaseLost:
            log.warning("lease_lost", delivery=str(delivery), handler=name)
            return None
        except Exception as error:
            self._failed(held, name, attempt, error)
            return None
        finally:
            with self._lock:
                self._held.pop(delivery, None)
        return (tenant, following) if following else None

    def _run(
        self, handler: Handler, tenant: UUID, delivery: UUID, token: UUID, shown_pass: str
    ) -> UUID | None:
        database = self.runtime.database
        held = (handler.name, str(delivery), str(tenant), str(token), shown_pass)
        with database.transaction(_ENTER, held) as entered:
            if entered is None:
                raise LeaseLost
            context, occurrence = self._context(handler, tenant, entered)
            context.work = Work(self.dispatch, delivery, tenant, token)
            state = "done"
            if handler.module in context.modules:
                handler.function(context, occurrence)
                context.finish()
            else:
                state = "skipped"  # the module was deactivated in the meantime
            marks = (str(delivery), str(token))
            if context.work.unfinished:
                marked = database.execute_statement(_AGAIN, marks).fetchone()
            else:
                marked = database.execute_statement(_DONE, (state, *marks)).fetchone()
            if marked is None:
                raise LeaseLost
        self.runtime.ring(tenant, context.transaction.deliveries)
        following: UUID | None = delivery if context.work.unfinished else marked[0]
        return following

    def _context(
        self, handler: Handler, tenant: UUID, entered: tuple[Any, ...]
    ) -> tuple[Context, Occurrence]:
        slug, name, currency, modules, event, kind, version, aggregate, data, at, request, depth = (
            entered[:12]
        )
        if depth + 1 > MAX_DEPTH:
            raise TooDeep(f"events caused one another {MAX_DEPTH} deep")
        context = Context(
            Transaction(self.runtime.database, self.runtime.statements),
            self.runtime.registry,
            Tenant(tenant, slug, name, currency),
            Actor("handler", None, handler.name, frozenset("*")),
            parse_modules(modules),
            request_id=request,
            depth=depth + 1,
        )
        payload = decode(data.encode())
        return context, Occurrence(event, kind, version, aggregate, payload, at)

    # -- failures --------------------------------------------------------------------------

    def _failed(
        self, held: tuple[str, str, str], handler: str, attempt: int, error: Exception
    ) -> None:
        reason = f"{type(error).__name__}: {error}"[:2000]
        # What a client would have to change will not change by itself; the rest may.
        permanent = isinstance(error, TooDeep) or (
            isinstance(error, ApiError) and error.status < 500
        )
        dead = permanent or attempt >= MAX_ATTEMPTS
        log.error(
            "delivery_failed",
            delivery=held[0],
            handler=handler,
            attempt=attempt,
            dead=dead,
            error=reason,
            exc_info=not isinstance(error, ApiError),
        )
        self._release(held, "dead" if dead else "retry", reason, retry_delay(attempt))

    def _release(self, held: tuple[str, str, str], state: str, reason: str, delay: float) -> None:
        try:
            self.dispatch.call(_RELEASE, (*held, state, reason, delay))
        except (Unavailable, PeeweeException):
            # The lease runs out by itself, and a sweeper finds the delivery.
            log.warning("release_failed", delivery=held[0])

    def _heartbeat(self) -> None:
        while not self._stopping.wait(self.lease_seconds / 4):
            with self._lock:
                held = list(self._held.items())
            for delivery, (tenant, token) in held:
                parameters = (str(delivery), str(tenant), str(token), self.lease_seconds)
                try:
                    self.dispatch.call(_EXTEND, parameters)
                except Unavailable:
                    log.warning("heartbeat_failed", delivery=str(delivery))
