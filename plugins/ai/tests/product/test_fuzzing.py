"""Whatever is posted, it is answered: with a result, or with an error that is the client's."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from ..speaking import META, Mcp, headers_of, told

METHODS = (
    "tools/list",
    "tools/call",
    "resources/list",
    "resources/templates/list",
    "resources/read",
    "prompts/list",
    "prompts/get",
    "completion/complete",
    "server/discover",
    "initialize",
    "ping",
)
NAMES = (
    "core_list", "core_get", "core_describe", "core_create", "core_act", "search",
    "core_find", "core_explain", "sparx://core/origins/x", "sparx://docs/core",
    "sparx://core/origins/{id}", "origins", "type", "id",
)  # fmt: skip
KEYS = (
    "name", "arguments", "uri", "cursor", "ref", "argument", "value", "type", "resource", "where",
    "fields", "include", "sort", "take", "id", "operation", "data", "q", "version", "confirm",
    "idempotencyKey", "requestState", "inputResponses", "question", "protocolVersion",
)  # fmt: skip
texts = some.sampled_from(NAMES) | some.text(max_size=12)
scalars = some.none() | some.booleans() | some.integers() | some.floats() | texts
values = some.recursive(
    scalars,
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(some.sampled_from(KEYS) | texts, inner, max_size=4)
    ),
    max_leaves=8,
)
params = some.dictionaries(some.sampled_from(KEYS) | texts, values, max_size=5)


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    method=some.sampled_from(METHODS) | texts,
    sent=params,
    meta=some.just(META) | values,
    stateless=some.booleans(),
    message_id=some.integers() | texts | values,
)
def test_anything(
    mcp: Mcp, method: str, sent: dict[str, Any], meta: Any, stateless: bool, message_id: Any
) -> None:
    body: Any = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": sent}
    if stateless:
        body["params"] = {"_meta": meta, **sent}
        headers = headers_of(method, body["params"])
    else:
        headers = {"MCP-Protocol-Version": "2025-11-25"}
    plain = {
        name: one
        for name, one in headers.items()
        if one.isascii() and one.isprintable() and one == one.strip()
    }
    answer = mcp.post(body, plain)
    assert answer.status < 500, (body, answer.text)
    if answer.status != 202:
        found = told(answer)
        assert ("result" in found) != ("error" in found), found
