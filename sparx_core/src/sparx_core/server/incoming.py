"""The bytes of one request, as gunicorn's parser asks for them."""

from __future__ import annotations

import select
import socket
import time
from collections import deque

from gunicorn.http.unreader import Unreader

from sparx_core.errors import PayloadTooLarge
from sparx_core.server.bounds import Pace
from sparx_core.server.chunked import ChunkedFraming

#: Bytes that the parser takes at once; it copies what it does not use.
_PIECE = 8_192
_RECEIVE = 65_536


class Incoming(Unreader):  # type: ignore[misc]
    """What has arrived and, of a streamed body, what still arrives."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: deque[memoryview] = deque()
        self._stream: Stream | None = None
        self._limit: int | None = None

    def put(self, data: bytes) -> None:
        if data:
            self._pieces.append(memoryview(data))

    def stream_from(self, stream: Stream) -> None:
        """Go on with what the client sends, in the thread that reads."""
        self._stream = stream

    def end_at(self, limit: int) -> None:
        """More than ``limit`` bytes come, and are not read."""
        self._limit = limit

    def chunk(self) -> bytes:
        if not self._pieces and self._stream is not None:
            self.put(self._stream.receive())
        if not self._pieces:
            if self._limit is not None:
                # In the application, which looks at the key first.
                raise PayloadTooLarge(f"The request body is larger than {self._limit:,} bytes.")
            return b""
        piece = self._pieces.popleft()
        if len(piece) > _PIECE:
            self._pieces.appendleft(piece[_PIECE:])
        return bytes(piece[:_PIECE])


class Stream:
    """A body of which a thread reads while it arrives, from a client that keeps the least rate."""

    def __init__(self, sock: socket.socket, left: int | None) -> None:
        self._sock = sock
        #: Bytes that are still to come, None where a framing tells.
        self._left = left
        self._framing = ChunkedFraming() if left is None else None
        self._pace = Pace()

    def receive(self) -> bytes:
        """The next bytes, none at the end; ``TimeoutError`` if the client is too slow."""
        if self._ended():
            return b""
        began = time.monotonic()
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        patience = self._pace.patience()
        if patience <= 0 or not poll.poll(patience * 1000):
            raise TimeoutError("the client sends its body too slowly")
        data = self._sock.recv(_RECEIVE)
        self._pace.note(time.monotonic() - began, len(data))
        return self.take(data)

    def take(self, data: bytes) -> bytes:
        """What of ``data`` belongs to the body; ``OSError`` if it is malformed."""
        if self._framing is not None:
            return data[: self._framing.follow(data)]
        assert self._left is not None
        data = data[: self._left]
        self._left -= len(data)
        return data

    def _ended(self) -> bool:
        return self._left == 0 if self._framing is None else self._framing.ended
