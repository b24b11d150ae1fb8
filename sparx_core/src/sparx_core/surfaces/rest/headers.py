"""What every answer tells browsers and caches about itself."""

from __future__ import annotations

import falcon

from sparx_core.links.tokens import is_public
from sparx_core.surfaces.graphql.paths import PATHS

#: Of what the API answers nothing is to be rendered, run or framed. Pages bring their own policy.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
#: A year of https only, for a host that was asked by https.
_HTTPS_ONLY = "max-age=31536000"


class SecurityHeaders:
    """Middleware: the answer to each request, whatever answered it.

    A request came by https if the server says so, or a trusted proxy to the server.
    """

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        response.set_header("X-Content-Type-Options", "nosniff")
        response.set_header("Referrer-Policy", "no-referrer")
        if response.get_header("Content-Security-Policy") is None:
            response.set_header("Content-Security-Policy", _NOTHING)
        if request.scheme == "https":
            response.set_header("Strict-Transport-Security", _HTTPS_ONLY)
        if request.path in PATHS:  # which is a page for a browser
            response.set_header("Vary", "Accept, Authorization, Origin")
        elif request.path.startswith("/v1/"):
            # The answer depends on both, whether or not this request has them.
            response.set_header("Vary", "Authorization, Origin")
        if is_public(request.path):  # what links open is for those who were sent one
            response.set_header("X-Robots-Tag", "noindex")
        if request.get_header("Authorization") is not None:
            response.set_header("Cache-Control", "no-store")
