"""The world that the attacks are made in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, TenantMaker

from .world import (
    MODELS,
    World,
    archive_something,
    count_a_call,
    import_something,
    let_agents_work,
    live,
    plan_periodic_work,
    segment_something,
    subscribe_to_something,
    switch_off,
)


@pytest.fixture(scope="package")
def world(installation: Runtime) -> Iterator[World]:
    make = TenantMaker(
        installation, [key for key in installation.registry.modules if key != "core"]
    )
    owner = Owner(installation.urls.require_owner())
    found = World(installation, owner, make("mine"), make("theirs"), make("off"))
    app = create_app(installation)
    for tenant in (found.mine, found.theirs, found.off):
        live(Api(app, tenant.api_key))
        archive_something(owner, tenant)
        segment_something(Api(app, tenant.api_key), owner, tenant)
        import_something(Api(app, tenant.api_key), owner, tenant)
        subscribe_to_something(Api(app, tenant.api_key), owner, tenant)
        let_agents_work(Api(app, tenant.api_key), owner, tenant)
        count_a_call(installation, owner, tenant)
    plan_periodic_work(installation)
    switch_off(Api(app, found.off.api_key))
    for table in MODELS:
        for tenant in (found.mine, found.theirs, found.off):
            rows = owner.rows(
                f"SELECT to_jsonb(t) FROM {table} t WHERE tenant_id = %s LIMIT 1", tenant.tenant_id
            )
            assert rows, f"{table} has no row that could leak: give it one in live()"
            found.rows[table, tenant.tenant_id] = rows[0][0]
    yield found
    for connection in (*found.idle, owner):
        connection.close()
