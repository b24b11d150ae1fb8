"""What is over and old is deleted, and nothing that somebody still needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.events.retention import Kept, Retention, kept
from sparx_core.runtime import Runtime
from sparx_core.settings import Settings
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from .conftest import Delivery

Read = Callable[..., list[Delivery]]


@pytest.fixture
def forget(installation: Runtime) -> Iterator[Callable[[str], int]]:
    """Delete what is too old of something; how many rows."""
    dispatch = Database(installation.urls.dispatch)
    retention = Retention(dispatch, kept(installation.settings))
    known = {one.name: one for one in retention.everything}
    yield lambda name: retention.delete(known[name])
    dispatch.close()


def age(owner: Owner, tenant: NewTenant, days: int, state: str) -> None:
    """Deliveries of this tenant were over so many days ago, and their events happened then."""
    over = "now() - %s * interval '1 day'" if state in ("done", "dead", "skipped") else "NULL + %s"
    owner.execute(
        f"UPDATE core.deliveries SET state = %s, finished_at = {over.replace('NULL + %s', 'NULL')}"
        " WHERE tenant_id = %s",
        *((state, days) if "%s *" in over else (state,)),
        tenant.tenant_id,
    )
    owner.execute(
        "UPDATE core.events SET occurred_at = now() - %s * interval '1 day' WHERE tenant_id = %s",
        days,
        tenant.tenant_id,
    )


def counts(owner: Owner, tenant: NewTenant) -> tuple[int, int]:
    """Deliveries, and events of ``probe.created``."""
    deliveries = "SELECT count(*) FROM core.deliveries WHERE tenant_id = %s"
    events = "SELECT count(*) FROM core.events WHERE type = 'probe.created' AND tenant_id = %s"
    return owner.value(deliveries, tenant.tenant_id), owner.value(events, tenant.tenant_id)


def test_how_long_it_is_by_default(installation: Runtime) -> None:
    days = {one.name: one.time for one in kept(installation.settings)}
    assert days["deliveries"] == 7
    assert days["dead_deliveries"] == 30
    assert days["events"] == 90


def test_off_is_for_ever() -> None:
    names = ("SPARX_EVENT_DAYS", "SPARX_DELIVERY_DAYS", "SPARX_DEAD_DELIVERY_DAYS")
    settings = Settings.load(dict.fromkeys(names, "off"))
    assert {one.name for one in kept(settings)} & {"events", "deliveries", "dead_deliveries"} == (
        set()
    )


@pytest.mark.parametrize(
    ("name", "state", "days", "gone"),
    [
        ("deliveries", "done", 6, False),
        ("deliveries", "done", 8, True),
        ("deliveries", "skipped", 8, True),
        ("deliveries", "dead", 31, False),
        ("deliveries", "retry", 400, False),
        ("deliveries", "blocked", 400, False),
        ("dead_deliveries", "dead", 29, False),
        ("dead_deliveries", "dead", 31, True),
        ("dead_deliveries", "done", 31, False),
    ],
)
def test_deliveries_that_are_over(
    create_probe: Callable[..., Any], other_api: Api, forget: Callable[[str], int], owner: Owner,
    tenant: NewTenant, new_tenant: TenantMaker, name: str, state: str, days: int, gone: bool,
) -> None:  # fmt: skip
    create_probe()
    create_probe(client=other_api)  # another tenant's, which is fresh
    age(owner, tenant, days, state)
    forget(name)
    assert counts(owner, tenant) == (0 if gone else 2, 1)
    others = "SELECT count(*) FROM core.deliveries WHERE tenant_id <> %s AND tenant_id = ANY(%s)"
    assert owner.value(others, tenant.tenant_id, new_tenant.made) == 2


@pytest.mark.parametrize("state", ["pending", "running", "retry", "blocked", "dead", "skipped"])
def test_an_event_stays_while_a_delivery_of_it_may_need_it(
    create_probe: Callable[..., Any], forget: Callable[[str], int], owner: Owner,
    tenant: NewTenant, state: str,
) -> None:  # fmt: skip
    create_probe()
    age(owner, tenant, 91, state)
    forget("events")
    assert counts(owner, tenant) == (2, 1)
    age(owner, tenant, 91, "done")
    forget("events")
    assert counts(owner, tenant) == (2, 0)


def test_young_events_stay(
    create_probe: Callable[..., Any], forget: Callable[[str], int], owner: Owner,
    tenant: NewTenant, run_events: DeliveryRun,
) -> None:  # fmt: skip
    create_probe()
    run_events()
    age(owner, tenant, 89, "done")
    forget("events")
    assert counts(owner, tenant) == (2, 1)


def test_in_batches(
    create_probe: Callable[..., Any], owner: Owner, tenant: NewTenant, installation: Runtime
) -> None:
    for number in range(3):
        create_probe(f"n{number}")
    age(owner, tenant, 400, "done")
    dispatch = Database(installation.urls.dispatch)
    one = Kept("deliveries", "SELECT core.forget_deliveries(%s, %s, false)", 399)
    assert dispatch.call(one.statement, (one.time, 4)) == [(4,)]
    assert dispatch.call(one.statement, (one.time, 4)) == [(2,)]
    dispatch.close()
