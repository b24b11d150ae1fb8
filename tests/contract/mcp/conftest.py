"""Tools of the product as an agent calls them, with the modules that an installation has."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core.testing import Answer, Api

PREFIX = "io.modelcontextprotocol/"
VERSION = "2026-07-28"
_META = {f"{PREFIX}protocolVersion": VERSION, f"{PREFIX}clientCapabilities": {}}
Asking = Callable[..., Answer]


def message_of(answer: Answer) -> Any:
    return json.loads(answer.text, parse_float=Decimal)


@pytest.fixture
def ask() -> Asking:
    """``ask(api, "tools/list")``: a request of the protocol, with parameters."""

    def ask(api: Api, method: str, address: str = "", **params: Any) -> Answer:
        headers = {"MCP-Protocol-Version": VERSION, "Mcp-Method": method}
        if "name" in params:
            headers["Mcp-Name"] = params["name"]
        whole = {**params, "_meta": _META}
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": whole}
        return api.request("POST", "/mcp", json=body, headers=headers, query=address or None)

    return ask


@pytest.fixture
def call(ask: Asking) -> Callable[..., Any]:
    """``call(api, "crm_get", resource="customers", id=...)``: what is structured of the result."""

    def call(api: Api, tool: str, **arguments: Any) -> Any:
        found = message_of(ask(api, "tools/call", name=tool, arguments=arguments))
        assert not found["result"]["isError"], found
        return found["result"]["structuredContent"]

    return call
