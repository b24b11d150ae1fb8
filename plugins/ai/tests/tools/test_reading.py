"""Reads: the same values as REST, no more of them than fit, and none of anybody else."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from sparx_ai.tools import Tools
from sparx_ai.tools.reading import read_record, readable
from sparx_ai.tools.results import MAX_CHARACTERS
from sparx_core.surface import encode
from sparx_core.testing import Api, NewTenant

from .conftest import Agent, AgentMaker


@pytest.fixture
def customers(api: Api) -> list[Any]:
    """Sixty customers, oldest first."""
    rows = [{"op": "create", "data": {"name": f"Ann {n:02}"}} for n in range(60)]
    answer = api.post("/v1/crm/customers/batch", {"items": rows})
    return [one["data"] for one in answer.data]


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({}, "take=20"),
        ({"where": {"name": "Ann 07"}}, "name=Ann 07&take=20"),
        ({"where": {"name": {"startsWith": "Ann 1"}}}, "name[startsWith]=Ann 1&take=20"),
        ({"where": {"name": ["Ann 01", "Ann 02"]}, "fields": ["id"]},
         "name[in]=Ann 01,Ann 02&fields=id&take=20"),
        ({"q": "Ann 3", "take": 5, "sort": "-name"}, "q=Ann 3&take=5&sort=-name"),
        ({"include": ["orders"], "take": 2}, "include=orders&take=2"),
    ],
)  # fmt: skip
def test_a_list_is_that_of_rest(
    api: Api, agent: Agent, customers: list[Any], asked: Any, query: str
) -> None:
    rest = api.get(f"/v1/crm/customers?{query}")
    told = agent.call("crm_list", resource="customers", **asked)
    assert told["items"] == rest.data
    assert told["items"]
    assert told["total"] == rest.meta["total"]
    assert told["nextCursor"] == rest.meta["next_cursor"]


def test_pages_lead_through_all_rows(agent: Agent, customers: list[Any]) -> None:
    seen, cursor = [], None
    while True:
        page = agent.call("crm_list", resource="customers", take=25, cursor=cursor, fields=["id"])
        seen += [one["id"] for one in page["items"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(one["id"] for one in customers)


def test_a_page_that_is_too_large_ends_early_and_goes_on(api: Api, agent: Agent) -> None:
    rows = [{"op": "create", "data": {"name": f"C{n}", "notes": "x" * 9_000}} for n in range(5)]
    api.post("/v1/crm/customers/batch", {"items": rows})
    seen, cursor = [], None
    while True:
        result = agent.result("crm_list", resource="customers", cursor=cursor, sort="name")
        page = result["structuredContent"]
        assert len(result["content"][0]["text"]) < MAX_CHARACTERS + 1_000
        seen += [one["name"] for one in page["items"]]
        cursor = page["nextCursor"]
        assert page["truncated"] is (cursor is not None)
        if cursor is None:
            break
    assert seen == [f"C{n}" for n in range(5)]


def test_a_row_that_is_too_large_is_cut_and_says_where_all_of_it_is(api: Api, agent: Agent) -> None:
    long = {"key": "y" * 14_000, "other": "z" * 1_000}
    row = api.post("/v1/crm/customers", {"name": "A", "notes": "x" * 9_900, "metadata": long}).data
    result = agent.result("crm_get", resource="customers", id=row["id"])
    told, link = result["structuredContent"], result["content"][1]
    assert told["truncated"]
    assert "[cut: " in told["data"]["metadata"]["key"]
    assert link["uri"] == f"sparx://crm/customers/{row['id']}"
    visit = agent.visit()
    customers = next(one for one in readable(visit) if one.key == "crm.customers")
    whole = json.loads(read_record(visit, customers, row["id"]))
    assert whole["metadata"]["key"] == long["key"]


def test_amounts_keep_all_their_digits(api: Api, agent: Agent, customer: Any) -> None:
    item = {"sku": "S", "name": "N", "quantity": 10, "unitPrice": Decimal("1234567890.11")}
    order = api.post("/v1/crm/orders", {"customerId": customer["id"], "items": [item]}).data
    told = agent.call("crm_get", resource="orders", id=order["id"])["data"]
    assert told["total"] == Decimal("12345678901.10")
    assert b'"total":12345678901.10' in encode(told)
    groups = agent.call("crm_list", resource="orders", aggregate={"sum": ["total"]})
    assert groups["items"] == api.get("/v1/crm/orders/aggregate?sum=total").data


def test_results_are_what_their_schemas_say(agent: Agent, customer: Any) -> None:
    schemas = {one["name"]: one["outputSchema"] for one in agent.tools()}
    for name, asked in (
        ("crm_list", {"resource": "customers"}),
        ("crm_get", {"resource": "customers", "id": customer["id"]}),
        ("crm_search", {"q": "Ann"}),
        ("crm_describe", {}),
        ("crm_create", {"resource": "customers", "data": {"name": "B"}}),
        ("crm_act", {"operation": "customers.batch", "data": {"items": [
            {"op": "create", "data": {"name": "C"}}]}}),
    ):  # fmt: skip
        told = json.loads(encode(agent.call(name, **asked)))
        jsonschema.Draft202012Validator(schemas[name]).validate(told)
    for tool in agent.tools():
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])


def test_a_search_finds_in_one_module(agent: Agent, customer: Any) -> None:
    found = agent.call("crm_search", q="ann", types=["customers"])["items"]
    assert [one["id"] for one in found] == [customer["id"]]
    assert agent.call("core_search", q="ann")["items"] == []
    assert agent.refused("crm_search", q="ann", types=["core.members"]) == "bad_request"


def test_describe_tells_what_can_be_asked(agent: Agent) -> None:
    told = agent.call("crm_describe", resource="orders")["data"]
    assert told["relations"]["customer"] == "crm.customers"
    assert "gte" in told["where"]["total"]
    operation = agent.call("crm_describe", operation="orders.create")["data"]
    schema = operation["data"]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert "customerId" in schema["required"]
    risky = agent.call("crm_describe", operation="crm.orders.refund")["data"]
    assert risky["confirm"] == "planned first"


@pytest.mark.parametrize(
    "asked",
    [
        {"resource": "customers", "wher": {}},
        {"resource": "customers", "where": {"nothing": 1}},
        {"resource": "customers", "where": {"name": {"gt": {"a": 1}}}},
        {"resource": "customers", "take": 101},
        {"resource": "customers", "take": 1.5},
        {"resource": "customers", "cursor": "x"},
        {"resource": "customers", "fields": [1]},
        {"resource": "customers", "aggregate": {"median": "name"}},
        {"resource": ["customers"]},
        {},
    ],
)
def test_what_cannot_be_asked_is_refused(agent: Agent, asked: Any) -> None:
    assert agent.refused("crm_list", **asked) == "bad_request"


def test_what_is_hidden_from_a_key_is_hidden_from_its_agent(
    api: Api, agent_of: AgentMaker, customer: Any
) -> None:
    body = {"name": "Agent", "scopes": ["*"], "hiddenFields": ["crm.customers.email"]}
    agent = agent_of(api.post("/v1/keys", body).data["key"])
    assert "ann@example.com" not in str(agent.result("crm_list", resource="customers"))
    by_it = {"resource": "customers", "where": {"email": "ann@example.com"}}
    assert agent.refused("crm_list", **by_it) == "bad_request"
    assert "email" not in agent.call("crm_describe", resource="customers")["data"]["fields"]
    with pytest.raises(Exception, match="Unknown tool"):
        agent.result("crm_search", q="ann@example.com")


def test_one_list_is_one_statement_and_its_record(
    agent: Agent, customers: list[Any], query_count: Any
) -> None:
    agent.call("crm_list", resource="customers", include=["orders"])
    visit, tools = agent.visit(), Tools(agent.runtime)
    with query_count() as log:
        tools.call(visit, "crm_list", {"resource": "customers", "include": ["orders"]})
    # The read; and for the record: to enter, to write, to commit.
    assert log.count == 1 + 3


def test_nothing_of_another_tenant(
    agent_of: AgentMaker, other_tenant: NewTenant, customers: list[Any]
) -> None:
    stranger = agent_of(other_tenant.api_key)
    assert stranger.call("crm_list", resource="customers")["total"] == 0
    foreign = {"resource": "customers", "id": customers[0]["id"]}
    missing = {**foreign, "id": "01900000-0000-7000-8000-000000000000"}
    told = [stranger.result("crm_get", **one)["content"][0]["text"] for one in (foreign, missing)]
    assert told[0].partition("\n")[0] == told[1].partition("\n")[0] == "not_found"
    assert customers[0]["id"] not in told[0]
