"""A delivery: claimed, run as its tenant, and what it does to the database done exactly once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from sparx_core import Context
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.models import MAX_DEPTH
from sparx_core.events.types import Occurrence
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control, Note, Probe, ProbeCreated
from .conftest import Delivery

Watch = Callable[[], AbstractContextManager[None]]
Read = Callable[..., list[Delivery]]
Point = Callable[[Delivery], str]
PATH = "/v1/probe/probes"


def note(ctx: Context, event: Occurrence) -> None:
    """A reaction that shows how often it ran: one note each time."""
    ctx.insert(Note(probe=event.aggregate_id, position=0, text="ran"))


def notes(api: Api, probe: Any) -> int:
    return len(api.get(f"{PATH}/{probe['id']}").data["notes"])


def test_nothing_happens_in_the_request(
    api: Api, create_probe: Callable[..., Any], control: Control, deliveries: Read
) -> None:
    control.reaction = note
    probe = create_probe()
    assert notes(api, probe) == 0
    assert control.seen == []
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("pending", 0)
    assert delivery.wait <= 0


def test_handler_runs_as_the_tenant_and_is_told_everything(
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    tenant: NewTenant,
    deliveries: Read,
) -> None:
    contexts: list[Context] = []
    control.reaction = lambda ctx, event: contexts.append(ctx)
    probe = create_probe(code="c", notes=[{"text": "a"}])
    assert run_events() == 2  # one for each handler of the event
    (event,) = control.seen
    assert (event.type, event.version) == ("probe.created", 1)
    assert str(event.aggregate_id) == probe["id"]
    assert event.data == probe
    assert datetime.now(UTC) - event.occurred_at < timedelta(minutes=1)
    (ctx,) = contexts
    assert (ctx.tenant.id, ctx.tenant.slug) == (tenant.tenant_id, tenant.slug)
    assert str(ctx.actor) == "handler:probe.react"
    assert ctx.modules == {"core", "probe", "addon"}
    assert ctx.depth == 1
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt, delivery.token) == ("done", 1, None)


def test_handler_sees_its_tenants_rows_only(
    api: Api,
    other_api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
) -> None:
    seen: dict[str, list[str]] = {}

    def look(ctx: Context, event: Occurrence) -> None:
        seen[ctx.tenant.slug.split("-")[0]] = [row.name for row in ctx.all(Probe.select())]

    control.reaction = look
    create_probe("mine")
    create_probe("theirs", client=other_api)
    run_events()
    assert seen == {"tenant": ["mine"], "other": ["theirs"]}


def test_effect_is_there_once_however_often_it_is_rung(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    deliveries: Read,
    worker: Callable[..., Dispatcher],
    pointer: Point,
) -> None:
    control.reaction = note
    probe = create_probe()
    (delivery,) = deliveries()
    for _ in range(3):
        worker().deliver([pointer(delivery)] * 3)
    assert notes(api, probe) == 1
    assert deliveries()[0].attempt == 1


def test_effect_is_there_once_when_many_workers_are_rung_at_once(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    deliveries: Read,
    worker: Callable[..., Dispatcher],
    pointer: Point,
) -> None:
    control.reaction = note
    made = [create_probe(f"n{number}") for number in range(5)]
    pointers = [pointer(one) for one in deliveries()]
    barrier = Barrier(6)

    def work() -> None:
        barrier.wait()
        worker().deliver(pointers)

    threads = [Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [notes(api, probe) for probe in made] == [1] * 5
    assert {one.state for one in deliveries()} == {"done"}


def test_pointers_to_nothing_are_ignored(
    worker: Callable[..., Dispatcher],
    tenant: NewTenant,
    other_tenant: NewTenant,
    create_probe: Callable[..., Any],
    deliveries: Read,
    control: Control,
    nothing_written: Watch,
) -> None:
    create_probe()
    (delivery,) = deliveries()
    missing = "01a2007d-fd87-73b7-b820-b471a0e40afc"
    with nothing_written():
        worker().deliver(
            [
                f"{tenant.tenant_id}/{missing}",
                f"{missing}/{missing}",
                f"{other_tenant.tenant_id}/{delivery.id}",
            ]
        )
    assert control.seen == []


# -- events that cause events ----------------------------------------------------------------------


def test_what_a_handler_emits_is_delivered_in_turn(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    def create_second(ctx: Context, event: Occurrence) -> None:
        if event.data["name"] == "first":
            row = ctx.insert(Probe(name="second"))
            ctx.emit(ProbeCreated(row))

    control.reaction = create_second
    api.post(PATH, {"name": "first"}, headers={"X-Request-Id": "it-all-began-here"})
    run_events()
    assert [event.data["name"] for event in control.seen] == ["first", "second"]
    assert owner.rows(
        "SELECT depth, actor LIKE 'key:%%', request_id FROM core.events WHERE tenant_id = %s"
        " AND type = 'probe.created' ORDER BY position",
        tenant.tenant_id,
    ) == [(0, True, "it-all-began-here"), (1, False, "it-all-began-here")]


def test_events_that_cause_one_another_come_to_an_end(
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
) -> None:
    def again(ctx: Context, event: Occurrence) -> None:
        ctx.emit(ProbeCreated(ctx.insert(Probe(name="and another"))))

    control.reaction = again
    create_probe()
    for _ in range(3):
        run_events()
        run_events.make_due()
    assert len(control.seen) == MAX_DEPTH
    found = deliveries()
    assert [one.state for one in found] == ["done"] * MAX_DEPTH + ["dead"]
    assert found[-1].attempt == 1, "what is too deep will not become less deep"
    assert f"{MAX_DEPTH} deep" in (found[-1].error or "")


# -- modules that are off --------------------------------------------------------------------------


def test_module_that_was_turned_off_in_between_is_skipped(
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    activate: Callable[..., None],
    deactivate: Callable[..., None],
    deliveries: Read,
) -> None:
    called: list[str] = []
    control.addon_reaction = lambda ctx, event: called.append("addon")
    create_probe()
    deactivate("addon")
    assert run_events() == 2
    assert called == []
    assert [one.state for one in deliveries("addon.react_too")] == ["skipped"]
    assert [one.state for one in deliveries()] == ["done"]
    activate("addon")
    run_events.make_due()
    run_events()
    assert called == [], "the past is not made up for"


def test_module_turned_off_by_another_tenant_goes_on_here(
    other_api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deactivate: Callable[..., None],
    deliveries: Read,
) -> None:
    create_probe()
    deactivate("addon", other_api)
    run_events()
    assert [one.state for one in deliveries("addon.react_too")] == ["done"]


# -- order -----------------------------------------------------------------------------------------


def test_one_handler_sees_the_events_of_one_row_in_order(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    deliveries: Read,
    worker: Callable[..., Dispatcher],
    pointer: Point,
) -> None:
    probe = create_probe()
    for number in range(5):
        api.patch(f"{PATH}/{probe['id']}", {"name": f"n{number}"})
    pointers = [pointer(one) for one in deliveries("probe.follow")]
    worker().deliver(pointers[::-1])
    assert [event.data["name"] for event in control.seen] == [f"n{number}" for number in range(5)]


def test_event_that_waits_for_its_next_attempt_holds_up_later_ones_of_its_row_only(
    api: Api,
    create_probe: Callable[..., Any],
    control: Control,
    run_events: DeliveryRun,
    deliveries: Read,
    owner: Owner,
) -> None:
    probe, other = create_probe("held up"), create_probe("goes on")
    run_events()

    def fail(ctx: Context, event: Occurrence) -> None:
        raise RuntimeError("not yet")

    # The same handler, event after event: what it does not get done, waits.
    owner.execute(
        "UPDATE core.deliveries SET handler = 'probe.react' WHERE handler = 'probe.follow'"
    )
    for name in ("first", "second"):
        for one in (probe, other):
            api.patch(f"{PATH}/{one['id']}", {"name": name})
    owner.execute(
        "UPDATE core.deliveries SET handler = 'probe.react' WHERE handler = 'probe.follow'"
        " AND state = 'pending'"
    )
    control.seen.clear()
    control.reaction = lambda ctx, event: (
        fail(ctx, event) if event.data["name"] == "first" and event.aggregate_id.hex
        == probe["id"].replace("-", "") else None
    )  # fmt: skip
    run_events()
    names = [(str(event.aggregate_id), event.data["name"]) for event in control.seen]
    assert names.count((probe["id"], "first")) == 1
    assert (probe["id"], "second") not in names
    assert names.index((other["id"], "first")) < names.index((other["id"], "second"))
    control.reaction = lambda ctx, event: None
    run_events.make_due()
    assert run_events() == 2
    assert [event.data["name"] for event in control.seen][-2:] == ["first", "second"]


@pytest.mark.parametrize("handlers", [0, 1])
def test_without_handlers_there_are_no_deliveries(
    installation: Runtime, handlers: int, deactivate: Callable[..., None], api: Api,
    create_probe: Callable[..., Any], deliveries: Read,
) -> None:  # fmt: skip
    if not handlers:
        deactivate("addon")
    create_probe()
    assert len(deliveries("addon.react_too")) == handlers
