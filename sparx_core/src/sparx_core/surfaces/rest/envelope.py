"""The envelope that every answer wears, success and error alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import falcon

from sparx_core.errors import ApiError
from sparx_core.json import encode

MEDIA_TYPE = "application/json; charset=utf-8"

#: How an error is told: :func:`failure`, or as the protocol of a path has it.
Failure = Callable[[falcon.Response, ApiError, str], None]


def success(response: falcon.Response, data: bytes, meta: bytes | None = None) -> None:
    """``{"success": true, "data": ..., "meta"?: ...}`` around JSON that is already text."""
    tail = b"}" if meta is None else b',"meta":' + meta + b"}"
    response.data = b'{"success":true,"data":' + data + tail
    _headers(response)


def answer_json(response: falcon.Response, data: Any) -> None:
    """The same around a value that is none yet; numbers may be Decimal."""
    success(response, encode(data))


def failure(response: falcon.Response, error: ApiError, request_id: str) -> None:
    """``{"success": false, "error": {code, message, details?, requestId}}``."""
    body: dict[str, Any] = {"code": error.code, "message": error.text}
    if error.details is not None:
        body["details"] = error.details
    body["requestId"] = request_id
    response.status = error.status
    response.data = encode({"success": False, "error": body})
    for name, value in error.headers.items():
        response.set_header(name, value)
    _headers(response)


def _headers(response: falcon.Response) -> None:
    response.content_type = MEDIA_TYPE
    response.set_header("Cache-Control", "no-store")
