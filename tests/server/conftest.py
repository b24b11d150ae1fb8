"""One installation with one process that serves, nginx in front of it, and raw sockets."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live.folders import server_folder
from tests.live.installation import Dev, Installation
from tests.live.servers import Nginx

CONFIGURATION = Path(__file__).parents[2] / "docs" / "nginx.conf"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) [^\r]*\r\n")


@dataclass(frozen=True)
class Site:
    """Where to send bytes, and the process behind it."""

    dev: Dev
    port: int

    @property
    def worker(self) -> int:
        (only,) = self.dev.gunicorn_workers
        return only

    def send(self, data: bytes, seconds: float = 20.0) -> bytes:
        """All that comes back until the server closes; empty if it closed without a word."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as client:
            answer = b""
            try:
                client.sendall(data)
                while part := client.recv(65_536):
                    answer += part
            except (ConnectionResetError, BrokenPipeError):
                while part := _rest(client):
                    answer += part
            return answer

    def logged(self) -> int:
        """How many requests the server has told of: answered, or refused."""
        lines = self.dev.log.read_text().splitlines()
        events = [json.loads(line).get("event") for line in lines if line.startswith("{")]
        return events.count("request") + events.count("request_refused")


def _rest(client: socket.socket) -> bytes:
    try:
        return client.recv(65_536)
    except OSError:
        return b""


def statuses(answer: bytes) -> list[int]:
    """The statuses of the answers in what came back, but for those that announce one."""
    return [int(status) for status in _STATUS.findall(answer) if status != b"100"]


@pytest.fixture(scope="session")
def gunicorn() -> Iterator[Site]:
    with server_folder() as folder:
        installation = Installation(folder, {"SPARX_API_PROCESSES": "1"})
        try:
            dev = installation.dev()
            yield Site(dev, installation.port)
        finally:
            installation.remove()


@pytest.fixture(scope="session")
def nginx(gunicorn: Site) -> Iterator[Site]:
    with server_folder() as folder:
        server = Nginx(folder / "nginx")
        try:
            server.start(CONFIGURATION, gunicorn.port)
            yield Site(gunicorn.dev, server.port)
        finally:
            server.end()
