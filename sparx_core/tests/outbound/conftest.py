"""Canaries, and a record of every connection that this process tries to make."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

import pytest

from sparx_core.outbound import client, connection

from .names import NameServer, name_server
from .servers import OK, Server, serving


@dataclass
class Record:
    """The addresses that are connected to by TCP while somebody looks."""

    #: Threads that were there before, and may still be busy with what another test left.
    strangers: set[int | None]
    connected: list[tuple[str, int]] = field(default_factory=list)


#: The innermost is written. An audit hook stays for as long as the process lives.
_records: list[Record] = []


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _records and get_ident() not in _records[-1].strangers:
        connecting, address = arguments
        if connecting.type == socket.SOCK_STREAM and connecting.family != socket.AF_UNIX:
            _records[-1].connected.append(address[:2])


sys.addaudithook(_audit)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take longer than the shorter deadlines; tests of these set their own."""
    monkeypatch.setattr(client, "DNS_SECONDS", 60.0)
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 60.0)
    monkeypatch.setattr(connection, "TLS_SECONDS", 60.0)


@pytest.fixture
def connected() -> Iterator[list[tuple[str, int]]]:
    """Where the test connects to, as (address, port)."""
    strangers = {thread.ident for thread in threading.enumerate()} - {get_ident()}
    _records.append(Record(strangers))
    yield _records[-1].connected
    _records.pop()


@pytest.fixture(scope="session")
def canaries() -> Iterator[list[Server]]:
    """Servers on ports that are anybody's, and on those that are only root's if we are root."""
    with ExitStack() as stack:
        found = []
        for address in ("127.0.0.1", "::1"):
            for port in (0, 443, 80):
                with suppress(OSError):  # not allowed, taken, or no IPv6 here
                    found.append(stack.enter_context(serving(OK, address, port)))
        assert found
        yield found


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with name_server() as server:
        yield server
