"""The core is tested with the modules of ``probe/``: no other distribution has to be installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, open_installation

from .probe import declared


@pytest.fixture(scope="session")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime


@pytest.fixture
def control() -> Iterator[declared.Control]:
    """What the modules of the tests do in this test."""
    declared.control.reset()
    yield declared.control
    declared.control.reset()


@pytest.fixture
def create_probe(api: Api) -> Callable[..., Any]:
    """Creates a probe over the API and returns it."""

    def create(name: str = "one", client: Api | None = None, **more: Any) -> Any:
        return (client or api).post("/v1/probe/probes", {"name": name, **more}).data

    return create
