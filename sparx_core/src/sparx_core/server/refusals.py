"""What the server answers by itself, in the envelope of all answers, and how it is logged."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import structlog
from gunicorn.http import errors as gunicorn_errors

from sparx_core.errors import (
    ApiError,
    BadRequest,
    ExpectationFailed,
    HeadersTooLarge,
    TargetTooLong,
    UnsupportedTransferCoding,
)
from sparx_core.json import encode

log = structlog.get_logger("sparx.request")

_KINDS: tuple[tuple[type[Exception], type[ApiError]], ...] = (
    (gunicorn_errors.LimitRequestLine, TargetTooLong),
    (gunicorn_errors.LimitRequestHeaders, HeadersTooLarge),
    (gunicorn_errors.ExpectationFailed, ExpectationFailed),
    (gunicorn_errors.UnsupportedTransferCoding, UnsupportedTransferCoding),
)


def explain(error: Exception) -> ApiError:
    """What gunicorn's parser says, in the words of the API."""
    if "Unsupported Transfer-Encoding" in str(error):  # the fast parser has no class of its own
        return UnsupportedTransferCoding()
    for kind, told in _KINDS:
        if isinstance(error, kind):
            return told()
    return BadRequest("The request is not well-formed HTTP.")


def refusal(error: ApiError, **noted: Any) -> bytes:
    """A whole answer after which the connection is closed; logged as the application would."""
    request_id = uuid4().hex
    log.info("request_refused", request_id=request_id, status=error.status, code=error.code,
             reason=error.text, **noted)  # fmt: skip
    told: dict[str, Any] = {"code": error.code, "message": error.text, "requestId": request_id}
    body = encode({"success": False, "error": told})
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request_id,
        **error.headers,
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
