"""An answer in the shape of GraphQL: ``data``, ``errors`` and ``extensions``, and no envelope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import falcon

from sparx_core.errors import ApiError
from sparx_core.json import encode
from sparx_core.surfaces.graphql.errors import told
from sparx_core.surfaces.graphql.media import LEGACY, RESPONSE, answer_type


def answer(
    response: falcon.Response,
    media_type: str,
    data: bytes | None,
    errors: Sequence[Mapping[str, Any]] = (),
    extensions: Mapping[str, Any] | None = None,
) -> None:
    """200, or 400 in the newer media type if nothing was carried out: then there is no ``data``."""
    parts = []
    if errors:
        parts.append(b'"errors":' + encode(list(errors)))
    if data is not None:
        parts.append(b'"data":' + data)
    if extensions:
        parts.append(b'"extensions":' + encode(extensions))
    response.data = b"{" + b",".join(parts) + b"}"
    response.status = 400 if data is None and media_type == RESPONSE else 200
    response.content_type = f"{media_type}; charset=utf-8"
    response.set_header("Cache-Control", "no-store")


def failure(response: falcon.Response, error: ApiError, request_id: str) -> None:
    """What refuses a request as a whole, with the status that it has everywhere."""
    said = getattr(response.context, "media_type", LEGACY)
    answer(response, said, None, [told(error, request_id)])
    response.status = error.status
    for name, value in error.headers.items():
        response.set_header(name, value)


def negotiate(request: falcon.Request, response: falcon.Response) -> str:
    """The media type that the request wants, for whatever answers it."""
    response.context.media_type = answer_type(request.get_header("Accept"))
    return str(response.context.media_type)
