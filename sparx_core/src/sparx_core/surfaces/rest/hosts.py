"""Hosts of their own for parts of the API: ``mcp.example.com`` instead of ``example.com/mcp``."""

from __future__ import annotations

from collections.abc import Mapping

import falcon


class Hosts:
    """Middleware. What is asked of the root of a host whose first label is known is asked of that
    label's path.
    """

    def __init__(self, paths: Mapping[str, str]) -> None:
        self.paths = paths

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        if request.path not in ("", "/"):
            return
        # Not request.host: of what a client sent as a port that may fail.
        label, dot, _ = request.env.get("HTTP_HOST", "").partition(".")
        path = self.paths.get(label.lower()) if dot else None
        if path is not None:
            request.path = path
