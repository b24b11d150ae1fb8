"""Answers with messages before them."""

from __future__ import annotations

import json
from typing import Any

from sparx_core.testing import Answer

from ..speaking import Mcp


def events(answer: Answer) -> list[Any]:
    """The messages of a stream."""
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    parts = [one for one in answer.text.split("\n\n") if one]
    assert all(one.startswith("event: message\ndata: ") for one in parts)
    return [json.loads(one.partition("data: ")[2]) for one in parts]


def test_progress_comes_before_the_answer(fixtures: Mcp) -> None:
    meta = {"progressToken": "p"}
    params = {"name": "test_tool_with_progress", "arguments": {}}
    body = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {**params, "_meta": meta}}
    *told, last = events(fixtures.post(body, {"MCP-Protocol-Version": "2025-11-25"}))
    assert [one["params"]["progress"] for one in told] == [0, 50, 100]
    assert {one["params"]["progressToken"] for one in told} == {"p"}
    assert (last["id"], last["result"]["content"][0]["type"]) == (7, "text")


def test_the_answer_has_what_its_revision_has(fixtures: Mcp) -> None:
    *_, last = events(fixtures.ask("tools/call", {"name": "test_tool_with_progress"}))
    assert last["result"]["resultType"] == "complete"


def test_asking_back_and_being_asked_again(fixtures: Mcp) -> None:
    """Three rounds of one call; the server keeps nothing between them."""
    tool = "test_input_required_result_multi_round"
    first = fixtures.call(tool)
    assert (first["resultType"], set(first["inputRequests"])) == ("input_required", {"step1"})
    said = {"step1": {"action": "accept", "content": {"name": "Ann"}}}
    second = fixtures.call(tool, inputResponses=said, requestState=first["requestState"])
    assert set(second["inputRequests"]) == {"step2"}
    said = {"step2": {"action": "accept", "content": {"color": "red"}}}
    last = fixtures.call(tool, inputResponses=said, requestState=second["requestState"])
    assert last["resultType"] == "complete"
    assert last["content"] == [{"type": "text", "text": "Ann likes red."}]


def test_what_a_client_cannot_do_is_not_asked_of_it(fixtures: Mcp) -> None:
    answer = fixtures.ask("tools/call", {"name": "test_missing_capability"})
    error = json.loads(answer.text)["error"]
    assert (answer.status, error["code"]) == (400, -32021)
    assert error["data"] == {"requiredCapabilities": {"sampling": {}}}
