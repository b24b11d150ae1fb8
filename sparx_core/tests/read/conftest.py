"""Reading is tested with the modules of a stranger, in ``shop/``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.metadata import version
from random import Random

import pytest

from sparx_core.app import create_app
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, TenantMaker, open_installation

from .expected.resources import Side, Tenant
from .shop import declared
from .world import random_rows, store

#: Another world for each number; the same one always, so that a failure can be had again.
SEED = int(os.environ.get("TEST_SEED", "1"))
PRODUCTS = 40


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime


@pytest.fixture(scope="package")
def world(installation: Runtime) -> list[Side]:
    """Two tenants with rows that look alike; the second has turned the perks off. Only read it."""
    make = TenantMaker(installation, ["shop", "vault", "perks"])
    app, sides = create_app(installation), []
    for slug, perks in (("mine", True), ("theirs", False)):
        made = make(slug)
        api = Api(app, made.api_key)
        rows = random_rows(Random(SEED), PRODUCTS)
        store(installation, made, rows)
        if not perks:
            assert api.post("/v1/modules/perks/deactivate").status == 200
        sides.append(Side(api, Tenant(rows, perks=perks), made))
    return sides
