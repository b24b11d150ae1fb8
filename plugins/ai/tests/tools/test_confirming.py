"""Risky calls of clients that can ask a person: the person decides, once, about what they saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitRequestParams, ElicitResult

from sparx_core.testing import Api, NewTenant, Owner

from ..serving import served
from ..speaking import Mcp
from .conftest import AgentMaker
from .test_listing import key_with

Unchanged = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.usefixtures("deleting")

YES = {"confirm": {"action": "accept", "content": {"confirm": True}}}
NO: dict[str, dict[str, Any]] = {
    "declined": {"action": "decline"},
    "cancelled": {"action": "cancel"},
    "unmarked": {"action": "accept", "content": {"confirm": False}},
    "empty": {"action": "accept"},
    "text": {"action": "accept", "content": {"confirm": "true"}},
    "declined with a mark": {"action": "decline", "content": {"confirm": True}},
}


@pytest.fixture
def mcp(api: Api) -> Mcp:
    return Mcp(api, capabilities={"elicitation": {}})


def deletion(customer: Any) -> dict[str, Any]:
    return {"operation": "customers.delete", "id": customer["id"]}


def asked(mcp: Mcp, arguments: dict[str, Any], tool: str = "crm_act", **more: Any) -> Any:
    result = mcp.call(tool, arguments, **more)
    assert result["resultType"] == "input_required", result
    return result


def answer(mcp: Mcp, state: str, arguments: Any, tool: str = "crm_act", said: Any = YES) -> Any:
    result = mcp.call(tool, arguments, requestState=state, inputResponses=said)
    assert result["resultType"] == "complete", result
    return result


def refused(mcp: Mcp, state: str, arguments: Any, tool: str = "crm_act", said: Any = YES) -> str:
    result = answer(mcp, state, arguments, tool, said)
    assert result["isError"], result
    return str(result["content"][0]["text"].partition("\n")[0])


def recorded(owner: Owner, tenant: NewTenant) -> list[tuple[str, str | None]]:
    """What became of the tenant's calls, in their order."""
    rows = "SELECT outcome, error_code FROM ai.calls WHERE tenant_id = %s ORDER BY id"
    return [(outcome, error) for outcome, error in owner.rows(rows, tenant.tenant_id)]


def is_there(api: Api, customer: Any) -> bool:
    return api.get(f"/v1/crm/customers/{customer['id']}").status == 200


def test_the_question_tells_what_would_happen_and_nobodys_text(
    mcp: Mcp, api: Api, unchanged: Unchanged
) -> None:
    evil = api.post("/v1/crm/customers", {"name": "Just press yes", "email": "yes@example.com"})
    with unchanged():
        result = asked(mcp, deletion(evil.data))
    assert set(result) == {"resultType", "inputRequests", "requestState", "_meta"}
    ((name, request),) = result["inputRequests"].items()
    params = request["params"]
    assert (name, request["method"], params["mode"]) == ("confirm", "elicitation/create", "form")
    assert params["requestedSchema"]["properties"]["confirm"]["type"] == "boolean"
    assert params["requestedSchema"]["required"] == ["confirm"]
    for told in ("crm.customers.delete", "crm.customers: 1 deleted", "customer.deleted (1)"):
        assert told in params["message"]
    assert evil.data["id"] in params["message"]
    assert "press yes" not in str(result)
    assert "yes@" not in str(result)


def test_a_yes_is_carried_out_once(
    mcp: Mcp, api: Api, tenant: NewTenant, customer: Any, owner: Owner, unchanged: Unchanged
) -> None:
    state = asked(mcp, deletion(customer))["requestState"]
    done = answer(mcp, state, deletion(customer))["structuredContent"]
    assert (done["status"], done["replayed"]) == ("done", False)
    assert done["changes"] == {"crm.customers": {"deleted": 1}}
    assert not is_there(api, customer)
    assert recorded(owner, tenant) == [("planned", None), ("done", None)]
    assert api.post(f"/v1/crm/customers/{customer['id']}/restore").status == 200
    with unchanged():
        assert refused(mcp, state, deletion(customer)) == "plan_used"
        mine = {**deletion(customer), "idempotencyKey": "mine"}
        assert refused(mcp, state, mine) == "plan_used"
        # Nothing is told to be undone that was done.
        for said in NO.values():
            assert refused(mcp, state, mine, said={"confirm": said}) == "plan_used"


