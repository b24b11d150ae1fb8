"""A tenant's content types for agents: described, listed, written, where the agents' module is."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api

from .writing import EN, Content

pytest.importorskip("sparx_ai")

_PREFIX = "io.modelcontextprotocol/"


def call(api: Api, tool: str, **arguments: Any) -> Any:
    """What a tool answers."""
    result = result_of(api, tool, **arguments)
    assert not result["isError"], result["content"]
    return result["structuredContent"]


def refused(api: Api, tool: str, **arguments: Any) -> str:
    """The code of the error that a tool answers."""
    result = result_of(api, tool, **arguments)
    assert result["isError"], result
    return str(result["content"][0]["text"].partition("\n")[0])


def result_of(api: Api, tool: str, **arguments: Any) -> Any:
    params = {
        "_meta": {
            f"{_PREFIX}protocolVersion": "2026-07-28",
            f"{_PREFIX}clientCapabilities": {},
            f"{_PREFIX}clientInfo": {"name": "tests", "version": "1"},
        },
        "name": tool,
        "arguments": arguments,
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
    }  # fmt: skip
    answer = api.post("/mcp", body, headers=headers)
    assert "result" in answer.json, answer.text
    return answer.json["result"]


def test_agents_see_types_and_read_and_write_entries(content: Content, api: Api) -> None:
    ada = content.entry("person", {}, {"name": {EN: "Ada"}})
    content.entry("story", {}, {"title": {EN: "Live"}, "author": {EN: ada}})
    draft = content.entry("story", {"title": {EN: "Secret"}})

    kinds = call(api, "cms_describe", resource="entries")["data"]["kinds"]
    assert kinds["story"]["words"] == "integer"
    assert kinds["story"]["author"] == "id of person"
    assert kinds["story"]["related"] == ["id of story"]
    told = call(api, "cms_describe", operation="entries.list")["data"]["query"]
    assert "fields.title[contains]" in told

    where = {"type": "story", "fields.title": {"contains": "live"}}
    listed = call(api, "cms_list", resource="entries", where=where, include=["author"])
    assert [one["title"] for one in listed["items"]] == ["Live"]
    assert listed["items"][0]["fields"]["author"]["fields"]["name"] == "Ada"
    seen = call(api, "cms_get", resource="entries", id=draft, query={"status": "draft"})
    assert seen["data"]["title"] == "Secret"

    made = call(
        api, "cms_create", resource="entries", data={"type": "story", "fields": {"title": "New"}}
    )
    assert made["data"]["status"] == "draft"
    assert made["data"]["fields"]["title"] == "New"
