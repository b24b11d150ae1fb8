"""CORS: which pages' scripts a browser lets read the answers (Fetch standard, section 3.2)."""

from __future__ import annotations

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.limits.callers import Callers
from sparx_core.origins.allowed import AllowedOrigins

_METHODS = "GET, POST, PATCH, DELETE"
_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
_EXPOSED = (
    "ETag, Location, Link, RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed,"
    " X-Request-Id, Deprecation, Sunset, WWW-Authenticate"
)
#: Seconds for which a browser remembers what it was told of a preflight.
_REMEMBERED = "600"

#: What the core answers to a key before it knows whose it is. It says the same to everybody.
_OF_NOBODY = frozenset({401, 404, 405, 429, 503})


class Cors:
    """Middleware. An answer to a key is for the origins that the key's tenant allows.

    A preflight has no key, and neither is there a tenant to an answer without a valid one: what is
    the same for everybody may be read from any origin that some tenant allows.
    """

    def __init__(self, origins: AllowedOrigins, callers: Callers) -> None:
        self.origins, self.callers = origins, callers

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        if not _is_preflight(request) or not _is_api(request):
            return
        origin = request.get_header("Origin", default="")
        if not self.origins.allows(origin, None):
            return  # to be answered as any OPTIONS is
        response.status = 204
        response.set_header("Access-Control-Allow-Methods", _METHODS)
        response.set_header("Access-Control-Allow-Headers", _HEADERS)
        response.set_header("Access-Control-Max-Age", _REMEMBERED)
        response.complete = True

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        origin = request.get_header("Origin")
        if origin is None or not _is_api(request):
            return
        if self._may_read(origin, request, response.status_code):
            response.set_header("Access-Control-Allow-Origin", origin)
            response.set_header("Access-Control-Expose-Headers", _EXPOSED)

    def _may_read(self, origin: str, request: falcon.Request, status: int) -> bool:
        key = bearer(request.get_header("Authorization"))
        caller = None if key is None else self.callers.find(key)
        if key is not None and caller is None and status not in _OF_NOBODY:
            return False
        tenant = None if caller is None else caller.tenant
        # Who is told that the database is away is not to wait for it once more.
        return self.origins.allows(origin, tenant, ask=status != 503)


def _is_api(request: falcon.Request) -> bool:
    return bool(request.path.startswith("/v1/"))


def _is_preflight(request: falcon.Request) -> bool:
    return (
        request.method == "OPTIONS"
        and request.get_header("Access-Control-Request-Method") is not None
    )
