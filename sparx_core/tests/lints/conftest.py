"""A superuser's transaction on a migrated database: whatever a test breaks is rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from peewee import PostgresqlDatabase

from sparx_core.runtime import Runtime


@pytest.fixture
def database(installation: Runtime) -> Iterator[PostgresqlDatabase]:
    found = PostgresqlDatabase(installation.urls.require_owner())
    found.execute_sql("BEGIN")
    # Rows that other tests left would be in the way of the constraints that some tests add.
    found.execute_sql("TRUNCATE probe.notes")
    yield found
    found.execute_sql("ROLLBACK")
    found.close()
