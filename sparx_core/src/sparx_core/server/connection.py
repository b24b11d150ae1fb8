"""One connection: what has arrived of its request, and how long it may take."""

from __future__ import annotations

import re
import socket
import time
from enum import Enum, auto
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.message import Request

from sparx_core.errors import (
    ApiError,
    BadRequest,
    HeadersTooLarge,
    TargetTooLong,
    UnsupportedTransferCoding,
)
from sparx_core.server.bounds import (
    HEAD_SECONDS,
    IDLE_SECONDS,
    KERNEL_BYTES,
    MAX_HEAD,
    MAX_TARGET,
    STREAMED,
    Bounds,
    Pace,
)
from sparx_core.server.chunked import ChunkedFraming
from sparx_core.server.host import check_host
from sparx_core.server.incoming import Incoming, Stream
from sparx_core.server.outgoing import Outgoing

# A line break of one character is malformed, which the parser says; waiting for more would not.
_END_OF_HEAD = re.compile(rb"\n\r?\n")


#: An option of Linux and macOS.
_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", None)

# What the fast parser lets pass, against RFC 9112: lone line breaks (section 2.2) and headers that
# go on in another line (section 5.2).
_BAD_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)|\n[ \t]")


class Stage(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    WORK = auto()
    ANSWER = auto()
    CLOSING = auto()
    GONE = auto()


class Connection:
    """Belongs to the event loop, and during ``WORK`` to the thread that answers the request."""

    def __init__(self, cfg: Any, raw: socket.socket, client: Any, server: Any, bounds: Bounds):
        raw.setblocking(False)
        if _LOWAT is not None and isinstance(client, tuple):
            # The kernel's memory is no place for megabytes that nobody reads.
            raw.setsockopt(socket.IPPROTO_TCP, _LOWAT, KERNEL_BYTES)
        self.cfg, self.raw, self.client, self.server = cfg, raw, client, server
        self.bounds = bounds
        #: What gunicorn writes answers to.
        self.sock = Outgoing(raw)
        #: What the selector waits for, as its mask.
        self.events = 0
        self.number = 0
        #: Bytes of an answer that wait, and bytes that came when nothing was expected any more.
        self.unsent = self.discarded = 0
        self.keep = False
        self.reset()

    def reset(self) -> bytes:
        """Begin with the next request; what has arrived of it already."""
        rest = getattr(self, "_rest", b"")
        self.stage = Stage.IDLE
        self.request: Any = None
        #: Whether a thread reads the body while it arrives.
        self.streamed = False
        #: Bytes of the request's body that are in memory.
        self.held = 0
        self.since = time.monotonic()
        self.deadline = self.since + IDLE_SECONDS
        self._head, self._rest = bytearray(), b""
        self._incoming = Incoming()
        self._left = 0
        self._framing: ChunkedFraming | None = None
        self._pace = Pace()
        self.sock.begin()
        return rest

    @property
    def address(self) -> str:
        return self.client[0] if isinstance(self.client, tuple) else ""

    def take(self, data: bytes) -> bool:
        """Take what arrived; whether a thread can answer the request now.

        Raises ``ApiError``, or an error of gunicorn's parser, for what is to be refused.
        """
        now = time.monotonic()
        if self.stage is Stage.BODY:
            self._pace.note(now - self.since, len(data))
            return self._take_body(data, now)
        if self.stage is Stage.IDLE:
            data = data.lstrip(b"\r\n")  # RFC 9112, section 2.2: of the request before
            if not data:
                return False
            self.stage, self.deadline = Stage.HEAD, now + HEAD_SECONDS
        searched = max(0, len(self._head) - 2)
        self._head += data
        end = _END_OF_HEAD.search(self._head, searched)
        if end is None or end.end() > MAX_HEAD:
            if len(self._head) > MAX_HEAD:
                raise self._too_long()
            return False
        rest = bytes(self._head[end.end() :])
        self._parse(bytes(self._head[: end.end()]))
        self._head.clear()
        return self._begin_body(rest, now)

    def _parse(self, head: bytes) -> None:
        if _BAD_BREAK.search(head):
            raise BadRequest("The request's head has line breaks other than CR LF before a header.")
        self._incoming.put(head)
        self.number += 1
        self.request = Request(self.cfg, self._incoming, self.client, self.number)
        if len(self.request.uri) > MAX_TARGET:
            raise TargetTooLong
        check_host(self.request)
        for name, value in self.request.headers:
            if name == "TRANSFER-ENCODING" and value.lower() != "chunked":
                raise UnsupportedTransferCoding

    def _too_long(self) -> ApiError:
        line, _, _ = self._head.partition(b"\n")
        return TargetTooLong() if len(line) > MAX_TARGET else HeadersTooLarge()

    def _begin_body(self, rest: bytes, now: float) -> bool:
        request = self.request
        self.stage, self.since = Stage.BODY, now
        reader = request.body.reader
        chunked = isinstance(reader, ChunkedReader)
        self._left = 0 if chunked else reader.length
        # gunicorn would say it in the thread, which is too late for a client that waits for it.
        expects, request._expected_100_continue = request._expected_100_continue, False
        limit = self.bounds.body_bytes(request.path)
        too_large = self._left > limit
        if (chunked or self._left) and request.path.endswith(STREAMED):
            stream = Stream(self.raw, None if chunked else self._left)
            self._incoming.put(stream.take(rest))
            self._incoming.stream_from(stream)
            self.streamed = True
        elif chunked:
            self._framing = ChunkedFraming()
        elif too_large:
            self._incoming.end_at(limit)
        if self.streamed or too_large:
            request.force_close()
        comes = self.streamed or ((chunked or self._left > 0) and not too_large)
        if expects and comes and not rest:
            self.raw.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self.streamed or too_large or self._take_body(rest, now)

    def _take_body(self, data: bytes, now: float) -> bool:
        if self._framing is None:
            used = min(len(data), self._left)
            self._left -= used
            complete = self._left == 0
        else:
            used = self._framing.follow(data)
            complete = self._framing.ended
            limit = self.bounds.body_bytes(self.request.path)
            if self._framing.size > limit:
                self._incoming.end_at(limit)
                self.request.force_close()
                complete = True
        self._incoming.put(data[:used])
        self.held += used
        self._rest = data[used:]
        self.since, self.deadline = now, now + self._pace.patience()
        return complete
