"""Servers on the loopback interface that answer as a test says, and what they saw."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

#: What a server does with a connection, after the head of the request was read, or without that.
Script = Callable[[socket.socket, "Server"], None]


@dataclass
class Server:
    """Listens until the test is over; ``seen`` holds what each connection sent first."""

    address: str
    port: int
    script: Script
    reads: bool = True
    tls: ssl.SSLContext | None = None
    seen: list[bytes] = field(default_factory=list)
    #: Set at the end of the test: for scripts that go on for ever.
    over: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    @property
    def url(self) -> str:
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/"

    def serve(self, listening: socket.socket) -> None:
        threads = []
        while not self.over.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            thread = Thread(target=self._answer, args=(connection,))
            thread.start()
            threads.append(thread)
        for thread in threads:
            thread.join()

    def _answer(self, connection: socket.socket) -> None:
        # A client that goes away is what most of these servers are about.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            if self.tls is not None:
                with self._lock:
                    self.seen.append(b"")
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                request = read_request(connection) if self.reads else b""
                with self._lock:
                    self.seen.append(request)
                self.script(connection, self)


@contextmanager
def serving(
    script: Script,
    address: str = "127.0.0.1",
    port: int = 0,
    *,
    reads: bool = True,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, port), family=family, backlog=128) as listening:
        listening.settimeout(0.05)
        server = Server(address, listening.getsockname()[1], script, reads=reads, tls=tls)
        thread = Thread(target=server.serve, args=(listening,))
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            thread.join()


def read_request(connection: socket.socket) -> bytes:
    """A whole request: its head, and the body that it announces."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


def saying(*pieces: bytes) -> Script:
    """A script that sends these bytes and closes."""

    def script(connection: socket.socket, server: Server) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return script


def repeating(first: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """A script that sends a piece again and again until the client goes, or the test ends."""

    def script(connection: socket.socket, server: Server) -> None:
        connection.sendall(first)
        while not server.over.wait(pause):
            connection.sendall(piece)

    return script


def silent(connection: socket.socket, server: Server) -> None:
    """A script that says nothing until the client goes."""
    while not server.over.is_set():
        connection.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            if not connection.recv(65536):
                return


OK = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
