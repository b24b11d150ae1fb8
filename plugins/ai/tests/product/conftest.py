"""Agents of two tenants, and what they can read."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.testing import Api, NewTenant

from ..speaking import Mcp


@pytest.fixture
def mcp(api: Api) -> Mcp:
    return Mcp(api)


@pytest.fixture
def other_mcp(other_api: Api) -> Mcp:
    return Mcp(other_api)


@pytest.fixture
def origin(api: Api) -> Any:
    """A row of the tenant."""
    return api.post("/v1/origins", {"origin": "https://shop.example"}).data


@pytest.fixture
def less(anonymous: Api, new_key: Any) -> Any:
    """``less("read:ai")``: a client whose key has these scopes alone."""
    return lambda *scopes: Mcp(anonymous.with_key(new_key(*scopes)))


@pytest.fixture
def new_key(api: Api, tenant: NewTenant) -> Any:
    def make(*scopes: str) -> str:
        made = api.post("/v1/keys", {"name": "agent", "scopes": list(scopes)})
        assert made.status == 201, made.text
        return str(made.data["key"])

    return make
