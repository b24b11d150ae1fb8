"""Fixtures of the tests of reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

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


@pytest.fixture
def nothing_changes(owner: Owner, tenant: NewTenant) -> Callable[[], AbstractContextManager[None]]:
    """``with nothing_changes():`` no row of the CMS, and no event about one: what agents asked for
    is recorded all the same.
    """

    @contextmanager
    def check() -> Iterator[None]:
        before = _content(owner, tenant)
        yield
        assert _content(owner, tenant) == before

    return check


def _content(owner: Owner, tenant: NewTenant) -> list[Any]:
    tables = ("entries", "revisions", "entry_locales", "claims", "schedules", "content_types")
    found = [
        owner.rows(f"SELECT id, version FROM cms.{one} WHERE tenant_id = %s ORDER BY 1",
                   tenant.tenant_id)
        for one in tables
    ]  # fmt: skip
    told = "SELECT count(*) FROM core.events WHERE tenant_id = %s AND type LIKE 'content.%%'"
    return [*found, owner.rows(told, tenant.tenant_id)]
