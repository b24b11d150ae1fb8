"""Jobs of kinds that modules have: done in many transactions, each whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core import Conflict, Context, Failure, Job, Progress, start_job
from sparx_core.testing import Api, DeliveryRun

from ..probe.declared import Control, Probe, work

PATH = "/v1/probe"


@pytest.fixture
def start(api: Api, control: Control) -> Callable[..., Any]:
    """Starts a job with options, and returns what it is."""

    def start(**options: Any) -> Any:
        control.call = lambda ctx: {"id": str(start_job(ctx, work, "probe.probes", options).id)}
        return api.get(f"/v1/jobs/{api.post(f'{PATH}/call').data['id']}").data

    return start


def test_a_job_goes_on_where_its_last_step_ended(
    api: Api, control: Control, start: Callable[..., Any], run_events: DeliveryRun
) -> None:
    def step(ctx: Context, job: Job) -> Progress:
        number = job.cursor.get("number", 0)
        ctx.insert(Probe(name=f"{job.options['prefix']}{number}"))
        cursor = {"number": number + 1}
        return Progress(done=number == 2, processed=1, succeeded=1, changes={"cursor": cursor})

    control.step = step
    job = start(prefix="made ")
    assert (job["kind"], job["state"], job["resource"]) == ("probe.work", "queued", "probe.probes")
    run_events()
    job = api.get(f"/v1/jobs/{job['id']}").data
    assert (job["state"], job["rowsSucceeded"]) == ("succeeded", 3)
    assert {one["name"] for one in api.get(f"{PATH}/probes").data} == {"made 0", "made 1", "made 2"}
    assert [one["id"] for one in api.get("/v1/jobs", params={"kind": "probe.work"}).data] == [
        job["id"]
    ]


def test_what_could_not_be_done_is_listed(
    api: Api,
    control: Control,
    create_probe: Callable[..., Any],
    start: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    probe = create_probe()

    def step(ctx: Context, job: Job) -> Progress:
        failures = [Failure(probe["id"], "probe_busy", "It sleeps.", field="name")] * 2
        return Progress(done=job.rows_processed == 2, processed=2, failed=2, failures=failures)

    control.step = step
    job = start()
    run_events()
    errors = api.get(f"/v1/jobs/{job['id']}/errors").data
    assert len(errors) == 4
    assert {(one["rowId"], one["code"], one["field"]) for one in errors} == {
        (probe["id"], "probe_busy", "name")
    }


def test_a_step_that_is_refused_ends_the_job_and_leaves_nothing(
    api: Api,
    control: Control,
    start: Callable[..., Any],
    run_events: DeliveryRun,
) -> None:
    def step(ctx: Context, job: Job) -> Progress:
        ctx.insert(Probe(name="half"))
        ctx.flush()
        raise Conflict("There is no going on.")

    control.step = step
    job = start()
    run_events()
    shown = api.get(f"/v1/jobs/{job['id']}").data
    assert (shown["state"], shown["error"]["code"]) == ("failed", "conflict")
    assert api.get(f"{PATH}/probes").data == []


def test_a_cancelled_job_goes_no_further(
    api: Api, control: Control, start: Callable[..., Any], run_events: DeliveryRun
) -> None:
    steps: list[Job] = []
    control.step = lambda ctx, job: (steps.append(job), Progress(done=True))[1]
    job = start()
    assert api.post(f"/v1/jobs/{job['id']}/cancel").data["state"] == "cancelled"
    run_events()
    assert steps == []
