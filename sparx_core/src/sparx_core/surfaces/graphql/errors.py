"""Errors in the shape of GraphQL, with the codes of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from sparx_core.errors import ApiError, BadRequest, InternalError

if TYPE_CHECKING:
    from graphql import GraphQLError

log = structlog.get_logger("sparx.graphql")


def told(error: ApiError | GraphQLError, request_id: str = "") -> dict[str, Any]:
    """``{message, locations?, path?, extensions: {code, details?, requestId?}}``.

    What went wrong inside is logged and said to nobody: its code is ``internal_error``, and the
    request id finds it in the log.
    """
    if isinstance(error, ApiError):
        return {"message": error.text, "extensions": _extensions(error, request_id)}
    from graphql import GraphQLError

    cause = error.original_error
    while isinstance(cause, GraphQLError):  # told once more, with the place
        cause = cause.original_error
    if isinstance(cause, ApiError):
        api_error = cause
    elif cause is None:
        api_error = BadRequest(error.message)
    else:
        log.error("field_failed", request_id=request_id, exc_info=cause)
        api_error = InternalError()
    found: dict[str, Any] = {"message": api_error.text}
    if error.locations:
        found["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        found["path"] = error.path
    return {**found, "extensions": _extensions(api_error, request_id)}


def _extensions(error: ApiError, request_id: str) -> dict[str, Any]:
    found: dict[str, Any] = {"code": error.code}
    if error.details is not None:
        found["details"] = error.details
    if request_id and error.status >= 500:
        found["requestId"] = request_id
    return found
