"""Requests that are under way when their module goes off: the worker waits for them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from sparx_core.activation import writers
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .switching import Create, post, state, under_way


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.modules("probe")
def test_the_worker_waits_for_requests_that_are_under_way(
    api: Api,
    installation: Runtime,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
    activate: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
) -> None:
    for _ in range(rows):
        create_probe()
    with under_way(installation, api) as let_go:
        after = post(api, "probe", "deactivate")["state"]
        assert after == ("deactivating" if rows else "inactive")
        monkeypatch.setattr(writers, "PATIENCE_SECONDS", 0.2)
        run_events.finish_modules()
        assert run_events.states().get("retry") == 1, "it does not wait for ever"
        monkeypatch.undo()
        run_events.make_due()
        worker = Thread(target=run_events.finish_modules)
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()
        let_go()
        worker.join(30)
    # What it wrote is archived with the rest: nothing is left in the tables.
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["archivedRows"]) == ("inactive", rows + 1)
    activate("probe")
    assert api.get("/v1/probe/probes").meta["total"] == rows + 1


@pytest.mark.modules("probe")
def test_the_worker_waits_anew_if_the_module_was_on_meanwhile(
    api: Api,
    installation: Runtime,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    create_probe()
    worker = Thread(target=run_events.finish_modules)
    with under_way(installation, api) as first_ends:
        post(api, "probe", "deactivate")
        worker.start()
        worker.join(0.3)
        assert post(api, "probe", "activate")["state"] == "active"
        with under_way(installation, api) as second_ends:
            post(api, "probe", "deactivate")
            first_ends()
            worker.join(0.5)
            assert worker.is_alive(), "the second was not there when it began to wait"
            # And it keeps nobody from changing their mind once more.
            assert post(api, "probe", "activate")["state"] == "active"
            assert post(api, "probe", "deactivate")["state"] == "deactivating"
            second_ends()
            worker.join(30)
    assert state(api, "probe") == "inactive"
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    assert api.get("/v1/modules/probe").data["archivedRows"] == 3
