"""The application on a port of this machine, for clients that speak HTTP themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the application logs."""


@contextmanager
def served(app: Any, key: str | None = None) -> Iterator[str]:
    """The address of ``app``; requests that show no key show ``key``."""

    def with_key(environ: dict[str, Any], start_response: Any) -> Any:
        if key is not None:
            environ.setdefault("HTTP_AUTHORIZATION", f"Bearer {key}")
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, with_key, _Server, _Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
