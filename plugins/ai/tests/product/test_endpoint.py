"""The product itself behind its endpoint."""

from __future__ import annotations

import asyncio
from typing import Any

import jsonschema
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from sparx_core.testing import Api, NewTenant

from ..serving import served
from ..speaking import Mcp, told


def test_the_host_of_its_own(mcp: Mcp) -> None:
    at_host = mcp.ask("tools/list", {}, {"Host": "mcp.example.com"})
    mcp.path = "/"
    for host in ("mcp.example.com", "MCP.example.com:8000"):
        found = mcp.ask("tools/list", {}, {"Host": host})
        assert found.status == 200, found.text
        assert told(found)["result"]["tools"] == told(at_host)["result"]["tools"]
    for host in ("example.com", "mcp", "api.mcp.example.com", "xmcp.example.com", ":x", ""):
        assert mcp.ask("tools/list", {}, {"Host": host}).status == 404


def test_pages_of_an_allowed_origin_can_read_it(mcp: Mcp, anonymous: Api) -> None:
    page = {"Origin": "https://page.example"}
    assert mcp.api.post("/v1/origins", {"origin": page["Origin"]}).status == 201
    read = mcp.ask("tools/list", {}, page)
    assert read.headers["Access-Control-Allow-Origin"] == page["Origin"]
    foreign = mcp.ask("tools/list", {}, {"Origin": "https://foreign.example"})
    assert "Access-Control-Allow-Origin" not in foreign.headers
    asked = {**page, "Access-Control-Request-Method": "POST"}
    for path, host in (("/mcp", "api.example.com"), ("/", "mcp.example.com")):
        before = anonymous.request("OPTIONS", path, headers={**asked, "Host": host})
        assert before.status == 204
        headers = before.headers["Access-Control-Allow-Headers"].split(", ")
        assert {"Authorization", "*"} <= set(headers)


def test_unknown_tools(mcp: Mcp) -> None:
    error = mcp.error("tools/call", {"name": "nothing_list", "arguments": {}})
    assert (error["code"], error["message"]) == (-32602, "Unknown tool: nothing_list")


def test_a_module_that_is_off_has_no_tools(mcp: Mcp, api: Api) -> None:
    """The switch of the tenant counts from the next request on."""
    assert mcp.result("tools/list")["tools"]
    assert api.patch("/v1/ai/settings", {"enabled": False}).status == 200
    answer = mcp.ask("tools/list")
    assert (answer.status, told(answer)["id"]) == (403, 7)
    assert told(answer)["error"]["data"]["code"] == "ai_disabled"
    assert api.patch("/v1/ai/settings", {"enabled": True}).status == 200
    assert mcp.result("tools/list")["tools"]


def test_wrong_parameters_of_the_address(api: Api) -> None:
    answer = Mcp(api, "/mcp?toolsets=nothing").ask("tools/list")
    assert (answer.status, told(answer)["error"]["data"]["code"]) == (400, "bad_request")


def test_the_official_client(anonymous: Api, tenant: NewTenant, api: Api) -> None:
    """It lists, calls and pages; what is structured is as the tool says that it will be."""
    for n in range(25):
        api.post("/v1/origins", {"origin": f"https://shop{n}.example"})
    found: dict[str, Any] = {}

    async def run(url: str) -> None:
        headers = {"Authorization": f"Bearer {tenant.api_key}"}
        async with (
            create_mcp_http_client(headers=headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            found["revision"] = client.protocol_version
            found["tools"] = (await client.list_tools()).tools
            arguments: dict[str, Any] = {"resource": "origins", "take": 10}
            cursor, found["ids"] = "", []
            while cursor is not None:
                page = (await client.call_tool("core_list", arguments)).structured_content
                found["page"] = page
                found["ids"] += [one["id"] for one in page["items"]]
                cursor = arguments["cursor"] = page["nextCursor"]

    with served(anonymous.app) as url:
        asyncio.run(run(f"{url}/mcp"))
    assert found["revision"] == "2026-07-28"
    assert found["ids"] == [one["id"] for one in api.get("/v1/origins?take=100").data]
    (tool,) = [one for one in found["tools"] if one.name == "core_list"]
    jsonschema.validate(found["page"], tool.output_schema)
