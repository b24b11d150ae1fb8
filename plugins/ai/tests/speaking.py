"""A client of the protocol that says what it is told to, right or wrong."""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sparx_core.testing import Answer, Api

STATELESS, HANDSHAKE = "2026-07-28", "2025-11-25"
PREFIX = "io.modelcontextprotocol/"
META: dict[str, Any] = {
    f"{PREFIX}protocolVersion": STATELESS,
    f"{PREFIX}clientCapabilities": {},
    f"{PREFIX}clientInfo": {"name": "tests", "version": "1"},
}
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}


def told(answer: Answer) -> Any:
    """The message of an answer."""
    return _json.loads(answer.text, parse_float=Decimal)


def headers_of(method: str, params: Mapping[str, Any]) -> dict[str, str]:
    """The headers that go with a request of 2026-07-28."""
    found = {"MCP-Protocol-Version": STATELESS, "Mcp-Method": method}
    name = params.get(_NAMED.get(method, ""))
    if isinstance(name, str):
        found["Mcp-Name"] = name
    return found


@dataclass
class Mcp:
    """Requests of a key. ``path`` has parameters of the address with it."""

    api: Api
    path: str = "/mcp"
    capabilities: dict[str, Any] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        message_id: Any = 7,
    ) -> Answer:
        """A request of 2026-07-28; of ``headers`` those that are None are left out."""
        meta = {**META, f"{PREFIX}clientCapabilities": self.capabilities}
        whole = {"_meta": meta, **(params or {})}
        sent = {**headers_of(method, whole), **(headers or {})}
        body = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": whole}
        return self.post(body, {name: one for name, one in sent.items() if one is not None})

    def post(self, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Any body: bytes as they are, everything else as JSON."""
        path, _, query = self.path.partition("?")
        if isinstance(body, bytes):
            return self.api.request("POST", path, body=body, headers=headers, query=query or None)
        return self.api.request("POST", path, json=body, headers=headers, query=query or None)

    def result(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The result of a request that must succeed."""
        answer = self.ask(method, params)
        message = told(answer)
        assert answer.status == 200, answer.text
        assert "result" in message, answer.text
        return message["result"]

    def error(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        """The error of a request that must fail."""
        message = told(self.ask(method, params))
        assert "error" in message, message
        return message["error"]

    def call(self, tool: str, arguments: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The result of a tool."""
        params = {"name": tool, "arguments": dict(arguments or {}), **more}
        return self.result("tools/call", params)

    def handshake(self, method: str, params: Any = None, version: str | None = HANDSHAKE) -> Answer:
        """A request of 2025-11-25."""
        headers = {} if version is None else {"MCP-Protocol-Version": version}
        body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
        return self.post(body, headers)
