"""A tenant with its sandbox, ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, TenantMaker


@dataclass(frozen=True)
class Pair:
    """Both sides as clients of the API see them."""

    live: Api
    test: Api
    live_id: UUID
    test_id: UUID

    def shown(self) -> Any:
        return self.live.get("/v1/sandbox").data


@pytest.fixture
def make_sandbox(
    anonymous: Api, new_tenant: TenantMaker, run_events: DeliveryRun
) -> Callable[[NewTenant], Pair]:
    """Makes the sandbox of a tenant; it is ready when this returns."""

    def make(tenant: NewTenant) -> Pair:
        live = anonymous.with_key(tenant.api_key)
        made = live.post("/v1/sandbox").data
        test_id = UUID(made["id"])
        new_tenant.made.append(test_id)  # for what is sent from there
        run_events()
        pair = Pair(live, anonymous.with_key(made["key"]), tenant.tenant_id, test_id)
        assert pair.shown()["state"] == "ready"
        return pair

    return make


@pytest.fixture
def pair(tenant: NewTenant, make_sandbox: Callable[[NewTenant], Pair]) -> Pair:
    return make_sandbox(tenant)


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Returns when something has become true, which it does soon."""

    def wait(condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < ends, "it did not become true"
            time.sleep(0.01)

    return wait
