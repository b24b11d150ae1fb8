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
        "required": True,
        "description": "The id of the request: the client's, if it sent one; also in the log.",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {
        "required": True,
        "description": "How to authenticate.",
        "schema": {"type": "string", "const": "Bearer"},
    },
    "Retry-After": {
        "required": True,
        "description": "Seconds after which to try again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "ETag": {
        "required": True,
        "description": "What `If-None-Match` may name the next time.",
        "schema": {"type": "string"},
    },
    "RateLimit-Policy": {
        "description": "The limits that hold, of this key and of its tenant: `q` requests in `w`"
        " seconds. It is not there if the installation has none.",
        "schema": {"type": "string", "examples": ['"key";q=100;w=1, "tenant";q=300;w=1']},
    },
    "RateLimit": {
        "description": "Where the key and its tenant stand: `r` requests are left for `t` seconds.",
        "schema": {"type": "string", "examples": ['"key";r=99;t=1, "tenant";r=280;t=1']},
    },
    "Deprecation": {
        "description": "Since when something that the request uses is deprecated (RFC 9745).",
        "schema": {"type": "string", "pattern": "^@[0-9]+$"},
    },
    "Sunset": {
        "description": "Until when it is promised to work (RFC 8594).",
        "schema": {"type": "string"},
    },
    "Link": {
        "description": "Where more is said about it.",
        "schema": {"type": "string"},
    },
    "RowVersion": {
        "required": True,
        "description": "The version of the row, for `If-Match`.",
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the answer of an earlier request with the same"
        " `Idempotency-Key`.",
        "schema": {"type": "string", "const": "true"},
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
