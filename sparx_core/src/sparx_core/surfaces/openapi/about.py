"""What the document says of the API as a whole: its title, its headers, its keys."""

from __future__ import annotations

from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.prose import markdown
from sparx_core.version import VERSION

_DESCRIPTION = """\
Every answer is one JSON object in the same envelope: `success` tells whether `data` or `error`
follows. Lists have `meta` beside `data`.

A key belongs to one tenant and goes into the header `Authorization: Bearer sk_live_...`; its
scopes say what it may do. A request body is JSON in UTF-8. What is not known is refused and never
ignored: fields, parameters, media types.

Fields, endpoints, error codes and values of a field may be added; a client ignores what it does
not know."""

HEADERS: dict[str, JsonSchema] = {
    "X-Request-Id": {
        "description": "The id of the request: the client's, if it sent one; also in the log.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "ETag": {
        "description": "What `If-None-Match` may name the next time.",
        "schema": {"type": "string"},
    },
}
SECURITY: JsonSchema = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "sk_live_...",
    "description": "A key of the tenant, from `POST /v1/keys` or `sparx key create`. The scopes"
    " that an operation needs are listed with it; a key with the scope `*` has all of them.",
}


def info() -> JsonSchema:
    """The Info Object."""
    return {
        "title": "Sparx",
        "summary": "A modular content and commerce operating system.",
        "description": markdown(_DESCRIPTION),
        "version": VERSION,
        "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    }
