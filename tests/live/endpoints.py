"""Receivers of webhooks, one server for all: what one does is the first part of its path."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread


@dataclass(frozen=True)
class Received:
    """A request that came in whole; ``at`` by this process's monotonic clock."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """What a receiver tells repetitions by."""
        return self.headers["webhook-id"]


@dataclass
class Receivers:
    """What each path does:

    - ``/ok/...`` answers 200, ``/503/...`` that status, ``/slow/...`` 200 after 100 ms;
    - ``/hole/...`` never answers, ``/drip/...`` sends a byte a second, ``/endless/...`` a body
      without an end.

    ``decide`` may give the status of a request instead.
    """

    port: int = 0
    got: list[Received] = field(default_factory=list)
    #: Requests under way, by path, and the most there were at once.
    now: Counter[str] = field(default_factory=Counter)
    most: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    decide: Callable[[Received], int | None] = lambda received: None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ids(self, path: str) -> Counter[str]:
        """How often each message came to a path."""
        return Counter(one.id for one in list(self.got) if one.path == path)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = ""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split(" ")[1]
            self.now[path] += 1
            self.most[path] = max(self.most[path], self.now[path])
            named = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in named}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            received = Received(time.monotonic(), path, headers, body)
            self.got.append(received)
            await self._answer(received, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if path:
                self.now[path] -= 1
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(
        self, received: Received, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        kind = received.path.split("/")[1]
        status = self.decide(received) or (int(kind) if kind.isdigit() else 200)
        if kind == "hole":
            await reader.read()  # until the client gives up
            return
        if kind == "slow":
            await asyncio.sleep(0.1)
        if kind in ("drip", "endless"):
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            piece = b"1\r\nx\r\n" if kind == "drip" else b"10000\r\n" + b"x" * 65536 + b"\r\n"
            while not reader.at_eof():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(1 if kind == "drip" else 0)
            return
        writer.write(f"HTTP/1.1 {status} -\r\ncontent-length: 2\r\n\r\nok".encode())
        await writer.drain()


@contextmanager
def listening() -> Iterator[Receivers]:
    """Receivers on a port of loopback, served by a thread."""
    receivers = Receivers()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        asyncio.start_server(receivers.serve, "127.0.0.1", 0, backlog=1000)
    )
    receivers.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, name="receivers", daemon=True)
    thread.start()
    try:
        yield receivers
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
