"""A transaction to write in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from sparx_core import Context
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant

Transaction = Callable[[], AbstractContextManager[Context]]


@pytest.fixture
def transaction(installation: Runtime, tenant: NewTenant) -> Transaction:
    """A transaction in the tenant, finished and committed at the end."""

    @contextmanager
    def enter() -> Iterator[Context]:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            yield ctx
            ctx.finish()

    return enter
