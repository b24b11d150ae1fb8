"""The receivers of the documentation, run as they are, get what a sender really sends."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.live.receivers import COMMANDS, Receiver

from sparx_core.testing import Api, SentWebhooks
from sparx_core.webhooks.signing import new_secret, signature_headers

from .deliveries import OURS


@pytest.mark.parametrize("language", COMMANDS)
def test_receiver_takes_what_is_sent_and_nothing_else(
    language: str,
    api: Api,
    subscribe: Callable[[str], Any],
    sending: SentWebhooks,
    tmp_path: Path,
) -> None:
    receiver = Receiver(language, tmp_path)
    secret = subscribe(receiver.url)["secret"]
    with receiver.listening(secret):
        for name in ("Zoë ✓ 🧪", 'quotes " and \\', "</script>"):
            assert api.post("/v1/crm/customers", {"name": name}).status == 201
        outcomes = sending.outcomes()
        assert [(one.status, one.result) for one in outcomes] == [(204, "delivered")] * 3
        events = sorted(f"{one.claimed.event_type} {one.claimed.event_id}" for one in outcomes)
        assert sorted(receiver.printed()) == events

        # The same events once more, with other signatures: they are no news.
        for delivery in api.get("/v1/webhooks/deliveries").data:
            assert api.post(f"/v1/webhooks/deliveries/{delivery['id']}/resend").status == 200
        assert [one.status for one in sending.outcomes()] == [204] * 3

        assert_refuses_the_rest(receiver, secret, str(outcomes[0].body).encode())
        assert sorted(receiver.printed()) == events


def assert_refuses_the_rest(receiver: Receiver, secret: str, body: bytes) -> None:
    now = int(time.time())
    good = dict(signature_headers([secret], "id", now, body))
    old = dict(signature_headers([secret], "id", now - 400, body))
    other = dict(signature_headers([new_secret()], "id", now, body))
    assert receiver.send(body, good) == 204
    for headers in (old, other, {}, {OURS: ""}, {OURS: good[OURS] + "0"}):
        assert receiver.send(body, headers) == 400
    assert receiver.send(body + b" ", good) == 400
    assert receiver.send(b"", good) == 400
    # 0: it was cut off while sending.
    assert receiver.send(b"x" * 1_000_001, good) in (413, 0)
    assert receiver.send(body, good, "GET") in (405, 501)
    assert receiver.send(body, good) == 204
