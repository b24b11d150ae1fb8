"""What is sent, to whom, and what the log keeps of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from standardwebhooks import Webhook

from sparx_core.outbound import OutboundError
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner, SentWebhook, SentWebhooks

from .conftest import Row, Subscribe, Subscription

Rows = Callable[[Subscription], list[Row]]
Create = Callable[..., Any]


@pytest.fixture
def attempts(owner: Owner) -> Callable[[Subscription], list[dict[str, Any]]]:
    def read(subscription: Subscription) -> list[dict[str, Any]]:
        found = owner.rows(
            "SELECT to_jsonb(a) FROM core.webhook_attempts a"
            " WHERE tenant_id = %s AND subscription_id = %s ORDER BY id",
            subscription.tenant_id,
            subscription.id,
        )
        return [one for (one,) in found]

    return read


def test_an_event_is_sent_to_each_subscription_that_wants_it(
    subscribe: Subscribe,
    create_probe: Create,
    api: Api,
    other_api: Api,
    other_tenant: NewTenant,
    sent_webhooks: SentWebhooks,
    rows: Rows,
) -> None:
    named = subscribe("https://named.example/", events=("probe.created",))
    family = subscribe("https://family.example/", events=("probe.*",))
    other_kind = subscribe("https://kind.example/", events=("probe.deleted",))
    subscribe("https://theirs.example/", of=other_tenant)
    probe = create_probe("one")
    sent = sent_webhooks()
    # What exactly is due to this tenant; the other one has no event yet.
    assert sorted(one.url for one in sent) == ["https://family.example/", "https://named.example/"]
    assert [one.state for one in rows(named)] == ["delivered"]
    assert [one.state for one in rows(family)] == ["delivered"]
    assert rows(other_kind) == []
    for one in sent:
        assert one.type == "probe.created"
        assert one.data == probe
        assert one.json["tenant_id"] != str(other_tenant.tenant_id)
    create_probe("theirs", client=other_api)
    assert [one.url for one in sent_webhooks()] == ["https://theirs.example/"]
    assert sent_webhooks() == []


def test_the_body_is_signed_and_stays_as_it_was(
    subscribe: Subscribe,
    create_probe: Create,
    sent_webhooks: SentWebhooks,
    rows: Rows,
    owner: Owner,
) -> None:
    subscription = subscribe(headers={"Authorization": "Bearer s3cret"})
    create_probe("ünïcode ✓")
    sent_webhooks.answer(500)
    (first,) = sent_webhooks()
    owner.execute("UPDATE core.events SET data = '{}' WHERE tenant_id = %s", subscription.tenant_id)
    sent_webhooks.make_due()
    sent_webhooks.answer(204)
    (second,) = sent_webhooks()
    assert first.body == second.body
    for one in (first, second):
        verified = Webhook(subscription.secret).verify(one.body, one.headers)
        assert verified["data"]["name"] == "ünïcode ✓"
        assert one.headers["authorization"] == "Bearer s3cret"
        assert one.headers["content-type"] == "application/json"
    same = ("webhook-id", "x-sparx-delivery", "x-sparx-event")
    assert [first.headers[name] for name in same] == [second.headers[name] for name in same]
    (row,) = rows(subscription)
    assert second.headers["x-sparx-delivery"] == str(row.id)
    assert row.body == first.body.decode()


def test_the_log_keeps_a_bounded_answer_and_no_secret(
    subscribe: Subscribe,
    create_probe: Create,
    sent_webhooks: SentWebhooks,
    attempts: Callable[..., Any],
    owner: Owner,
) -> None:
    subscription = subscribe(headers={"X-Api-Key": "s3cret"})
    create_probe()
    long = b"nul:\x00 half:\xff" + b"x" * 100_000
    sent_webhooks.answer(500, long, set_cookie="session=s3cret", x_many="y" * 20_000)
    (sent,) = sent_webhooks()
    (attempt,) = attempts(subscription)
    assert attempt["number"] == 1
    assert (attempt["status"], attempt["error"], attempt["manual"]) == (500, "status", False)
    assert attempt["milliseconds"] == 10
    assert attempt["address"] == "192.0.2.1"
    assert attempt["response_body"].startswith("nul: half:\ufffdxxx")
    assert len(attempt["response_body"].encode()) <= 4096 + 2
    assert attempt["response_headers"] == [["set-cookie", "***"]]
    shown = dict(attempt["request_headers"])
    assert shown.keys() >= {"x-sparx-signature", "webhook-signature", "webhook-id"}
    assert shown["X-Api-Key"] == shown["x-sparx-signature"] == shown["webhook-signature"] == "***"
    stored = json.dumps(attempt)
    assert "s3cret" not in stored
    assert sent.headers["webhook-signature"] not in stored
    assert subscription.secret not in str(
        owner.rows("SELECT secrets::text, headers::text FROM core.webhook_subscriptions")
    )


def test_errors_are_kept_by_their_kind(
    subscribe: Subscribe, create_probe: Create, sent_webhooks: SentWebhooks, rows: Rows
) -> None:
    subscription = subscribe()
    create_probe()

    def fail(request: SentWebhook) -> Any:
        raise OutboundError("dns", "The name is not known.")

    sent_webhooks.answer_by(fail)
    sent_webhooks()
    (row,) = rows(subscription)
    assert (row.state, row.attempt, row.status, row.error) == ("pending", 1, None, "dns")


def test_what_a_receiver_answers_decides(
    subscribe: Subscribe, create_probe: Create, sent_webhooks: SentWebhooks, rows: Rows
) -> None:
    subscription = subscribe()
    for status, headers, expected in (
        (200, {}, ("delivered", None)),
        (299, {}, ("delivered", None)),
        (301, {"location": "https://other.example/"}, ("pending", "status")),
        (400, {}, ("pending", "status")),
        (404, {}, ("pending", "status")),
        (200, {"webhook_delivery": "abort-message"}, ("delivered", None)),
        (500, {"webhook_delivery": "abort-message"}, ("failed", "aborted")),
        (503, {}, ("pending", "status")),
    ):
        sent_webhooks.answer(status, retry_after="86400", **headers)
        create_probe(f"of {status}")
        assert len(sent_webhooks()) == 1, status
        newest = rows(subscription)[-1]
        assert (newest.state, newest.error) == expected, status
        assert (newest.status, newest.token) == (status, None)
        assert (newest.finished is not None) == (expected[0] != "pending")


def test_an_event_that_is_gone_is_cancelled(
    subscribe: Subscribe,
    create_probe: Create,
    sent_webhooks: SentWebhooks,
    rows: Rows,
    owner: Owner,
) -> None:
    subscription = subscribe()
    create_probe()
    owner.execute("DELETE FROM core.events WHERE tenant_id = %s", subscription.tenant_id)
    assert sent_webhooks() == []
    (row,) = rows(subscription)
    assert (row.state, row.error) == ("cancelled", "event_gone")


def test_secrets_that_cannot_be_opened_are_no_fault_of_the_receiver(
    subscribe: Subscribe,
    create_probe: Create,
    sent_webhooks: SentWebhooks,
    rows: Rows,
    health: Callable[..., Any],
    owner: Owner,
) -> None:
    subscription = subscribe()
    create_probe()
    owner.execute(
        "UPDATE core.webhook_subscriptions SET secrets = 'broken' WHERE id = %s", subscription.id
    )
    assert sent_webhooks() == []
    (row,) = rows(subscription)
    assert (row.state, row.attempt, row.error) == ("pending", 1, "fault")
    assert health(subscription)["failures"] == 0
