"""Whether the process lives, and whether it can serve. Neither needs a key."""

from __future__ import annotations

import time
from threading import Lock
from typing import Any

import falcon

from sparx_core.db.migrate import pending
from sparx_core.errors import Unavailable
from sparx_core.json import encode
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.envelope import success

#: Seconds for which an answer is kept, so that probes cost nothing.
CACHE_SECONDS = 1.0


class Health:
    """``GET /health``: 200 as long as the process answers at all."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        success(response, encode({"status": "ok"}))

    on_head = on_get


class Ready:
    """``GET /ready``: 200 if the database answers and its migrations are at head.

    The queue is reported beside them and decides nothing: without it events are handled a
    little later, and an API that serves must not be taken out for that.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._lock = Lock()
        self._checks: dict[str, Any] = {}
        self._checked = 0.0

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        with self._lock:
            if time.monotonic() - self._checked > CACHE_SECONDS or not self._checks:
                self._checks = self._run_checks()
                self._checked = time.monotonic()
            checks = self._checks
        if not all(checks.get(name, {}).get("ok") for name in ("database", "migrations")):
            raise Unavailable(details={"checks": checks})
        success(response, encode({"status": "ready", "checks": checks}))

    on_head = on_get

    def _run_checks(self) -> dict[str, Any]:
        checks = {"database": self._check(self._database)}
        if checks["database"]["ok"]:
            checks["migrations"] = self._check(self._migrations)
        if checks["database"]["ok"] or self.runtime.settings.redis_url:
            checks["queue"] = self._check(self._queue)
        else:  # it is in the database, for which nobody need wait once more
            checks["queue"] = checks["database"]
        return checks

    def _check(self, probe: Any) -> dict[str, Any]:
        began = time.perf_counter()
        try:
            problem = probe()
        except Exception as error:
            problem = type(error).__name__
        took = round((time.perf_counter() - began) * 1000, 1)
        return {"ok": not problem, "milliseconds": took} | ({"problem": problem} if problem else {})

    def _database(self) -> str | None:
        with self.runtime.database.transaction("SELECT 1", read_only=True):
            return None

    def _migrations(self) -> str | None:
        with self.runtime.database.transaction("SELECT 1", read_only=True):
            missing = pending(self.runtime.registry, self.runtime.database)
        return f"pending: {', '.join(missing)}; run: sparx migrate" if missing else None

    def _queue(self) -> str | None:
        return self.runtime.doorbell.problem()
