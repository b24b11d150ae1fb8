"""What is seen and asked before a worker has come, and what hooks do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.errors import Conflict
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control, Probe
from .switching import Create, Watch, post, state, stated

BEGINNING = {"rowsDone": 0, "rowsTotal": None, "attempts": 0, "error": None}


# -- the gates ---------------------------------------------------------------------------------


@pytest.mark.modules("probe")
def test_every_gate_is_closed_at_once_and_until_the_end(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    probe = create_probe()
    called: list[str] = []
    control.call = lambda ctx: called.append("operation")
    control.reaction = lambda ctx, event: called.append("handler")

    def closed() -> None:
        assert api.get("/v1/probe/probes").error["code"] == "module_disabled"
        assert api.get(f"/v1/probe/probes/{probe['id']}").error["code"] == "module_disabled"
        assert api.post("/v1/probe/call").error["code"] == "module_disabled"
        assert api.get("/v1/probe/who").error["code"] == "module_disabled"
        assert api.get("/v1/me").data["modules"] == []

    shown = post(api, "probe", "deactivate")
    assert (shown["state"], shown["progress"]) == ("deactivating", BEGINNING)
    closed()
    assert owner.count("probe.probes", tenant.tenant_id) == 1, "the worker has not come yet"
    run_events()
    # What waited for the module, and what the core does itself: its rows, its webhooks.
    assert run_events.states() == {"skipped": 1, "done": 2}
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["progress"], shown["archivedRows"]) == ("inactive", None, 1)
    closed()
    assert owner.count("probe.probes", tenant.tenant_id) == 0

    shown = post(api, "probe", "activate")
    assert (shown["state"], shown["progress"]) == ("activating", BEGINNING)
    closed()
    run_events()
    assert state(api, "probe") == "active"
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe
    assert called == [], "nobody reacts to what happened before"
    assert stated(owner, tenant) == [
        "module.activated probe",
        "module.stopped probe",
        "module.deactivated probe",
        "module.recalled probe",
        "module.activated probe",
    ]


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
@pytest.mark.modules("probe")
def test_again_on_the_way_changes_nothing(
    api: Api,
    create_probe: Create,
    control: Control,
    nothing_written: Watch,
    run_events: DeliveryRun,
    verb: str,
) -> None:
    create_probe()
    post(api, "probe", "deactivate")
    if verb == "activate":
        run_events()
        post(api, "probe", "activate")
    control.hooks_called.clear()
    with nothing_written():
        assert post(api, "probe", verb)["state"] == f"{verb.removesuffix('e')}ing"
    assert control.hooks_called == []


def test_unknown_module_is_not_found(api: Api) -> None:
    for key in ("core", "nonsense", "%F0%9F%98%80"):
        assert api.get(f"/v1/modules/{key}").status == 404


# -- changed one's mind ------------------------------------------------------------------------


@pytest.mark.modules("probe")
def test_activated_before_the_worker_came(
    api: Api,
    create_probe: Create,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
    run_events: DeliveryRun,
) -> None:
    probe = create_probe()
    control.hooks_called.clear()
    post(api, "probe", "deactivate")
    assert post(api, "probe", "activate")["state"] == "active"
    assert control.hooks_called == [("deactivate", "probe"), ("activate", "probe")]
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe
    run_events()
    assert state(api, "probe") == "active"
    assert owner.count("probe.probes", tenant.tenant_id) == 1
    assert owner.count("core.archives", tenant.tenant_id) == 0
    # And once more in earnest: what was left over does not stand in the way.
    post(api, "probe", "deactivate")
    run_events()
    assert state(api, "probe") == "inactive"


@pytest.mark.modules("probe")
def test_deactivated_before_the_worker_came(
    api: Api,
    create_probe: Create,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
    run_events: DeliveryRun,
    activate: Callable[..., None],
) -> None:
    probe = create_probe()
    post(api, "probe", "deactivate")
    run_events()
    post(api, "probe", "activate")
    control.hooks_called.clear()
    shown = post(api, "probe", "deactivate")
    assert (shown["state"], shown["archivedRows"]) == ("inactive", 1)
    run_events()
    assert state(api, "probe") == "inactive"
    assert control.hooks_called == [], "it was not on"
    assert stated(owner, tenant)[-2:] == ["module.deactivated probe", "module.recalled probe"]
    activate("probe")
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe


# -- hooks -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [Conflict("Not now."), RuntimeError("Not now.")])
@pytest.mark.modules("probe")
def test_hook_that_fails_after_restoring_is_called_again(
    api: Api,
    create_probe: Create,
    control: Control,
    run_events: DeliveryRun,
    deactivate: Callable[..., None],
    error: Exception,
) -> None:
    probe = create_probe()
    deactivate("probe")

    def refuse(ctx: Any) -> None:
        assert ctx.get(Probe, probe["id"]).name == "one", "the rows are back"
        ctx.insert(Probe(name="must not stay"))
        ctx.flush()
        raise error

    control.hooks["activate", "probe"] = refuse
    post(api, "probe", "activate")
    run_events()
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["archivedRows"]) == ("activating", 1)
    assert shown["progress"]["error"] == "sparx_activate of probe: Not now."
    assert run_events.states()["retry"] == 1, "even what no client could mend by itself"
    control.hooks["activate", "probe"] = lambda ctx: ctx.insert(Probe(name="first"))
    run_events.make_due()
    run_events()
    assert state(api, "probe") == "active"
    assert [one["name"] for one in api.get("/v1/probe/probes").data] == ["first", "one"]


@pytest.mark.modules("probe")
def test_deactivation_hook_may_take_the_rows_away_itself(
    api: Api, create_probe: Create, control: Control, run_events: DeliveryRun
) -> None:
    create_probe()
    control.hooks["deactivate", "probe"] = lambda ctx: ctx.run(Probe.delete())
    assert post(api, "probe", "deactivate")["state"] == "inactive"
    run_events()
    assert api.get("/v1/modules/probe").data["archivedRows"] == 0
