"""All scenarios that count, on a build with the fixtures of the suite."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_ai.resources.mcp import Mcp
from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant

from ..serving import served
from .fixtures import Fixtures
from .suite import Suite


@pytest.fixture
def address(installation: Runtime, tenant: NewTenant) -> Any:
    """The endpoint of the product in front of the fixtures."""
    app: Any = create_app(installation)
    app.add_route("/fixtures", Mcp(installation, Fixtures(), lambda context, chosen: None))
    with served(app, tenant.api_key) as url:
        yield f"{url}/fixtures"


@pytest.mark.parametrize("revision", ["2026-07-28", "2025-11-25"])
def test_every_scenario_that_counts(suite: Suite, address: str, revision: str) -> None:
    found = suite.checks(address, revision)
    scored = suite.required(revision)
    assert set(scored) <= set(found)
    failed = {
        f"{name}: {check['id']}": check.get("errorMessage")
        for name in scored
        for check in found[name]
        if check["status"] in ("FAILURE", "WARNING")
    }
    assert failed == {}
