"""Who is told that there is something to send, and how long it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.events.retention import Kept, Retention, kept
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, SentWebhooks

from ..probe import declared
from .conftest import Row, Subscribe, Subscription


@pytest.fixture
def rung(installation: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with each time that somebody rings for webhooks."""
    times: list[int] = []
    monkeypatch.setattr(installation.doorbell, "ring_webhooks", lambda: times.append(1))
    return times


def test_a_commit_rings_if_somebody_may_want_its_events(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    api: Api,
    other_api: Api,
    rung: list[int],
) -> None:
    create_probe("nobody has subscribed")
    subscribe(state="disabled", disabled_reason="manual")
    create_probe("nobody is enabled")
    assert rung == []
    subscribe()
    probe = create_probe("somebody is")
    assert rung == [1]
    api.get(f"/v1/probe/probes/{probe['id']}")
    api.post("/v1/probe/probes", {"name": 5})
    assert rung == [1], "neither a read nor a refusal has anything to send"
    create_probe("another tenant's", client=other_api)
    assert rung == [1]


def test_a_handler_rings_too(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    run_events: DeliveryRun,
    control: declared.Control,
    rung: list[int],
) -> None:
    subscribe()
    create_probe("one")
    rung.clear()
    control.reaction = lambda ctx, event: ctx.emit(
        declared.ProbeUpdated(ctx.get(declared.Probe, event.aggregate_id))
    )
    assert run_events() > 0
    assert rung == [1]


@pytest.fixture
def retention(installation: Runtime) -> Iterator[Callable[[str], int]]:
    database = Database(installation.urls.dispatch)
    everything = {one.name: one for one in kept(installation.settings)}

    def delete(name: str, days: float = 30.0) -> int:
        one: Kept = everything[name]
        assert one.time == days
        return Retention(database, []).delete(one)

    yield delete
    database.close()


def test_what_is_over_is_kept_for_a_month(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    retention: Callable[[str], int],
    rows: Callable[[Subscription], list[Row]],
    other_tenant: NewTenant,
    owner: Owner,
) -> None:
    subscription = subscribe()
    theirs = subscribe(of=other_tenant)
    for name in ("old", "new", "waits"):
        create_probe(name)
    assert len(sent_webhooks()) == 3
    old, new, waits = rows(subscription)
    ago = "clock_timestamp() - interval '31 days'"
    owner.execute(f"UPDATE core.webhook_deliveries SET finished_at = {ago} WHERE id = %s", old.id)
    owner.execute(
        "UPDATE core.webhook_deliveries SET state = 'pending', finished_at = NULL WHERE id = %s",
        waits.id,
    )
    retention("webhooks")
    assert [one.id for one in rows(subscription)] == [new.id, waits.id]
    assert owner.count("core.webhook_attempts", subscription.tenant_id) == 2
    # The attempts of what is not over are of their own age.
    owner.execute(
        "UPDATE core.webhook_attempts SET id = (lpad(to_hex((extract(epoch FROM clock_timestamp()"
        " - interval '31 days') * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid"
        " WHERE delivery_id = %s",
        waits.id,
    )
    retention("attempts")
    assert owner.rows(
        "SELECT delivery_id FROM core.webhook_attempts WHERE tenant_id = %s", subscription.tenant_id
    ) == [(new.id,)]
    assert rows(theirs) == []
