"""Handlers that fail, workers that die: tried again, given up, never half done."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from sparx_core import Conflict, Context, NotFound
from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.doorbell import Doorbell, build_huey
from sparx_core.events.failures import MAX_ATTEMPTS, MAX_DELAY, retry_delay
from sparx_core.events.fairness import FairQueue
from sparx_core.events.sweeper import Sweeper
from sparx_core.events.types import Occurrence
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control, Note
from .conftest import Delivery

Read = Callable[..., list[Delivery]]
Point = Callable[[Delivery], str]
PATH = "/v1/probe/probes"


def note(ctx: Context, event: Occurrence) -> None:
    ctx.insert(Note(probe=event.aggregate_id, position=0, text="ran"))


def notes(api: Api, probe: Any) -> int:
    return len(api.get(f"{PATH}/{probe['id']}").data["notes"])


def failing(error: Exception, *, sent: bool = True) -> Callable[[Context, Occurrence], None]:
    def fail(ctx: Context, event: Occurrence) -> None:
        note(ctx, event)
        if sent:
            ctx.flush()
        raise error

    return fail


# -- tried again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("attempt", range(1, 25))
def test_delay_doubles_up_to_an_hour_and_varies(attempt: int) -> None:
    delays = [retry_delay(attempt) for _ in range(200)]
    base = min(2.0**attempt, MAX_DELAY)
    assert 0.8 * base <= min(delays) < max(delays) <= 1.2 * base
    assert len(set(delays)) > 100


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), Unavailable(), KeyError("x"), RuntimeError("x" * 5000)]
)
def test_failed_attempt_leaves_nothing_and_is_repeated_later(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
    owner: Owner,
    error: Exception,
    sent: bool,
) -> None:
    control.reaction = failing(error, sent=sent)
    probe = create_probe()
    assert run_events() == 2
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt, delivery.token) == ("retry", 1, None)
    assert 1.59 < delivery.delay <= 2.4
    # Later still: what a slow machine takes to look must not count.
    owner.execute(
        "UPDATE core.deliveries SET due_at = due_at + interval '1 hour' WHERE id = %s", delivery.id
    )
    assert run_events() == 0, "it is not due yet"
    assert delivery.error is not None
    assert delivery.error.startswith(type(error).__name__)
    assert len(delivery.error) <= 2000
    assert notes(api, probe) == 0
    run_events.make_due()
    assert run_events() == 1
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("retry", 2)
    assert 3.19 < delivery.delay <= 4.8
    control.reaction = note
    run_events.make_due()
    assert run_events() == 1
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("done", 3)
    assert notes(api, probe) == 1


def test_violated_constraint_in_a_handler_is_a_failure_like_others(
    create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun, deliveries: Read
) -> None:
    def violate(ctx: Context, event: Occurrence) -> None:
        ctx.transaction.scalar("SELECT 1 / 0")

    control.reaction = violate
    create_probe()
    run_events()
    assert [one.state for one in deliveries()] == ["retry"]
    control.reaction = note
    run_events.make_due()
    run_events()
    assert [one.state for one in deliveries()] == ["done"]


def test_handler_that_swallows_a_database_error_is_not_done(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
) -> None:
    def swallow(ctx: Context, event: Occurrence) -> None:
        note(ctx, event)
        ctx.flush()
        with pytest.raises(Exception, match="division"):
            ctx.transaction.scalar("SELECT 1 / 0")

    control.reaction = swallow
    probe = create_probe()
    run_events()
    assert [one.state for one in deliveries()] == ["retry"]
    assert notes(api, probe) == 0


# -- given up --------------------------------------------------------------------------------------


def test_dead_after_the_last_attempt(
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
    owner: Owner,
) -> None:
    control.reaction = failing(RuntimeError("broken for good"))
    create_probe()
    (delivery,) = deliveries()
    owner.execute(
        "UPDATE core.deliveries SET attempt = %s WHERE id = %s", MAX_ATTEMPTS - 2, delivery.id
    )
    run_events()
    assert [one.state for one in deliveries()] == ["retry"]
    run_events.make_due()
    run_events()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("dead", MAX_ATTEMPTS)
    assert delivery.error == "RuntimeError: broken for good"
    run_events.make_due()
    assert run_events() == 0


@pytest.mark.parametrize("error", [Conflict("Never."), NotFound()])
def test_error_that_time_does_not_heal_is_dead_at_once(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
    error: Exception,
) -> None:
    control.reaction = failing(error)
    probe = create_probe()
    run_events()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("dead", 1)
    assert delivery.error is not None
    assert type(error).__name__ in delivery.error
    assert notes(api, probe) == 0


def test_dead_delivery_does_not_hold_up_the_next_event_of_its_row(
    api: Api, create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, owner: Owner,
) -> None:  # fmt: skip
    probe = create_probe()
    api.patch(f"{PATH}/{probe['id']}", {"name": "two"})
    api.patch(f"{PATH}/{probe['id']}", {"name": "three"})
    first = deliveries("probe.follow")[0]
    owner.execute("UPDATE core.deliveries SET state = 'dead' WHERE id = %s", first.id)
    run_events()
    assert [one.state for one in deliveries("probe.follow")] == ["dead", "done"]


# -- handlers that are not here --------------------------------------------------------------------


def test_worker_without_the_module_leaves_the_delivery_for_others(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    worker: Callable[..., Dispatcher],
    pointer: Point,
    run_events: DeliveryRun,
    deliveries: Read,
    dispatch: Database,
    installation: Runtime,
) -> None:
    control.reaction = note
    probe = create_probe()
    lacking = worker(without=("probe", "addon"))
    lacking.deliver([pointer(deliveries()[0])])
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("blocked", 0)
    assert delivery.error is not None
    assert "probe is not installed here" in delivery.error
    sweeper(lacking.runtime, dispatch).unblock()
    assert [one.state for one in deliveries()] == ["blocked"], "nor can it unblock it"
    sweeper(installation, dispatch).unblock()
    assert run_events() == 2
    assert [one.state for one in deliveries()] == ["done"]
    assert notes(api, probe) == 1


def sweeper(runtime: Runtime, dispatch: Database) -> Sweeper:
    doorbell = Doorbell(build_huey(None, runtime.urls.dispatch))
    return Sweeper(runtime, dispatch, doorbell, FairQueue(4))


def test_running_worker_frees_what_another_one_blocked(
    create_probe: Callable[..., Any],
    worker: Callable[..., Dispatcher],
    pointer: Point,
    deliveries: Read,
    installation: Runtime,
    owner: Owner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sparx_core.events.sweeper.BLOCKED_DELAY", 0.1)
    running = sweeper(installation, Database(installation.urls.dispatch))
    running.start()
    try:
        create_probe()
        worker(without=("probe", "addon")).deliver([pointer(deliveries()[0])])
        deadline = time.monotonic() + 10
        while deliveries()[0].state == "blocked":
            assert time.monotonic() < deadline, "a worker that has the handler never looked"
            time.sleep(0.05)
    finally:
        running.stop()


# -- leases ----------------------------------------------------------------------------------------


def test_held_delivery_is_left_alone(
    create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, dispatch: Database, tenant: Any, worker: Callable[..., Dispatcher],
    pointer: Point,
) -> None:  # fmt: skip
    create_probe()
    (delivery,) = deliveries()
    claim(dispatch, tenant, delivery, 60)
    assert run_events() == 1, "only the other handler's"
    worker().deliver([pointer(delivery)])
    assert control.seen == []
    (held,) = deliveries()
    assert (held.state, held.attempt) == ("running", 1)
    assert held.lease is not None
    assert 50 < held.lease <= 60


def claim(dispatch: Database, tenant: Any, delivery: Delivery, lease: float) -> Any:
    with dispatch.transaction(
        "SELECT token FROM core.claim_delivery(%s, %s, %s)",
        (str(delivery.id), str(tenant.tenant_id), lease),
    ) as row:
        assert row is not None
        return row[0]


def test_delivery_of_a_dead_worker_is_taken_over_when_its_lease_ends(
    api: Api, create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, dispatch: Database, tenant: Any,
) -> None:  # fmt: skip
    control.reaction = note
    probe = create_probe()
    claim(dispatch, tenant, deliveries()[0], 60)
    run_events()
    run_events.make_due()
    assert run_events() == 1
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("done", 2)
    assert notes(api, probe) == 1


def run_elsewhere(run_events: DeliveryRun) -> None:
    """Let the leases end, and another worker take over: another thread has other connections."""
    run_events.make_due()
    thread = Thread(target=run_events)
    thread.start()
    thread.join()


def test_worker_that_lost_its_lease_does_nothing(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
    dispatch: Database,
    tenant: Any,
    worker: Callable[..., Dispatcher],
    pointer: Point,
) -> None:
    """A slow worker wakes up after another one took its delivery over and finished it."""
    probe = create_probe()
    (delivery,) = deliveries()
    taken_over: list[bool] = []

    def sleep_too_long(ctx: Context, event: Occurrence) -> None:
        note(ctx, event)
        ctx.flush()
        if not taken_over:
            taken_over.append(True)
            run_elsewhere(run_events)  # by somebody who is not slow

    control.reaction = sleep_too_long
    worker().deliver([pointer(delivery)])
    assert notes(api, probe) == 1
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("done", 2)


def test_worker_that_fails_after_it_lost_its_lease_does_not_undo_the_others_work(
    create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, worker: Callable[..., Dispatcher], pointer: Point,
) -> None:  # fmt: skip
    taken_over: list[bool] = []

    def fail_too_late(ctx: Context, event: Occurrence) -> None:
        if not taken_over:
            taken_over.append(True)
            run_elsewhere(run_events)
            raise RuntimeError("too late")

    control.reaction = fail_too_late
    create_probe()
    worker().deliver([pointer(deliveries()[0])])
    assert [(one.state, one.error) for one in deliveries()] == [("done", None)]


def test_expired_lease_cannot_be_entered(
    create_probe: Callable[..., Any], run_events: DeliveryRun, deliveries: Read,
    dispatch: Database, tenant: Any, installation: Runtime,
) -> None:  # fmt: skip
    create_probe()
    (delivery,) = deliveries()
    token = claim(dispatch, tenant, delivery, 60)
    enter = "SELECT slug FROM core.enter_delivery(%s, %s, %s, %s)"
    held = (str(delivery.id), str(tenant.tenant_id), str(token))
    ((shown,),) = dispatch.call("SELECT core.delivery_pass(%s, %s, %s)", held)
    held = (*held, shown)
    with installation.database.transaction(enter, held) as row:
        assert row == (tenant.slug,)
    run_events.make_due()
    with installation.database.transaction(enter, held) as row:
        assert row is None
    wrong = (str(delivery.id), str(tenant.tenant_id), "01a2007d-fd87-43b7-b820-b471a0e40afc", shown)
    with installation.database.transaction(enter, wrong) as row:
        assert row is None


def test_slow_handler_keeps_its_lease(
    api: Api, create_probe: Callable[..., Any], control: Control, deliveries: Read,
    worker: Callable[..., Dispatcher], pointer: Point,
) -> None:  # fmt: skip
    slow = worker(lease=1.0)
    slow.start_heartbeat()
    extended: list[float] = []

    def work(ctx: Context, event: Occurrence) -> None:
        note(ctx, event)
        began = time.monotonic()
        while time.monotonic() - began < 1.6:  # longer than the lease, which goes on
            (held,) = deliveries()
            assert held.lease is not None
            extended.append(held.lease)
            time.sleep(0.05)

    control.reaction = work
    probe = create_probe()
    try:
        slow.deliver([pointer(deliveries()[0])])
    finally:
        slow.stop()
    assert min(extended) > 0
    assert [(one.state, one.attempt) for one in deliveries()] == [("done", 1)]
    assert notes(api, probe) == 1
