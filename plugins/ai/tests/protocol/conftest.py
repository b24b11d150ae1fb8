"""The endpoint of the product, in front of a server that notes what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sparx_ai.protocol.server import Result, Server
from sparx_ai.resources.mcp import Mcp as Endpoint
from sparx_ai.visit import Visit
from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, NewTenant

from ..conformance.fixtures import Fixtures, Prompts, Resources
from ..speaking import Mcp


class Noting(Server):
    """With 250 tools, that answer with what they were called with."""

    def __init__(self) -> None:
        self.called: list[tuple[str, Result]] = []
        self.visits: list[Visit] = []
        super().__init__(self, Resources(), Prompts())

    def list(self, visit: Visit) -> list[Result]:
        schema = {"type": "object"}
        return [
            {"name": f"tool_{n:03}", "description": "One.", "inputSchema": schema}
            for n in range(250)
        ]

    def call(self, visit: Visit, name: str, arguments: Result) -> Result:
        self.called.append((name, arguments))
        self.visits.append(visit)
        if name == "fails":
            raise RuntimeError("a secret of the server")
        return {"content": [], "structuredContent": arguments}

    def instructions(self, visit: Visit) -> str:
        return "Note."


def _admit(context: Any, chosen: Mapping[str, str]) -> None:
    return None


@pytest.fixture(scope="session")
def noting() -> Noting:
    return Noting()


@pytest.fixture(scope="session")
def app(installation: Runtime, noting: Noting) -> Any:
    """The application with two endpoints more: one that notes, and one with fixtures."""
    made: Any = create_app(installation)
    made.add_route("/noting", Endpoint(installation, noting, _admit))
    made.add_route("/fixtures", Endpoint(installation, Fixtures(), _admit))
    return made


@pytest.fixture
def mcp(app: Any, tenant: NewTenant, noting: Noting) -> Mcp:
    """A client of the endpoint that notes."""
    noting.called.clear()
    noting.visits.clear()
    return Mcp(Api(app, tenant.api_key), "/noting")


@pytest.fixture
def fixtures(app: Any, tenant: NewTenant) -> Mcp:
    """A client of the endpoint with the fixtures of the conformance suite."""
    return Mcp(Api(app, tenant.api_key), "/fixtures")
