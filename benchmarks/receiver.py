"""A process that receives webhooks: it answers 204 at once and remembers when each one came.

``python -m benchmarks.receiver PORT``; GET answers with a list of ``[path, webhook-id, time]``.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.installation import free_port
from benchmarks.measure import BenchmarkError

_START_SECONDS = 30.0
_arrived: list[tuple[str, str, float]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        now = time.time()
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _arrived.append((self.path, self.headers.get("webhook-id") or "", now))
        self.send_response(204)
        self.end_headers()

    def do_GET(self) -> None:
        body = json.dumps(_arrived).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@dataclass(frozen=True)
class Receiver:
    """Where webhooks are received."""

    url: str

    def arrivals(self) -> list[tuple[str, str, float]]:
        """Path, the event's id and the time of each that came so far."""
        # Not through a proxy, whatever the environment says.
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.url, timeout=30) as answer:
            return [(path, event, at) for path, event, at in json.loads(answer.read())]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver, ready."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.receiver", str(port)])
    try:
        receiver = Receiver(f"http://127.0.0.1:{port}")
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(receiver):
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError("the receiver of webhooks does not start")
            time.sleep(0.05)
        yield receiver
    finally:
        process.terminate()
        process.wait(20)


def _answers(receiver: Receiver) -> bool:
    try:
        receiver.arrivals()
    except (urllib.error.URLError, OSError):
        return False
    return True


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
