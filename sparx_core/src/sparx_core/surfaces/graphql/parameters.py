"""What a request asks: the parameters of GraphQL over HTTP, from a body or from a query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import falcon

from sparx_core.errors import ApiError, BadRequest
from sparx_core.json import decode

#: How the hash of a document is written where it stands for the document.
SHA256 = "sha256:"
_KNOWN = frozenset({"query", "documentId", "operationName", "variables", "extensions"})


@dataclass(frozen=True)
class Parameters:
    """``query``, or the ``digest`` that the document is known by, or both."""

    query: str | None
    digest: str | None = None
    operation: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


def of_query(request: falcon.Request) -> Parameters:
    """The parameters of a GET, whose ``variables`` and ``extensions`` are JSON."""
    found: dict[str, Any] = {}
    for name, value in request.params.items():
        if isinstance(value, list):
            raise BadRequest(f"{name[:64]!r} is given more than once.")
        found[name] = _decoded(name, value) if name in ("variables", "extensions") else value
    return of_body(found)


def of_body(body: Any) -> Parameters:
    """The parameters of a POST."""
    if isinstance(body, list):
        raise BadRequest("Send one operation at a time: batches are not answered.")
    if not isinstance(body, dict):
        raise BadRequest("The body is no JSON object.")
    for name in body:
        if name not in _KNOWN:
            raise BadRequest(f"There is no parameter {name[:64]!r}.")
    query = _text(body, "query")
    digest = _digest(body)
    if query is None and digest is None:
        raise BadRequest("The parameter 'query' is missing.")
    return Parameters(query, digest, _text(body, "operationName"), _object(body, "variables"))


def _digest(body: Mapping[str, Any]) -> str | None:
    """The hash of ``documentId``, or of the extension that clients of Apollo send."""
    given = _text(body, "documentId")
    if given is not None:
        if not given.startswith(SHA256):
            raise BadRequest(f"'documentId' is '{SHA256}' and a hash.")
        return _hexadecimal(given.removeprefix(SHA256))
    persisted = _object(body, "extensions").get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        raise BadRequest("'persistedQuery' is not of version 1.")
    return _hexadecimal(persisted.get("sha256Hash"))


def _hexadecimal(given: Any) -> str:
    if isinstance(given, str) and len(given) == 64:
        digest = given.lower()
        if not digest.strip("0123456789abcdef"):
            return digest
    raise BadRequest("The hash of a document is the 64 hexadecimal digits of its SHA-256.")


def _decoded(name: str, value: str) -> Any:
    try:
        return decode(value.encode()) if value else None
    except ApiError as error:
        raise BadRequest(f"{name!r} cannot be read: {error.text}", details=error.details) from None


def _text(body: Mapping[str, Any], name: str) -> str | None:
    given = body.get(name)
    if given is None or isinstance(given, str):
        return given
    raise BadRequest(f"The parameter {name!r} is no text.")


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    given = body.get(name)
    if given is None:
        return {}
    if isinstance(given, dict):
        return given
    raise BadRequest(f"The parameter {name!r} is no object.")
