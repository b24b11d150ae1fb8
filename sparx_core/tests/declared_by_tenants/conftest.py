"""What tenants declare is tested with a module of its own, ``garage.py``."""

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

from .garage import INSTALLED


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *INSTALLED])) as runtime:
        yield runtime


@pytest.fixture
def define(api: Api) -> Callable[..., Any]:
    """Defines a custom field of cars and returns it."""

    def define(key: str, type: str, client: Api | None = None, **more: Any) -> Any:
        body = {"resource": "garage.cars", "key": key, "label": key, "type": type, **more}
        answer = (client or api).post("/v1/custom-fields", body)
        assert answer.status == 201, answer.text
        return answer.data

    return define


@pytest.fixture
def car(api: Api) -> Callable[..., Any]:
    """Creates a car and returns it."""

    def create(name: str = "one", client: Api | None = None, **more: Any) -> Any:
        body = {"name": name, "currency": "USD", **more}
        answer = (client or api).post("/v1/garage/cars", body)
        assert answer.status == 201, answer.text
        return answer.data

    return create
