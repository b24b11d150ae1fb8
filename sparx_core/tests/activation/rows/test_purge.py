"""``purge``: rows and archive deleted for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import Rows
from .test_exact import store_crates, store_others

Switch = Callable[..., None]
PATH = "/v1/modules/depot"


@pytest.fixture
def stored(rows: Rows) -> Rows:
    store_crates(rows, 30)
    store_others(rows)
    return rows


def purge(api: Api) -> Any:
    answer = api.post(f"{PATH}/deactivate", {"purge": True})
    assert answer.status == 200, answer.text
    return answer.data


def test_of_an_active_module(
    api: Api,
    stored: Rows,
    run_events: DeliveryRun,
    activate: Switch,
    owner: Owner,
    other_tenant: NewTenant,
) -> None:
    others = Rows(owner, other_tenant.tenant_id)
    store_crates(others, 5)
    before = others.fingerprints()
    assert purge(api)["state"] == "deactivating"
    run_events.finish_modules()
    shown = api.get(PATH).data
    assert (shown["state"], shown["archivedRows"], stored.archived()) == ("inactive", 0, 0)
    assert stored.count() == 0
    activate("depot")
    assert stored.count() == 0
    assert api.get("/v1/depot/crates").meta["total"] == 0
    assert others.fingerprints() == before


def test_of_a_module_that_is_off(
    api: Api, stored: Rows, run_events: DeliveryRun, activate: Switch, deactivate: Switch
) -> None:
    deactivate("depot")
    assert stored.archived() > 0
    assert purge(api)["state"] == "deactivating"
    run_events.finish_modules()
    assert api.get(PATH).data["state"] == "inactive"
    assert stored.archived() == 0
    activate("depot")
    assert stored.count() == 0


def test_of_a_module_that_is_on_its_way_off(
    api: Api, stored: Rows, run_events: DeliveryRun
) -> None:
    assert api.post(f"{PATH}/deactivate").data["state"] == "deactivating"
    purge(api)
    assert api.post(f"{PATH}/deactivate").status == 200, "which takes nothing back"
    run_events.finish_modules()
    assert (stored.count(), stored.archived()) == (0, 0)


def test_of_a_module_that_is_on_its_way_on(
    api: Api, stored: Rows, run_events: DeliveryRun, deactivate: Switch
) -> None:
    deactivate("depot")
    assert api.post(f"{PATH}/activate").data["state"] == "activating"
    assert purge(api)["state"] == "deactivating"
    run_events.finish_modules()
    assert api.get(PATH).data["state"] == "inactive"
    assert (stored.count(), stored.archived()) == (0, 0)


def test_of_a_module_without_anything(api: Api, deactivate: Switch) -> None:
    assert purge(api)["state"] == "inactive"
    assert purge(api)["state"] == "inactive"


def test_is_not_taken_back(api: Api, stored: Rows, nothing_written: Any) -> None:
    purge(api)
    with nothing_written():
        answer = api.post(f"{PATH}/activate")
        assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
        assert "about to be deleted" in answer.error["message"]


@pytest.mark.parametrize(
    "body", [{"purge": 1}, {"purge": "true"}, {"purge": None}, {"purged": True}, [], "x"]
)
def test_wrong_bodies_write_nothing(
    api: Api, stored: Rows, nothing_written: Any, body: Any
) -> None:
    with nothing_written():
        answer = api.post(f"{PATH}/deactivate", body)
        assert (answer.status, answer.error["code"]) == (422, "validation_error")


def test_is_no_parameter_of_the_query(api: Api, stored: Rows, nothing_written: Any) -> None:
    with nothing_written():
        assert api.post(f"{PATH}/deactivate", query="purge=true").status == 400


def test_numbers_are_not_given_twice(api: Api, run_events: DeliveryRun, activate: Switch) -> None:
    assert api.post("/v1/depot/crates", {"name": "a"}).data["number"] == "1"
    purge(api)
    run_events.finish_modules()
    activate("depot")
    assert api.post("/v1/depot/crates", {"name": "b"}).data["number"] == "2"
