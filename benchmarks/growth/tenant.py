"""The tenant at one size, as it is asked: the application in this process, and its messages."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from falcon.testing import StartResponseMock, create_environ

from benchmarks.capture import RecordingDatabase
from benchmarks.growth.plan import GrowthPlan
from benchmarks.growth.queries import Facts, facts_of
from benchmarks.growth.rows import Grown
from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from sparx_core.app import create_app
from sparx_core.runtime import Runtime


@dataclass(frozen=True)
class Taken:
    """Milliseconds of one request; ``database``: of messages to PostgreSQL before the commit."""

    all: float
    database: float


class Tenant:
    """The WSGI application over the database of one size."""

    def __init__(
        self, installation: Installation, grown: Grown, key: str, plan: GrowthPlan
    ) -> None:
        self.grown = grown
        base = installation.runtime()
        self.database = RecordingDatabase(grown.urls.app)
        self._runtimes = [
            base,
            Runtime(base.settings, grown.urls, base.registry, self.database, base.doorbell),
        ]
        self._app = create_app(self._runtimes[1])
        self._key = key
        listing = base.registry.resources["crm.orders"].listing
        self.facts: Facts = facts_of(grown, listing, plan)

    def environ(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """A request, made once: what is measured is answering it."""
        text = "" if body is None else json.dumps(body)
        path, _, query = path.partition("?")
        return create_environ(
            path,
            query,
            method=method,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
            body=text,
        ) | {"bench.body": text.encode()}

    def answer(self, environ: dict[str, Any]) -> Any:
        """The answer, as JSON; its messages are in ``database.sent``."""
        self.database.sent.clear()
        status, body = self._call(environ)
        if not status.startswith("2"):
            raise BenchmarkError(f"{environ['PATH_INFO']}: {status} {body.decode()}")
        return json.loads(body)

    def take(self, environ: dict[str, Any]) -> Taken:
        """How long one request takes."""
        self.database.sent.clear()
        self.database.seconds = 0.0
        began = time.perf_counter()
        status, _ = self._call(environ)
        took = time.perf_counter() - began
        if not status.startswith("2"):
            raise BenchmarkError(f"{environ['PATH_INFO']}: {status}")
        return Taken(took * 1000, self.database.seconds * 1000)

    def close(self) -> None:
        self.database.close()
        self._runtimes[0].close()

    def _call(self, environ: dict[str, Any]) -> tuple[str, bytes]:
        answered = StartResponseMock()
        request = {**environ, "wsgi.input": BytesIO(environ["bench.body"])}
        body = b"".join(self._app(request, answered))
        return str(answered.status), body
