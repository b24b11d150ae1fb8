"""Ten threads of one process serve two tenants at once: nobody is shown what is another's.

What threads share is where tenants could be mixed up: schemas and documents that are kept, compiled
statements, what is remembered of keys, connections. The tenants send the same texts, at the same
time, and see different fields of the same resource.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest

from sparx_core.testing import Answer, Api

THREADS, ROUNDS = 10, 1_000
CUSTOMERS = 5
LIST = """
query Customers($like: String!) {
  crmCustomers(where: {name: {startsWith: $like}}, take: 50) { items { id name tags } total }
}
"""
ONE = "query One($id: ID!) { crmCustomer(id: $id) { id name createdAt } }"
MAIL = "query Mail($id: ID!) { crmCustomer(id: $id) { id name email } }"
RENAME = """
mutation Rename($id: ID!, $tags: [String!]!) {
  crmCustomersUpdate(id: $id, input: {tags: $tags}) { id name tags }
}
"""
MCP = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "crm_list"}
_TOLD = "io.modelcontextprotocol/"


@dataclass(frozen=True)
class Side:
    """A tenant: its customers, by name, have its mark in all that they show."""

    api: Api
    mark: str
    sees_mail: bool
    ids: dict[str, str]

    def own(self, shown: Any) -> None:
        """Fail unless a customer is one of this tenant's."""
        assert self.ids[shown["name"]] == shown["id"], shown
        assert all(tag.startswith(self.mark) for tag in shown.get("tags", ())), shown


@pytest.fixture
def sides(api: Api, other_api: Api) -> list[Side]:
    mine = _side(api, "m", sees_mail=True)
    hiding = {"name": "h", "scopes": ["*"], "hiddenFields": ["crm.customers.email"]}
    theirs = other_api.with_key(other_api.post("/v1/keys", hiding).data["key"])
    return [mine, _side(theirs, "t", sees_mail=False)]


def _side(api: Api, mark: str, *, sees_mail: bool) -> Side:
    ids = {}
    for number in range(CUSTOMERS):
        name = f"Customer {mark}{number}"
        mail = {"email": f"{mark}{number}@example.com"} if sees_mail else {}
        ids[name] = api.post("/v1/crm/customers", {"name": name, **mail}).data["id"]
    return Side(api, mark, sees_mail, ids)


def _graphql(side: Side, query: str, variables: Any) -> Answer:
    answer = side.api.post("/graphql", {"query": query, "variables": variables})
    assert answer.status == 200, answer.text
    return answer


def _lists(side: Side, number: int) -> None:
    found = _graphql(side, LIST, {"like": "Customer"}).json["data"]["crmCustomers"]
    assert found["total"] == len(found["items"]) == CUSTOMERS
    for one in found["items"]:
        side.own(one)


def _gets(side: Side, number: int) -> None:
    name, id_ = list(side.ids.items())[number % CUSTOMERS]
    found = _graphql(side, ONE, {"id": id_}).json["data"]["crmCustomer"]
    assert found["name"] == name
    side.own(found)


def _gets_what_is_hidden(side: Side, number: int) -> None:
    name, id_ = list(side.ids.items())[number % CUSTOMERS]
    answer = _graphql(side, MAIL, {"id": id_}).json
    if side.sees_mail:
        assert answer["data"]["crmCustomer"]["email"] == f"{name[-2:]}@example.com"
    else:
        assert "data" not in answer
        assert "example.com" not in str(answer)


def _writes(side: Side, number: int) -> None:
    id_ = list(side.ids.values())[number % CUSTOMERS]
    variables = {"id": id_, "tags": [f"{side.mark}{number}"]}
    found = _graphql(side, RENAME, variables).json["data"]["crmCustomersUpdate"]
    assert found["tags"] == [f"{side.mark}{number}"]
    side.own(found)


def _asks_a_tool(side: Side, number: int) -> None:
    meta = {f"{_TOLD}protocolVersion": "2026-07-28", f"{_TOLD}clientCapabilities": {}}
    arguments = {"resource": "customers", "fields": ["id", "name", "tags"]}
    params = {"name": "crm_list", "arguments": arguments, "_meta": meta}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    answer = side.api.post("/mcp", body, headers=MCP)
    found = answer.json["result"]["structuredContent"]
    assert len(found["items"]) == CUSTOMERS, answer.text
    for one in found["items"]:
        side.own(one)


def _asks_rest(side: Side, number: int) -> None:
    answer = side.api.get("/v1/crm/customers", params={"fields": "id,name,tags"})
    assert answer.meta["total"] == len(answer.data) == CUSTOMERS
    for one in answer.data:
        side.own(one)


#: What a round asks for, in each tenant.
ASKED: list[Callable[[Side, int], None]] = [
    *(_lists, _gets, _writes, _lists, _gets_what_is_hidden),
    *(_gets, _lists, _asks_a_tool, _writes, _asks_rest),
]


def test_two_tenants_on_ten_threads_are_never_mixed_up(sides: list[Side]) -> None:
    begin = Barrier(THREADS)

    def work(thread: int) -> int:
        begin.wait(30)
        done = 0
        for number in range(thread, ROUNDS, THREADS):
            # The same request in both, one right after the other, in either order.
            for side in sides if number % 2 else reversed(sides):
                ASKED[(number // THREADS) % len(ASKED)](side, number)
            done += 1
        return done

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(work, range(THREADS))) == ROUNDS
