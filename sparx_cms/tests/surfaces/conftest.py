"""Fixtures of the tests of reading."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from .writing import Content, begin


@pytest.fixture
def content(owner: Owner, tenant: NewTenant) -> Content:
    return begin(owner, tenant.tenant_id)


@pytest.fixture
def other_content(owner: Owner, other_tenant: NewTenant) -> Content:
    return begin(owner, other_tenant.tenant_id)


@pytest.fixture
def keyed(api: Api) -> Callable[..., Api]:
    """``keyed("read:cms")``: the API with a key of the tenant that has these scopes."""

    def make(*scopes: str) -> Api:
        made = api.post("/v1/keys", {"name": "test", "scopes": list(scopes)}).data
        return api.with_key(made["key"])

    return make
