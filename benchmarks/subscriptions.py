"""Webhook subscriptions of the tenants that are measured, made as their owners make them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from falcon.testing import TestClient

from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from benchmarks.operations import Target
from sparx_core.app import create_app

_PATH = "/v1/webhooks/subscriptions"
#: Neither bound is to be reached: what is measured is the sender.
_FAST = {"events": ["order.created"], "rate": 1_000, "concurrency": 10}


def subscribe(installation: Installation, target: Target, urls: Sequence[str]) -> None:
    """Subscribe each URL to the orders of a tenant."""
    runtime = installation.runtime()
    client = TestClient(create_app(runtime))
    for url in urls:
        answer = client.simulate_post(
            _PATH,
            headers={"Authorization": f"Bearer {target.key}", "Content-Type": "application/json"},
            body=json.dumps({"url": url, **_FAST}),
        )
        if answer.status_code != 201:
            raise BenchmarkError(f"a subscription was refused: {answer.text}")
    runtime.close()


def unsubscribe(installation: Installation) -> None:
    """Take all subscriptions away, with what was to be sent to them."""
    installation.execute("DELETE FROM core.webhook_subscriptions")
