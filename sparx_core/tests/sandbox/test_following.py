"""The modules of a sandbox are those of its live tenant."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sparx_core.context import Context
from sparx_core.errors import ValidationFailed
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import Pair

Switch = Callable[..., None]


def test_they_go_off_and_on_with_those_of_the_live_tenant(
    pair: Pair, run_events: DeliveryRun, activate: Switch, deactivate: Switch
) -> None:
    pair.test.post("/v1/probe/probes", {"name": "tried"})
    deactivate("addon", pair.live)
    deactivate("probe", pair.live)
    run_events()
    assert pair.test.get("/v1/me").data["modules"] == []
    assert pair.test.get("/v1/probe/probes").error["code"] == "module_disabled"
    assert pair.shown()["modules"] == []
    activate("addon", pair.live)  # and probe, which it requires
    run_events()
    assert pair.shown()["modules"] == ["addon", "probe"]
    assert pair.shown()["state"] == "ready"
    assert [one["name"] for one in pair.test.get("/v1/probe/probes").data] == ["tried"]


def test_they_are_not_switched_in_the_sandbox(
    pair: Pair, nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    with nothing_written():
        for verb in ("activate", "deactivate"):
            answer = pair.test.post(f"/v1/modules/addon/{verb}")
            assert (answer.status, answer.error["code"]) == (409, "conflict")
    assert pair.test.get("/v1/modules/addon").data["state"] == "active"


def test_a_module_that_refuses_is_told_of_and_tried_again(
    pair: Pair, run_events: DeliveryRun, control: Any
) -> None:

    def refuse(ctx: Context) -> None:
        raise ValidationFailed([])

    control.hooks["activate", "addon"] = refuse
    pair.test.post("/v1/probe/probes", {"name": "tried"})
    pair.live.post("/v1/sandbox/reset")
    run_events()
    assert pair.shown()["state"] == "resetting"
    # Nothing of it was done: it is emptied and has its modules, or neither.
    assert len(pair.test.get("/v1/probe/probes").data) == 1
    control.reset()
    run_events.make_due()
    run_events()
    assert pair.shown()["state"] == "ready"
    assert pair.test.get("/v1/probe/probes").data == []


def test_one_that_is_not_installed_here_holds_up_no_other(
    api: Api, tenant: NewTenant, run_events: DeliveryRun, owner: Owner
) -> None:
    """An installation may have workers of several versions."""
    owner.execute(
        "INSERT INTO core.activations (tenant_id, id, module, state)"
        " VALUES (%s, gen_random_uuid(), 'ghost', 'active')",
        tenant.tenant_id,
    )
    made = api.post("/v1/sandbox").data
    run_events()
    shown = api.get("/v1/sandbox").data
    assert (shown["state"], shown["modules"]) == ("preparing", ["addon", "probe"])
    owner.execute("DELETE FROM core.activations WHERE module = 'ghost'")
    run_events.make_due()
    run_events()
    assert api.with_key(made["key"]).get("/v1/sandbox").data["state"] == "ready"
