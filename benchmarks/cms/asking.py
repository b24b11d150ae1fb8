"""Requests to the application in this process, with the time that the database took for each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from falcon.testing import StartResponseMock, create_environ

from benchmarks.capture import RecordingDatabase
from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from sparx_core.app import create_app
from sparx_core.json import decode
from sparx_core.runtime import Runtime


@dataclass(frozen=True)
class Request:
    """What is asked for; ``status`` is what a right answer has."""

    path: str
    query: str = ""
    method: str = "GET"
    body: Any = None
    status: int = 200


@dataclass
class Asked:
    """One kind of request: its times in milliseconds, messages to PostgreSQL, and what matched.

    ``database`` is how long its messages took, ``processor`` what they took of the processor in
    the backend, where that can be told (Linux), and ``all`` the whole request in the application.
    """

    title: str
    make: Callable[[int], Request] = field(repr=False)
    #: The most messages that it may take: more are an error, and not a figure.
    messages_at_most: int | None = None
    messages: int = 0
    matches: int | None = None
    database: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)


class Asker:
    """The application in this process."""

    def __init__(self, installation: Installation, key: str) -> None:
        self._base = installation.runtime()
        self.database = RecordingDatabase(installation.urls.app)
        base = self._base
        self.runtime = Runtime(
            base.settings, base.urls, base.registry, self.database, base.doorbell
        )
        self._app = create_app(self.runtime)
        # All requests come from one thread, which keeps its connection.
        pid = self.database.execute_sql("SELECT pg_backend_pid()").fetchone()[0]
        self._backend = Path(f"/proc/{pid}/schedstat")
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, asked: Asked, number: int, *, warm_up: bool = False) -> Any:
        """Ask it once more; its answer."""
        request = asked.make(number)
        before = self._processor()
        answer, took = self._send(request)
        if warm_up:
            return answer
        asked.database.append(self.database.seconds * 1000)
        asked.processor.append((self._processor() - before) * 1000)
        asked.all.append(took * 1000)
        asked.messages = sum(1 for one in self.database.sent if self._counts(one))
        asked.matches = (answer.get("meta") or {}).get("total")
        if asked.messages_at_most is not None and asked.messages > asked.messages_at_most:
            raise BenchmarkError(f"{asked.title}: {asked.messages} messages to the database")
        return answer

    def send(
        self, method: str, path: str, body: Any = None, status: int = 200, query: str = ""
    ) -> Any:
        """The answer to a request that is not measured."""
        return self._send(Request(path, query, method, body, status))[0]

    def _send(self, request: Request) -> tuple[Any, float]:
        headers = dict(self._headers)
        content = b""
        if request.body is not None:
            content = json.dumps(request.body).encode()
            headers |= {
                "Content-Type": "application/json",
                "Content-Length": str(len(content)),
            }
        environ = create_environ(
            request.path, request.query, method=request.method, headers=headers
        )
        environ["wsgi.input"] = BytesIO(content)
        answered = StartResponseMock()
        self.database.sent.clear()
        self.database.seconds = 0.0
        began = time.perf_counter()
        body = b"".join(self._app(environ, answered))
        took = time.perf_counter() - began
        if not str(answered.status).startswith(str(request.status)):
            raise BenchmarkError(f"{request}: {answered.status} {body.decode()}")
        return decode(body) if body else {}, took

    def _counts(self, message: str) -> bool:
        """Whether a message is of the request, and more than the end of a transaction."""
        if message == "COMMIT" or message.startswith("PREPARE "):
            return False
        # Another thread notes the use of keys now and then.
        called = self.database.definitions.get(message.removeprefix("EXECUTE ").partition(" ")[0])
        return called is None or "core.touch_keys" not in called

    def _processor(self) -> float:
        """Seconds of the processor that the backend of this connection has had; 0 if unknown."""
        known = self._backend.exists()
        return int(self._backend.read_text().split()[0]) / 1e9 if known else 0.0

    def close(self) -> None:
        self.database.close()
        self._base.close()
