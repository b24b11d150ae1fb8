"""Tools and REST agree about who may do what, operation by operation."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_ai.protocol.faults import UnknownTool
from sparx_ai.tools.catalogue import Verb, verb_of
from sparx_ai.tools.risk import is_for_agents
from sparx_core import Operation
from sparx_core.runtime import Runtime
from sparx_core.surface import Kind
from sparx_core.testing import Api, NewTenant

from .conftest import Agent, AgentMaker
from .test_listing import key_with

Unchanged = Callable[[], AbstractContextManager[None]]

MISSING = "01900000-0000-7000-8000-000000000000"
_FILES = (Kind.IMPORT, Kind.FILE)
_ID = re.compile(r"\{\w+\}")


def asked_by_agent(agent: Agent, operation: Operation, row_id: str) -> str:
    """The code with which a call is answered, or ``unknown`` where there is no such tool."""
    verb = verb_of(operation)
    tool = f"{operation.module}_{verb}"
    assert operation.resource is None or operation.resource.module == operation.module
    arguments: dict[str, Any] = {"operation": operation.name}
    if verb in (Verb.UPDATE, Verb.CREATE) or operation.kind is Kind.GET:
        assert operation.resource is not None
        arguments = {"resource": operation.resource.key}
    if "{id}" in operation.path:
        arguments["id"] = row_id
    if operation.writes:
        arguments["data"] = {}
    try:
        result = agent.result(tool, **arguments)
    except UnknownTool:
        return "unknown"
    if not result["isError"]:
        return "done"
    text = result["content"][0]["text"]
    hidden = "There is no operation" in text or "There is no resource" in text
    return "unknown" if hidden else str(text.partition("\n")[0])


def asked_over_rest(api: Api, operation: Operation, row_id: str) -> str:
    path = _ID.sub(row_id, operation.path)
    body = {} if operation.writes and operation.method != "DELETE" else None
    answer = api.request(operation.method, path, json=body)
    return "done" if answer.json["success"] else str(answer.error["code"])


def of_rows(runtime: Runtime) -> list[Operation]:
    """The operations on a row of the crm that agents may ask for."""
    return [
        one
        for one in runtime.registry.operations.values()
        if one.module == "crm"
        and "{id}" in one.path
        and one.kind not in _FILES
        and is_for_agents(one)
    ]


@pytest.mark.usefixtures("deleting")
def test_another_tenants_row_and_a_missing_one(
    api: Api,
    other_api: Api,
    other_tenant: NewTenant,
    agent_of: AgentMaker,
    installation: Runtime,
    customer: Any,
    unchanged: Unchanged,
) -> None:
    assert other_api.patch("/v1/ai/settings", {"allowDeletes": True}).status == 200
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 10}
    order = api.post("/v1/crm/orders", {"customerId": customer["id"], "items": [item]}).data
    ids = {"crm.customers": customer["id"], "crm.orders": order["id"]}
    stranger, seen = agent_of(other_tenant.api_key), 0
    with unchanged():
        for operation in of_rows(installation):
            key = operation.resource.key if operation.resource else "crm.customers"
            foreign = ids.get(key, customer["id"])
            over_rest = asked_over_rest(other_api, operation, foreign)
            for row_id in (foreign, MISSING):
                told = asked_by_agent(stranger, operation, row_id)
                assert told == over_rest, operation.name
                assert told != "done", operation.name
            seen += 1
    assert seen > 60


def test_what_a_scope_does_not_allow_is_no_tool(
    api: Api, agent_of: AgentMaker, installation: Runtime
) -> None:
    """A tool is there if, and only if, REST does not refuse it for its scope."""
    for scope in ("read:crm", "write:crm"):
        key = key_with(api, scope)
        agent, limited = agent_of(key), api.with_key(key)
        for operation in of_rows(installation):
            over_rest = asked_over_rest(limited, operation, MISSING)
            told = asked_by_agent(agent, operation, MISSING)
            if operation.scope != scope:
                assert (told, over_rest) == ("unknown", "insufficient_scope"), operation.name
            elif told != "deletes_not_allowed":
                assert told == over_rest, operation.name
