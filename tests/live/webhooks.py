"""Subscriptions and events by the thousand, and what became of the webhook deliveries."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg2
from psycopg2.extras import execute_values

from sparx_core.encryption import Keyring, load_keyring
from sparx_core.events.doorbell import Doorbell, build_huey
from sparx_core.ids import uuid7
from sparx_core.settings import Settings
from sparx_core.webhooks.secrets import SigningSecret, seal_secrets
from sparx_core.webhooks.signing import new_secret
from tests.live.installation import Installation
from tests.live.processes import until

_EVENT = """
INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id, actor,
                         depth, data, public)
SELECT %(tenant)s, core.new_id(), %(type)s, 1, 'crm.orders', gen_random_uuid(), 'test', 0,
       json_build_object('number', n, 'name', 'Ünïcode'), true
  FROM generate_series(1, %(count)s) n
RETURNING id::text
"""
_STATES = """
SELECT state, count(*) FROM core.webhook_deliveries
 WHERE tenant_id = %s AND (%s::uuid[] IS NULL OR subscription_id = ANY(%s::uuid[])) GROUP BY 1
"""


@dataclass
class Hooks:
    """A tenant's subscriptions, made past the API, and events that its modules might state."""

    installation: Installation
    tenant: UUID
    #: A key for everything, for those who serve the API as well.
    api_key: str
    events: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)

    @cached_property
    def keyring(self) -> Keyring:
        return load_keyring(Settings.load(self.installation.environment()))

    def subscribe(
        self, urls: Sequence[str], *, events: str = "*", **columns: Any
    ) -> dict[str, str]:
        """A subscription for each URL; their ids by URL."""
        values = {"rate": 1000, **columns}
        rows, made = [], {}
        for url in urls:
            made[url], self.secrets[url] = str(uuid7()), new_secret()
            sealed = seal_secrets(
                self.keyring, self.tenant, UUID(made[url]), [SigningSecret(self.secrets[url])]
            )
            rows.append((str(self.tenant), made[url], url, [events], sealed, *values.values()))
        names = ("tenant_id", "id", "url", "events", "secrets", *values)
        with self.connection() as cursor:
            execute_values(
                cursor,
                f"INSERT INTO core.webhook_subscriptions ({', '.join(names)}) VALUES %s",
                rows,
            )
        return made

    def emit(self, count: int = 1, *, type: str = "order.created", ring: bool = True) -> list[str]:
        """Commit events, and ring as the product does; their ids."""
        parameters = {"tenant": str(self.tenant), "count": count, "type": type}
        with self.connection() as cursor:
            cursor.execute(_EVENT, parameters)
            made = [one for (one,) in cursor.fetchall()]
        self.events += made
        if ring:
            self.doorbell.ring_webhooks()
        return made

    @cached_property
    def doorbell(self) -> Doorbell:
        url = self.installation.settings.get("SPARX_REDIS_URL")
        return Doorbell(build_huey(url, self.installation.admin_url()))

    def states(self, subscriptions: Sequence[str] | None = None) -> dict[str, int]:
        """How many deliveries are in which state."""
        wanted = None if subscriptions is None else list(subscriptions)
        return dict(self.rows(_STATES, str(self.tenant), wanted, wanted))

    def wait(
        self,
        seconds: float,
        subscriptions: Sequence[str] | None = None,
        states: Sequence[str] = ("delivered",),
    ) -> float:
        """Wait until all deliveries are in one of these states; how long that took."""
        began = time.monotonic()

        def done() -> bool:
            try:
                found = self.states(subscriptions)
            except psycopg2.OperationalError:
                return False  # it is being killed
            return bool(found) and set(found) <= set(states)

        until(done, seconds, f"all webhook deliveries are {' or '.join(states)}")
        return time.monotonic() - began

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self.connection() as cursor:
            cursor.execute(sql, parameters or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A superuser's cursor in a transaction of its own."""
        connection = psycopg2.connect(self.installation.admin_url())
        try:
            with connection, connection.cursor() as cursor:
                yield cursor
        finally:
            connection.close()

    def close(self) -> None:
        if "doorbell" in self.__dict__:
            self.doorbell.close()


def new_hooks(installation: Installation, slug: str) -> Hooks:
    """For a new tenant that has the crm."""
    made = installation.json("tenant", "create", slug, "--modules", "crm")
    return Hooks(installation, UUID(made["tenantId"]), made["apiKey"])
