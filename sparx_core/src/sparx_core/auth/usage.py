"""When keys were last used: collected in memory, written in batches off the request's path."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Lock, Thread
from uuid import UUID

import structlog

from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.json import encode

log = structlog.get_logger(__name__)

#: ``lastUsedAt`` lags by at most so many seconds, while the process lives.
FLUSH_SECONDS = 30.0


class KeyUsage:
    """The uses since the last flush, by key."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._uses: dict[tuple[UUID, UUID], float] = {}
        self._lock = Lock()
        self._flushed = time.monotonic()

    def note(self, tenant_id: UUID, api_key: UUID) -> None:
        """Remember a use; now and then hand the collection to a thread that writes it."""
        self._uses[tenant_id, api_key] = time.time()
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self._flushed = time.monotonic()
            Thread(target=self._flush_and_close, name="key-usage", daemon=True).start()

    def flush(self) -> None:
        """Write what was collected; on an outage it is collected anew."""
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return
        rows = [
            {"tenant_id": tenant, "api_key": key, "used_at": datetime.fromtimestamp(at, UTC)}
            for (tenant, key), at in uses.items()
        ]
        try:
            self.database.call("SELECT core.touch_keys(%s)", (encode(rows).decode(),))
        except Unavailable:
            log.warning("key_usage_lost", keys=len(rows))

    def _flush_and_close(self) -> None:
        self.flush()
        self.database.close()
