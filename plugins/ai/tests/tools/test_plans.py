"""Plans: risky calls tell first what they would do, and are done with the token of that."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest

from sparx_ai.tools import Tools
from sparx_core.testing import Api, NewTenant, Owner

from .conftest import Agent, AgentMaker
from .test_listing import key_with

Unchanged = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.usefixtures("deleting")


def deletion(customer: Any) -> dict[str, Any]:
    return {"operation": "customers.delete", "id": customer["id"]}


def plan_of(agent: Agent, **asked: Any) -> Any:
    told = agent.call("crm_act", **asked)
    assert told["status"] == "planned"
    return told["plan"]


def test_a_plan_tells_and_does_nothing(agent: Agent, customer: Any, unchanged: Unchanged) -> None:
    with unchanged():
        plan = plan_of(agent, **deletion(customer))
    assert plan["changes"] == {"crm.customers": {"deleted": 1}}
    assert plan["affected"] == [f"crm.customers/{customer['id']} deleted"]
    assert plan["events"] == {"customer.deleted": 1}


def test_it_is_applied_once(api: Api, agent: Agent, customer: Any, unchanged: Unchanged) -> None:
    plan = plan_of(agent, **deletion(customer))
    assert agent.call("crm_act", **deletion(customer), confirm=plan["confirm"])["data"]["deleted"]
    assert api.get(f"/v1/crm/customers/{customer['id']}").status == 404
    assert api.post(f"/v1/crm/customers/{customer['id']}/restore").status == 200
    with unchanged():
        again = {**deletion(customer), "confirm": plan["confirm"]}
        assert agent.refused("crm_act", **again) == "plan_used"
        # A key of one's own gets no second use out of it either.
        assert agent.refused("crm_act", **again, idempotencyKey="mine") == "plan_used"


def test_counts_are_those_of_everything_that_would_change(
    api: Api, agent: Agent, unchanged: Unchanged
) -> None:
    rows = [{"op": "create", "data": {"name": f"C{n}"}} for n in range(3)]
    asked = {"operation": "customers.batch", "data": {"items": rows, "atomic": True}}
    with unchanged():
        plan = plan_of(agent, **asked)
    assert plan["changes"] == {"crm.customers": {"created": 3}}
    done = agent.call("crm_act", **asked, confirm=plan["confirm"])
    assert done["changes"] == plan["changes"]
    assert api.get("/v1/crm/customers").meta["total"] == 3


def test_what_changed_since_makes_it_stale(
    api: Api, agent: Agent, customer: Any, unchanged: Unchanged
) -> None:
    plan = plan_of(agent, **deletion(customer))
    assert api.patch(f"/v1/crm/customers/{customer['id']}", {"name": "New"}).status == 200
    with unchanged():
        asked = {**deletion(customer), "confirm": plan["confirm"]}
        assert agent.refused("crm_act", **asked) == "plan_stale"


def test_a_merge_is_stale_when_one_of_its_rows_changed(
    api: Api, agent: Agent, customer: Any, unchanged: Unchanged
) -> None:
    other = api.post("/v1/crm/customers", {"name": "Ann L."}).data
    note = {"type": "note", "body": "Called.", "customerId": other["id"]}
    body = {"primaryId": customer["id"], "duplicateIds": [other["id"]]}
    assert api.post("/v1/crm/activities", note).status == 201
    asked = {"operation": "merge_customers", "data": body}
    plan = plan_of(agent, **asked)
    assert plan["changes"]["crm.customers"]
    assert api.patch(f"/v1/crm/customers/{other['id']}", {"name": "New"}).status == 200
    with unchanged():
        assert agent.refused("crm_act", **asked, confirm=plan["confirm"]) == "plan_stale"


def test_it_is_good_for_its_key_its_arguments_and_its_tenant(
    api: Api,
    agent: Agent,
    agent_of: AgentMaker,
    other_tenant: NewTenant,
    customer: Any,
    unchanged: Unchanged,
) -> None:
    other = api.post("/v1/crm/customers", {"name": "Bob"}).data
    second = agent_of(key_with(api, "*"))
    stranger = agent_of(other_tenant.api_key)
    allowed = Api(api.app, other_tenant.api_key)
    assert allowed.patch("/v1/ai/settings", {"allowDeletes": True}).status == 200
    token = plan_of(agent, **deletion(customer))["confirm"]
    with unchanged():
        for who, asked in (
            (second, deletion(customer)),
            (agent, deletion(other)),
            (agent, {**deletion(customer), "version": 1}),
            (stranger, deletion(customer)),
        ):
            assert who.refused("crm_act", **asked, confirm=token) == "plan_invalid"
        for forged in ("", "x", token[:-1] + ("0" if token[-1] != "0" else "1"), "0" * 97):
            told = agent.refused("crm_act", **deletion(customer), confirm=forged)
            assert told == "plan_invalid"


def test_it_expires(agent: Agent, owner: Owner, customer: Any, unchanged: Unchanged) -> None:
    token = plan_of(agent, **deletion(customer))["confirm"]
    owner.execute("UPDATE ai.plans SET expires_at = now() - interval '1 second'")
    with unchanged():
        asked = {**deletion(customer), "confirm": token}
        assert agent.refused("crm_act", **asked) == "plan_expired"


def test_any_write_can_be_tried_first(agent: Agent, unchanged: Unchanged) -> None:
    with unchanged():
        told = agent.call("crm_create", resource="customers", data={"name": "A"}, dryRun=True)
    assert told["plan"]["changes"] == {"crm.customers": {"created": 1}}


def test_refunds_are_planned_and_exports_are_not(
    api: Api, agent: Agent, customer: Any, unchanged: Unchanged
) -> None:
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    order = api.post("/v1/crm/orders", {"customerId": customer["id"], "items": [item]}).data
    api.post("/v1/crm/payments", {"orderId": order["id"], "amount": 10})
    refund = {"operation": "refunds.create", "data": {"orderId": order["id"], "amount": 1}}
    with unchanged():
        assert plan_of(agent, **refund)["changes"]["crm.refunds"] == {"created": 1}
    told = agent.call("crm_act", operation="customers.export", query={"name": "Ann"})
    assert told["status"] == "done"
    job = agent.call("core_get", operation="jobs.get", path={"id": told["data"]["id"]})
    assert job["data"]["id"] == told["data"]["id"]


def test_of_many_who_apply_it_at_once_one_does(
    api: Api, agent: Agent, customer: Any, owner: Owner
) -> None:
    plan = plan_of(agent, **deletion(customer))
    tools, visits = Tools(agent.runtime), [agent.visit() for _ in range(6)]
    asked = {**deletion(customer), "confirm": plan["confirm"]}

    def apply(number: int) -> bool:
        # With keys of their own, so that not the key but the plan decides.
        given = asked if number % 2 else {**asked, "idempotencyKey": f"k{number}"}
        return bool(tools.call(visits[number], "crm_act", given)["isError"])

    with ThreadPoolExecutor(6) as pool:
        refused = list(pool.map(apply, range(6)))
    assert refused.count(False) == 1
    done = "SELECT count(*) FROM ai.calls WHERE plan_id = %s AND outcome = 'done' AND hits > 0"
    assert owner.value(done, UUID(plan["confirm"].partition(".")[0])) == 1


def test_what_would_be_refused_has_no_plan(agent: Agent, unchanged: Unchanged) -> None:
    missing = {"operation": "customers.delete", "id": "01900000-0000-7000-8000-000000000000"}
    with unchanged():
        assert agent.refused("crm_act", **missing) == "not_found"
