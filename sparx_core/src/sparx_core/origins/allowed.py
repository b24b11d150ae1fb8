"""Whether an origin is allowed: asked of the database, remembered for a few seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from threading import Lock

import structlog

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.origins.schemas import problem_of

log = structlog.get_logger(__name__)

#: Seconds after which an answer is asked for again.
REMEMBERED_SECONDS = 5.0
#: Answers that a process remembers.
MAX_REMEMBERED = 10_000


class AllowedOrigins:
    """Answers for this process."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._answers: OrderedDict[tuple[str, str | None], tuple[float, bool]] = OrderedDict()
        self._lock = Lock()

    def allows(self, origin: str, tenant: str | None, *, ask: bool = True) -> bool:
        """Whether the tenant of this slug allows an origin; for None, whether any tenant does.

        What is not known is not allowed: while the database is away, and with ``ask=False``, only
        what this process remembers counts.
        """
        if problem_of(origin) is not None:
            return False
        key, now = (origin, tenant), time.monotonic()
        known = self._answers.get(key)
        if known is not None and (now < known[0] + REMEMBERED_SECONDS or not ask):
            return known[1]
        if not ask:
            return False
        try:
            ((found,),) = self.database.call("SELECT core.allows_origin(%s, %s)", (origin, tenant))
        except Unavailable:
            log.warning("origin_unknown", origin=origin)
            return known is not None and known[1]
        with self._lock:
            self._answers[key] = (now, found)
            self._answers.move_to_end(key)
            if len(self._answers) > MAX_REMEMBERED:
                self._answers.popitem(last=False)
        return bool(found)
