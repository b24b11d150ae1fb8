"""What is not asked rightly is refused, with the code that says why, and nothing is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api

from ..speaking import META, PREFIX, STATELESS, Mcp, told
from .conftest import Noting

CALL = {"name": "tool_001", "arguments": {"n": 1}}
VERSION = f"{PREFIX}protocolVersion"


def _without(name: str) -> dict[str, Any]:
    return {key: one for key, one in META.items() if key != f"{PREFIX}{name}"}


def _deep(levels: int) -> Any:
    found: Any = 1
    for _ in range(levels):
        found = [found]
    return found


#: What is wrong: parameters, headers; and what comes of it: HTTP status, code.
ATTACKS: dict[str, tuple[dict[str, Any], dict[str, str | None], int, int]] = {
    "another name in the header": (CALL, {"Mcp-Name": "tool_002"}, 400, -32020),
    "no name in the header": (CALL, {"Mcp-Name": None}, 400, -32020),
    "a name in another case": (CALL, {"Mcp-Name": "TOOL_001"}, 400, -32020),
    "the method in another case": (CALL, {"Mcp-Method": "Tools/Call"}, 400, -32020),
    "another method in the header": (CALL, {"Mcp-Method": "tools/list"}, 400, -32020),
    "no method in the header": (CALL, {"Mcp-Method": None}, 400, -32020),
    "two methods in the header": (CALL, {"Mcp-Method": "tools/call,tools/list"}, 400, -32020),
    "no version in the header": (CALL, {"MCP-Protocol-Version": None}, 400, -32020),
    "an older version in the header": (CALL, {"MCP-Protocol-Version": "2025-11-25"}, 400, -32020),
    "base64 of another name": (CALL, {"Mcp-Name": "=?base64?dG9vbF8wMDI=?="}, 400, -32020),
    "base64 that is none": (CALL, {"Mcp-Name": "=?base64?dG9vb?="}, 400, -32020),
    "base64 written otherwise": (CALL, {"Mcp-Name": "=?base64?dG9vbF8wMDF=?="}, 400, -32020),
    "no _meta": ({**CALL, "_meta": None}, {}, 400, -32602),
    "no version in _meta": ({**CALL, "_meta": _without("protocolVersion")}, {}, 400, -32602),
    "no capabilities": ({**CALL, "_meta": _without("clientCapabilities")}, {}, 400, -32602),
    "capabilities that are none": (
        {**CALL, "_meta": {**META, f"{PREFIX}clientCapabilities": []}}, {}, 400, -32602,
    ),
    "an unknown version": (
        {**CALL, "_meta": {**META, VERSION: "v9"}}, {"MCP-Protocol-Version": "v9"}, 400, -32022,
    ),
    "a version that is no text": ({**CALL, "_meta": {**META, VERSION: 1}}, {}, 400, -32602),
    "a name that is no text": ({**CALL, "name": 5}, {}, 400, -32020),
    "arguments that are no object": ({**CALL, "arguments": [1]}, {}, 400, -32602),
    "a state that is no text": ({**CALL, "requestState": 1}, {}, 400, -32602),
    "answers that are no object": ({**CALL, "inputResponses": "yes"}, {}, 400, -32602),
    "a foreign origin": (CALL, {"Origin": "https://evil.example"}, 403, -32000),
    "an origin that is none": (CALL, {"Origin": "null"}, 403, -32000),
    "a page elsewhere that calls this host its own": (
        CALL, {"Origin": "http://evil.example", "Host": "evil.example"}, 403, -32000,
    ),
    "a page of this machine with a foreign name": (
        CALL, {"Origin": "http://localhost:3000", "Host": "rebound.example"}, 403, -32000,
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_contradictions(mcp: Mcp, noting: Noting, attack: str) -> None:
    params, headers, status, code = ATTACKS[attack]
    answer = mcp.ask("tools/call", params, headers)
    message = told(answer)
    assert (answer.status, message["error"]["code"], message["id"]) == (status, code, 7)
    assert noting.called == []


#: Bodies that are no request: and HTTP status, code.
BODIES: dict[str, tuple[bytes, int, int]] = {
    "nothing": (b"", 400, -32700),
    "no JSON": (b"{", 400, -32700),
    "not a number": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', 400, -32700),
    "two equal names": (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 400, -32600),
    "a list": (b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600),
    "a text": (b'"ping"', 400, -32600),
    "no version": (b'{"id":1,"method":"ping"}', 400, -32600),
    "no method": (b'{"jsonrpc":"2.0","id":1}', 400, -32600),
    "a method that is none": (b'{"jsonrpc":"2.0","id":1,"method":4}', 400, -32600),
    "an id that is none": (b'{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600),
    "an id of null": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600),
    "a broken id": (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', 400, -32600),
    "parameters in a list": (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 400, -32602),
    "64 levels": (
        b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":' + b"[" * 64 + b"]" * 64 + b"}}",
        400, -32700,
    ),
    "10 MB": (b'{"a":"' + b"x" * 10_000_000 + b'"}', 413, -32600),
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_bodies(mcp: Mcp, noting: Noting, body: str) -> None:
    sent, status, code = BODIES[body]
    answer = mcp.post(sent, {"MCP-Protocol-Version": STATELESS, "Mcp-Method": "ping"})
    assert (answer.status, told(answer)["error"]["code"]) == (status, code)
    assert noting.called == []


def test_nobody_learns_what_is_wrong_without_a_key(app: Any, noting: Noting) -> None:
    stranger = Mcp(Api(app), "/noting")
    for answer in (stranger.post(b"{"), stranger.ask("tools/call", CALL)):
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert told(answer)["error"]["data"]["code"] == "unauthorized"


def test_the_module_has_to_be_active(
    mcp: Mcp, noting: Noting, deactivate: Callable[..., Any]
) -> None:
    deactivate("ai")
    answer = mcp.ask("tools/call", CALL)
    assert (answer.status, told(answer)["id"]) == (403, 7)
    assert told(answer)["error"]["data"]["code"] == "module_disabled"
    assert noting.called == []


def test_other_methods_of_http(mcp: Mcp) -> None:
    for method in ("GET", "DELETE", "PUT"):
        answer = mcp.api.request(method, "/noting")
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_no_other_media_type(mcp: Mcp) -> None:
    answer = mcp.post({"jsonrpc": "2.0"}, {"Content-Type": "text/plain"})
    assert (answer.status, told(answer)["error"]["code"]) == (415, -32600)


def test_what_fails_inside_tells_nothing(mcp: Mcp) -> None:
    answer = mcp.ask("tools/call", {"name": "fails"})
    assert answer.status == 500
    assert "secret" not in answer.text


def test_names_that_no_header_can_hold(mcp: Mcp, noting: Noting) -> None:
    params = {"name": "größe", "arguments": {}}
    assert mcp.ask("tools/call", params, {"Mcp-Name": "=?base64?Z3LDtsOfZQ==?="}).status == 200
    assert noting.called == [("größe", {})]


def test_origins_that_the_tenant_allows(mcp: Mcp, other_api: Api, noting: Noting) -> None:
    made = other_api.post("/v1/origins", {"origin": "https://other.example"})
    assert made.status == 201
    assert mcp.api.post("/v1/origins", {"origin": "https://ours.example"}).status == 201
    assert mcp.ask("tools/list", {}, {"Origin": "https://ours.example"}).status == 200
    assert mcp.ask("tools/list", {}, {"Origin": "https://other.example"}).status == 403
    local = {"Origin": "http://localhost:6274", "Host": "127.0.0.1:8000"}
    assert mcp.ask("tools/list", {}, local).status == 200
