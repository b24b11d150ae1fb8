"""The document is tested with all modules of the core's own tests, in one installation."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.testing import Api, DatabaseServer, open_installation

from ..probe import declared as probe
from ..read.shop import declared as shop
from .contract import Checked, content_of


@pytest.fixture(scope="package")
def registry() -> Registry:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    return Registry([core, *probe.INSTALLED, *shop.INSTALLED])


@pytest.fixture(scope="package")
def document(registry: Registry) -> dict[str, Any]:
    """Of all modules."""
    return content_of(documents_of(registry).everything())


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer, registry: Registry) -> Iterator[Runtime]:
    with open_installation(database_server, registry) as runtime:
        yield runtime


@pytest.fixture
def checked(api: Api, document: dict[str, Any]) -> Checked:
    """The API, whose answers are held against the document of all modules."""
    return Checked(api.app, api.key, document)
