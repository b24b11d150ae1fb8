"""Both revisions: what each has of its own, and what both have."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ..speaking import STATELESS, Mcp, told
from .conftest import Noting

LISTS = ("tools/list", "resources/list", "resources/templates/list", "prompts/list")


def test_discovering(mcp: Mcp) -> None:
    found = mcp.result("server/discover")
    assert found["supportedVersions"] == [STATELESS]
    assert set(found["capabilities"]) == {"tools", "resources", "prompts", "completions"}
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "sparx"
    assert (found["resultType"], found["instructions"]) == ("complete", "Note.")


@pytest.mark.parametrize("method", ["server/discover", *LISTS])
def test_nobody_else_may_keep_what_a_key_is_told(mcp: Mcp, method: str) -> None:
    found = mcp.result(method)
    assert found["cacheScope"] == "private"
    assert found["ttlMs"] >= 0


@pytest.mark.parametrize(
    "method",
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "subscriptions/listen", "x"],
)
def test_methods_that_are_gone(mcp: Mcp, method: str) -> None:
    answer = mcp.ask(method)
    assert (answer.status, told(answer)["error"]["code"], told(answer)["id"]) == (404, -32601, 7)


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ("2025-11-25", "2025-11-25"),
        ("2025-06-18", "2025-06-18"),
        ("2024-11-05", "2025-11-25"),
        ("9999-01-01", "2025-11-25"),
    ],
)
def test_shaking_hands(mcp: Mcp, asked: str, got: str) -> None:
    params = {"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "a"}}
    answer = mcp.handshake("initialize", params, None)
    found = told(answer)["result"]
    assert found["protocolVersion"] == got
    assert found["serverInfo"]["name"] == "sparx"
    assert "resultType" not in found
    assert mcp.post({"jsonrpc": "2.0", "method": "notifications/initialized"}).status == 202
    assert told(mcp.handshake("ping"))["result"] == {}


@pytest.mark.parametrize("method", LISTS)
def test_older_lists_say_nothing_new(mcp: Mcp, method: str) -> None:
    assert {"ttlMs", "cacheScope", "resultType"}.isdisjoint(told(mcp.handshake(method))["result"])


def test_older_errors_come_with_200(mcp: Mcp) -> None:
    """Clients of then read an error only there."""
    answer = mcp.handshake("server/discover")
    assert (answer.status, told(answer)["error"]["code"]) == (200, -32601)


def test_unknown_versions(mcp: Mcp) -> None:
    answer = mcp.handshake("tools/list", version="2024-11-05")
    assert (answer.status, told(answer)["error"]["code"]) == (400, -32022)
    answer = mcp.handshake("tools/list", version=None)
    assert (answer.status, told(answer)["error"]["code"]) == (400, -32602)
    gone = {"jsonrpc": "2.0", "method": "notifications/cancelled"}
    assert mcp.post(gone, {"MCP-Protocol-Version": "2024-11-05"}).status == 400


def test_pages(mcp: Mcp) -> None:
    names, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        found = mcp.result("tools/list", {"cursor": cursor} if cursor else {})
        names += [one["name"] for one in found["tools"]]
        cursor, pages = found.get("nextCursor"), pages + 1
    assert pages == 3
    assert names == [f"tool_{n:03}" for n in range(250)]
    for wrong in ("x", "ZnJvbTotMQ==", 5, "ZnJvbTo5OTk5OTk5OTk="):
        assert mcp.error("tools/list", {"cursor": wrong})["code"] == -32602


def test_numbers_keep_their_digits(mcp: Mcp, noting: Noting) -> None:
    text = b"0.1000000000000000000000000000001"
    body = (
        b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":'
        b'{"name":"tool_001","arguments":{"amount":' + text + b"}}}"
    )
    answer = mcp.post(body, {"MCP-Protocol-Version": "2025-11-25"})
    assert noting.called == [("tool_001", {"amount": Decimal(text.decode())})]
    assert text.decode() in answer.text


def test_what_a_visit_knows(mcp: Mcp, noting: Noting) -> None:
    mcp.path = "/noting?toolsets=crm&toolsets=core&read_only"
    mcp.capabilities = {"elicitation": {}}
    mcp.call("tool_001", inputResponses={"a": {"action": "accept"}}, requestState="s")
    (visit,) = noting.visits
    assert visit.chosen == {"toolsets": "crm,core", "read_only": ""}
    assert (visit.client, visit.revision) == ("tests 1", STATELESS)
    assert visit.capabilities == {"elicitation": {}}
    assert (visit.answers, visit.state) == ({"a": {"action": "accept"}}, "s")


def test_completion(mcp: Mcp) -> None:
    prompt = {"type": "ref/prompt", "name": "test_prompt_with_arguments"}
    params = {"ref": prompt, "argument": {"name": "arg1", "value": "par"}}
    found = mcp.result("completion/complete", params)["completion"]
    assert found == {"values": ["paris", "park", "party"], "hasMore": False}
    for wrong in (
        {"ref": {"type": "ref/tool", "name": "a"}, "argument": {"name": "a", "value": ""}},
        {"ref": prompt},
        {"ref": prompt, "argument": {"name": "a", "value": 1}},
        {"argument": {"name": "a", "value": ""}},
    ):
        assert mcp.error("completion/complete", wrong)["code"] == -32602
