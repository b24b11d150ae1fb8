"""An installation of the two modules of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, open_installation

from . import stall, toll


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    installed = [
        Installed(core_module, "sparx-core", version("sparx-core")),
        Installed(stall.module, "sparx-stall", "1.0.0"),
        Installed(toll.module, "sparx-toll", "1.0.0"),
    ]
    with open_installation(database_server, Registry(installed)) as runtime:
        yield runtime
