"""The body of a request: read before a transaction is opened, understood inside it.

A slow client must not hold a connection, so the bytes come first; and a stranger must learn
nothing from them, so what is wrong with them is said only after the key was checked.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import falcon

from sparx_core.errors import ApiError, BadRequest, PayloadTooLarge, UnsupportedMediaType
from sparx_core.json import DEFAULT_LIMITS, Limits, decode

_CHUNK = 65_536


class Body:
    """The bytes of a request, at most ``limit`` of them, or what is wrong with them."""

    def __init__(
        self, request: falcon.Request, limit: int, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self._limits = limits
        self._problem: ApiError | None = None
        self._bytes = b""
        try:
            refuse_encoded(request)
            self._bytes = _read(request, limit)
        except ApiError as error:
            self._problem = error
        self._media_type = request.content_type

    def json(self) -> Any:
        """The value; an ``ApiError`` for anything that is not JSON within the limits."""
        if self._problem is not None:
            raise self._problem
        return self._value

    def optional_json(self) -> Any:
        """Like :meth:`json`, with an absent body read as an empty object."""
        if self._problem is None and not self._bytes:
            return {}
        return self.json()

    @cached_property
    def _value(self) -> Any:
        if not _is_json(self._media_type):
            raise UnsupportedMediaType
        if not self._bytes:
            raise BadRequest("The request has no body.")
        return decode(self._bytes, self._limits)


def refuse_encoded(request: falcon.Request) -> None:
    """A compressed body could be of any size once it is read."""
    encoding = request.get_header("Content-Encoding") or "identity"
    if encoding.strip().lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")


def _read(request: falcon.Request, limit: int) -> bytes:
    length = length_of(request)
    too_large = PayloadTooLarge(f"The request body is larger than {limit:,} bytes.")
    if length is not None and length > limit:
        raise too_large
    try:
        if length is not None:
            body: bytes = request.bounded_stream.read()
            if len(body) < length:
                raise BadRequest("The request body ended early.")
            return body
        if request.get_header("Transfer-Encoding") is None:
            return b""
        # Chunked: nobody announced how much is coming, so it is counted while it comes.
        chunks, size = [], 0
        while chunk := request.stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise too_large
            chunks.append(chunk)
        return b"".join(chunks)
    except OSError:
        raise BadRequest("The request body could not be read.") from None


def length_of(request: falcon.Request) -> int | None:
    """The announced length, None if there is none."""
    try:
        length = request.content_length
    except falcon.HTTPBadRequest:
        raise BadRequest("Content-Length is not a number of bytes.") from None
    if length is not None and request.get_header("Transfer-Encoding"):
        # Two lengths for one body: who believes which of them is how requests are smuggled.
        raise BadRequest("Send Content-Length or Transfer-Encoding, not both.")
    return length


def _is_json(content_type: str | None) -> bool:
    media_type, _, parameters = (content_type or "").partition(";")
    if media_type.strip().lower() != "application/json":
        return False
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    return charset in ("", "utf-8", "utf8")
