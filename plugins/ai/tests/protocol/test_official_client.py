"""The official client, over a socket: it checks each message against the schema of its revision."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import ElicitRequestParams, ElicitResult

from sparx_core.testing import NewTenant

from ..serving import served

Using = Callable[[Client], Awaitable[None]]


@pytest.fixture
def address(app: Any) -> Iterator[str]:
    with served(app) as url:
        yield url


def use(url: str, key: str, using: Using, **options: Any) -> None:
    """Connect as somebody with a key does."""

    async def run() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        async with create_mcp_http_client(headers=headers) as http:
            transport = streamable_http_client(url, http_client=http)
            async with Client(transport, **options) as client:
                await using(client)

    asyncio.run(run())


@pytest.mark.parametrize(("mode", "revision"), [("auto", "2026-07-28"), ("legacy", "2025-11-25")])
def test_both_revisions(address: str, tenant: NewTenant, mode: str, revision: str) -> None:
    async def using(client: Client) -> None:
        assert client.protocol_version == revision
        assert client.instructions == "Fixtures of the conformance suite."
        names = [one.name for one in (await client.list_tools()).tools]
        assert "test_simple_text" in names
        answer = await client.call_tool("test_simple_text", {})
        assert answer.content[0].text == "This is a simple text response for testing."
        told: list[float] = []

        async def progress(done: float, total: float | None, message: str | None) -> None:
            told.append(done)

        await client.call_tool("test_tool_with_progress", {}, progress_callback=progress)
        assert told == [0, 50, 100]
        read = await client.read_resource("test://template/5/data")
        assert '"id": "5"' in read.contents[0].text
        prompt = await client.get_prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        assert "arg1='a'" in prompt.messages[0].content.text

    use(f"{address}/fixtures", tenant.api_key, using, mode=mode)


def test_pages(address: str, tenant: NewTenant) -> None:
    async def using(client: Client) -> None:
        names: list[str] = []
        cursor = None
        while not names or cursor:
            page = await client.list_tools(cursor=cursor)
            names += [one.name for one in page.tools]
            cursor = page.next_cursor
        assert len(set(names)) == len(names) == 250

    use(f"{address}/noting", tenant.api_key, using)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_asking_the_person(address: str, tenant: NewTenant, mode: str) -> None:
    """In 2026-07-28 by asking again, in 2025-11-25 on the stream."""
    tools = {"auto": "test_input_required_result_elicitation", "legacy": "test_elicitation"}

    async def answer(context: Any, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Ann", "username": "Ann"})

    async def using(client: Client) -> None:
        found = await client.call_tool(tools[mode], {"message": "Who are you?"})
        assert "Ann" in found.content[0].text

    use(
        f"{address}/fixtures",
        tenant.api_key,
        using,
        mode=mode,
        elicitation_callback=answer,
    )
