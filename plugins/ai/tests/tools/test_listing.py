"""Which tools an agent is shown, by modules, scopes and what the address says."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_ai.protocol.faults import UnknownTool
from sparx_ai.tools.catalogue import MAX_TOOLS, Catalogue, Verb, catalogue_of
from sparx_ai.tools.risk import Risk, risk_of
from sparx_core import ApiError, uuid7
from sparx_core.surface import encode
from sparx_core.testing import Api, NewTenant, TenantMaker

from .conftest import Agent, AgentMaker

#: Characters of JSON a token, at the least: English and JSON have about four.
_PER_TOKEN = 3
_WRITING = ("create", "update", "act")


def key_with(api: Api, *scopes: str) -> str:
    """A key of the tenant with these scopes."""
    made = api.post("/v1/keys", {"name": "Agent", "scopes": list(scopes)}).data
    return str(made["key"])


def test_all_modules_fit_the_budget(agent: Agent) -> None:
    tools = agent.tools()
    assert len(tools) <= MAX_TOOLS
    assert len(encode(tools)) / _PER_TOKEN <= 12_000
    names = [one["name"] for one in tools]
    assert {"crm_list", "crm_get", "crm_search", "crm_describe"} <= set(names)
    assert {"crm_create", "crm_update", "crm_act"} <= set(names)
    assert all(agent.names() == names for _ in range(10))


def test_annotations_tell_what_may_happen(agent: Agent) -> None:
    for tool in agent.tools():
        verb, told = tool["name"].rpartition("_")[2], tool["annotations"]
        assert told["readOnlyHint"] is (verb not in _WRITING)
        assert told["destructiveHint"] is (verb == "act")


def test_only_what_takes_away_or_goes_out_is_destructive(installation: Any) -> None:
    operations = installation.registry.operations
    destructive = {n for n, one in operations.items() if risk_of(one) is Risk.DESTRUCTIVE}
    assert {"crm.customers.delete", "crm.orders.refund", "crm.quotes.send"} <= destructive
    assert {"crm.orders.batch", "crm.customers.import", "crm.merge_customers"} <= destructive
    assert not destructive & {"crm.orders.create", "crm.orders.update", "crm.deals.win"}
    assert all(operations[name].writes for name in destructive)


def test_every_operation_is_in_one_tool(agent: Agent, installation: Any) -> None:
    """All but those that are for people, and for those who have a link."""
    listed = agent.call("crm_describe")["data"]
    found = {f"{key}.{verb}" for key, verbs in listed["resources"].items() for verb in verbs}
    found |= {one["operation"] for one in listed["operations"]}
    operations = installation.registry.operations.values()
    assert found == {one.name for one in operations if one.module == "crm" and not one.public}


def test_every_operation_can_be_asked_for(agent: Agent) -> None:
    catalogue = catalogue_of(agent.visit())
    asked: list[str] = []
    for tool in catalogue.tools:
        if tool.verb not in (Verb.DESCRIBE, Verb.SEARCH):
            for named in (tool.resources, tool.named, tool.groups):
                asked += [one.name for one in named.values()]
    assert sorted([*asked, "core.search"]) == [one.name for one in catalogue.operations]


@pytest.mark.parametrize("operation", ["keys.create", "keys.rotate", "keys.delete"])
def test_keys_are_for_people(agent: Agent, operation: str) -> None:
    assert agent.refused("core_act", operation=operation) == "bad_request"
    assert f"'{operation}'" not in str(agent.tools())


def test_scopes_decide_what_is_there(api: Api, agent_of: AgentMaker) -> None:
    reader = agent_of(key_with(api, "read:crm"))
    names = reader.names()
    assert {"crm_list", "crm_get", "crm_search", "crm_describe"} <= set(names)
    assert not {"crm_create", "crm_update", "core_create", "core_update"} & set(names)
    # Who may read may export, over REST, too.
    asked = next(one for one in reader.tools() if one["name"] == "crm_act")["inputSchema"]
    named = asked["properties"]["operation"]["enum"]
    assert named
    assert all(one.endswith(".export") for one in named)
    with pytest.raises(UnknownTool):
        reader.result("crm_create", resource="customers", data={"name": "X"})
    # Any key may ask who it is; there is nothing more of the core.
    assert reader.call("core_get", operation="me")["data"]["modules"] == ["ai", "cms", "crm"]
    with pytest.raises(UnknownTool):
        reader.result("core_list", resource="members")


def test_read_only_hides_and_refuses_writes(agent_of: AgentMaker, tenant: NewTenant) -> None:
    reader = agent_of(tenant.api_key, read_only="true")
    assert not any(one.endswith(_WRITING) for one in reader.names())
    for name in ("crm_create", "create", "crm_act", "act"):
        with pytest.raises(UnknownTool):
            reader.result(name, resource="customers", data={"name": "X"})


def test_toolsets_tools_and_exclude(agent_of: AgentMaker, tenant: NewTenant) -> None:
    def names(**chosen: str) -> list[str]:
        return agent_of(tenant.api_key, **chosen).names()

    assert {one.partition("_")[0] for one in names(toolsets="crm")} == {"crm"}
    assert names(tools="crm_list,crm_get") == ["crm_list", "crm_get"]
    assert names(tools="crm_list,crm_get", exclude="crm_get") == ["crm_list"]
    # What is left out is left out under its other name, too: of one module, or of all.
    without = agent_of(tenant.api_key, exclude="crm_act")
    assert without.refused("act", operation="crm.orders.cancel", id=str(uuid7())) == "bad_request"
    assert without.refused("act", operation="cms.entries.publish", id=str(uuid7())) == "not_found"
    without = agent_of(tenant.api_key, exclude="crm_act,core_act,cms_act")
    with pytest.raises(UnknownTool):
        without.result("act", operation="crm.orders.cancel")


@pytest.mark.parametrize("chosen", [{"toolsets": "crn"}, {"tools": "../x"}, {"read_only": "maybe"}])
def test_what_cannot_be_chosen_is_refused(
    agent_of: AgentMaker, tenant: NewTenant, chosen: dict[str, str]
) -> None:
    with pytest.raises(ApiError) as refused:
        agent_of(tenant.api_key, **chosen).tools()
    assert refused.value.code == "bad_request"


def test_a_module_that_is_turned_off_is_gone_with_the_next_call(api: Api, agent: Agent) -> None:
    assert "crm_get" in agent.names()
    assert api.post("/v1/modules/crm/deactivate").status == 200
    assert not [one for one in agent.names() if one.startswith("crm")]
    with pytest.raises(UnknownTool):
        agent.result("crm_get", resource="customers", id="x")
    assert api.get("/v1/crm/customers").error["code"] == "module_disabled"


def test_without_the_module_there_is_nothing(agent_of: AgentMaker, new_tenant: TenantMaker) -> None:
    only_crm = new_tenant(modules=["crm"])
    with pytest.raises(ApiError) as refused:
        agent_of(only_crm.api_key).tools()
    assert refused.value.code == "module_disabled"


@pytest.mark.parametrize("modules", [3, 4, 9, 40])
def test_however_many_modules_there_are_the_list_stays_short(modules: int) -> None:
    verbs = frozenset((f"m{number}", verb) for number in range(modules) for verb in Verb)
    catalogue = Catalogue((), (), verbs)
    assert len(catalogue.tools) <= MAX_TOOLS
    # Whatever is listed, a tool works by either name.
    assert catalogue.find("m1_list") is not None
    assert catalogue.find("list") is not None
    assert catalogue.find("m99_list") is None


def test_titles_are_of_modules(agent: Agent) -> None:
    titles = {one["name"]: one["title"] for one in agent.tools()}
    assert titles["crm_list"] == "List: CRM"
