"""What handlers send to other servers inside a test: recorded, and answered by the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparx_core.outbound import Outbound, OutboundError, OutboundResponse
from sparx_core.outbound.client import MAX_BODY_BYTES, TOTAL_SECONDS, compose
from sparx_core.outbound.urls import parse_url

if TYPE_CHECKING:
    from sparx_core.outbound.errors import Kind
    from sparx_core.runtime import Runtime


@dataclass(frozen=True)
class OutboundCall:
    """A request that a handler sent; the names of ``headers`` are in lower case."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; numbers with a fraction are Decimal."""
        from sparx_core.json import decode

        return decode(self.body)


class OutboundCalls(Outbound):
    """All servers there are: each call is recorded, and answered with 200 unless told otherwise.

    URLs, addresses and headers are checked as they always are; names are not looked up.
    """

    def __init__(self) -> None:
        super().__init__()
        #: All that was sent so far.
        self.calls: list[OutboundCall] = []
        self._answer: Callable[[OutboundCall], OutboundResponse] = lambda call: _response(200)

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """What servers answer from now on: ``answer(503, retry_after="120")``."""
        named = [(name.replace("_", "-"), value) for name, value in headers.items()]
        self._answer = lambda call: _response(status, named, body)

    def answer_by(self, function: Callable[[OutboundCall], OutboundResponse]) -> None:
        """Have a function answer; it may raise ``OutboundError``."""
        self._answer = function

    def fail(self, kind: Kind) -> None:
        """Have no server answer from now on: ``fail("timeout")``."""

        def refuse(call: OutboundCall) -> OutboundResponse:
            raise OutboundError(kind, f"The test says {kind}.")

        self._answer = refuse

    def within(self, seconds: float) -> OutboundCalls:
        return self

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
        used = self.check_url(url)
        compose(method, parse_url(used, self.allow_private), headers, body)
        call = OutboundCall(method, used, {name.lower(): one for name, one in headers}, body)
        self.calls.append(call)
        return self._answer(call)


@contextmanager
def recorded_calls(runtime: Runtime) -> Iterator[OutboundCalls]:
    """Have a runtime call nobody for a while."""
    actual, calls = runtime.outbound, OutboundCalls()
    runtime.__dict__["outbound"] = calls  # where its cached property keeps it
    try:
        yield calls
    finally:
        runtime.__dict__["outbound"] = actual


def _response(
    status: int, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
) -> OutboundResponse:
    return OutboundResponse(status, headers, body, False, "192.0.2.1", 0.01)
