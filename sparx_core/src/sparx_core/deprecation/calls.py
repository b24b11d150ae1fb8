"""Calls of what goes away: counted in memory, written in batches off the request's path."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from threading import Lock, Thread
from typing import NamedTuple

import structlog

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.json import encode

log = structlog.get_logger(__name__)

#: ``GET /v1/deprecations`` lags by at most so many seconds, while the process lives.
FLUSH_SECONDS = 30.0
#: Days for which counts are kept.
KEEP_DAYS = 400
#: Counts that wait to be written; of more, while the database is away, some are lost.
MAX_WAITING = 50_000


class Call(NamedTuple):
    """What is counted: a tenant's slug, the id of a key, an operation, a part's key, a day."""

    tenant: str
    api_key: str
    operation: str
    part: str
    day: date


class DeprecatedCalls:
    """The calls since the last flush."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._calls: Counter[Call] = Counter()
        self._lock = Lock()
        self._flushed = time.monotonic()

    def note(self, tenant: str, api_key: str, operation: str, parts: Iterable[str]) -> None:
        """Count a request; now and then hand the counts to a thread that writes them."""
        today = datetime.now(UTC).date()
        with self._lock:
            for part in parts:
                call = Call(tenant, api_key, operation, part, today)
                if call in self._calls or len(self._calls) < MAX_WAITING:
                    self._calls[call] += 1
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flushed = time.monotonic()
            Thread(target=self._flush_and_close, name="deprecated-calls", daemon=True).start()

    def flush(self) -> None:
        """Write what was counted; on an outage it is kept for the next time."""
        with self._lock:
            calls, self._calls = self._calls, Counter()
        if not calls:
            return
        rows = [{**call._asdict(), "calls": count} for call, count in calls.items()]
        try:
            self.database.call("SELECT core.count_deprecated_calls(%s)", (encode(rows).decode(),))
        except Unavailable:
            log.warning("deprecated_calls_waiting", calls=len(calls))
            with self._lock:
                self._calls += calls

    def _flush_and_close(self) -> None:
        self.flush()
        self.database.close()
