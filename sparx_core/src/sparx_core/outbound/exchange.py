"""One request and its response over an open connection, with bounds for whatever comes back."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import h11

from sparx_core.outbound.deadline import Deadline, timed_out
from sparx_core.outbound.errors import OutboundError

#: From the end of the request to the first byte of a response.
FIRST_BYTE_SECONDS = 10.0
#: Bytes of the head of a response, names, values and what is between them.
MAX_HEAD_BYTES = 32 * 1024
#: Responses that only announce another one (1xx).
_MAX_INTERIM = 8
#: Pieces of a body: chunks of a byte each would cost far more to read than to send.
_MAX_PIECES = 4096
#: Bytes that are taken from the connection at once.
_PIECE = 16 * 1024
#: Between the name and the value of a header, and after it: ``": "`` and the end of the line.
_AROUND_HEADER = 4

_WAITING = "waiting for the response"
_READING = "reading the response"

Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What came back. ``truncated`` if the body had more than was to be read."""

    status: int
    headers: Headers
    body: bytes
    truncated: bool


def write(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    """Send a request. A server that closes early may have answered: that is read nevertheless."""
    rest = memoryview(data)
    try:
        while rest:
            connection.settimeout(deadline.left("sending the request"))
            rest = rest[connection.send(rest) :]
    except TimeoutError:
        raise timed_out("sending the request") from None
    except OSError:
        return


class Reader:
    """Reads the response to the request that ``state`` was told of."""

    def __init__(self, connection: socket.socket, state: h11.Connection, whole: Deadline) -> None:
        self._connection = connection
        self._state = state
        self._whole = whole
        self._first = whole.within(FIRST_BYTE_SECONDS)
        self._anything = False

    def read(self, max_bytes: int) -> Answer:
        """The final response, with at most ``max_bytes`` of its body."""
        try:
            response = self._head()
            body, truncated = self._body(max_bytes)
        except h11.RemoteProtocolError as error:
            raise self._refused(error) from None
        headers = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers
        ]
        return Answer(response.status_code, headers, body, truncated)

    def _head(self) -> h11.Response:
        for _ in range(_MAX_INTERIM + 1):
            event = self._next()
            if isinstance(event, h11.InformationalResponse | h11.Response):
                _require_small(event)
            if isinstance(event, h11.Response) and event.http_version in (b"1.0", b"1.1"):
                return event
            if not isinstance(event, h11.InformationalResponse) or event.status_code == 101:
                break
        raise _no_http()

    def _body(self, max_bytes: int) -> tuple[bytes, bool]:
        body, pieces = bytearray(), 0
        while isinstance(event := self._next(), h11.Data):
            body += event.data
            pieces += 1
            if len(body) > max_bytes or pieces > _MAX_PIECES:
                return bytes(body[:max_bytes]), True
        return bytes(body), False

    def _next(self) -> object:
        """The next event; reads until there is one."""
        while True:
            event = self._state.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._state.receive_data(self._receive())

    def _receive(self) -> bytes:
        """Some bytes; none at the end of the connection."""
        deadline, what = (self._whole, _READING) if self._anything else (self._first, _WAITING)
        self._connection.settimeout(deadline.left(what))
        try:
            data = self._connection.recv(_PIECE)
        except TimeoutError:
            raise timed_out(what) from None
        except OSError:
            raise OutboundError("protocol", "The server cut the connection.") from None
        if not data and not self._anything:
            raise OutboundError("protocol", "The server closed the connection without an answer.")
        self._anything = True
        return data

    def _refused(self, error: h11.RemoteProtocolError) -> OutboundError:
        # What h11 suggests to a server that is asked for too much.
        if error.error_status_hint == 431:
            return _too_large()
        return _no_http()


def _require_small(event: h11.Response | h11.InformationalResponse) -> None:
    # The parser's own bound is looked at only while the head is not complete.
    size = sum(len(name) + len(value) + _AROUND_HEADER for name, value in event.headers)
    if size > MAX_HEAD_BYTES:
        raise _too_large()


def _too_large() -> OutboundError:
    return OutboundError("too_large", "The headers of the response are too large.")


def _no_http() -> OutboundError:
    return OutboundError("protocol", "The server did not answer with valid HTTP.")
