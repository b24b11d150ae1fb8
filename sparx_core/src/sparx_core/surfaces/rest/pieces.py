"""The body of a request while it arrives, for what is larger than memory should hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import falcon

from sparx_core.errors import BadRequest
from sparx_core.surfaces.rest.body import length_of, refuse_encoded

_READ = 64 * 1024


def body_pieces(request: falcon.Request, size: int) -> Iterator[bytes]:
    """The body of a request in pieces of ``size`` bytes, and the rest. No transaction should be
    open meanwhile: the client decides how long it takes.

    The body is not waited for if the path ends with one of ``server.bounds.STREAMED``. Raises
    ``BadRequest`` where it breaks off, after the pieces that were whole.
    """
    refuse_encoded(request)
    return in_pieces(_parts(request), size)


def in_pieces(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes, in pieces of ``size`` and the rest."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        while len(buffer) >= size:
            yield bytes(buffer[:size])
            del buffer[:size]
    if buffer:
        yield bytes(buffer)


def _parts(request: falcon.Request) -> Iterator[bytes]:
    announced = length_of(request)
    if announced is None and request.get_header("Transfer-Encoding") is None:
        return
    stream = request.stream if announced is None else request.bounded_stream
    received = 0
    try:
        while part := stream.read(_READ):
            received += len(part)
            yield part
    except OSError:
        raise BadRequest("The request body could not be read.") from None
    if announced is not None and received < announced:
        raise BadRequest("The request body ended early.")