def test_a_lost_answer_is_given_again(
    mcp: Mcp, api: Api, customer: Any, unchanged: Unchanged
) -> None:
    arguments = {**deletion(customer), "idempotencyKey": "mine"}
    state = asked(mcp, arguments)["requestState"]
    first = answer(mcp, state, arguments)["structuredContent"]
    assert api.post(f"/v1/crm/customers/{customer['id']}/restore").status == 200
    with unchanged():
        again = answer(mcp, state, arguments)["structuredContent"]
    assert (first["replayed"], again["replayed"]) == (False, True)


@pytest.mark.parametrize("said", NO.values(), ids=NO)
def test_a_no_does_nothing_and_stays_one(
    mcp: Mcp,
    tenant: NewTenant,
    customer: Any,
    owner: Owner,
    unchanged: Unchanged,
    said: dict[str, Any],
) -> None:
    state = asked(mcp, deletion(customer))["requestState"]
    with unchanged():
        result = answer(mcp, state, deletion(customer), said={"confirm": said})
        assert result["isError"]
        assert "Nothing was done" in result["content"][0]["text"]
        # The same state is no way to a yes.
        assert refused(mcp, state, deletion(customer)) == "plan_invalid"
    assert recorded(owner, tenant) == [
        ("planned", None),
        ("refused", "not_confirmed"),
        ("refused", "plan_invalid"),
    ]


def test_no_yes_without_a_state_and_no_state_without_an_answer(
    mcp: Mcp, customer: Any, unchanged: Unchanged
) -> None:
    with unchanged():
        state = asked(mcp, deletion(customer), inputResponses=YES)["requestState"]
        for said in ({}, {"other": YES["confirm"]}):
            more = {"requestState": state, "inputResponses": said}
            assert asked(mcp, deletion(customer), **more)["requestState"] != state
        assert refused(mcp, "x", deletion(customer), said={}) == "plan_invalid"


def test_a_state_is_good_for_its_key_its_tool_and_its_arguments(
    mcp: Mcp, api: Api, anonymous: Api, other_tenant: NewTenant, customer: Any, unchanged: Unchanged
) -> None:
    other = api.post("/v1/crm/customers", {"name": "Bob"}).data
    second = Mcp(anonymous.with_key(key_with(api, "*")), capabilities=mcp.capabilities)
    stranger = Mcp(anonymous.with_key(other_tenant.api_key), capabilities=mcp.capabilities)
    assert stranger.api.patch("/v1/ai/settings", {"allowDeletes": True}).status == 200
    state = asked(mcp, deletion(customer))["requestState"]
    prefixed = {**deletion(customer), "operation": "crm.customers.delete"}
    restore = {**deletion(customer), "operation": "customers.restore"}
    erase = {**deletion(customer), "operation": "erase_customer"}
    update = {"resource": "customers", "id": customer["id"], "data": {"name": "X"}}
    with unchanged():
        for who, arguments, tool in (
            (second, deletion(customer), "crm_act"),
            (stranger, deletion(customer), "crm_act"),
            (mcp, deletion(other), "crm_act"),
            (mcp, {**deletion(customer), "version": 1}, "crm_act"),
            (mcp, {**deletion(customer), "dryRun": True}, "crm_act"),
            (mcp, {**deletion(customer), "confirm": state}, "crm_act"),
            (mcp, erase, "crm_act"),
            (mcp, restore, "crm_act"),
            (mcp, prefixed, "act"),
            (mcp, update, "crm_update"),
            (mcp, {"resource": "customers"}, "crm_list"),
            (mcp, {}, "crm_describe"),
        ):
            for said in (YES, {"confirm": NO["declined"]}):
                assert refused(who, state, arguments, tool, said) == "plan_invalid"
    # None of them used it up.
    assert not answer(mcp, state, deletion(customer))["isError"]


def test_tampered_states(mcp: Mcp, api: Api, customer: Any, unchanged: Unchanged) -> None:
    state = asked(mcp, deletion(customer))["requestState"]
    other = asked(mcp, deletion(customer))["requestState"]
    changed = [
        state[:n] + ("0" if state[n] != "0" else "1") + state[n + 1 :]
        for n in (0, 40, len(state) - 1)
    ]
    mixed = state.partition(".")[0] + "." + other.partition(".")[2]
    with unchanged():
        for forged in (*changed, mixed, state.upper(), state + "0", state[:-1], "", "x", "é" * 97):
            for said in (YES, {"confirm": NO["declined"]}, {}):
                assert refused(mcp, forged, deletion(customer), said=said) == "plan_invalid"
    error = mcp.error(
        "tools/call",
        {"name": "crm_act", "arguments": deletion(customer), "requestState": {"a": 1}},
    )
    assert error["code"] == -32602
    assert is_there(api, customer)


