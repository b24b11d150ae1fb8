"""What a tenant decides about agents, and what it is told of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_ai.protocol.faults import UnknownTool
from sparx_core import ApiError
from sparx_core.testing import Api, NewTenant

from .conftest import Agent, AgentMaker
from .test_listing import key_with

Unchanged = Callable[[], AbstractContextManager[None]]


def test_nobody_decided_yet(api: Api) -> None:
    assert api.get("/v1/ai/settings").data == {
        "enabled": True,
        "readOnly": False,
        "allowDeletes": False,
        "toolsets": None,
        "writesPerHour": 1_000,
    }


def test_the_switch_holds_from_the_next_call_on(api: Api, agent: Agent) -> None:
    agent.call("core_get", operation="me")
    assert api.patch("/v1/ai/settings", {"enabled": False}).data["enabled"] is False
    with pytest.raises(ApiError) as refused:
        agent.visit()
    assert refused.value.code == "ai_disabled"
    assert api.patch("/v1/ai/settings", {"enabled": True}).status == 200
    agent.call("core_get", operation="me")


def test_absent_means_as_it_is(api: Api) -> None:
    api.patch("/v1/ai/settings", {"readOnly": True, "writesPerHour": 5, "toolsets": ["crm"]})
    changed = api.patch("/v1/ai/settings", {"allowDeletes": True}).data
    assert (changed["readOnly"], changed["writesPerHour"]) == (True, 5)
    assert changed["toolsets"] == ["crm"]
    assert api.patch("/v1/ai/settings", {"toolsets": ["crn"]}).error["code"] == "validation_error"
    assert api.get("/v1/ai/settings").data == changed


def test_deletes_need_to_be_allowed(
    api: Api, agent: Agent, customer: Any, unchanged: Unchanged
) -> None:
    asked = {"operation": "customers.delete", "id": customer["id"]}
    batch = {"items": [{"op": "delete", "id": customer["id"]}]}
    with unchanged():
        assert agent.refused("crm_act", **asked) == "deletes_not_allowed"
        entries = {"operation": "customers.batch", "data": batch}
        assert agent.refused("crm_act", **entries) == "deletes_not_allowed"
    api.patch("/v1/ai/settings", {"allowDeletes": True})
    assert agent.call("crm_act", **asked)["status"] == "planned"


def test_a_key_is_allowed_less_than_its_tenant(api: Api, agent_of: AgentMaker) -> None:
    made = api.post("/v1/keys", {"name": "Agent", "scopes": ["*"]}).data
    less = agent_of(made["key"])
    decided = api.post("/v1/ai/keys", {"keyId": made["id"], "readOnly": True, "toolsets": ["crm"]})
    assert decided.status == 201, decided.text
    names = less.names()
    assert names == ["crm_list", "crm_get", "crm_search", "crm_describe"]
    path = f"/v1/ai/keys/{decided.data['id']}"
    assert api.patch(path, {"readOnly": False, "allowDeletes": True}).status == 200
    assert "crm_create" in less.names()
    made_by = less.call("crm_create", resource="customers", data={"name": "Ann"})["data"]
    gone = {"operation": "customers.delete", "id": made_by["id"]}
    assert less.refused("crm_act", **gone) == "deletes_not_allowed"
    assert api.patch(path, {"enabled": False}).status == 200
    with pytest.raises(ApiError):
        less.visit()
    assert api.delete(path).status == 200
    assert "core_list" in less.names()


def test_another_tenants_key_cannot_be_decided_about(
    api: Api, other_api: Api, nothing_written: Unchanged
) -> None:
    key = api.get("/v1/keys").data[0]["id"]
    with nothing_written():
        refused = other_api.post("/v1/ai/keys", {"keyId": key})
    assert refused.error["code"] == "validation_error"


def test_the_budget_counts_rows_and_refuses_all_of_a_write(
    api: Api, agent: Agent, unchanged: Unchanged
) -> None:
    api.patch("/v1/ai/settings", {"writesPerHour": 2})
    for number in range(2):
        agent.call("crm_create", resource="customers", data={"name": f"C{number}"})
    with unchanged():
        asked = {"resource": "customers", "data": {"name": "one too many"}}
        result = agent.result("crm_create", **asked)
    assert result["content"][0]["text"].startswith("write_budget_exceeded")
    assert '"retryAfter":' in result["content"][0]["text"]
    # Reading costs nothing, and another key has a budget of its own.
    assert agent.call("crm_list", resource="customers")["total"] == 2


def test_every_call_is_recorded_and_tells_no_secrets(
    api: Api, other_api: Api, agent: Agent, tenant: NewTenant
) -> None:
    asked = {"name": "Ann", "notes": f"Her key is {tenant.api_key}", "email": "ann@example.com"}
    made = agent.call("crm_create", resource="customers", data=asked)["data"]
    agent.call("crm_get", resource="customers", id=made["id"])
    agent.refused("crm_get", resource="customers", id="nonsense")
    refused, got, created = api.get("/v1/ai/audit").data
    assert (refused["outcome"], refused["errorCode"]) == ("refused", "not_found")
    assert (got["outcome"], got["risk"], got["hits"]) == ("done", "read", 0)
    assert created["operation"] == "crm.customers.create"
    assert created["affected"] == [f"crm.customers/{made['id']} created"]
    assert created["arguments"]["resource"] == "customers"
    text = api.get("/v1/ai/audit").text
    assert "sk_live" not in text
    assert "ann@example.com" not in text
    assert other_api.get("/v1/ai/audit").meta["total"] == 0
    assert api.get("/v1/ai/audit?risk=write").meta["total"] == 1


def test_the_history_of_a_record_leads_to_the_call(api: Api, agent: Agent) -> None:
    made = agent.call("crm_create", resource="customers", data={"name": "Ann"})["data"]
    entry = api.get(f"/v1/audit?resourceId={made['id']}").data[0]
    assert entry["requestId"] == api.get("/v1/ai/audit").data[0]["requestId"]


def test_a_tool_that_there_is_not_is_recorded(api: Api, agent: Agent) -> None:
    with pytest.raises(UnknownTool):
        agent.result("crm_destroy", x=1)
    told = api.get("/v1/ai/audit").data[0]
    assert (told["tool"], told["errorCode"]) == ("crm_destroy", "unknown_tool")


def test_an_agent_cannot_turn_itself_off(api: Api, agent: Agent, unchanged: Unchanged) -> None:
    with unchanged():
        asked = {"operation": "modules.deactivate", "path": {"key": "ai"}}
        assert agent.refused("core_act", **asked) == "forbidden"
    assert agent.call("core_act", operation="modules.deactivate", path={"key": "crm"})["plan"]
    for key in ("nothing", "a/b", "", "x" * 2_000):
        asked = {"operation": "modules.get", "path": {"key": key}}
        assert agent.refused("core_get", **asked) == "not_found"


def test_nothing_changes_a_record(api: Api, agent: Agent) -> None:
    agent.call("core_get", operation="me")
    row = api.get("/v1/ai/audit").data[0]["id"]
    assert api.delete(f"/v1/ai/audit/{row}").status == 405
    assert api.patch(f"/v1/ai/audit/{row}", {"tool": "x"}).status == 405


def test_only_those_who_may_read_it_do(api: Api) -> None:
    stranger = api.with_key(key_with(api, "read:crm"))
    assert stranger.get("/v1/ai/audit").error["code"] == "insufficient_scope"
    assert stranger.patch("/v1/ai/settings", {"enabled": False}).status == 403
