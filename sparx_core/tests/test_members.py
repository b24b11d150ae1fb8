"""Members, and the tenant's time zone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api


def test_members_are_written_and_read(api: Api) -> None:
    made = api.post("/v1/members", {"name": "Kim Berg", "email": " KIM@Acme.example", "team": "n"})
    assert made.status == 201
    assert made.data["email"] == "kim@acme.example"
    assert made.data["active"] is True
    path = f"/v1/members/{made.data['id']}"
    assert api.patch(path, {"active": False}).data["active"] is False
    assert api.get("/v1/members?active=false").data[0]["name"] == "Kim Berg"
    assert api.delete(path).status == 200
    assert api.get(path).status == 404


def test_an_address_is_of_one_member(api: Api, other_api: Api) -> None:
    api.post("/v1/members", {"name": "Kim", "email": "kim@acme.example"})
    twice = api.post("/v1/members", {"name": "Kim II", "email": "Kim@acme.example"})
    assert (twice.status, twice.error["code"]) == (409, "conflict")
    assert api.get("/v1/members").meta["total"] == 1
    theirs = other_api.post("/v1/members", {"name": "Kim", "email": "kim@acme.example"})
    assert theirs.status == 201


def test_days_are_those_of_the_tenant(api: Api, other_api: Api) -> None:
    assert api.get("/v1/tenant").data["timezone"] == "UTC"
    changed = api.patch("/v1/tenant", {"timezone": "Pacific/Kiritimati"})
    assert changed.data["timezone"] == "Pacific/Kiritimati"
    assert api.patch("/v1/tenant", {"timezone": "Asia/Tokyo"}).data["timezone"] == "Asia/Tokyo"
    assert api.patch("/v1/tenant", {}).data["timezone"] == "Asia/Tokyo"
    assert other_api.get("/v1/tenant").data["timezone"] == "UTC"
    told = [one["type"] for one in api.get("/v1/events?type=tenant.updated").data]
    assert told == ["tenant.updated"] * 2


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "localtime", "UTC; DROP", 5, None])
def test_zones_that_there_are_not(api: Api, zone: Any) -> None:
    refused = api.patch("/v1/tenant", {"timezone": zone})
    assert (refused.status, refused.error["code"]) == (422, "validation_error")
    assert api.get("/v1/tenant").data["timezone"] == "UTC"


def test_today_is_a_day_of_the_tenant(api: Api, installation: Runtime, tenant: NewTenant) -> None:
    def today() -> date:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            return ctx.today()

    utc = today()
    api.patch("/v1/tenant", {"timezone": "Pacific/Kiritimati"})
    there = today()
    api.patch("/v1/tenant", {"timezone": "Pacific/Pago_Pago"})
    behind = today()
    assert there > behind  # they are 25 hours apart
    assert behind <= utc <= there
