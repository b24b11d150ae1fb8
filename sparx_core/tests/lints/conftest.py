"""A superuser's transaction on a migrated database: whatever a test breaks is rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import pytest
from peewee import PostgresqlDatabase

from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import DatabaseServer, open_installation

from ..probe import declared


@pytest.fixture(scope="session")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    """A database of their own: rows of other tests would be in the way of added constraints."""
    core = Installed(core_module, "sparx-core", version("sparx-core"))
    with open_installation(database_server, Registry([core, *declared.INSTALLED])) as runtime:
        yield runtime


@pytest.fixture
def database(installation: Runtime) -> Iterator[PostgresqlDatabase]:
    found = PostgresqlDatabase(installation.urls.require_owner())
    found.execute_sql("BEGIN")
    yield found
    found.execute_sql("ROLLBACK")
    found.close()
