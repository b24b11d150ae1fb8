"""Reading is tested with the modules of a stranger, in ``shop/``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, open_installation

from .shop import declared


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime
