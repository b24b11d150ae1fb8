"""Deliveries that are given up: what is told of them, what they hold back, and the quarantine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from sparx_core import Conflict, Context
from sparx_core.db.connection import Database
from sparx_core.events import quarantine as quarantines
from sparx_core.events.dead import DeliveryDied
from sparx_core.events.dispatch import Dispatcher
from sparx_core.events.failures import Failure
from sparx_core.events.held import Held
from sparx_core.events.quarantine import Quarantine
from sparx_core.events.types import Handler, Occurrence, on
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control
from .conftest import Delivery

Read = Callable[..., list[Delivery]]
PATH = "/v1/probe/probes"
NEVER = Conflict("Never.")


def fail(ctx: Context, event: Occurrence) -> None:
    raise NEVER


# -- what is told ----------------------------------------------------------------------------------


@pytest.fixture
def told(installation: Runtime, monkeypatch: pytest.MonkeyPatch) -> list[Occurrence]:
    """What a handler of ``delivery.died`` is told; it fails if the event is about its own kind."""
    heard: list[Occurrence] = []

    def hear(ctx: Context, event: Occurrence) -> None:
        heard.append(event)

    handler = Handler(DeliveryDied.name, hear, "probe")
    monkeypatch.setitem(installation.registry.handlers, "probe.hear", handler)
    monkeypatch.setattr(installation.registry, "_handlers_by_event", {})
    return heard


def test_a_dead_delivery_is_an_event(
    create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, told: list[Occurrence], owner: Owner, tenant: NewTenant,
) -> None:  # fmt: skip
    control.reaction = fail
    create_probe()
    run_events()
    (delivery,) = deliveries()
    assert delivery.state == "dead"
    ((public, about),) = owner.rows(
        "SELECT public, aggregate_id FROM core.events WHERE type = 'delivery.died'"
        " AND tenant_id = %s",
        tenant.tenant_id,
    )
    assert (public, about) == (True, delivery.id)
    (event,) = told
    assert event.aggregate_id == delivery.id
    assert (event.data["id"], event.data["state"]) == (str(delivery.id), "dead")
    assert event.data["handler"] == "probe.react"


def test_what_was_rolled_back_of_the_handler_stays_so(
    api: Api, create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    told: list[Occurrence],
) -> None:  # fmt: skip
    from ..probe.declared import Note

    def note_and_fail(ctx: Context, event: Occurrence) -> None:
        ctx.insert(Note(probe=event.aggregate_id, position=0, text="ran"))
        ctx.flush()
        raise NEVER

    control.reaction = note_and_fail
    probe = create_probe()
    run_events()
    assert len(told) == 1
    assert api.get(f"{PATH}/{probe['id']}").data["notes"] == []


def test_nothing_is_told_of_who_should_have_heard(
    installation: Runtime, create_probe: Callable[..., Any], control: Control,
    run_events: DeliveryRun, told: list[Occurrence], owner: Owner, tenant: NewTenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    deaf = Handler(DeliveryDied.name, fail, "probe")
    monkeypatch.setitem(installation.registry.handlers, "probe.fail", deaf)
    control.reaction = fail
    create_probe()
    run_events()
    count = "SELECT count(*) FROM core.events WHERE type = 'delivery.died' AND tenant_id = %s"
    assert owner.value(count, tenant.tenant_id) == 1
    state = "SELECT state FROM core.deliveries WHERE handler = 'probe.fail' AND tenant_id = %s"
    assert owner.value(state, tenant.tenant_id) == "dead"
    assert len(told) == 1


def test_a_death_that_cannot_be_told_is_one_all_the_same(
    create_probe: Callable[..., Any], control: Control, run_events: DeliveryRun,
    deliveries: Read, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def broken(*arguments: Any) -> None:
        raise RuntimeError("cannot be told")

    monkeypatch.setattr("sparx_core.events.dispatch.bury", broken)
    control.reaction = fail
    create_probe()
    run_events()
    (delivery,) = deliveries()
    assert (delivery.state, delivery.token) == ("dead", None)


# -- what it holds back ----------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "after"), [("skip", "done"), ("block", "pending")])
def test_later_events_of_the_row_after_a_dead_one(
    installation: Runtime, api: Api, create_probe: Callable[..., Any], run_events: DeliveryRun,
    deliveries: Read, owner: Owner, tenant: NewTenant, monkeypatch: pytest.MonkeyPatch,
    policy: str, after: str,
) -> None:  # fmt: skip
    failing = [True]

    def follow(ctx: Context, event: Occurrence) -> None:
        if failing[0] and event.data["name"] == "two":
            raise NEVER

    handler = Handler("probe.updated", follow, "probe", after_dead=policy)  # type: ignore[arg-type]
    monkeypatch.setitem(installation.registry.handlers, "probe.follow", handler)
    probe, other = create_probe(), create_probe("other")
    for one in (probe, other):
        for name in ("two", "three"):
            changed = name if one is probe else f"{name} of another row"
            api.patch(f"{PATH}/{one['id']}", {"name": changed})
    run_events()
    states = {
        (str(row), state)
        for row, state in owner.rows(
            "SELECT aggregate_id, state FROM core.deliveries WHERE tenant_id = %s"
            " AND handler = 'probe.follow'",
            tenant.tenant_id,
        )
    }
    assert states == {(probe["id"], "dead"), (probe["id"], after), (other["id"], "done")}

    failing[0] = False
    (dead,) = [one for one in deliveries("probe.follow") if one.state == "dead"]
    assert api.post(f"/v1/deliveries/{dead.id}/retry").status == 200
    run_events()
    assert {one.state for one in deliveries("probe.follow")} == {"done"}


def test_there_are_two_policies() -> None:
    with pytest.raises(ValueError, match="skip"):
        on("order.created", after_dead="wait")  # type: ignore[arg-type]


# -- quarantine ------------------------------------------------------------------------------------


class NotedQuarantine(Quarantine):
    """Notes what it was given, instead of starting a process, and says what became of it."""

    def __init__(self, outcome: Failure | None = None) -> None:
        super().__init__()
        self.outcome, self.given = outcome, list[Held]()

    def run(self, held: Held, report: quarantines.Report) -> None:
        self.given.append(held)
        report(held, self.outcome)


def crash(dispatch: Database, tenant: NewTenant, delivery: Delivery, times: int) -> None:
    """Workers claim it, and are never heard of again."""
    for _ in range(times):
        claimed = dispatch.call(
            "SELECT token FROM core.claim_delivery(%s, %s, -1)",
            (str(delivery.id), str(tenant.tenant_id)),
        )
        assert claimed


@pytest.fixture
def poison(
    create_probe: Callable[..., Any], deliveries: Read, dispatch: Database, tenant: NewTenant
) -> Delivery:
    """A delivery that three workers died of."""
    create_probe()
    (delivery,) = deliveries()
    crash(dispatch, tenant, delivery, 3)
    return delivery


def quarantined(owner: Owner, delivery: Delivery) -> tuple[str, int, int, bool]:
    ((state, attempt, unanswered, since),) = owner.rows(
        "SELECT state, attempt, unanswered, quarantined_at IS NOT NULL FROM core.deliveries"
        " WHERE id = %s",
        delivery.id,
    )
    return state, attempt, unanswered, since


def test_after_three_deaths_it_is_left_to_who_can_run_it_alone(
    installation: Runtime, dispatch: Database, poison: Delivery, owner: Owner, control: Control,
    pointer: Callable[[Delivery], str],
) -> None:  # fmt: skip
    Dispatcher(installation, dispatch, 60).deliver([pointer(poison)])
    assert control.seen == []
    assert quarantined(owner, poison) == ("running", 3, 3, False)
    place = NotedQuarantine(Failure("killed its process: SIGKILL"))
    Dispatcher(installation, dispatch, 60, place).deliver([pointer(poison)])
    (held,) = place.given
    assert (held.delivery, held.quarantined, held.attempt) == (poison.id, True, 4)
    assert control.seen == [], "it does not run in this process"
    assert quarantined(owner, poison) == ("retry", 4, 0, True)


def test_it_stays_there_until_it_is_over(
    installation: Runtime, dispatch: Database, poison: Delivery, owner: Owner,
    pointer: Callable[[Delivery], str], run_events: DeliveryRun, deliveries: Read,
) -> None:  # fmt: skip
    place = NotedQuarantine(Failure("killed its process: SIGKILL"))
    worker = Dispatcher(installation, dispatch, 60, place)
    for _ in range(20):
        worker.deliver([pointer(poison)])
        run_events.make_due()
    assert len(place.given) == 17
    (delivery,) = deliveries()
    assert (delivery.state, delivery.attempt) == ("dead", 20)
    assert delivery.error == "killed its process: SIGKILL"


def test_two_deaths_and_an_outcome_are_no_reason(
    create_probe: Callable[..., Any], deliveries: Read, dispatch: Database, tenant: NewTenant,
    owner: Owner, control: Control, run_events: DeliveryRun,
) -> None:  # fmt: skip
    def fail_for_now(ctx: Context, event: Occurrence) -> None:
        raise RuntimeError("not yet")

    control.reaction = fail_for_now
    create_probe()
    (delivery,) = deliveries()
    for _ in range(3):
        crash(dispatch, tenant, delivery, 2)
        run_events.make_due()
        run_events()
        assert quarantined(owner, delivery)[2:] == (0, False)
        run_events.make_due()


def test_a_place_that_is_taken_or_closed_is_not_free() -> None:
    place = Quarantine()
    assert place.is_free()
    with place._place:
        assert not place.is_free()
    place.stop()
    assert not place.is_free()


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("import os; os._exit(9)", Failure("killed its process: exit code 9")),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
            Failure("killed its process: SIGSEGV"),
        ),
        ("print('null')", None),
        ('print(\'{"reason": "E: x", "permanent": true}\')', Failure("E: x", True)),
        # One that reads the order, and lives as long as its input.
        ("import sys; sys.stdin.readline(); print('null')", None),
    ],
)
def test_what_the_death_of_a_process_says(
    monkeypatch: pytest.MonkeyPatch, code: str, failure: Failure | None
) -> None:
    monkeypatch.setattr(quarantines, "_COMMAND", (sys.executable, "-c", code))
    ids = UUID(int=1)
    held = Held(ids, ids, ids, "probe.react", "probe", 4, "pass", "probe.created", True)
    assert Quarantine()._in_child(held) == failure
