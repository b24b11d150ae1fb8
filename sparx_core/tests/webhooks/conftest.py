"""Webhook subscriptions that are made over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

SUBSCRIPTIONS, DELIVERIES = "/v1/webhooks/subscriptions", "/v1/webhooks/deliveries"
ATTEMPTS, TRIGGER = "/v1/webhooks/attempts", "/v1/webhooks/trigger"
URL = "https://hooks.example.com/sparx"

Subscribe = Callable[..., Any]


@pytest.fixture
def subscribe(api: Api) -> Subscribe:
    """Makes a subscription and returns it, with its secret."""

    def make(*events: str, client: Api | None = None, **more: Any) -> Any:
        body = {"url": URL, "events": list(events or ("probe.*",)), **more}
        return (client or api).post(SUBSCRIPTIONS, body).data

    return make


@pytest.fixture
def key_for(api: Api) -> Callable[..., Api]:
    """A client of the tenant with these scopes and no others."""

    def make(*scopes: str) -> Api:
        made = api.post("/v1/keys", {"name": "some", "scopes": list(scopes)})
        return api.with_key(made.data["key"])

    return make


@pytest.fixture
def queued(owner: Owner) -> Callable[[Any], list[str]]:
    """The types of what is waiting for a subscription, oldest first."""

    def find(subscription: Any) -> list[str]:
        rows = owner.rows(
            "SELECT event_type FROM core.webhook_deliveries WHERE subscription_id = %s"
            " ORDER BY position, id",
            subscription["id"],
        )
        return [type_ for (type_,) in rows]

    return find
