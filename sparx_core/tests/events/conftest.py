"""Deliveries as rows, and workers that lack something."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.events.dispatch import Dispatcher
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Owner


@dataclasses.dataclass(frozen=True)
class Delivery:
    """A row of ``core.deliveries``."""

    id: Any
    handler: str
    state: str
    attempt: int
    wait: float
    delay: float
    lease: float | None
    token: Any
    error: str | None
    event: str


@pytest.fixture
def deliveries(owner: Owner, tenant: NewTenant) -> Callable[..., list[Delivery]]:
    """The deliveries of ``tenant`` to a handler, oldest first.

    ``wait`` are the seconds from now until it is due, ``delay`` those from its last change.
    """

    def read(handler: str = "probe.react") -> list[Delivery]:
        return [
            Delivery(*row)
            for row in owner.rows(
                "SELECT id, handler, state, attempt,"
                " extract(epoch FROM due_at - clock_timestamp())::float,"
                " extract(epoch FROM due_at - updated_at)::float,"
                " extract(epoch FROM lease_until - clock_timestamp())::float, token, last_error,"
                " event_type FROM core.deliveries WHERE tenant_id = %s AND handler = %s"
                " ORDER BY position",
                tenant.tenant_id,
                handler,
            )
        ]

    return read


@pytest.fixture
def dispatch(installation: Runtime) -> Iterator[Database]:
    """The login that claims deliveries."""
    database = Database(installation.urls.dispatch)
    yield database
    database.close()


@pytest.fixture
def worker(installation: Runtime, dispatch: Database) -> Callable[..., Dispatcher]:
    """A worker, with all modules or ``without`` some."""

    def make(*, without: tuple[str, ...] = (), lease: float = 60.0) -> Dispatcher:
        installed = installation.registry.modules
        kept = [one for key, one in installed.items() if key not in without]
        runtime = dataclasses.replace(installation, registry=Registry(kept))
        return Dispatcher(runtime, dispatch, lease)

    return make


@pytest.fixture
def pointer(tenant: NewTenant) -> Callable[[Delivery], str]:
    """How a doorbell message names a delivery."""
    return lambda delivery: f"{tenant.tenant_id}/{delivery.id}"
