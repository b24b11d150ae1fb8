"""The target of a request: how long its path and query may be, and which methods it has."""

from __future__ import annotations

import falcon

from sparx_core.errors import BadRequest

#: Bytes; of the path after it is decoded.
MAX_PATH, MAX_QUERY = 2_048, 8_192


class Target:
    """Middleware of every route."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Refuse a long target before anything is looked for."""
        # The server hands over the path with one character for each byte.
        if len(request.env.get("PATH_INFO", "")) > MAX_PATH:
            raise BadRequest(f"The path is longer than {MAX_PATH:,} bytes.")
        if len(request.query_string) > MAX_QUERY:
            raise BadRequest(f"The query is longer than {MAX_QUERY:,} bytes.")

    def process_response(
        self,
        request: falcon.Request,
        response: falcon.Response,
        resource: object,
        req_succeeded: bool,
    ) -> None:
        """Falcon's answer to OPTIONS, ``Allow`` and nothing else, as 204."""
        if request.method == "OPTIONS" and response.status_code == 200 and not response.data:
            response.status = 204
            response.delete_header("Content-Length")
