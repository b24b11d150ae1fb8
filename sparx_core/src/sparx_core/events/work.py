"""What the core asks of the delivery that a transaction works off.

Both requests take the worker's other connection, which no module's SQL ever runs on.
"""

from __future__ import annotations

import time
from uuid import UUID

import structlog

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable

log = structlog.get_logger(__name__)

#: Seconds between two notes of how far the work is.
NOTE_SECONDS = 0.5

_PASS = "SELECT core.delivery_pass(%s, %s, %s)"
_NOTE = "SELECT core.note_progress(%s, %s, %s, %s, %s)"


class LeaseLost(Exception):
    """Somebody else holds the delivery now; this attempt's work is rolled back."""


class Work:
    """A delivery that this worker holds."""

    def __init__(self, dispatch: Database, delivery: UUID, tenant: UUID, token: UUID) -> None:
        self.dispatch = dispatch
        self.delivery, self.token = str(delivery), str(token)
        self._held = (self.delivery, str(tenant), self.token)
        self._noted = float("-inf")
        #: Whether the handler has more to do: then the delivery is due again at the commit.
        self.unfinished = False
        #: Seconds until then.
        self.pause = 0.0
        #: Whether the heartbeat found that the lease is somebody else's.
        self.lost = False

    def check(self) -> None:
        """End what is in vain: nothing of it would be stored."""
        if self.lost:
            raise LeaseLost

    def show_pass(self) -> str:
        """Proof that this is a worker, for ``core.open_module``."""
        ((shown,),) = self.dispatch.call(_PASS, self._held)
        return str(shown)

    def note(self, done: int, total: int) -> None:
        """Tell how many rows are done, for those who wait; not each time that it is called."""
        now = time.monotonic()
        if now - self._noted < NOTE_SECONDS:
            return
        self._noted = now
        try:
            self.dispatch.call(_NOTE, (*self._held, done, total))
        except Unavailable:
            log.warning("progress_not_noted", delivery=self.delivery)
