"""A receiver that fails: its breaker, what the owner is told, and when it is disabled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import DeliveryRun, Owner, SentWebhooks

from .conftest import Row, Subscribe, Subscription

Rows = Callable[[Subscription], list[Row]]
Health = Callable[[Subscription], dict[str, Any]]
#: What was tried is not tried again while a test goes on.
LATER = {"retry_after": "86400"}


@pytest.fixture
def past(owner: Owner) -> Callable[..., None]:
    """Lets a subscription have failed for a while: ``past(subscription, first="5 days")``."""

    def move(subscription: Subscription, **times: str) -> None:
        for name, ago in times.items():
            owner.execute(
                f"UPDATE core.webhook_subscriptions SET {name}_failed_at ="
                " clock_timestamp() - %s::interval, open_until = NULL, failures = 1"
                " WHERE tenant_id = %s AND id = %s",
                ago,
                subscription.tenant_id,
                subscription.id,
            )

    return move


def _open_for(health: dict[str, Any]) -> float:
    at, until = (datetime.fromisoformat(health[name]) for name in ("last_failed_at", "open_until"))
    return (until - at).total_seconds()


def test_five_failures_in_a_row_open_the_breaker(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
    health: Health,
) -> None:
    subscription = subscribe()
    for number in range(8):
        create_probe(str(number))
    sent_webhooks.answer(500, **LATER)
    assert len(sent_webhooks()) == 5
    assert [one.attempt for one in rows(subscription)] == [1, 1, 1, 1, 1, 0, 0, 0]
    found = health(subscription)
    assert (found["failures"], found["opened"]) == (5, 1)
    assert _open_for(found) == 60
    # A single request tries whether it is well again; the breaker stays open for longer each time.
    for opened, seconds in (
        (2, 120),
        (3, 240),
        (4, 480),
        (5, 960),
        (6, 1920),
        (7, 3600),
        (8, 3600),
    ):
        sent_webhooks.make_due()
        assert len(sent_webhooks()) == 1
        found = health(subscription)
        assert found["opened"] == opened
        assert _open_for(found) == seconds
    sent_webhooks.answer(200)
    sent_webhooks.make_due()
    assert len(sent_webhooks()) == 8
    found = health(subscription)
    assert {one.state for one in rows(subscription)} == {"delivered"}
    assert (found["failures"], found["opened"], found["open_until"]) == (0, 0, None)
    assert found["first_failed_at"] is None
    assert found["version"] == 1


def test_most_of_ten_in_a_minute_open_it_too(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    health: Health,
) -> None:
    subscription = subscribe()
    answers = [500, 500, 500, 200, 500, 500, 200, 500, 500]
    for number, status in enumerate(answers):
        create_probe(str(number))
        sent_webhooks.answer(status, **LATER)
        assert len(sent_webhooks()) == 1
        assert health(subscription)["open_until"] is None
    create_probe("the tenth")
    assert len(sent_webhooks()) == 1
    found = health(subscription)
    assert (found["window_total"], found["window_failed"]) == (10, 8)
    assert found["failures"] < 5
    assert _open_for(found) == 60


def test_gone_disables_at_once(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
    health: Health,
) -> None:
    subscription = subscribe()
    well = subscribe("https://well.example/", events=("webhook.*",))
    create_probe("first")
    create_probe("second")
    sent_webhooks.answer(410)
    (sent,) = sent_webhooks()
    assert sent.url == subscription.url
    first, second = rows(subscription)
    assert (first.state, first.error, first.status) == ("failed", "gone", 410)
    assert (second.state, second.error) == ("cancelled", "subscription_disabled")
    found = health(subscription)
    assert (found["state"], found["disabled_reason"]) == ("disabled", "gone")
    assert found["disabled_at"] is not None
    assert found["version"] == 2
    create_probe("third")
    assert len(rows(subscription)) == 2, "nothing more is made for it"
    assert rows(well) == [], "nobody handled the notice yet"


def test_five_days_of_failures_disable(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    health: Health,
    past: Callable[..., None],
) -> None:
    subscription = subscribe()
    sent_webhooks.answer(500, **LATER)

    def fail(**times: str) -> str:
        past(subscription, **times)
        create_probe()
        assert len(sent_webhooks()) == 1
        return str(health(subscription)["state"])

    assert fail() == "enabled"
    assert fail(first="4 days 23 hours", last="1 hour") == "enabled"
    # All that failed was within half a day.
    assert fail(first="5 days 1 hour", last="4 days 14 hours") == "enabled"
    # What was so long ago says nothing of today.
    assert fail(first="30 days", last="6 days") == "enabled"
    assert fail(first="5 days 1 minute", last="1 hour") == "disabled"
    found = health(subscription)
    assert found["disabled_reason"] == "failing"


def test_an_answer_in_between_begins_the_days_anew(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    health: Health,
    past: Callable[..., None],
) -> None:
    subscription = subscribe()
    for status in (500, 200, 500):
        past(subscription, first="4 days 23 hours", last="1 hour")
        create_probe()
        sent_webhooks.answer(status, **LATER)
        assert len(sent_webhooks()) == 1
        if status == 200:
            assert health(subscription)["first_failed_at"] is None
    assert health(subscription)["state"] == "enabled"


def test_the_owner_is_told_and_the_one_that_fails_is_not(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    run_events: DeliveryRun,
    past: Callable[..., None],
    other_tenant: NewTenant,
) -> None:
    failing = subscribe("https://failing.example/")
    watching = subscribe("https://watching.example/", events=("webhook.*",))
    subscribe("https://theirs.example/", of=other_tenant)

    def told(**times: str) -> list[tuple[str, str, Any]]:
        past(failing, **times)
        create_probe()
        sent_webhooks.answer(500, **LATER)
        assert [one.url for one in sent_webhooks()] == [failing.url]
        run_events()
        sent_webhooks.answer(200)
        sent = sent_webhooks()
        assert all(one.data["id"] == str(failing.id) for one in sent)
        return [(one.url, one.type, one.data["state"]) for one in sent]

    notice = (watching.url, "webhook.failing", "enabled")
    assert told(first="23 hours", last="1 minute") == []
    assert told(first="25 hours", last="1 minute") == [notice]
    assert told(first="26 hours", last="1 minute") == [], "once for the day"
    assert told(first="3 days", last="1 minute") == [notice]
    assert told(first="4 days", last="1 minute") == [], "once for the three"
    assert told(first="5 days", last="1 minute") == [(watching.url, "webhook.disabled", "disabled")]
    sent_webhooks.make_due()
    assert sent_webhooks() == []
