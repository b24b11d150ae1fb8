"""A signing secret is replaced while webhooks are sent. ``TEST_LONG_FAULTS=1`` sends for 30 s."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from tests.live.processes import until

from sparx_core.db.connection import Database
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, SentWebhooks
from sparx_core.webhooks.sending.message import Composer
from sparx_core.webhooks.sending.sender import Sender

from .deliveries import OURS
from .verifiers import load

LONG = bool(os.environ.get("TEST_LONG_FAULTS"))
COUNT, PER_SECOND = (3_000, 100.0) if LONG else (100, 100.0)
#: How many are made by one request.
TOGETHER = 5
PATIENCE = 60


@dataclass
class Receiver:
    """A receiver that knows one secret at a time: the events that it took and those it refused,
    with how many signatures each had.
    """

    secret: str = ""
    taken: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    verify: Callable[..., bool] = field(default_factory=lambda: load("verify").verify_sparx_webhook)

    def receive(self, raw: bytes, signature: str, event: str) -> int:
        if not self.verify(raw, signature, self.secret):
            self.refused.append(event)
            return 400
        self.taken[event] = signature.count("v1=")
        return 204

    @contextmanager
    def listening(self) -> Iterator[str]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.receive(raw, self.headers[OURS], self.headers["webhook-id"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *arguments: Any) -> None:
                """What is wrong is in the lists."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/hook"
            server.shutdown()
            thread.join()


class Traffic(Thread):
    """Customers are made, so many a second, and the sender is rung; ``made`` are so far."""

    def __init__(self, api: Api, sender: Sender) -> None:
        super().__init__(daemon=True)
        self.api, self.sender = api, sender
        self.made = 0
        self.enough = Event()
        self.problems: list[str] = []

    def run(self) -> None:
        began = time.monotonic()
        one = {"op": "create", "data": {"name": "somebody"}}
        while not self.enough.is_set():
            # Together: one key may not ask as often as that.
            answer = self.api.post("/v1/crm/customers/batch", {"items": [one] * TOGETHER})
            if answer.status != 200 or answer.meta["failed"]:
                self.problems.append(answer.text)
            self.sender.wake()
            self.made += TOGETHER
            time.sleep(max(0.0, began + self.made / PER_SECOND - time.monotonic()))
        self.rate = self.made / (time.monotonic() - began)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def sender(installation: Runtime, sending: SentWebhooks) -> Iterator[Sender]:
    """A sender as a worker has it, with threads."""
    sending()  # what other tests have left is not for this one
    running = Sender(
        Database(installation.urls.dispatch),
        sending.sender.transport,
        Composer(installation),
        4,
        installation.doorbell.ring,
    )
    running.start()
    yield running
    running.stop()


def test_a_receiver_that_changes_over_meanwhile_refuses_nothing(
    api: Api,
    subscribe: Callable[[str], Any],
    receiver: Receiver,
    sender: Sender,
    owner: Owner,
) -> None:
    """D5: the secret is replaced, then the receiver takes the new one, while webhooks flow."""
    with receiver.listening() as url:
        made = subscribe(url)
        receiver.secret = made["secret"]
        rotate = f"/v1/webhooks/subscriptions/{made['id']}/rotate"
        traffic = Traffic(api, sender)
        traffic.start()

        until(lambda: len(receiver.taken) >= COUNT // 4, PATIENCE, "webhooks flow")
        new = api.post(rotate, {"overlapSeconds": 3600}).data["secret"]
        # It takes longer to give a receiver its secret than a request may be under way.
        under_way = not_delivered(owner, made["id"])
        until(lambda: under_way <= receiver.taken.keys(), PATIENCE, "what was under way arrived")
        until(lambda: 2 in receiver.taken.values(), PATIENCE, "both secrets sign")
        receiver.secret = new
        changed_at = len(receiver.taken)

        all_ = max(COUNT, traffic.made + COUNT // 4)
        until(lambda: traffic.made >= all_, PATIENCE + COUNT / PER_SECOND, "webhooks flow")
        traffic.enough.set()
        traffic.join(PATIENCE)
        until(lambda: len(receiver.taken) == traffic.made, PATIENCE, "all have arrived")
    with_two = sum(number == 2 for number in receiver.taken.values())
    print(
        f"D5 {traffic.made} webhooks, {traffic.rate:.0f} a second; the receiver changed over after"
    )
    print(f"   {changed_at}; {with_two} with both signatures; refused {len(receiver.refused)}")
    assert traffic.problems == []
    assert receiver.refused == []
    assert set(receiver.taken.values()) == {1, 2}


def not_delivered(owner: Owner, subscription: str) -> set[str]:
    found = owner.rows(
        "SELECT event_id::text FROM core.webhook_deliveries"
        " WHERE subscription_id = %s AND state <> 'delivered'",
        subscription,
    )
    return {event for (event,) in found}


def test_without_an_overlap_the_old_secret_is_good_for_nothing_at_once(
    api: Api, subscribe: Callable[[str], Any], receiver: Receiver, sending: SentWebhooks
) -> None:
    """D5: as after a leak."""
    with receiver.listening() as url:
        made = subscribe(url)
        receiver.secret = made["secret"]
        rotate = f"/v1/webhooks/subscriptions/{made['id']}/rotate"

        def customer_arrives() -> bool:
            assert api.post("/v1/crm/customers", {"name": "somebody"}).status == 201
            (outcome,) = sending.outcomes()
            return outcome.result == "delivered"

        assert customer_arrives()
        second = api.post(rotate, {"overlapSeconds": 3600}).data["secret"]
        assert customer_arrives()
        third = api.post(rotate, {"overlapSeconds": 0}).data["secret"]
        assert not customer_arrives()
        receiver.secret = second
        assert not customer_arrives()
        receiver.secret = third
        assert customer_arrives()
        # What was refused is sent again, signed with what is good now.
        sending.make_due()
        assert [one.result for one in sending.outcomes()] == ["delivered"] * 2
    assert len(receiver.refused) == 2
    assert set(receiver.refused) < set(receiver.taken)
    assert list(receiver.taken.values()) == [1, 2, 1, 1, 1]
