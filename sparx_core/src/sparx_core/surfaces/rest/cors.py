"""CORS: which pages' scripts a browser lets read the answers (Fetch standard, section 3.2)."""

from __future__ import annotations

from collections.abc import Container

import falcon

from sparx_core.auth.keys import bearer
from sparx_core.limits.callers import Callers
from sparx_core.origins.allowed import AllowedOrigins
from sparx_core.surfaces.graphql.paths import PATHS

_METHODS = "GET, POST, PATCH, DELETE"
_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id"
_EXPOSED = (
    "ETag, Location, Link, RateLimit, RateLimit-Policy, Retry-After, Idempotent-Replayed,"
    " X-Request-Id, Deprecation, Sunset, WWW-Authenticate"
)
#: Protocols have headers of their own. The asterisk stands for any but ``Authorization``.
_ANY_HEADERS = f"{_HEADERS}, *"
#: Seconds for which a browser remembers what it was told of a preflight.
_REMEMBERED = "600"

#: What the core answers to a key before it knows whose it is. It says the same to everybody.
_OF_NOBODY = frozenset({401, 404, 405, 429, 503})


class Cors:
    """Middleware. An answer to a key is for the origins that the key's tenant allows.

    A preflight has no key, and neither is there a tenant to an answer without a valid one: what is
    the same for everybody may be read from any origin that some tenant allows.

    ``protocols`` are the paths beside ``/v1/`` at which modules answer in one of their own.
    """

    def __init__(
        self,
        origins: AllowedOrigins,
        callers: Callers,
        protocols: Container[str] = (),
    ) -> None:
        self.origins, self.callers, self.protocols = origins, callers, protocols

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        if not _is_preflight(request) or not self._is_api(request):
            return
        origin = request.get_header("Origin", default="")
        if not self.origins.allows(origin, None):
            return  # to be answered as any OPTIONS is
        response.status = 204
        response.set_header("Access-Control-Allow-Methods", _METHODS)
        own = request.path in self.protocols
        response.set_header("Access-Control-Allow-Headers", _ANY_HEADERS if own else _HEADERS)
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
        if origin is None or not self._is_api(request):
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

    def _is_api(self, request: falcon.Request) -> bool:
        path = request.path
        return path.startswith("/v1/") or path in PATHS or path in self.protocols


def _is_preflight(request: falcon.Request) -> bool:
    return (
        request.method == "OPTIONS"
        and request.get_header("Access-Control-Request-Method") is not None
    )
