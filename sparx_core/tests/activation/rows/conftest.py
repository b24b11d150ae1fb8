"""Archiving and restoring are tested with the modules of ``depot/``, on rows of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any
from uuid import UUID

import pytest

from sparx_core.app import create_app
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import (
    Api,
    DatabaseServer,
    DeliveryRun,
    Owner,
    TenantMaker,
    open_installation,
)

from .depot import declared

CORE = Installed(core_module, "sparx-core", version("sparx-core"))
TABLES = [f"depot.{model._meta.table_name}" for model in declared.MODELS]


def registry(*modules: Installed) -> Registry:
    return Registry([CORE, *(modules or (declared.YARD, declared.depot()))])


@pytest.fixture(scope="package")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    with open_installation(database_server, registry()) as runtime:
        yield runtime


@pytest.fixture(autouse=True)
def control() -> Iterator[declared.Control]:
    declared.control.reset()
    yield declared.control
    declared.control.reset()


class Rows:
    """The rows of a tenant as they really are, and statements that make some."""

    def __init__(self, owner: Owner, tenant: UUID) -> None:
        self.owner, self.tenant = owner, tenant

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run a statement in which ``$T`` is the tenant."""
        return self.owner.rows(sql.replace("$T", f"'{self.tenant}'::uuid"), *parameters)

    def fingerprints(self, *tables: str) -> dict[str, dict[str, str]]:
        """A hash of every row, all columns of it, by table and id."""
        return {
            table: dict(
                self.run(f"SELECT id::text, md5(x::text) FROM {table} x WHERE tenant_id = $T")
            )
            for table in tables or TABLES
        }

    def count(self, *tables: str) -> int:
        return sum(self.owner.count(table, self.tenant) for table in tables or TABLES)

    def archived(self) -> int:
        ((found,),) = self.run(
            "SELECT coalesce(sum(row_count), 0) FROM core.archives WHERE tenant_id = $T"
        )
        return int(found)


@pytest.fixture
def rows(owner: Owner, tenant: NewTenant) -> Rows:
    return Rows(owner, tenant.tenant_id)


class Place:
    """An installation of a test's own, whose modules and tables it may change."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.owner = Owner(runtime.urls.require_owner())
        self.make = TenantMaker(runtime, ["yard", "depot"])
        self.tenant = self.make()
        self.rows = Rows(self.owner, self.tenant.tenant_id)
        self.served: list[Runtime] = []
        self.serve(runtime.registry)

    def serve(self, modules: Registry) -> None:
        """Go on with other modules, or versions of them, on the same database."""
        serving = Runtime.start(self.runtime.settings, modules)
        self.api = Api(create_app(serving), self.tenant.api_key)
        self.run_events = DeliveryRun(serving, self.owner, self.make.made)
        self.served.append(serving)

    def switch(self, verb: str, module: str = "depot", **body: Any) -> Any:
        """Ask for it, let the worker work, and return the module as it is then."""
        answer = self.api.post(f"/v1/modules/{module}/{verb}", body or None)
        assert answer.status == 200, answer.text
        self.run_events.finish_modules()
        return self.api.get(f"/v1/modules/{module}").data

    def close(self) -> None:
        for serving in self.served:
            serving.close()
        self.owner.close()


@pytest.fixture
def open_place(database_server: DatabaseServer) -> Callable[..., Any]:
    @contextmanager
    def opened(*modules: Installed) -> Iterator[Place]:
        with open_installation(database_server, registry(*modules)) as runtime:
            place = Place(runtime)
            try:
                yield place
            finally:
                place.close()

    return opened
