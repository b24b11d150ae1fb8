"""Writes: versions, repetitions, what they answer, and what nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from sparx_core.testing import Api, NewTenant

from .conftest import Agent, AgentMaker

Unchanged = Callable[[], AbstractContextManager[None]]


def test_create_and_update_answer_what_rest_shows(api: Api, agent: Agent) -> None:
    made = agent.call("crm_create", resource="customers", data={"name": "Ann"})
    assert made["status"] == "done"
    assert made["changes"] == {"crm.customers": {"created": 1}}
    row_id = made["data"]["id"]
    changed = agent.call(
        "crm_update", resource="customers", id=row_id, data={"name": "Bea"}, version=1
    )
    assert changed["version"] == 2
    assert (
        api.get(f"/v1/crm/customers/{row_id}").data
        == agent.call("crm_get", resource="customers", id=row_id)["data"]
    )


def test_a_version_that_is_over_changes_nothing(
    agent: Agent, customer: Any, unchanged: Unchanged
) -> None:
    agent.call("crm_update", resource="customers", id=customer["id"], data={"name": "Bea"})
    with unchanged():
        result = agent.result(
            "crm_update", resource="customers", id=customer["id"], data={"name": "C"}, version=1
        )
    assert result["isError"]
    assert "version_conflict" in result["content"][0]["text"]
    assert '"version":2' in result["content"][0]["text"]


def test_the_same_key_writes_once(api: Api, agent: Agent) -> None:
    asked = {"resource": "customers", "data": {"name": "Ann"}, "idempotencyKey": "once"}
    first, second = (agent.call("crm_create", **asked) for _ in range(2))
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["data"] == second["data"]
    assert api.get("/v1/crm/customers").meta["total"] == 1
    other = {**asked, "data": {"name": "Bob"}}
    assert agent.refused("crm_create", **other) == "idempotency_key_reused"
    assert api.get("/v1/crm/customers").meta["total"] == 1


def test_a_repeated_call_without_a_key_writes_once(api: Api, agent: Agent) -> None:
    """An agent whose answer was lost asks again, and knows of no keys."""
    asked = {"resource": "customers", "data": {"name": "Ann"}}
    assert not agent.call("crm_create", **asked)["replayed"]
    assert agent.call("crm_create", **asked)["replayed"]
    assert api.get("/v1/crm/customers").meta["total"] == 1


def test_what_is_done_again_after_something_else_is_no_repetition(
    api: Api, agent: Agent, customer: Any
) -> None:
    for name in ("Bea", "Cid", "Bea"):
        told = agent.call(
            "crm_update", resource="customers", id=customer["id"], data={"name": name}
        )
        assert not told["replayed"]
    assert api.get(f"/v1/crm/customers/{customer['id']}").data["name"] == "Bea"


def test_refused_values_write_nothing(agent: Agent, unchanged: Unchanged) -> None:
    with unchanged():
        for data in ({}, {"name": 1}, {"nmae": "Ann"}, [], "x"):
            assert agent.result("crm_create", resource="customers", data=data)["isError"]
        assert agent.refused("crm_create", resource="customers", dat={}) == "bad_request"
        assert agent.refused("crm_create", resource="nothing", data={}) == "bad_request"
        assert agent.refused("crm_act", operation="orders.cancel", id="x") == "not_found"


def test_another_tenants_row_is_as_one_that_is_not_there(
    agent_of: AgentMaker, other_tenant: NewTenant, customer: Any, unchanged: Unchanged
) -> None:
    stranger = agent_of(other_tenant.api_key)
    missing = "01900000-0000-7000-8000-000000000000"
    with unchanged():
        for row_id in (customer["id"], missing):
            assert stranger.refused("crm_get", resource="customers", id=row_id) == "not_found"
            change = {"resource": "customers", "id": row_id, "data": {"name": "X"}}
            assert stranger.refused("crm_update", **change) == "not_found"
            assert (
                stranger.refused("crm_act", operation="customers.restore", id=row_id) == "not_found"
            )
    assert stranger.call("crm_list", resource="customers")["total"] == 0
    assert stranger.call("crm_search", q="Ann")["items"] == []


def test_secrets_that_are_shown_once_are_not_shown_to_agents(
    api: Api, agent: Agent, customer: Any
) -> None:
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    quote = api.post("/v1/crm/quotes", {"customerId": customer["id"], "items": [item]}).data
    planned = agent.call("crm_act", operation="quotes.send", id=quote["id"])
    done = agent.result(
        "crm_act", operation="quotes.send", id=quote["id"], confirm=planned["plan"]["confirm"]
    )
    assert done["structuredContent"]["data"]["status"] == "sent"
    assert "lnk_" not in str(done)


def test_files_are_for_rest(agent: Agent, customer: Any) -> None:
    result = agent.result("crm_act", operation="customers.import")
    assert "use_rest" in result["content"][0]["text"]
    assert "/v1/crm/customers/import" in result["content"][0]["text"]
