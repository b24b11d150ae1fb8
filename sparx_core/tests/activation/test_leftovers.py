"""What was given up, and what was there before modules had an archive."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from sparx_core.db.migrate import owner_connection
from sparx_core.events.failures import MAX_ATTEMPTS
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control

pytestmark = pytest.mark.modules("probe")
Create = Callable[..., Any]


def state(api: Api) -> str:
    return str(api.get("/v1/modules/probe").data["state"])


def test_what_was_given_up_is_tried_again_when_somebody_asks(
    api: Api,
    create_probe: Create,
    control: Control,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
    deactivate: Callable[..., None],
) -> None:
    create_probe()
    deactivate("probe")

    def refuse(ctx: Any) -> None:
        raise RuntimeError("broken")

    control.hooks["activate", "probe"] = refuse
    assert api.post("/v1/modules/probe/activate").status == 200
    owner.execute(
        "UPDATE core.deliveries SET attempt = %s WHERE tenant_id = %s AND handler = %s",
        MAX_ATTEMPTS - 1, tenant.tenant_id, "core.restore_module",
    )  # fmt: skip
    run_events()
    assert run_events.states()["dead"] == 1
    progress = api.get("/v1/modules/probe").data["progress"]
    assert (progress["attempts"], progress["error"]) == (
        MAX_ATTEMPTS,
        "sparx_activate of probe: broken",
    )
    run_events.make_due()
    run_events()
    assert state(api) == "activating", "nobody tries any more"
    control.hooks.clear()
    assert api.post("/v1/modules/probe/activate").status == 200
    run_events.finish_modules()
    assert state(api) == "active"
    assert api.get("/v1/probe/probes").meta["total"] == 1


def test_rows_that_an_earlier_version_left_in_place_are_archived(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    installation: Runtime,
    owner: Owner,
    tenant: NewTenant,
    activate: Callable[..., None],
) -> None:
    probe = create_probe()
    run_events()
    owner.execute(
        "UPDATE core.activations SET state = 'inactive' WHERE tenant_id = %s", tenant.tenant_id
    )
    migration = import_module("sparx_core.migrations.0003_archives")
    with owner_connection(installation.urls.owner) as database:
        database.execute_sql(migration.OLD_ROWS)
    run_events.finish_modules()
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["archivedRows"]) == ("inactive", 1)
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    activate("probe")
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe


def test_it_is_active_at_once_if_nobody_came_to_archive_them(
    api: Api, create_probe: Create, owner: Owner, tenant: NewTenant, run_events: DeliveryRun
) -> None:
    probe = create_probe()
    owner.execute(
        "UPDATE core.activations SET state = 'inactive' WHERE tenant_id = %s", tenant.tenant_id
    )
    assert api.post("/v1/modules/probe/activate").data["state"] == "active"
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe
