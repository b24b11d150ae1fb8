"""A sender that sends for real, to receivers on this machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.outbound import Outbound
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, SentWebhooks


@pytest.fixture
def loopback(installation: Runtime, monkeypatch: pytest.MonkeyPatch) -> Outbound:
    """The installation lets webhooks go to this machine, as with SPARX_WEBHOOK_ALLOW_PRIVATE."""
    client = Outbound(allow_private="loopback")
    monkeypatch.setitem(installation.__dict__, "outbound", client)
    return client


@pytest.fixture
def sending(sent_webhooks: SentWebhooks, loopback: Outbound) -> SentWebhooks:
    """What sends due webhooks of this test's tenants: by HTTP, and not to a recorder."""
    sent_webhooks.sender.transport = loopback
    return sent_webhooks


@pytest.fixture
def subscribe(api: Api, loopback: Outbound) -> Callable[[str], Any]:
    """``subscribe("http://127.0.0.1:3000/")``: the subscription, with its secret."""

    def make(url: str) -> Any:
        made = {"url": url, "events": ["customer.*"], "rate": 1000, "concurrency": 10}
        answer = api.post("/v1/webhooks/subscriptions", made)
        assert answer.status == 201, answer.text
        return answer.data

    return make
