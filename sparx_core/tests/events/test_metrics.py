"""``/metrics``: right numbers, for those who may see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from sparx_core import Context
from sparx_core.app import create_app
from sparx_core.events.types import Occurrence
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest import metrics
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control


@pytest.fixture
def client(installation: Runtime, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(metrics, "CACHE_SECONDS", -1.0)
    return TestClient(create_app(installation))


@pytest.fixture
def alone(owner: Owner) -> None:
    """Nothing that other tests left is counted."""
    owner.execute("DELETE FROM core.deliveries")


def scrape(client: TestClient) -> dict[tuple[str, ...], float]:
    """Values by name and labels."""
    answer = client.simulate_get("/metrics", remote_addr="127.0.0.1")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=1.0.0")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.usefixtures("alone")
def test_it_counts_what_there_is(
    client: TestClient, api: Api, other_api: Api, create_probe: Callable[..., Any],
    control: Control, run_events: DeliveryRun, owner: Owner, tenant: NewTenant,
) -> None:  # fmt: skip
    create_probe()
    create_probe(client=other_api)
    owner.execute("UPDATE core.deliveries SET due_at = now() - interval '1 hour'")
    found = scrape(client)
    assert found["sparx_deliveries", "pending"] == 4, "of all tenants"
    assert 3600 <= found["sparx_delivery_oldest_due_seconds",] < 3700
    assert found["sparx_webhook_deliveries", "pending"] == owner.value(
        "SELECT count(*) FROM core.webhook_deliveries WHERE state = 'pending'"
    )

    def fail(ctx: Context, event: Occurrence) -> None:
        raise RuntimeError("not yet")

    control.reaction = fail
    run_events()
    found = scrape(client)
    assert found["sparx_deliveries", "pending"] == 0
    assert found["sparx_deliveries", "retry"] == 2
    assert found["sparx_handler_failing", "probe.react"] == 2
    assert found["sparx_handler_finished", "addon.react_too", "done"] == 2
    assert found["sparx_handler_lag_seconds", "addon.react_too", "0.99"] >= 3600

    owner.execute(
        "UPDATE core.deliveries SET state = 'blocked', quarantined_at = now()"
        " WHERE state = 'retry' AND tenant_id = %s",
        tenant.tenant_id,
    )
    owner.execute(
        "UPDATE core.deliveries SET state = 'dead', finished_at = now() - interval '1 hour'"
        " WHERE state = 'retry'"
    )
    found = scrape(client)
    assert found["sparx_handler_blocked", "probe.react"] == 1
    assert found["sparx_handler_dead", "probe.react"] == 1
    assert found["sparx_deliveries_quarantined",] == 1
    assert ("sparx_handler_finished", "probe.react", "dead") not in found, "that is long ago"


def test_it_names_no_tenant(
    client: TestClient, create_probe: Callable[..., Any], tenant: NewTenant, run_events: DeliveryRun
) -> None:
    create_probe()
    run_events()
    text = client.simulate_get("/metrics", remote_addr="127.0.0.1").text
    assert 'handler="probe.react"' in text
    for secret in (str(tenant.tenant_id), tenant.slug, tenant.api_key):
        assert secret not in text


def test_the_doorbell_of_the_process(client: TestClient, installation: Runtime) -> None:
    before = next(v for k, v in scrape(client).items() if k[0] == "sparx_doorbell_failures_total")
    installation.doorbell.failures += 2
    try:
        found = scrape(client)
    finally:
        installation.doorbell.failures -= 2
    (after,) = [v for k, v in found.items() if k[0] == "sparx_doorbell_failures_total"]
    assert after == before + 2


def test_it_is_read_once_a_second(
    installation: Runtime, create_probe: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "CACHE_SECONDS", 3600.0)
    client = TestClient(create_app(installation))
    before = scrape(client)["sparx_deliveries", "pending"]
    create_probe()
    assert scrape(client)["sparx_deliveries", "pending"] == before


@pytest.mark.parametrize(
    ("allowed", "peer", "headers", "status"),
    [
        ("127.0.0.1,::1", "127.0.0.1", {}, 200),
        ("127.0.0.1,::1", "::1", {}, 200),
        ("127.0.0.1", "::ffff:127.0.0.1", {}, 200),
        ("10.0.0.0/8", "10.1.2.3", {}, 200),
        ("10.0.0.0/8", "127.0.0.1", {}, 404),
        ("127.0.0.1,::1", "192.0.2.1", {}, 404),
        ("127.0.0.1,::1", "", {}, 404),
        # A proxy on this machine asks for somebody else.
        ("127.0.0.1,::1", "127.0.0.1", {"X-Forwarded-For": "192.0.2.1"}, 404),
        ("127.0.0.1,::1", "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1,::1", "127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_who_may_see_it(
    installation: Runtime, allowed: str, peer: str, headers: dict[str, str], status: int
) -> None:
    settings = dataclasses.replace(installation.settings, metrics_addresses=allowed)
    client = TestClient(create_app(dataclasses.replace(installation, settings=settings)))
    answer = client.simulate_get("/metrics", headers=headers, remote_addr=peer)
    assert answer.status_code == status
    if status == 404:
        assert answer.json["error"]["code"] == "not_found"
        unknown = client.simulate_get("/nothing", remote_addr=peer).json["error"]
        assert answer.json["error"]["message"] == unknown["message"]


def test_the_serving_role_cannot_ask(api: Api, installation: Runtime) -> None:
    with pytest.raises(Exception, match="permission denied"):
        installation.database.call("SELECT core.delivery_metrics(300)")
