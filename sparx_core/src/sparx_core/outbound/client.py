"""The client: a URL that a tenant named, checked, resolved once, and asked once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import h11

from sparx_core.outbound.addresses import Address, Networks, Private, is_allowed
from sparx_core.outbound.connection import connect, encrypt
from sparx_core.outbound.deadline import Deadline
from sparx_core.outbound.errors import OutboundError, blocked, shown
from sparx_core.outbound.exchange import MAX_HEAD_BYTES, Reader, write
from sparx_core.outbound.urls import Target, check_url, parse_url
from sparx_core.version import VERSION

#: The addresses of a name, all of them. Raises ``OutboundError``: ``dns`` or ``timeout``.
Resolve = Callable[[str, Deadline], Sequence[Address]]

DNS_SECONDS = 2.0
#: The whole of a request, and the most that a caller may ask for.
TOTAL_SECONDS = 15.0
#: Bytes of a body that are read, unless the caller says otherwise.
MAX_BODY_BYTES = 64 * 1024
USER_AGENT = f"Sparx-Webhooks/{VERSION}"

METHODS = frozenset({"DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"})
#: Headers that say how a message is transferred: they are the client's own business.
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True)
class OutboundResponse:
    """What a server answered, whatever the status.

    ``truncated``: the body had more bytes than were to be read. ``address`` is the one that was
    asked; ``seconds`` is how long it all took, to be shown to a tenant as ``shown_seconds``.
    """

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes
    truncated: bool
    address: str
    seconds: float

    @property
    def shown_seconds(self) -> float:
        return shown(self.seconds)


class Outbound:
    """Sends requests to servers that tenants name. Any number of threads may share one.

    ``allow_private`` is True or ``"loopback"`` where such addresses may be reached, and with them
    http and other ports than 443; ``denied`` are networks of the operator's that never may be.
    Nothing is kept between requests: no connection, cookie or look-up. Proxies and ``.netrc`` of
    the environment are not looked at, redirects not followed, bodies not decompressed.
    """

    def __init__(
        self,
        allow_private: Private = False,
        denied: Networks = (),
        *,
        resolve: Resolve | None = None,
    ) -> None:
        self.allow_private = allow_private
        self.denied = denied
        self._given = resolve
        self._most = TOTAL_SECONDS

    def within(self, seconds: float) -> Outbound:
        """The same client for a caller who cannot wait longer, whatever it asks for."""
        shorter = Outbound(self.allow_private, self.denied, resolve=self._resolve)
        shorter._most = min(seconds, self._most)
        return shorter

    def check_url(self, url: str) -> str:
        """The URL as :meth:`send` would use it, or ``OutboundError``; nothing is looked up."""
        return check_url(url, allow_private=self.allow_private, denied=self.denied)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        seconds: float = TOTAL_SECONDS,
        max_response_bytes: int = MAX_BODY_BYTES,
    ) -> OutboundResponse:
        """One request, over by ``seconds``, which are 15 at most.

        Raises ``OutboundError`` for whatever the caller, the name or the server does. A failure of
        this process, such as too many open files, is an ``OSError``.

        Redirects and errors are responses like any other. ``User-Agent`` may be among the headers;
        those of ``OWN_HEADERS`` may not.
        """
        deadline = Deadline(min(seconds, self._most))
        attempt = _Attempt(self, deadline)
        try:
            return attempt.send(method, url, headers, body, max_response_bytes)
        except OutboundError as error:
            error.address, error.seconds = attempt.address, deadline.elapsed
            raise

    @cached_property
    def _resolve(self) -> Resolve:
        if self._given is not None:
            return self._given
        # Only who sends something needs dnspython, which is large.
        from sparx_core.outbound.resolver import Resolver

        return Resolver()

    def addresses(self, target: Target, deadline: Deadline) -> Sequence[Address]:
        """The addresses of a target, every one of them checked. Raises ``blocked`` for any."""
        found = target.addresses or self._resolve(target.host, deadline.within(DNS_SECONDS))
        if not all(is_allowed(one, self.allow_private, self.denied) for one in found):
            raise blocked()
        return found


class _Attempt:
    """One request on its way; ``address`` is that of the server once there is a connection."""

    def __init__(self, client: Outbound, deadline: Deadline) -> None:
        self._client = client
        self._deadline = deadline
        self.address: str | None = None

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        max_response_bytes: int,
    ) -> OutboundResponse:
        target = parse_url(url, self._client.allow_private)
        state, data = compose(method, target, headers, body)
        addresses = self._client.addresses(target, self._deadline)
        connection, self.address = connect(addresses, target.port, self._deadline)
        try:
            if target.scheme == "https":
                connection = encrypt(connection, target.host, self._deadline)
            write(connection, data, self._deadline)
            answer = Reader(connection, state, self._deadline).read(max_response_bytes)
        finally:
            connection.close()  # without TLS's farewell, which could wait for an answer
        return OutboundResponse(
            answer.status,
            answer.headers,
            answer.body,
            answer.truncated,
            self.address,
            self._deadline.elapsed,
        )


def compose(
    method: str, target: Target, headers: Sequence[tuple[str, str]], body: bytes
) -> tuple[h11.Connection, bytes]:
    """A request as bytes, and what reads the response to it. Raises ``invalid_request``."""
    if method not in METHODS:
        raise OutboundError(
            "invalid_request", f"The method is none of {', '.join(sorted(METHODS))}."
        )
    names = {name.lower() for name, _ in headers}
    if names & OWN_HEADERS:
        refused = ", ".join(sorted(names & OWN_HEADERS))
        raise OutboundError("invalid_request", f"These headers cannot be set: {refused}.")
    own = [("Host", target.authority), ("Accept-Encoding", "identity"), ("Connection", "close")]
    if "user-agent" not in names:
        own.append(("User-Agent", USER_AGENT))
    if body or method not in ("GET", "HEAD"):
        own.append(("Content-Length", str(len(body))))
    try:
        state = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        request = h11.Request(method=method, target=target.path, headers=[*own, *headers])
        parts = [state.send(request), state.send(h11.Data(body)), state.send(h11.EndOfMessage())]
    except (h11.LocalProtocolError, UnicodeError):
        raise OutboundError("invalid_request", "The request has invalid headers.") from None
    return state, b"".join(part for part in parts if part)
