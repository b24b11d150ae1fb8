"""A sandbox with rows in every table is emptied, to the last; nobody else's row is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from sparx_core.app import create_app
from sparx_core.testing import Api, DeliveryRun

from .world import (
    MODELS,
    World,
    archive_something,
    import_something,
    let_agents_work,
    live,
    subscribe_to_something,
)

#: What a sandbox keeps: its keys, how many rows there are, and the work that emptied it.
KEPT = {"core.api_keys", "core.credentials", "core.row_counts"}


class Trial:
    """A sandbox, as its own tenant; it is called what a new tenant is."""

    def __init__(self, tenant_id: UUID, api_key: str) -> None:
        self.tenant_id, self.api_key = tenant_id, api_key
        self.slug = "trial"


@pytest.fixture
def trial(world: World) -> Iterator[tuple[Api, Api, Trial, DeliveryRun]]:
    app = create_app(world.runtime)
    mine = Api(app, world.mine.api_key)
    made = mine.post("/v1/sandbox").data
    sandbox = Trial(UUID(made["id"]), made["key"])
    run = DeliveryRun(world.runtime, world.owner, [sandbox.tenant_id])
    run()
    yield mine, mine.with_key(sandbox.api_key), sandbox, run
    run.close()


def test_every_table_is_emptied(world: World, trial: tuple[Api, Api, Trial, DeliveryRun]) -> None:
    mine, test, sandbox, run = trial
    before = world.owner.counts(sandbox.tenant_id)
    live(test)
    archive_something(world.owner, sandbox)  # type: ignore[arg-type]
    import_something(test, world.owner, sandbox)  # type: ignore[arg-type]
    subscribe_to_something(test, world.owner, sandbox)  # type: ignore[arg-type]
    let_agents_work(test, world.owner, sandbox)  # type: ignore[arg-type]
    filled = {table for table in MODELS if world.owner.count(table, sandbox.tenant_id)}
    assert len(filled) > len(MODELS) * 0.9
    others = state_of(world)
    mine.post("/v1/sandbox/reset")
    run()
    assert mine.get("/v1/sandbox").data["state"] == "ready"
    after = world.owner.counts(sandbox.tenant_id)
    # What modules begin with, and the traces of that, is there again; of the rest nothing.
    left = {name for name, count in after.items() if count > before[name]} - KEPT
    assert left == set()
    assert test.get("/v1/crm/customers").meta["total"] == 0
    assert test.get("/v1/crm/orders").meta["total"] == 0
    assert test.get("/v1/members").meta["total"] == 0
    assert state_of(world) == others


def state_of(world: World) -> dict[str, Any]:
    """What the others have. The sweeper notes that it saw their deliveries: without that."""
    found: dict[str, Any] = {
        name: told for name, (_, told) in world.owner.fingerprint(world.tenants).items()
    }
    found["core.deliveries"] = world.owner.rows(
        "SELECT id, state, attempt FROM core.deliveries WHERE tenant_id = ANY(%s) ORDER BY id",
        world.tenants,
    )
    return found
