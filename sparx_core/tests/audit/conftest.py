"""The audit log is tested with the module of ``ledger/``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, open_installation

from .ledger import declared

ACCOUNTS, AUDIT = "/v1/ledger/accounts", "/v1/audit"


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime


@pytest.fixture(autouse=True)
def control() -> Iterator[declared.Control]:
    declared.control.reset()
    yield declared.control
    declared.control.reset()


@pytest.fixture
def create_account(api: Api) -> Callable[..., Any]:
    def create(client: Api | None = None, **more: Any) -> Any:
        answer = (client or api).post(ACCOUNTS, {"name": "one", "currency": "USD", **more})
        assert answer.status == 201, answer.text
        return answer.data

    return create


@dataclass
class Log:
    """The audit log of a tenant, as its key reads it."""

    api: Api

    def of(self, row: Any, **params: Any) -> list[Any]:
        """What is recorded of a row, oldest first."""
        return self.all(resourceId=row["id"], **params)

    def all(self, **params: Any) -> list[Any]:
        answer = self.api.get(AUDIT, params={"take": 250, **params})
        assert answer.status == 200, answer.text
        assert answer.meta["total"] == len(answer.data)
        return list(reversed(answer.data))


@pytest.fixture
def log(api: Api) -> Log:
    return Log(api)
