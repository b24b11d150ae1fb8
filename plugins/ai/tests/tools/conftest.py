"""Tools as an agent of the test's tenant calls them, without the protocol around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from sparx_ai.access import admit
from sparx_ai.tools import Tools
from sparx_ai.visit import Visit, admitted
from sparx_core import Runtime, bearer, uuid7
from sparx_core.testing import Api, NewTenant, Owner, TenantMaker


@dataclass
class Agent:
    """Somebody who calls tools with one key; each call is a request of its own."""

    runtime: Runtime
    key: str
    chosen: dict[str, str]

    def visit(self) -> Visit:
        key = bearer(f"Bearer {self.key}")
        assert key is not None
        with self.runtime.as_key(key, read_only=True, request_id=str(uuid7())) as context:
            context.require("ai", None)
            access = admit(context, self.chosen)
            return admitted(context, self.runtime, key, self.chosen, access)

    def tools(self) -> list[dict[str, Any]]:
        return Tools(self.runtime).list(self.visit())

    def names(self) -> list[str]:
        return [one["name"] for one in self.tools()]

    def result(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        """The result as it goes over the wire."""
        return Tools(self.runtime).call(self.visit(), tool, arguments)

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """The structured content of a result that is no error."""
        result = self.result(tool, **arguments)
        assert not result["isError"], result["content"][0]["text"]
        return result["structuredContent"]

    def refused(self, tool: str, /, **arguments: Any) -> str:
        """The code of the error that a call is answered with."""
        result = self.result(tool, **arguments)
        assert result["isError"], result
        return str(result["content"][0]["text"].partition("\n")[0])


AgentMaker = Callable[..., Agent]


@pytest.fixture
def agent_of(installation: Runtime) -> AgentMaker:
    """Makes agents: ``agent_of(key, toolsets="crm")``."""

    def make(key: str, **chosen: str) -> Agent:
        return Agent(installation, key, chosen)

    return make


@pytest.fixture
def agent(agent_of: AgentMaker, tenant: NewTenant) -> Agent:
    """An agent with the key of the test's tenant, which may do everything."""
    return agent_of(tenant.api_key)


@pytest.fixture
def deleting(api: Api) -> None:
    """The tenant lets agents delete."""
    assert api.patch("/v1/ai/settings", {"allowDeletes": True}).status == 200


@pytest.fixture
def unchanged(new_tenant: TenantMaker, owner: Owner) -> Callable[[], AbstractContextManager[None]]:
    """``with unchanged(): ...``: nothing but the records of agents was written anywhere."""

    @contextmanager
    def look() -> Iterator[None]:
        schemas = {"core", "crm", "cms"}
        before = owner.fingerprint(new_tenant.made, schemas)
        yield
        assert owner.fingerprint(new_tenant.made, schemas) == before

    return look


@pytest.fixture
def customer(api: Api) -> Any:
    """A customer of the test's tenant."""
    return api.post("/v1/crm/customers", {"name": "Ann", "email": "ann@example.com"}).data
