"""The quickstart on a machine that has nothing: `sparx dev`, three languages, two tenants."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from sparx_core.db.embedded_guard import data_directory, running_pid
from sparx_core.webhooks.signing import new_secret
from tests.journeys.first_order import (
    CURL,
    JAVASCRIPT,
    PYTHON,
    assert_is_first_order,
    core_journey,
    run_snippet,
    wait_for_statistics,
)
from tests.live.api import Api
from tests.live.installation import Dev, Installation
from tests.live.processes import alive, family, require, until
from tests.live.receivers import Receiver

SNIPPETS = {
    "curl": (CURL, ["bash", "-s"], ""),
    "JavaScript": (
        JAVASCRIPT,
        ["node", "--input-type=module", "-"],
        "console.log(JSON.stringify(order));",
    ),
    "Python": (PYTHON, [sys.executable, "-"], "import json; print(json.dumps(order))"),
}


@pytest.mark.parametrize("language", SNIPPETS)
def test_snippet_places_an_order_that_the_worker_handles(dev: Dev, language: str) -> None:
    text, command, show = SNIPPETS[language]
    require("bash", "curl") if language == "curl" else require(command[0])
    customer = dev.api.new_customer(f"Buyer in {language}")
    before = dev.api.get("/v1/crm/orders").body["meta"]["total"]

    printed = run_snippet(dev.api, customer, text, *command, show=show)

    order = printed["data"] if language == "curl" else printed
    if language == "curl":
        assert printed["success"] is True
    assert_is_first_order(order, customer, str(1001 + before))
    assert dev.api.get(f"/v1/crm/orders/{order['id']}?fields=*").data == order
    wait_for_statistics(dev.api, customer, 1)


def test_an_event_reaches_a_receiver_by_the_worker_and_by_a_listener(
    installation: Installation, dev: Dev, tmp_path: Path
) -> None:
    """The first webhook, with the receiver that the documentation shows."""
    subscribed, local = Receiver("Python", tmp_path), Receiver("Python", tmp_path)
    made = dev.api.post(
        "/v1/webhooks/subscriptions", {"url": subscribed.url, "events": ["order.created"]}
    )
    assert made.status == 201, made
    secret = new_secret()
    arguments = ("--forward", local.url, "--secret", secret, "--events", "order.*", "--json")
    listener = installation.run("webhook", "listen", *arguments)
    assert listener.process.stdout is not None
    # It has found the demo tenant and its key itself.
    line = listener.process.stdout.readline()
    assert line, listener.tail()
    assert json.loads(line)["tenant"] == "demo"
    with subscribed.listening(made.data["secret"]), local.listening(secret):
        order = dev.api.place(dev.api.new_customer("Buyer of the webhook")).data
        event = dev.api.get(f"/v1/events?resourceId={order['id']}").data[0]
        expected = [f"order.created {event['id']}"]
        until(lambda: subscribed.printed() == expected, 60, "the worker has sent it")
        until(lambda: local.printed() == expected, 60, "the listener has forwarded it")
    assert json.loads(listener.process.stdout.readline())["status"] == 204
    listener.process.send_signal(signal.SIGINT)
    assert json.loads(listener.process.stdout.readline())["arrived"] == 1
    assert listener.process.wait(60) == 0
    assert dev.api.call("DELETE", f"/v1/webhooks/subscriptions/{made.data['id']}").status == 200


def test_a_second_tenant_made_meanwhile_sees_nothing(installation: Installation, dev: Dev) -> None:
    require("bash", "curl")
    core_journey(installation, dev.api)


def test_the_second_start_has_everything_of_the_first(installation: Installation, dev: Dev) -> None:
    acme = installation.new_tenant("acme")
    placed = dev.api.place(dev.customer).data
    wait_for_statistics(dev.api, dev.customer, 1)
    started = family(dev.pid)
    assert len(started) >= 4, "dev, gunicorn with its processes, worker"

    # Our connections are open and idle: that is no reason to wait for anything.
    assert dev.end(signal.SIGINT, seconds=20) == 0
    until(lambda: not any(map(alive, started)), 10, "no process is left after Ctrl-C")
    until(lambda: not installation.remains(), 10, "PostgreSQL has ended as well")
    assert Api(installation.port).get("/ready").status == 0

    again = installation.dev()
    assert (again.box["apiKey"], again.customer) == (dev.box["apiKey"], dev.customer)
    assert "Migrating" not in again.log.read_text()
    assert again.api.get(f"/v1/crm/orders/{placed['id']}?fields=*").data == placed
    assert (
        int(again.api.place(again.customer).data["orderNumber"]) == int(placed["orderNumber"]) + 1
    )
    assert acme.get("/v1/crm/orders").data == []
    wait_for_statistics(again.api, again.customer, 2)

    started = family(again.pid)
    os.kill(again.pid, signal.SIGKILL)
    again.process.wait()
    until(lambda: not any(map(alive, started)), 20, "no process outlives a killed `sparx dev`")
    data = data_directory(installation.home)
    until(lambda: running_pid(data) is None, 15, "PostgreSQL has ended as well")
    assert Api(installation.port).get("/ready").status == 0
