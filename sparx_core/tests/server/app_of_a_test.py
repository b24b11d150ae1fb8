"""An application that answers as the path says, under the worker with short deadlines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from sparx_core.server import bounds, connection

# A test need not wait for seconds to see what happens after them.
bounds.GRACE_SECONDS = 1.0
bounds.HELD_BYTES = 30_000_000
connection.HEAD_SECONDS = 1.0
connection.IDLE_SECONDS = 2.0

woken = threading.Event()


def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/sleep":
        # For this request only: one that waits for a thread has the time that it always has.
        usual, bounds.REQUEST_SECONDS = bounds.REQUEST_SECONDS, 1.0
        woken.wait(60)
        bounds.REQUEST_SECONDS = usual
    if path == "/wake":
        woken.set()
    read = environ["wsgi.input"].read()
    if path == "/fail":
        raise ValueError("a secret of the installation")
    start("200 OK", [("Content-Type", "text/plain")])
    if path == "/endless":
        return (b"x" * 65_536 for _ in range(10_000))
    if path == "/large":
        return [b"x" * 8_000_000]
    return [f"{len(read)} bytes".encode()]
