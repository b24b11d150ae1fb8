"""The SQL that a request really executes, taken from the running code as it is sent."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from falcon.testing import TestClient

from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from benchmarks.operations import Operation, Target
from sparx_core.app import create_app
from sparx_core.db.connection import Database
from sparx_core.runtime import Runtime

_PREPARE = re.compile(r"PREPARE (s\d+) AS ")
_EXECUTE = re.compile(r"\bEXECUTE (s\d+)\b")
#: Ids are sent with hyphens and without, and request ids look like the latter.
ID = re.compile(r"\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b")


class RecordingDatabase(Database):
    """Keeps each message to the server, with its literals, as the driver sent it.

    ``seconds`` is the time that the messages took since somebody set it to zero, those that
    only end a transaction left out.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.sent: list[str] = []
        self.seconds = 0.0
        #: What was prepared, by name.
        self.definitions: dict[str, str] = {}

    def execute_sql(self, sql: str, params: Sequence[Any] | None = None) -> Any:
        began = time.perf_counter()
        cursor = super().execute_sql(sql, params)
        if sql != "COMMIT":
            self.seconds += time.perf_counter() - began
        message = cursor.query.decode()
        found = _PREPARE.search(message)
        if found:
            self.definitions[found[1]] = message[found.start() :]
        self.sent.append(message)
        return cursor

    def take(self) -> list[str]:
        sent, self.sent = self.sent, []
        return sent

    def send(self, message: str) -> list[tuple[Any, ...]]:
        """A message as it was recorded, in the session that has what it calls; its rows."""
        with self.connection().cursor() as cursor:  # type: ignore[no-untyped-call]
            cursor.execute(message)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def in_full(self) -> Iterator[None]:
        """Send statements as behind a pooler, where none can be prepared."""
        self._prepared.direct = False
        try:
            yield
        finally:
            self._prepared.direct = True


@dataclass(frozen=True)
class Captured:
    """The messages of one request: with the API's prepared statements, and in full."""

    #: What has to be prepared before ``prepared`` can run.
    definitions: tuple[str, ...]
    prepared: tuple[str, ...]
    literal: tuple[str, ...]
    #: Ids that were made for this request, as hexadecimal digits: another one needs others.
    fresh: tuple[str, ...]


def capture(
    installation: Installation, operation: Operation, targets: Sequence[Target]
) -> list[Captured]:
    """What the operation sends for each target."""
    base = installation.runtime()
    database = RecordingDatabase(installation.urls.app)
    runtime = Runtime(base.settings, base.urls, base.registry, database, base.doorbell)
    client = TestClient(create_app(runtime))
    try:
        _request(client, operation, targets[0])
        database.take()
        prepared = [_messages(client, database, operation, one) for one in targets]
        with database.in_full():
            literal = [_messages(client, database, operation, one) for one in targets]
    finally:
        runtime.close()
        base.close()
    used = set(_EXECUTE.findall(" ".join(prepared[0])))
    needed = tuple(text for name, text in database.definitions.items() if name in used)
    return [
        Captured(needed, first, second, _made_anew(first, second))
        for first, second in zip(prepared, literal, strict=True)
    ]


def _messages(
    client: TestClient, database: RecordingDatabase, operation: Operation, target: Target
) -> tuple[str, ...]:
    _request(client, operation, target)
    return tuple(database.take())


def _request(client: TestClient, operation: Operation, target: Target) -> None:
    body = operation.body(target)
    answer = client.simulate_request(
        operation.method,
        operation.path(target),
        headers={"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"},
        body=None if body is None else json.dumps(body),
    )
    if answer.status_code not in (200, 201):
        raise BenchmarkError(f"{operation.title}: {answer.status} {answer.text}")


def _made_anew(*requests: Sequence[str]) -> tuple[str, ...]:
    """The ids that are in one of two equal requests and not in the other."""
    first, second = (
        {digits(found) for found in ID.findall(" ".join(messages))} for messages in requests
    )
    return tuple(sorted(first ^ second))


def digits(text: str) -> str:
    return text.replace("-", "")
