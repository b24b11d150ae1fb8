"""Who gets how much: caps, rates, turns, and what is not sent any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sparx_core.db.connection import Database
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner, SentWebhooks
from sparx_core.webhooks.sending.claims import Claimed, Claims

from .conftest import Row, Subscribe, Subscription

Rows = Callable[[Subscription], list[Row]]


@pytest.fixture
def workers(installation: Runtime, sent_webhooks: SentWebhooks) -> Iterator[Callable[[], Claims]]:
    """Workers that claim, each with a connection of its own; only what is of this test."""
    made: list[Database] = []

    def make() -> Claims:
        sent_webhooks.leave_others()
        made.append(Database(installation.urls.dispatch))
        return Claims(made[-1])

    yield make
    for one in made:
        one.close()


@pytest.fixture
def queue(owner: Owner) -> Callable[..., None]:
    """``queue(subscription, 500)``: so many deliveries that are due, whose events are gone."""

    def put(subscription: Subscription, count: int, module: str = "probe") -> None:
        owner.execute(
            "INSERT INTO core.webhook_deliveries (tenant_id, id, event_id, event_type, module,"
            " subscription_id, position, body) SELECT %s, core.new_id(), gen_random_uuid(),"
            " 'probe.created', %s, %s, n, '{}' FROM generate_series(1, %s) n",
            subscription.tenant_id,
            module,
            subscription.id,
            count,
        )

    return put


def _counts(claimed: list[Claimed]) -> Counter[Any]:
    return Counter(one.subscription_id for one in claimed)


def test_each_subscription_gets_as_many_as_it_allows(
    subscribe: Subscribe, queue: Callable[..., None], workers: Callable[[], Claims]
) -> None:
    default, alone, wide = subscribe(), subscribe(concurrency=1), subscribe(concurrency=50)
    for one in (default, alone, wide):
        queue(one, 30)
    claims = workers()
    first = claims.claim(4, 4)
    assert _counts(first) == {default.id: 2, alone.id: 1, wide.id: 1}
    # The tenant has ten in all.
    second = claims.claim(100, 100)
    assert _counts(second) == {wide.id: 6}
    assert claims.claim(100, 100) == workers().claim(100, 100) == []


def test_tenants_and_subscriptions_take_turns(
    subscribe: Subscribe,
    queue: Callable[..., None],
    workers: Callable[[], Claims],
    other_tenant: NewTenant,
    owner: Owner,
) -> None:
    mine = [subscribe(concurrency=5) for _ in range(6)]
    theirs = [subscribe(of=other_tenant, concurrency=5) for _ in range(2)]
    for one in (*mine, *theirs):
        queue(one, 1000)
    claims = workers()
    served: Counter[Any] = Counter()
    for _ in range(9):
        claimed = claims.claim(14, 14)
        assert len(claimed) == 14
        per_tenant = Counter(one.tenant_id for one in claimed)
        assert max(per_tenant.values()) == 10
        served += _counts(claimed)
        owner.execute(
            "UPDATE core.webhook_deliveries SET state = 'delivered' WHERE state = 'sending'"
        )
    for group in (mine, theirs):
        counts = [served[one.id] for one in group]
        assert min(counts) > 0
        assert max(counts) - min(counts) <= 10, counts


def test_workers_that_claim_at_once_stay_within_the_caps(
    subscribe: Subscribe, queue: Callable[..., None], workers: Callable[[], Claims], owner: Owner
) -> None:
    made = [subscribe(concurrency=3) for _ in range(12)]
    for one in made:
        queue(one, 20)

    def work(claims: Claims) -> list[Any]:
        mine: list[Any] = []
        for _ in range(30):
            mine += claims.claim(16, 16)
        return mine

    with ThreadPoolExecutor(6) as pool:
        found = [one for part in pool.map(work, [workers() for _ in range(6)]) for one in part]
    assert len(found) == len({one.delivery for one in found}) == 10
    assert max(_counts(found).values()) <= 3
    sending = "SELECT count(*) FROM core.webhook_deliveries WHERE state = 'sending'"
    assert owner.value(f"{sending} AND tenant_id = %s", made[0].tenant_id) == 10


def test_the_rate_is_kept(
    subscribe: Subscribe,
    queue: Callable[..., None],
    workers: Callable[[], Claims],
    owner: Owner,
) -> None:
    slow = subscribe(rate=1, concurrency=10)
    queue(slow, 20)
    claims = workers()
    assert len(claims.claim(10, 10)) == 1
    assert claims.claim(10, 10) == []
    assert claims.wait is not None
    assert 0 < claims.wait <= 1
    # A second later, which is the time of the next one.
    owner.execute(
        "UPDATE core.webhook_subscriptions SET next_at = next_at - interval '1 second'"
        " WHERE id = %s",
        slow.id,
    )
    assert len(claims.claim(10, 10)) == 1
    fast = subscribe(rate=100, concurrency=10)
    queue(fast, 20)
    # As many as a twentieth of a second has, and the one that is due.
    assert _counts(claims.claim(10, 10)) == {fast.id: 6}


def test_one_that_fails_gets_one_at_a_time(
    subscribe: Subscribe, queue: Callable[..., None], workers: Callable[[], Claims]
) -> None:
    failing, other = subscribe(failures=1), subscribe(failures=3)
    well = subscribe()
    for one in (failing, other, well):
        queue(one, 10)
    claimed = workers().claim(10, 1)
    assert _counts(claimed) == {failing.id: 1, well.id: 2}
    assert {one.subscription_id for one in claimed if one.trial} == {failing.id}
    assert _counts(workers().claim(10, 5)) == {other.id: 1}


def test_one_that_never_answered_gets_one_at_a_time(
    subscribe: Subscribe, queue: Callable[..., None], workers: Callable[[], Claims]
) -> None:
    unknown, known = subscribe(last_succeeded_at=None, concurrency=5), subscribe()
    for one in (unknown, known):
        queue(one, 10)
    claimed = workers().claim(10, 10)
    assert _counts(claimed) == {unknown.id: 1, known.id: 2}
    assert not any(one.trial for one in claimed)


def test_what_is_disabled_or_switched_off_is_cancelled(
    subscribe: Subscribe,
    queue: Callable[..., None],
    workers: Callable[[], Claims],
    rows: Rows,
) -> None:
    disabled, well = subscribe(state="disabled", disabled_reason="manual"), subscribe()
    queue(disabled, 3)
    queue(well, 2, module="nowhere")
    queue(well, 1)
    claims = workers()
    assert claims.claim(10, 10) == []
    (claimed,) = claims.claim(10, 10)
    assert claimed.subscription_id == well.id
    assert [(one.state, one.error) for one in rows(disabled)] == [
        ("cancelled", "subscription_disabled")
    ] * 3
    assert Counter(one.error for one in rows(well)) == {"module_inactive": 2, None: 1}
    assert all(one.finished for one in rows(disabled))


@pytest.mark.modules("probe")
def test_a_module_that_is_switched_off_sends_nothing_more(
    subscribe: Subscribe,
    create_probe: Callable[..., Any],
    api: Api,
    sent_webhooks: SentWebhooks,
    run_events: DeliveryRun,
    rows: Rows,
) -> None:
    subscription = subscribe(events=("probe.*",))
    create_probe("tried")
    sent_webhooks.answer(500, retry_after="86400")
    assert len(sent_webhooks()) == 1
    create_probe("waits")
    assert api.post("/v1/modules/probe/deactivate").status == 200
    # Nothing has been handled yet; the gate is closed with the commit.
    assert sent_webhooks() == []
    assert [one.state for one in rows(subscription)] == ["pending", "cancelled"]
    run_events.finish_modules()
    assert {(one.state, one.error) for one in rows(subscription)} == {
        ("cancelled", "module_inactive")
    }
    assert all(one.finished for one in rows(subscription))


def test_tenants_are_looked_at_in_parts(
    subscribe: Subscribe,
    queue: Callable[..., None],
    workers: Callable[[], Claims],
    new_tenant: Callable[..., NewTenant],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sparx_core.webhooks.sending.claims.TENANTS", 2)
    for _ in range(5):
        queue(subscribe(of=new_tenant()), 1)
    claims = workers()
    sizes = []
    while True:
        sizes.append(len(claims.claim(10, 10)))
        if claims.wait is None:
            break
    assert sum(sizes) == 5
    assert max(sizes) <= 2
