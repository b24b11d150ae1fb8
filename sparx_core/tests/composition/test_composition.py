"""Two modules that know each other only by what the core carries between them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import SimpleNamespace
from typing import Any

import pytest

from sparx_core import hookimpl, hookspec
from sparx_core.db.connection import Database
from sparx_core.events.fairness import FairQueue
from sparx_core.events.schedules import Schedules
from sparx_core.events.sweeper import Sweeper
from sparx_core.modules import Installed, Module, RegistryError
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from . import stall, toll

SALES, TOLLS = "/v1/stall/sales", "/v1/toll/tolls"


def sell(api: Api, goods: str, price: int = 10) -> Any:
    return api.post(SALES, {"goods": goods, "price": price})


def taken(api: Api) -> list[tuple[str, int]]:
    return [(one["reason"], one["amount"]) for one in api.get(TOLLS).data]


# -- hooks of a module's own -----------------------------------------------------------------------


def test_a_hook_is_answered_by_the_modules_that_are_active(
    api: Api, other_api: Api, deactivate: Callable[..., None]
) -> None:
    assert sell(api, "silk").data["price"] == 15
    assert sell(api, "wool").data["price"] == 10
    deactivate("toll")
    assert sell(api, "silk").data["price"] == 10
    assert sell(other_api, "silk").data["price"] == 15, "it is still active there"


def test_a_module_may_implement_a_hook_of_one_that_is_absent() -> None:
    """``sparx_caravan_route`` is optional; without that word it would be refused at start."""
    Registry([Installed(stall.module, "s", "1"), Installed(toll.module, "t", "1")])
    plugin = SimpleNamespace(sparx_caravan_route=hookimpl(lambda: "nowhere"))
    lost = Module(key="lost", title="Lost", package="lost", plugin=plugin)
    with pytest.raises(RegistryError, match="sparx_caravan_route"):
        Registry([Installed(lost, "l", "1")])


def test_a_hook_is_named_for_the_module_that_specifies_it() -> None:
    specs = SimpleNamespace(sparx_crm_surcharge=hookspec(lambda: None))
    wrong = Module(key="wrong", title="Wrong", package="wrong", plugin=object(), hookspecs=specs)
    with pytest.raises(RegistryError, match=r"wrong .* sparx_crm_surcharge.*sparx_wrong_"):
        Registry([Installed(wrong, "w", "1")])


# -- guards ----------------------------------------------------------------------------------------


def test_a_guard_refuses_with_its_own_code_and_nothing_is_written(
    api: Api, nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    with nothing_written():
        answer = sell(api, "rum")
    assert (answer.status, answer.error["code"]) == (409, "contraband")


def test_what_a_guard_writes_is_stored_with_the_operation(api: Api) -> None:
    assert sell(api, "salt").status == 201
    assert taken(api) == [("at the gate", 1)]


def test_a_guard_rests_where_its_module_does(api: Api, deactivate: Callable[..., None]) -> None:
    deactivate("toll")
    assert sell(api, "rum").status == 201


# -- handlers and fields ---------------------------------------------------------------------------


def test_a_handler_runs_after_the_commit_and_the_field_follows(
    api: Api, other_api: Api, run_events: DeliveryRun
) -> None:
    sell(other_api, "wool", 99)
    sale = sell(api, "wool", 7).data
    assert sale["tollsTaken"] == 0
    run_events()
    assert taken(api) == [("wool", 7)]
    assert api.get(f"{SALES}/{sale['id']}").data == {**sale, "tollsTaken": 7}


def test_a_field_is_there_while_its_module_is(
    api: Api, activate: Callable[..., None], deactivate: Callable[..., None]
) -> None:
    sale = sell(api, "wool").data
    deactivate("toll")
    shown = api.get(f"{SALES}/{sale['id']}").data
    assert shown == {name: value for name, value in sale.items() if name != "tollsTaken"}
    activate("toll")
    assert api.get(f"{SALES}/{sale['id']}").data == sale


def test_events_of_an_absent_module_are_waited_for_in_vain(installation: Runtime) -> None:
    handlers = installation.registry.handlers_of("caravan.arrived", frozenset({"core", "toll"}))
    assert [one.name for one in handlers] == ["toll.take_toll_of_caravans"]
    assert "caravan.arrived" not in installation.registry.events


# -- periodic work ---------------------------------------------------------------------------------

TASK = "toll.take_hourly_toll"


def due(owner: Owner, tenant: Any) -> list[tuple[str, bool]]:
    return owner.rows(
        "SELECT task, due_at > clock_timestamp() FROM core.schedules WHERE tenant_id = %s",
        tenant.tenant_id,
    )


def test_periodic_work_runs_in_tenants_that_have_the_module_active(
    api: Api, other_api: Api, deactivate: Callable[..., None], run_events: DeliveryRun
) -> None:
    deactivate("toll", other_api)
    assert run_events.periodic(TASK) == 1
    assert taken(api) == [("hour", 1)]
    other_api.post("/v1/modules/toll/activate")
    assert taken(other_api) == []


def test_a_schedule_comes_and_goes_with_the_module(
    installation: Runtime,
    owner: Owner,
    tenant: Any,
    activate: Callable[..., None],
    deactivate: Callable[..., None],
) -> None:
    dispatch = Database(installation.urls.dispatch)
    schedules = Schedules(dispatch, installation.registry.periodic.values())
    schedules.plan()
    assert due(owner, tenant) == [(TASK, True)]
    deactivate("toll")
    schedules.plan()
    assert due(owner, tenant) == []
    activate("toll")
    schedules.plan()
    schedules.plan()
    assert due(owner, tenant) == [(TASK, True)]
    dispatch.close()


def test_several_workers_begin_it_once(
    installation: Runtime, owner: Owner, api: Api, tenant: Any, run_events: DeliveryRun
) -> None:
    dispatch = Database(installation.urls.dispatch)
    workers = [Schedules(dispatch, installation.registry.periodic.values()) for _ in range(3)]
    workers[0].plan()
    owner.execute(
        "UPDATE core.schedules SET due_at = clock_timestamp() - interval '3 hours'"
        " WHERE tenant_id = %s",
        tenant.tenant_id,
    )
    begun = [one for worker in workers for one in worker.run() if one[0] == tenant.tenant_id]
    assert len(begun) == 1
    assert due(owner, tenant) == [(TASK, True)], "what was missed is not made up for"
    assert run_events() == 1
    assert taken(api) == [("hour", 1)]
    dispatch.close()


def test_what_has_not_run_is_not_begun_again(
    installation: Runtime, owner: Owner, tenant: Any, run_events: DeliveryRun
) -> None:
    dispatch = Database(installation.urls.dispatch)
    schedules = Schedules(dispatch, installation.registry.periodic.values())
    schedules.plan()
    for _ in range(3):
        owner.execute(
            "UPDATE core.schedules SET due_at = clock_timestamp() WHERE tenant_id = %s",
            tenant.tenant_id,
        )
        schedules.run()
    assert run_events() == 1
    dispatch.close()


def test_a_worker_begins_it_by_itself(
    installation: Runtime, owner: Owner, new_tenant: TenantMaker, api: Api, run_events: DeliveryRun
) -> None:
    sweeper = Sweeper(installation, run_events.database, installation.doorbell, FairQueue(1))
    sweeper.schedules.plan()
    owner.execute(
        "UPDATE core.schedules SET due_at = clock_timestamp() WHERE tenant_id = ANY(%s)",
        new_tenant.made,
    )
    sweeper.begin_periodic()
    assert run_events() == 1
    assert taken(api) == [("hour", 1)]
