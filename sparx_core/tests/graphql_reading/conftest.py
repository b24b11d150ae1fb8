"""GraphQL is tested with the shop of ``read/``: two tenants whose rows look alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from random import Random
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Answer, Api, DatabaseServer, TenantMaker, open_installation

from ..read.expected.resources import Side, Tenant
from ..read.shop import declared
from ..read.world import random_rows, store

Ask = Callable[..., Any]


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
        rows = random_rows(Random(1), 12)
        store(installation, made, rows)
        if not perks:
            assert api.post("/v1/modules/perks/deactivate").status == 200
        sides.append(Side(api, Tenant(rows, perks=perks), made))
    return sides


@pytest.fixture
def mine(world: list[Side]) -> Api:
    return world[0].api


@pytest.fixture
def theirs(world: list[Side]) -> Api:
    return world[1].api


def asked(api: Api, document: str, **variables: Any) -> Answer:
    """The answer to a document, whatever it is."""
    accept = {"Accept": "application/graphql-response+json"}
    return api.post("/graphql", {"query": document, "variables": variables}, headers=accept)


def data(api: Api, document: str, **variables: Any) -> Any:
    """The data of a document; fails the test if there is any error."""
    answer = asked(api, document, **variables)
    assert "errors" not in answer.json, answer.text
    return answer.json["data"]


def error(api: Api, document: str, **variables: Any) -> Any:
    """The one error of a document, whose only field is null for it."""
    answer = asked(api, document, **variables)
    (found,) = answer.json["errors"]
    assert set((answer.json.get("data") or {}).values()) <= {None}, answer.text
    return found
