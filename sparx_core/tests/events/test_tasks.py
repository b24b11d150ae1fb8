"""Work on one row at a time that somebody names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest

from sparx_core import Context
from sparx_core.db.connection import Database
from sparx_core.events.retention import Kept, Retention
from sparx_core.events.types import Task
from sparx_core.modules import RegistryError
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control, Note, Probe, do_later
from .conftest import Delivery

Read = Callable[..., list[Delivery]]
PATH = "/v1/probe/probes"
TASK = "probe.do_later"


@pytest.fixture
def done(control: Control) -> list[UUID]:
    """The rows on which the task ran, in their order; it leaves a note there."""
    rows: list[UUID] = []

    def note(ctx: Context, probe: UUID) -> None:
        rows.append(probe)
        if ctx.find(Probe, probe) is not None:
            ctx.insert(Note(probe=probe, position=0, text="later"))

    control.later = note
    return rows


@pytest.fixture
def do(api: Api, control: Control) -> Callable[..., Any]:
    """Call a function with the context of a request, and a probe."""

    def call(probe: Any, action: Callable[[Context, Probe], Any], client: Api | None = None) -> Any:
        def act(ctx: Context, row: Probe) -> Probe:
            action(ctx, row)
            return row

        control.operation = act
        return (client or api).post(f"{PATH}/{probe['id']}/do", {})

    return call


def within(**more: float) -> Callable[[Context, Probe], None]:
    """Schedule the task for a time from now."""
    at = datetime.now(UTC) + timedelta(**more)
    return lambda ctx, row: ctx.schedule(do_later, row, at=at)


def test_it_runs_once_when_its_time_has_come(
    api: Api, create_probe: Callable[..., Any], do: Any, done: list[UUID],
    run_events: DeliveryRun, deliveries: Read,
) -> None:  # fmt: skip
    probe = create_probe()
    run_events()
    assert do(probe, within(hours=1)).status == 200
    assert run_events() == 0
    (delivery,) = deliveries(TASK)
    assert 3500 < delivery.wait <= 3600
    assert (delivery.state, delivery.event) == ("pending", "task.scheduled")
    run_events.make_due()
    assert run_events() == 1
    run_events.make_due()
    assert run_events() == 0
    assert [str(row) for row in done] == [probe["id"]]
    assert [one["text"] for one in api.get(f"{PATH}/{probe['id']}").data["notes"]] == ["later"]


def test_a_time_that_is_over_means_at_once(
    create_probe: Callable[..., Any], do: Any, done: list[UUID], run_events: DeliveryRun
) -> None:
    do(create_probe(), within(days=-1))
    run_events()
    assert len(done) == 1


def test_scheduling_again_moves_it(
    create_probe: Callable[..., Any], do: Any, done: list[UUID],
    run_events: DeliveryRun, deliveries: Read,
) -> None:  # fmt: skip
    probe, other = create_probe(), create_probe("other")
    for hours in (1, 3, 2):
        do(probe, within(hours=hours))
    do(other, within(hours=5))
    waits = sorted(one.wait for one in deliveries(TASK))
    assert [round(wait / 3600) for wait in waits] == [2, 5]
    run_events.make_due()
    run_events()
    assert sorted(map(str, done)) == sorted([probe["id"], other["id"]])


def test_what_is_rolled_back_was_never_scheduled(
    create_probe: Callable[..., Any], do: Any, deliveries: Read, owner: Owner, tenant: NewTenant
) -> None:
    probe = create_probe()
    do(probe, within(hours=1))
    (before,) = deliveries(TASK)

    def fail(ctx: Context, row: Probe) -> None:
        within(hours=2)(ctx, row)
        raise RuntimeError("no")

    assert do(probe, fail).status == 500
    (after,) = deliveries(TASK)
    assert (after.id, after.wait > 3000) == (before.id, True)
    count = "SELECT count(*) FROM core.events WHERE type = 'task.scheduled' AND tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 1


def test_unscheduled_it_never_runs(
    create_probe: Callable[..., Any], do: Any, done: list[UUID],
    run_events: DeliveryRun, deliveries: Read,
) -> None:  # fmt: skip
    probe, answers = create_probe(), []
    do(probe, within(hours=1))
    for _ in range(2):
        do(probe, lambda ctx, row: answers.append(ctx.unschedule(do_later, row)))
    assert answers == [True, False]
    assert deliveries(TASK) == []
    run_events.make_due()
    run_events()
    assert done == []


def test_one_that_failed_is_tried_again_and_can_be_moved(
    create_probe: Callable[..., Any], do: Any, control: Control,
    run_events: DeliveryRun, deliveries: Read,
) -> None:  # fmt: skip
    def fail(ctx: Context, probe: UUID) -> None:
        raise RuntimeError("not yet")

    control.later = fail
    probe = create_probe()
    do(probe, within(days=-1))
    run_events()
    (delivery,) = deliveries(TASK)
    assert (delivery.state, delivery.attempt) == ("retry", 1)
    do(probe, within(hours=1))
    (delivery,) = deliveries(TASK)
    assert (delivery.state, delivery.attempt, delivery.wait > 3500) == ("pending", 0, True)


def test_a_task_may_schedule_itself_for_ever(
    create_probe: Callable[..., Any], do: Any, control: Control, run_events: DeliveryRun,
    deliveries: Read,
) -> None:  # fmt: skip
    """While it runs, the next time is a delivery of its own; and it is no loop of events."""
    ran: list[UUID] = []

    def again(ctx: Context, probe: UUID) -> None:
        ran.append(probe)
        ctx.schedule(do_later, ctx.get(Probe, probe), at=datetime.now(UTC) + timedelta(hours=1))

    control.later = again
    do(create_probe(), within(days=-1))
    run_events()
    for _ in range(19):
        run_events.make_due()
        run_events()
    assert len(ran) == 20
    assert [one.state for one in deliveries(TASK)] == ["done"] * 20 + ["pending"]


def test_two_at_the_same_moment_leave_one(
    installation: Runtime, create_probe: Callable[..., Any], tenant: NewTenant, deliveries: Read
) -> None:
    from sparx_core.auth.keys import parse_key

    probe, barrier = create_probe(), Barrier(4)

    def schedule(hours: int) -> None:
        with installation.as_key(parse_key(tenant.api_key)) as ctx:
            row = ctx.get(Probe, UUID(probe["id"]))
            barrier.wait(30)
            ctx.schedule(do_later, row, at=datetime.now(UTC) + timedelta(hours=hours))
        installation.database.close()

    threads = [Thread(target=schedule, args=(hours,)) for hours in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(deliveries(TASK)) == 1


def test_it_is_of_one_tenant(
    api: Api, other_api: Api, create_probe: Callable[..., Any], do: Any, run_events: DeliveryRun,
    done: list[UUID], owner: Owner, tenant: NewTenant,
) -> None:  # fmt: skip
    mine, theirs = create_probe(), create_probe(client=other_api)
    do(mine, within(hours=1))
    do(theirs, within(hours=1), other_api)
    # With the other's row in hand, which it cannot read, it can still not reach the other's task.
    stolen = Probe(id=UUID(theirs["id"]))
    answers: list[bool] = []
    do(mine, lambda ctx, row: answers.append(ctx.unschedule(do_later, stolen)))
    assert answers == [False]
    run_events.make_due()
    run_events()
    assert sorted(map(str, done)) == sorted([mine["id"], theirs["id"]])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda ctx, row: ctx.schedule(do_later, row, at=datetime(2030, 1, 1)), ValueError),
        (
            lambda ctx, row: ctx.schedule(Task(lambda ctx, row: None), row, at=datetime.now(UTC)),
            RegistryError,
        ),
    ],
)
def test_what_cannot_be_scheduled(
    create_probe: Callable[..., Any], do: Any, deliveries: Read,
    wrong: Callable[[Context, Probe], None], error: type[Exception],
) -> None:  # fmt: skip
    def attempt(ctx: Context, row: Probe) -> None:
        with pytest.raises(error):
            wrong(ctx, row)

    assert do(create_probe(), attempt).status == 200
    assert deliveries(TASK) == []


# -- modules that are off --------------------------------------------------------------------------


def test_what_comes_up_while_the_module_is_off_runs_when_it_is_on_again(
    create_probe: Callable[..., Any], do: Any, done: list[UUID], run_events: DeliveryRun,
    activate: Callable[..., None], deactivate: Callable[..., None], deliveries: Read, api: Api,
) -> None:  # fmt: skip
    probe, later = create_probe(), create_probe("later")
    do(probe, within(hours=1))
    do(later, within(hours=1))
    run_events()
    deactivate("addon")
    deactivate("probe")
    run_events.finish_modules()
    run_events.make_due()
    run_events()
    assert [one.state for one in deliveries(TASK)] == ["skipped", "skipped"]
    assert done == []
    activate("probe")
    run_events.finish_modules()
    run_events()
    assert sorted(map(str, done)) == sorted([probe["id"], later["id"]])
    assert [one.state for one in deliveries(TASK)] == ["done", "done"]


@pytest.fixture
def retention(installation: Runtime) -> Iterator[Retention]:
    dispatch = Database(installation.urls.dispatch)
    yield Retention(dispatch, [])
    dispatch.close()


def test_it_is_kept_for_that_as_long_as_a_dead_one(
    create_probe: Callable[..., Any], do: Any, owner: Owner, tenant: NewTenant,
    deliveries: Read, retention: Retention,
) -> None:  # fmt: skip
    do(create_probe(), within(hours=1))
    owner.execute(
        "UPDATE core.deliveries SET state = 'skipped', finished_at = now() - interval '20 days'"
        " WHERE tenant_id = %s AND handler = %s",
        tenant.tenant_id,
        TASK,
    )
    retention.delete(Kept("done", "SELECT core.forget_deliveries(%s, %s, false)", 7))
    assert len(deliveries(TASK)) == 1
    retention.delete(Kept("dead", "SELECT core.forget_deliveries(%s, %s, true)", 19))
    assert deliveries(TASK) == []
