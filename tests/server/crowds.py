"""Clients that take their time, clients that do not, and what they cost the server."""

from __future__ import annotations

import contextlib
import http.client
import select
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

#: Loopback addresses that a crowd comes from.
_ADDRESSES = 25


@dataclass(frozen=True)
class Measured:
    """Seconds of requests in a row, with a new connection now and then."""

    requests: int
    errors: int
    median: float
    p99: float
    slowest: float


def ask_often(port: int, seconds: float) -> Measured:
    """A healthy client, in a process of its own so that nothing but the server delays it."""
    done = subprocess.run(
        [sys.executable, __file__, str(port), str(seconds)],
        capture_output=True,
        text=True,
        check=True,
    )
    requests, errors, *times = done.stdout.split()
    return Measured(int(requests), int(errors), *map(float, times))


def _ask_often(port: int, seconds: float) -> None:
    taken, errors, connection = [], 0, None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        if connection is None or len(taken) % 20 == 0:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            errors += answer.status != 200
        except (OSError, http.client.HTTPException):
            errors, connection = errors + 1, None
        taken.append(time.monotonic() - began)
        time.sleep(0.005)  # a client of many, not one that wants all of the machine
    taken.sort()
    print(len(taken), errors, taken[len(taken) // 2], taken[len(taken) * 99 // 100], taken[-1])


@dataclass
class Drips:
    """So many clients that send a byte of a head or body a second, or read one of an answer.

    One that is shown the door comes back at once.
    """

    port: int
    wanted: int
    host: bytes
    opened: int = 0
    connected: int = 0
    _stop: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)

    def _run(self) -> None:
        clients: dict[socket.socket, int] = {}
        openings = (
            b"GET /health HTTP/1.1\r\nX: ",
            b"POST /v1/crm/orders HTTP/1.1\r\n" + self.host + b"Content-Length: 100000\r\n\r\n",
            b"GET /v1/openapi.json HTTP/1.1\r\n" + self.host + b"\r\n",
        )
        while not self._stop.is_set():
            for _ in range(self.wanted - len(clients)):
                client = socket.socket()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                client.settimeout(10)
                with contextlib.suppress(OSError):
                    # Of many addresses, since one may have only so many connections.
                    client.bind((f"127.0.1.{self.opened % _ADDRESSES + 1}", 0))
                    client.connect(("127.0.0.1", self.port))
                    client.sendall(openings[self.opened % 3])
                    client.setblocking(False)
                    clients[client] = self.opened % 3
                    self.opened += 1
            self.connected = len(clients)
            self._stop.wait(1)
            for client, kind in list(clients.items()):
                if not _drip(client, kind):
                    client.close()
                    del clients[client]
        for client in clients:
            client.close()


def _drip(client: socket.socket, kind: int) -> bool:
    """One byte; whether the server still wants any."""
    try:
        if kind != 2:
            client.send(b"a")
        return bool(client.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def send_endlessly(port: int, head: bytes, at_most: int) -> tuple[bytes, int]:
    """Send a chunked body until somebody answers; the answer, and how many bytes were sent."""
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        while sent < at_most:
            readable, _, _ = select.select([client], [], [], 0)
            if readable:
                break
            # It may answer and close while this is on its way.
            with contextlib.suppress(ConnectionResetError, BrokenPipeError):
                client.sendall(chunk)
            sent += len(chunk)
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while part := client.recv(65_536):
                answer += part
        return answer, sent


def memory(pid: int, what: str = "VmRSS") -> int:
    """MiB of a process: now, or with ``VmHWM`` the most that it ever was."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) // 1024
    raise AssertionError(what)


if __name__ == "__main__":
    _ask_often(int(sys.argv[1]), float(sys.argv[2]))
