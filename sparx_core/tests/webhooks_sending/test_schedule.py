"""When a delivery is tried again, and when no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from sparx_core.testing import Owner, SentWebhooks
from sparx_core.webhooks.sending.outcome import retry_after

from .conftest import Row, Subscribe, Subscription

Rows = Callable[[Subscription], list[Row]]
#: Seconds before each attempt after the first.
DELAYS = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]


def test_ten_attempts_then_it_has_failed(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
    owner: Owner,
) -> None:
    subscription = subscribe()
    create_probe()
    sent_webhooks.answer(500)
    for number, delay in enumerate(DELAYS, 1):
        assert len(sent_webhooks()) == 1
        (row,) = rows(subscription)
        assert (row.state, row.attempt) == ("pending", number)
        assert 0.8 * delay - 0.1 <= row.wait <= 1.2 * delay, number
        if delay >= 300:
            assert sent_webhooks() == [], "it is not due yet"
        sent_webhooks.make_due()
    assert len(sent_webhooks()) == 1
    (row,) = rows(subscription)
    assert (row.state, row.attempt, row.status) == ("failed", 10, 500)
    assert row.finished is not None
    sent_webhooks.make_due()
    assert sent_webhooks() == []
    assert owner.count("core.webhook_attempts", subscription.tenant_id) == 10
    assert len({one.body for one in sent_webhooks.requests}) == 1


def test_the_waits_are_spread(owner: Owner) -> None:
    found = owner.rows("SELECT core.webhook_delay(3, NULL) FROM generate_series(1, 400)")
    waits = sorted(value for (value,) in found)
    assert 1800 * 0.8 <= waits[0] < 1800 * 0.85
    assert 1800 * 1.15 < waits[-1] <= 1800 * 1.2


@pytest.mark.parametrize(
    ("told", "at_least", "at_most"),
    [
        ("120", 119.9, 120.1),
        ("1", 3.9, 6),  # less than the schedule says
        ("604800", 86_399.9, 86_400.1),
        ("soon", 3.9, 6),
        ("-5", 3.9, 6),
    ],
)
def test_a_receiver_may_ask_for_more_time(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
    told: str,
    at_least: float,
    at_most: float,
) -> None:
    subscription = subscribe()
    create_probe()
    sent_webhooks.answer(400, retry_after=told)
    sent_webhooks()
    (row,) = rows(subscription)
    assert at_least <= row.wait <= at_most


def test_a_date_may_be_asked_for() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    headers = {"retry-after": format_datetime(now + timedelta(minutes=5), usegmt=True)}
    assert retry_after(headers, now.timestamp()) == 300
    assert retry_after(headers, now.timestamp() + 600) == 0
    assert retry_after(headers, now.timestamp() - 200_000) == 86_400
    assert retry_after({}, 0) is None


@pytest.mark.parametrize(
    "told",
    [
        "Sun, 99 Nov 9999 99:99:99 GMT",
        "9" * 400,
        "Wed, 21 Oct 999999999999999999999 07:28:00 GMT",
        "Fri, 31 Dec 1999 23:59:59 +99999999999999999999",
        "\x00",
    ],
)
def test_what_is_no_time_is_no_wish(told: str) -> None:
    assert retry_after({"retry-after": told}, 0) is None


def test_one_that_has_too_much_to_do_is_left_alone(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    health: Callable[..., Any],
) -> None:
    subscription = subscribe()
    create_probe("first")
    sent_webhooks.answer(429, retry_after="3600")
    assert len(sent_webhooks()) == 1
    found = health(subscription)
    at, until = (datetime.fromisoformat(found[name]) for name in ("last_failed_at", "next_at"))
    assert 59 < (until - at).total_seconds() <= 60, "a minute at most"
    create_probe("second")
    assert sent_webhooks() == [], "the receiver asked to wait"


def test_what_a_dead_worker_held_is_due_again(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
    owner: Owner,
) -> None:
    subscription = subscribe()
    create_probe()
    sender = sent_webhooks.sender
    (lost,) = sender.claims.claim(5, 5)
    assert sender.claims.claim(5, 5) == []
    sender.claims.release()
    assert [one.state for one in rows(subscription)] == ["sending"], "the lease still runs"
    sent_webhooks.make_due()
    (sent,) = sent_webhooks()
    assert sent.headers["x-sparx-delivery"] == str(lost.delivery)
    (row,) = rows(subscription)
    assert (row.state, row.attempt) == ("delivered", 2)
    # The first worker was only slow, and tells now: nobody listens.
    sent_webhooks.answer(500)
    sender._record([sender.attempt(lost)])
    (after,) = rows(subscription)
    assert (after.state, after.status, after.finished) == ("delivered", 200, row.finished)
    assert owner.count("core.webhook_attempts", subscription.tenant_id) == 1


def test_a_delivery_that_kills_ten_workers_has_failed(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    sent_webhooks: SentWebhooks,
    rows: Rows,
) -> None:
    subscription = subscribe()
    create_probe()
    for _ in range(10):
        assert len(sent_webhooks.sender.claims.claim(1, 1)) == 1
        sent_webhooks.make_due()
        sent_webhooks.sender.claims.release()
    (row,) = rows(subscription)
    assert (row.state, row.attempt, row.error) == ("failed", 10, "no_outcome")
    assert sent_webhooks() == []
