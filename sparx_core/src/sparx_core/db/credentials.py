"""Passwords of the roles that Sparx makes: random, in ``<home>/credentials.json``, mode 0600."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class ServerCredentials:
    """The two logins on one server, and its databases with the state they were brought to."""

    app: str
    dispatch: str
    databases: dict[str, int] = field(default_factory=dict)

    @classmethod
    def fresh(cls) -> ServerCredentials:
        return cls(app=secrets.token_urlsafe(24), dispatch=secrets.token_urlsafe(24))

    def with_database(self, name: str, state: int) -> ServerCredentials:
        return replace(self, databases={**self.databases, name: state})


class CredentialsFile:
    """The file of one home; ``put`` needs :meth:`locked`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, server: str) -> ServerCredentials | None:
        """What is stored for a server, named ``host:port``."""
        found = self._read().get(server)
        if found is None:
            return None
        return ServerCredentials(**found)

    def put(self, server: str, credentials: ServerCredentials) -> None:
        content = {**self._read(), server: asdict(credentials)}
        write_private(self._path, json.dumps(content, indent=2) + "\n")

    @contextmanager
    def locked(self) -> Iterator[CredentialsFile]:
        """Keep other processes of this home from making passwords at the same time."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            found: dict[str, dict[str, Any]] = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        return found


def stored(home: Path) -> CredentialsFile:
    return CredentialsFile(home / "credentials.json")


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
