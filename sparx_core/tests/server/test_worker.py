"""The worker under clients that are slow, greedy, or gone; with two threads."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HEAD = b"Host: a\r\n"
CLOSE = HEAD + b"Connection: close\r\n"


class Server:
    """gunicorn as it is shipped, with another application."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as trial:
            trial.bind(("127.0.0.1", 0))
            self.port: int = trial.getsockname()[1]
        self.log = folder / "log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARX_")}
        settings = {
            "SPARX_PORT": str(self.port),
            "SPARX_API_PROCESSES": "1",
            "SPARX_API_THREADS": "2",
            "SPARX_LOG_FORMAT": "json",
            # So that connections of this machine are counted, except for one address.
            "SPARX_TRUSTED_PROXIES": "127.0.0.9",
            "SPARX_ADDRESS_CONNECTIONS": "20",
            "PYTHONPATH": str(Path(__file__).parent),
        }
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn"),
                    *("--config", "python:sparx_core.server.gunicorn_conf"),
                    "app_of_a_test:application",
                ],
                env={**kept, **settings},
                stdout=log,
                stderr=log,
            )

    def connect(self, address: str = "127.0.0.1", buffer: int | None = None) -> socket.socket:
        client = socket.socket()
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.bind((address, 0))
        client.settimeout(60)
        client.connect(("127.0.0.1", self.port))
        return client

    def ask(self, path: str = "/", body: bytes = b"", address: str = "127.0.0.1") -> bytes:
        with self.connect(address) as client:
            head = f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n".encode()
            client.sendall(head + CLOSE + b"\r\n" + body)
            return rest(client)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.ask().startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def rest(client: socket.socket) -> bytes:
    """What comes until the end of the connection."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65_536):
            answer += part
    return answer


def refused(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert json.loads(body)["error"]["code"] == code


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("server"))
    try:
        until(made.answers, "gunicorn answers")
        yield made
    finally:
        made.process.terminate()
        made.process.wait(40)


def drip(client: socket.socket, seconds: float) -> float:
    """Send a byte now and then until something comes back; how long that took."""
    began = time.monotonic()
    client.settimeout(0.1)
    while time.monotonic() - began < seconds:
        with contextlib.suppress(TimeoutError):
            if client.recv(1, socket.MSG_PEEK):
                client.settimeout(15)
                return time.monotonic() - began
        client.sendall(b"a")
    raise AssertionError("nobody said anything")


def test_a_head_that_drips_is_refused_in_time(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nX: ")
        assert drip(client, 30) < 15
        refused(rest(client), 408, "request_timeout")


def test_a_body_that_drips_is_refused_in_time(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n" + HEAD + b"\r\n")
        assert drip(client, 30) < 15
        refused(rest(client), 408, "request_timeout")


def test_a_body_that_comes_steadily_is_not(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n" + CLOSE + b"\r\n")
        for _ in range(20):  # 50 kB a second, for longer than the grace
            client.sendall(b"x" * 5_000)
            time.sleep(0.1)
        assert rest(client).endswith(b"100000 bytes\r\n0\r\n\r\n")


def test_an_idle_connection_is_closed_without_a_word(server: Server) -> None:
    with server.connect() as client:
        assert rest(client) == b""


def test_a_request_that_ends_early_is_refused(server: Server) -> None:
    with server.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n" + HEAD + b"\r\nab")
        client.shutdown(socket.SHUT_WR)
        refused(rest(client), 400, "bad_request")


def test_slow_clients_hold_no_thread(server: Server) -> None:
    """More of each kind than there are threads."""
    with contextlib.ExitStack() as crowd:
        for number in range(9):
            client = crowd.enter_context(server.connect(buffer=2048))
            client.sendall(
                [
                    b"GET / HTTP/1.1\r\nX: ",
                    b"POST / HTTP/1.1\r\nContent-Length: 9\r\n" + HEAD + b"\r\nx",
                    b"GET /large HTTP/1.1\r\n" + HEAD + b"\r\n",
                ][number % 3]
            )
        began = time.monotonic()
        assert server.ask(body=b"abc").endswith(b"3 bytes\r\n0\r\n\r\n")
        assert time.monotonic() - began < 1


def test_a_stream_that_nobody_reads_ends(server: Server) -> None:
    with server.connect(buffer=2048) as one, server.connect(buffer=2048) as two:
        for client in (one, two):
            client.sendall(b"GET /endless HTTP/1.1\r\n" + HEAD + b"\r\n")
        # Both threads wait for these two; they are given up, and the first request is answered.
        assert server.ask(body=b"abc").endswith(b"3 bytes\r\n0\r\n\r\n")
        assert len(rest(one)) < 10_000 * 65_536


def test_streamed_bodies_take_no_more_than_half_of_the_threads(server: Server) -> None:
    head = b"POST /a/import HTTP/1.1\r\nContent-Length: 5000000000\r\n" + CLOSE + b"\r\n"
    with server.connect() as one, server.connect() as two:
        one.sendall(head)
        time.sleep(0.2)  # the server has no way to say that it has begun to read
        two.sendall(head)
        refused(rest(two), 503, "unavailable")
        assert server.ask(body=b"abc").endswith(b"3 bytes\r\n0\r\n\r\n")


def test_a_streamed_body_is_read_while_it_comes(server: Server) -> None:
    size = 40_000_000  # more than the largest body, and more than may be held
    assert server.ask("/a/import", b"x" * size).endswith(b"%d bytes\r\n0\r\n\r\n" % size)


def test_bodies_that_are_held_are_bounded(server: Server) -> None:
    part = b"x" * 1_000_000
    head = b"POST / HTTP/1.1\r\nContent-Length: 1000001\r\n" + CLOSE + b"\r\n"
    with contextlib.ExitStack() as crowd:
        clients = [crowd.enter_context(server.connect(f"127.0.1.{n}")) for n in range(1, 41)]
        for client in clients:
            client.sendall(head + part)
        until(lambda: "Too much is being received" in server.log.read_text(), "one is refused")
        assert server.ask(body=b"abc").endswith(b"3 bytes\r\n0\r\n\r\n"), "small ones are not"


def test_a_request_that_takes_too_long_is_answered_all_the_same(server: Server) -> None:
    refused(answer := server.ask("/sleep"), 503, "unavailable")
    assert b"Retry-After: 1\r\n" in answer
    assert "request_overdue" in server.log.read_text()
    assert server.answers(), "the others go on"
    assert server.ask("/wake").startswith(b"HTTP/1.1 200"), "it slept until now"


def test_a_failure_of_the_application_tells_nothing(server: Server) -> None:
    answer = server.ask("/fail")
    refused(answer, 500, "internal_error")
    assert b"secret" not in answer


def test_connections_of_one_address_are_bounded(server: Server) -> None:
    with contextlib.ExitStack() as crowd:
        clients = [crowd.enter_context(server.connect("127.0.0.3")) for _ in range(21)]
        refused(rest(clients[-1]), 503, "unavailable")
        assert server.ask(address="127.0.0.4").startswith(b"HTTP/1.1 200"), "of that address only"
    until(lambda: server.ask(address="127.0.0.3").startswith(b"HTTP/1.1 200"), "room is made again")


def test_those_of_a_trusted_proxy_are_not(server: Server) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(30):
            crowd.enter_context(server.connect("127.0.0.9"))
        assert server.ask(address="127.0.0.9").startswith(b"HTTP/1.1 200")


def test_a_stop_finishes_requests_and_keeps_no_idle_connection(tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        until(server.answers, "gunicorn answers")
        with server.connect(), server.connect() as busy:
            body = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n" + HEAD + b"\r\nab"
            busy.sendall(body)
            time.sleep(0.1)
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            time.sleep(0.3)
            busy.sendall(b"c")
            assert b"3 bytes" in rest(busy)
        assert server.process.wait(20) == 0
        assert time.monotonic() - began < 10
    finally:
        server.process.kill()
