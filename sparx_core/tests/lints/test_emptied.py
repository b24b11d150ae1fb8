"""The policy that lets the owner empty sandboxes is that one, to the letter, or it is found."""

from __future__ import annotations

import pytest
from peewee import PostgresqlDatabase

from sparx_core.db.tables import EMPTIED
from sparx_core.lints import run_lints
from sparx_core.runtime import Runtime


@pytest.mark.parametrize(
    "change",
    [
        "TO sparx_app",
        "TO PUBLIC",
        "USING (true)",
        "USING (tenant_id = core.tenant_id())",
        f"WITH CHECK ({EMPTIED})",
    ],
)
def test_another_policy_of_its_name_is_found(
    database: PostgresqlDatabase, installation: Runtime, change: str
) -> None:
    database.execute_sql(f"ALTER POLICY emptied ON probe.notes {change}")
    found = run_lints(database, installation.registry)
    assert {one.object for one in found} == {"probe.notes"}
    assert {one.lint for one in found} & {"L3", "L8"}
