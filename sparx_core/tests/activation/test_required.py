"""Modules that require one another go and come in order."""

from __future__ import annotations

from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control
from .switching import Create, post, states, store_extra


def test_both_go_and_come_in_the_order_of_their_references(
    api: Api,
    create_probe: Create,
    installation: Runtime,
    control: Control,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    store_extra(api, installation, create_probe())
    assert api.post("/v1/modules/probe/deactivate").error["details"] == {"requiredBy": ["addon"]}
    assert post(api, "addon", "deactivate")["state"] == "deactivating"
    assert post(api, "probe", "deactivate")["state"] == "deactivating"
    run_events()
    assert states(api) == {"probe": "inactive", "addon": "inactive"}
    control.hooks_called.clear()
    assert post(api, "addon", "activate")["state"] == "activating"
    assert states(api) == {"probe": "activating", "addon": "activating"}
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}
    assert control.hooks_called == [("activate", "probe"), ("activate", "addon")]
    assert owner.count("addon.extras", tenant.tenant_id) == 1


def test_the_second_waits_whoever_comes_first(
    api: Api, create_probe: Create, installation: Runtime, run_events: DeliveryRun, owner: Owner
) -> None:
    """Two workers take the deliveries in the other order."""
    store_extra(api, installation, create_probe())

    def deliver(handler: str, module: str) -> None:
        ((tenant, delivery),) = owner.rows(
            "SELECT d.tenant_id, d.id FROM core.deliveries d JOIN core.activations a"
            " ON a.tenant_id = d.tenant_id AND a.id = d.aggregate_id"
            " WHERE d.tenant_id = ANY(%s) AND d.handler = %s AND a.module = %s"
            " AND d.state = 'pending'",
            run_events.tenants, handler, module,
        )  # fmt: skip
        run_events.dispatcher.deliver([f"{tenant}/{delivery}"])

    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    deliver("core.archive_module", "probe")
    shown = api.get("/v1/modules/probe").data
    assert shown["state"] == "deactivating"
    assert shown["progress"]["error"] == "addon must be put away first"
    run_events()
    assert states(api) == {"probe": "inactive", "addon": "inactive"}, "at once, and not in a while"
    post(api, "addon", "activate")
    deliver("core.restore_module", "addon")
    shown = api.get("/v1/modules/addon").data
    assert shown["progress"]["error"] == "probe must be active first"
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}


def test_one_without_rows_waits_for_those_of_the_other(
    api: Api, create_probe: Create, run_events: DeliveryRun, control: Control
) -> None:
    create_probe()
    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    run_events()
    control.hooks_called.clear()
    assert post(api, "addon", "activate")["state"] == "activating"
    # It was asked for: what it requires may not go off meanwhile.
    answer = api.post("/v1/modules/probe/deactivate")
    assert (answer.status, answer.error["details"]) == (409, {"requiredBy": ["addon"]})
    assert control.hooks_called == []
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}


def test_deactivation_of_what_is_required_is_taken_back(
    api: Api, create_probe: Create, run_events: DeliveryRun
) -> None:
    create_probe()
    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    assert post(api, "addon", "activate")["state"] == "active"
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}
    assert api.get("/v1/probe/probes").meta["total"] == 1
