"""The receivers of the documentation, run as they are, get what a sender really sends."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.live.processes import environment, free_port, require, until

from sparx_core.testing import Api, SentWebhooks
from sparx_core.webhooks.signing import new_secret, signature_headers

from .deliveries import OURS
from .verifiers import DOCS

COMMANDS = {
    "Python": (sys.executable, "receiver.py"),
    "JavaScript": ("node", "receiver.js"),
    "PHP": ("php", "-S", "127.0.0.1:{port}", "receiver.php"),
}


@contextmanager
def receiver(language: str, secret: str, port: int, folder: Path) -> Iterator[Path]:
    """The receiver runs; what it prints is in the file."""
    require(COMMANDS[language][0])
    printed = folder / "printed"
    given = {"SPARX_WEBHOOK_SECRET": secret, "PORT": str(port), "TMPDIR": str(folder)}
    with printed.open("w") as output:
        process = subprocess.Popen(
            [part.format(port=port) for part in COMMANDS[language]],
            env=environment(**given, PYTHONDONTWRITEBYTECODE="1"),
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=DOCS,
        )
    try:
        until(lambda: post(port, b"", {}, "PUT") != 0, 60, "it listens")
        yield printed
    finally:
        process.kill()
        process.wait()


def post(port: int, body: bytes, headers: dict[str, str], method: str = "POST") -> int:
    """The status; 0 if nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, "/hook", body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize("language", COMMANDS)
def test_receiver_takes_what_is_sent_and_nothing_else(
    language: str,
    api: Api,
    subscribe: Callable[[str], Any],
    sending: SentWebhooks,
    tmp_path: Path,
) -> None:
    port = free_port()
    subscription = subscribe(f"http://127.0.0.1:{port}/hook")
    with receiver(language, subscription["secret"], port, tmp_path) as printed:
        for name in ("Zoë ✓ 🧪", 'quotes " and \\', "</script>"):
            assert api.post("/v1/crm/customers", {"name": name}).status == 201
        outcomes = sending.outcomes()
        assert [(one.status, one.result) for one in outcomes] == [(204, "delivered")] * 3
        events = sorted(f"{one.claimed.event_type} {one.claimed.event_id}" for one in outcomes)
        assert sorted(printed.read_text().splitlines()) == events

        # The same events once more, with other signatures: they are no news.
        for delivery in api.get("/v1/webhooks/deliveries").data:
            assert api.post(f"/v1/webhooks/deliveries/{delivery['id']}/resend").status == 200
        assert [one.status for one in sending.outcomes()] == [204] * 3

        assert_refuses_the_rest(port, subscription["secret"], str(outcomes[0].body).encode())
        assert sorted(printed.read_text().splitlines()) == events


def assert_refuses_the_rest(port: int, secret: str, body: bytes) -> None:
    now = int(time.time())
    good = dict(signature_headers([secret], "id", now, body))
    old = dict(signature_headers([secret], "id", now - 400, body))
    other = dict(signature_headers([new_secret()], "id", now, body))
    assert post(port, body, good) == 204
    for headers in (old, other, {}, {OURS: ""}, {OURS: good[OURS] + "0"}):
        assert post(port, body, headers) == 400
    assert post(port, body + b" ", good) == 400
    assert post(port, b"", good) == 400
    assert post(port, b"x" * 1_000_001, good) in (413, 0)  # 0: it was cut off while sending
    assert post(port, body, good, "GET") in (405, 501)
    assert post(port, body, good) == 204