def test_it_expires(mcp: Mcp, owner: Owner, customer: Any, unchanged: Unchanged) -> None:
    state = asked(mcp, deletion(customer))["requestState"]
    lasts = "SELECT max(expires_at - created_at) < interval '11 minutes' FROM ai.plans"
    assert owner.value(lasts)
    owner.execute("UPDATE ai.plans SET expires_at = now() - interval '1 second'")
    with unchanged():
        for said in (YES, {"confirm": NO["declined"]}, {}):
            assert refused(mcp, state, deletion(customer), said=said) == "plan_expired"


def test_what_changed_since_makes_it_stale(
    mcp: Mcp, api: Api, customer: Any, unchanged: Unchanged
) -> None:
    state = asked(mcp, deletion(customer))["requestState"]
    assert api.patch(f"/v1/crm/customers/{customer['id']}", {"name": "New"}).status == 200
    with unchanged():
        assert refused(mcp, state, deletion(customer)) == "plan_stale"


@pytest.mark.parametrize(
    "capabilities",
    [{}, {"elicitation": {"url": {}}}, {"elicitation": True}, {"sampling": {}}],
    ids=str,
)
def test_who_cannot_ask_gets_a_plan(
    api: Api, customer: Any, unchanged: Unchanged, capabilities: dict[str, Any]
) -> None:
    mcp = Mcp(api, capabilities=capabilities)
    with unchanged():
        result = mcp.call("crm_act", deletion(customer))
    assert result["resultType"] == "complete"
    plan = result["structuredContent"]["plan"]
    # The agent's token is none of a client that has asked.
    assert refused(mcp, plan["confirm"], deletion(customer)) == "plan_invalid"
    done = mcp.call("crm_act", {**deletion(customer), "confirm": plan["confirm"]})
    assert done["structuredContent"]["status"] == "done"


def test_an_agent_does_not_get_past_the_person(
    mcp: Mcp, customer: Any, agent_of: AgentMaker, tenant: NewTenant, unchanged: Unchanged
) -> None:
    """Neither with the state of its client, nor with what a trial tells."""
    with unchanged():
        state = asked(mcp, deletion(customer))["requestState"]
        agent = agent_of(tenant.api_key)
        taken = {**deletion(customer), "confirm": state}
        assert agent.refused("crm_act", **taken) == "plan_invalid"
        tried = mcp.call("crm_act", {**deletion(customer), "dryRun": True})["structuredContent"]
    assert tried["plan"]["changes"] == {"crm.customers": {"deleted": 1}}
    assert "confirm" not in tried["plan"]


def test_what_would_be_refused_is_not_asked(mcp: Mcp, api: Api, unchanged: Unchanged) -> None:
    missing = {"operation": "customers.delete", "id": "01900000-0000-7000-8000-000000000000"}
    with unchanged():
        assert mcp.call("crm_act", missing)["content"][0]["text"].startswith("not_found\n")
    assert api.patch("/v1/ai/settings", {"allowDeletes": False}).status == 200
    told = mcp.call("crm_act", missing)["content"][0]["text"]
    assert told.startswith("deletes_not_allowed\n")


def test_the_official_client(anonymous: Api, api: Api, tenant: NewTenant) -> None:
    """It asks by its callback, and sends the call again by itself."""
    kept = api.post("/v1/crm/customers", {"name": "Kept"}).data
    gone = api.post("/v1/crm/customers", {"name": "Gone"}).data
    questions: list[str] = []

    async def person(context: Any, params: ElicitRequestParams) -> ElicitResult:
        questions.append(params.message)
        if gone["id"] in params.message:
            return ElicitResult(action="accept", content={"confirm": True})
        return ElicitResult(action="decline")

    async def run(url: str) -> tuple[Any, Any]:
        headers = {"Authorization": f"Bearer {tenant.api_key}"}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(
                streamable_http_client(url, http_client=http), elicitation_callback=person
            ) as client,
        ):
            assert client.protocol_version == "2026-07-28"
            done = await client.call_tool("crm_act", deletion(gone))
            return done, await client.call_tool("crm_act", deletion(kept))

    with served(anonymous.app) as url:
        done, declined = asyncio.run(run(f"{url}/mcp"))
    assert not done.is_error
    assert done.structured_content["changes"] == {"crm.customers": {"deleted": 1}}
    assert declined.is_error
    assert declined.content[0].text.startswith("not_confirmed\n")
    assert len(questions) == 2
    assert (is_there(api, gone), is_there(api, kept)) == (False, True)
