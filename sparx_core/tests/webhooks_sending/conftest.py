"""Subscriptions and deliveries as rows: the API that makes them has tests of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from sparx_core.ids import uuid7
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Owner
from sparx_core.webhooks.secrets import SigningSecret, seal_headers, seal_secrets
from sparx_core.webhooks.signing import new_secret


@dataclass(frozen=True)
class Subscription:
    """A subscription that the tests made, with its secret."""

    tenant_id: UUID
    id: UUID
    url: str
    secret: str


Subscribe = Callable[..., Subscription]


@pytest.fixture
def subscribe(installation: Runtime, owner: Owner, tenant: NewTenant) -> Subscribe:
    """``subscribe("https://a.example/", events=["order.*"], rate=5)``; of another tenant with
    ``of``.
    """

    def make(
        url: str = "https://receiver.example/hook",
        events: tuple[str, ...] = ("*",),
        of: NewTenant = tenant,
        headers: dict[str, str] | None = None,
        **columns: Any,
    ) -> Subscription:
        made = Subscription(of.tenant_id, uuid7(), url, new_secret())
        keyring, about = installation.keyring, (made.tenant_id, made.id)
        row = {
            "tenant_id": made.tenant_id,
            "id": made.id,
            "url": url,
            "events": list(events),
            "secrets": seal_secrets(keyring, *about, [SigningSecret(made.secret)]),
            "headers": json.dumps(seal_headers(keyring, *about, headers or {})),
            "rate": 1000,
            "last_succeeded_at": datetime.now(UTC),
            **columns,
        }
        owner.execute(
            f"INSERT INTO core.webhook_subscriptions ({', '.join(row)})"
            f" VALUES ({', '.join(['%s'] * len(row))})",
            *row.values(),
        )
        return made

    return make


@dataclass(frozen=True)
class Row:
    """A row of ``core.webhook_deliveries``; ``wait`` in seconds from its last change."""

    id: UUID
    type: str
    state: str
    attempt: int
    wait: float
    token: Any
    status: int | None
    error: str | None
    finished: datetime | None
    body: str | None


@pytest.fixture
def rows(owner: Owner) -> Callable[[Subscription], list[Row]]:
    """The deliveries of a subscription, in the order of their events."""

    def read(subscription: Subscription) -> list[Row]:
        found = owner.rows(
            "SELECT id, event_type, state, attempt,"
            " extract(epoch FROM due_at - updated_at)::float, token, last_status,"
            " last_error, finished_at, body FROM core.webhook_deliveries"
            " WHERE tenant_id = %s AND subscription_id = %s ORDER BY position, id",
            subscription.tenant_id,
            subscription.id,
        )
        return [Row(*one) for one in found]

    return read


@pytest.fixture
def health(owner: Owner) -> Callable[[Subscription], dict[str, Any]]:
    """How a subscription does."""

    def read(subscription: Subscription) -> dict[str, Any]:
        found = owner.value(
            "SELECT to_jsonb(s) - 'secrets' FROM core.webhook_subscriptions s"
            " WHERE tenant_id = %s AND id = %s",
            subscription.tenant_id,
            subscription.id,
        )
        return dict(found)

    return read
