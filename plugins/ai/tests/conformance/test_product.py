"""The scenarios that need no fixtures, on the product as it is."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api, NewTenant

from ..serving import served
from .suite import Suite

#: By revision. Not those that call a tool of the suite: without it they say nothing.
SCENARIOS = {
    "2026-07-28": (
        "server-stateless",
        "tools-list",
        "resources-list",
        "prompts-list",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "caching",
        "http-header-validation",
        "server-sse-multiple-streams",
        "input-required-result-unsupported-methods",
    ),
    "2025-11-25": (
        "server-initialize",
        "ping",
        "tools-list",
        "resources-list",
        "prompts-list",
        "dns-rebinding-protection",
        "server-sse-multiple-streams",
    ),
}
#: Checks that call a tool that only fixtures have.
FIXTURES = {
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
}


@pytest.mark.parametrize("revision", SCENARIOS)
def test_scenarios_without_fixtures(
    suite: Suite, anonymous: Api, tenant: NewTenant, api: Api, revision: str
) -> None:
    assert api.post("/v1/origins", {"origin": "https://shop.example"}).status == 201
    with served(anonymous.app, tenant.api_key) as url:
        every = suite.checks(f"{url}/mcp", revision)
    found: dict[str, Any] = {name: every[name] for name in SCENARIOS[revision]}
    failed = {
        f"{name}: {check['id']}": check.get("errorMessage")
        for name, checks in found.items()
        for check in checks
        if check["status"] in ("FAILURE", "WARNING") and check["id"] not in FIXTURES
    }
    assert failed == {}
    passed = sum(check["status"] == "SUCCESS" for checks in found.values() for check in checks)
    assert passed >= {"2026-07-28": 50, "2025-11-25": 10}[revision]
