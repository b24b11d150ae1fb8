"""A module that is activated gets what happened before, if somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import Context
from sparx_core.events.types import Occurrence
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control
from .conftest import ago, codes_of, replayed

Create = Callable[..., Any]
ACTIVATE = "/v1/modules/addon/activate"


@pytest.fixture
def seen(control: Control) -> list[Occurrence]:
    """What the handler of addon gets."""
    found: list[Occurrence] = []

    def react(ctx: Context, event: Occurrence) -> None:
        found.append(event)

    control.addon_reaction = react
    return found


@pytest.fixture
def jobs(api: Api) -> Callable[[], list[Any]]:
    return lambda: api.get("/v1/jobs?kind=replay").data


@pytest.mark.modules("probe")
def test_events_of_before_are_replayed_and_those_of_meanwhile_come_once(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    past: Callable[[], None],
    finish: Callable[[str], Any],
    seen: list[Occurrence],
    control: Control,
    jobs: Callable[[], list[Any]],
    owner: Owner,
) -> None:
    old = [create_probe(name) for name in "abc"]
    run_events()
    past()
    control.seen.clear()
    shown = api.post(ACTIVATE, {"backfillFrom": ago(hours=2)})
    assert (shown.status, shown.data["state"]) == (200, "active")
    # Between the activation and the job: it has a delivery of its own, and gets no other one.
    live = create_probe("live")
    (job,) = jobs()
    assert job["state"] == "queued"
    ended = finish(job["id"])
    assert (ended["state"], ended["rowsSucceeded"]) == ("succeeded", 3)
    assert {(str(one.aggregate_id), one.replay) for one in seen} == {
        *((probe["id"], True) for probe in old),
        (live["id"], False),
    }
    assert len(seen) == 4
    assert [one.data for one in seen if one.replay] == old
    # Only the handlers of the module: probe's own saw the live one alone.
    assert [str(one.aggregate_id) for one in control.seen] == [live["id"]]
    assert {row[0] for row in replayed(owner, job["id"])} == {"addon.react_too"}


@pytest.mark.modules("probe")
def test_without_it_the_past_stays_the_past(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    seen: list[Occurrence],
    jobs: Callable[[], list[Any]],
) -> None:
    create_probe()
    for body in (None, {}):
        assert api.post(ACTIVATE, body).status == 200
    run_events()
    assert (seen, jobs()) == ([], [])


def test_what_it_missed_while_it_was_off_comes_when_its_rows_are_back(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    deactivate: Callable[..., None],
    past: Callable[[], None],
    finish: Callable[[str], Any],
    seen: list[Occurrence],
    jobs: Callable[[], list[Any]],
) -> None:
    handled = create_probe("handled")
    api.post("/v1/probe/extras", {"probeId": handled["id"]})
    api.post("/v1/addon/extras", {"probeId": handled["id"]})
    run_events()
    assert [str(one.aggregate_id) for one in seen] == [handled["id"]]
    deactivate("addon")
    missed = create_probe("missed")
    run_events()
    past()
    seen.clear()
    shown = api.post(ACTIVATE, {"backfillFrom": ago(hours=2)}).data
    run_events.finish_modules()
    state = api.get("/v1/modules/addon").data["state"]
    assert state == "active", shown
    (job,) = jobs()
    assert finish(job["id"])["state"] == "succeeded"
    # What it has handled already is not handled again.
    assert [str(one.aggregate_id) for one in seen] == [missed["id"]]


@pytest.mark.modules("probe")
@pytest.mark.parametrize(
    "since",
    [
        pytest.param(ago(days=91), id="too long ago"),
        pytest.param(ago(days=-1), id="not yet"),
        "yesterday",
        5,
    ],
)
def test_a_time_that_cannot_be_is_refused(
    api: Api, nothing_written: Callable[[], Any], since: Any
) -> None:
    with nothing_written():
        answer = api.post(ACTIVATE, {"backfillFrom": since})
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert codes_of(answer) == ["/backfillFrom"]
    assert api.get("/v1/modules/addon").data["state"] == "inactive"


def test_a_module_that_is_active_has_no_before(
    api: Api, nothing_written: Callable[[], Any]
) -> None:
    with nothing_written():
        answer = api.post(ACTIVATE, {"backfillFrom": ago(hours=1)})
    assert (answer.status, answer.error["code"]) == (409, "invalid_transition")


@pytest.mark.modules("probe")
def test_a_key_that_may_not_read_the_past_cannot_hand_it_on(
    api: Api,
    create_probe: Create,
    key_for: Callable[..., Api],
    nothing_written: Callable[[], Any],
) -> None:
    create_probe()
    body = {"backfillFrom": ago(hours=1)}
    blind = key_for("write:core", "read:core")
    with nothing_written():
        answer = blind.post(ACTIVATE, body)
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    assert key_for("write:core", "read:probe").post(ACTIVATE, body).data["state"] == "active"
