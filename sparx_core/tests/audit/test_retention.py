"""What is recorded stays as it is, until it is old."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest

from sparx_core.db.connection import Database
from sparx_core.events.retention import Kept, Retention, kept
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.testing import Api, Owner

from .conftest import Log

Create = Callable[..., Any]
#: An id of the time of another, so many days earlier, as its first twelve digits.
OLDER = (
    "UPDATE core.audit_entries SET created_at = created_at - %s * interval '1 day',"
    " id = (lpad(to_hex(('x' || replace(left(id::text, 13), '-', ''))::bit(48)::bigint"
    " - %s * 86400000::bigint), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid"
    " WHERE resource_id = %s"
)


@pytest.fixture
def retention(installation: Runtime) -> Iterator[Retention]:
    dispatch = Database(installation.urls.dispatch)
    yield Retention(dispatch, kept(installation.settings))
    dispatch.close()


def age(owner: Owner, row: Any, days: int) -> None:
    owner.execute("ALTER TABLE core.audit_entries DISABLE TRIGGER keep")
    try:
        assert owner.execute(OLDER, days, days, row["id"]) > 0
    finally:
        owner.execute("ALTER TABLE core.audit_entries ENABLE TRIGGER keep")


def test_old_entries_are_deleted(
    create_account: Create, other_api: Api, log: Log, owner: Owner, retention: Retention
) -> None:
    old, fresh = create_account(), create_account()
    other, other_fresh = create_account(other_api), create_account(other_api)
    for row in (old, other):
        age(owner, row, 366)
    age(owner, fresh, 364)
    (entries,) = [one for one in retention.everything if one.name == "audit_entries"]
    assert entries.time == 365
    assert retention.delete(entries) == 2
    assert [len(log.of(one)) for one in (old, fresh)] == [0, 1]
    assert [len(Log(other_api).of(one)) for one in (other, other_fresh)] == [0, 1]
    assert retention.delete(entries) == 0


def test_in_batches(create_account: Create, owner: Owner, retention: Retention) -> None:
    for row in [create_account() for _ in range(3)]:
        age(owner, row, 400)
    counts = [retention.dispatch.call("SELECT core.forget_entries(365, 2)")[0][0] for _ in range(3)]
    assert counts == [2, 1, 0]


def test_off_keeps_everything() -> None:
    def of(**variables: str) -> list[Kept]:
        return [one for one in kept(Settings.load(variables)) if one.name == "audit_entries"]

    assert not of(SPARX_AUDIT_DAYS="off")
    assert [one.time for one in of(SPARX_AUDIT_DAYS="30")] == [30]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core.audit_entries SET action = 'deleted'", "DELETE FROM core.audit_entries",
     "TRUNCATE core.audit_entries"],
)  # fmt: skip
def test_the_owner_changes_nothing_by_mistake(
    create_account: Create, owner: Owner, statement: str
) -> None:
    create_account()
    before = owner.count("core.audit_entries")
    for role in ("sparx_owner", "none"):
        owner.execute(f"SET ROLE {role}")
        try:
            with pytest.raises(psycopg2.Error, match="audit entries are never changed"):
                owner.execute(statement)
        finally:
            owner.execute("RESET ROLE")
    assert owner.count("core.audit_entries") == before
