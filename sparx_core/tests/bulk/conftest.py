"""A client for files and jobs, beside what every test has."""

from __future__ import annotations

from typing import Any

import pytest

from sparx_core.events import dispatch
from sparx_core.testing import Api, DeliveryRun

PATH = "/v1/probe/probes"
CSV, NDJSON = "text/csv", "application/x-ndjson"


class Bulk:
    """Jobs of one client, worked off at once."""

    def __init__(self, api: Api, run_events: DeliveryRun) -> None:
        self.api, self.run_events = api, run_events

    def batch(self, *items: Any, **more: Any) -> Any:
        return self.api.post(f"{PATH}/batch", {"items": list(items), **more})

    def send(self, body: bytes, query: str = "", media: str = CSV, **headers: str) -> Any:
        """The answer to an import."""
        sent = {"Content-Type": media, **headers}
        return self.api.request("POST", f"{PATH}/import", body=body, query=query, headers=sent)

    def imported(self, body: bytes, query: str = "", media: str = CSV) -> Any:
        answer = self.send(body, query, media)
        assert answer.status == 202, answer.text
        return self.finished(answer.data)

    def finished(self, job: Any) -> Any:
        """The job when it is over."""
        self.run_events.finish_modules()  # and all else that the core does
        shown = self.api.get(f"/v1/jobs/{job['id']}").data
        assert shown["state"] not in ("queued", "running"), shown
        return shown

    def step(self) -> None:
        """One step of the only job that there is."""
        run = self.run_events
        ((tenant, delivery),) = run.owner.rows(
            "SELECT tenant_id, id FROM core.deliveries WHERE tenant_id = ANY(%s)"
            " AND handler = 'core.run_job' AND state = 'pending'",
            run.tenants,
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dispatch, "TURN_SECONDS", 0)
            run.dispatcher.take_turn((tenant, delivery))

    def undone(self, job: Any) -> Any:
        answer = self.api.post(f"/v1/jobs/{job['id']}/undo")
        assert answer.status == 200, answer.text
        return self.finished(answer.data)

    def exported(self, query: str = "") -> bytes:
        answer = self.api.request("POST", f"{PATH}/export", query=query)
        assert answer.status == 202, answer.text
        job = self.finished(answer.data)
        assert job["state"] == "succeeded", job
        return self.api.get(f"/v1/jobs/{job['id']}/file").body

    def errors(self, job: Any) -> list[tuple[int, str, str]]:
        found = self.api.get(f"/v1/jobs/{job['id']}/errors?take=250").data
        return [(one["line"], one["field"], one["code"]) for one in found]


@pytest.fixture
def bulk(api: Api, run_events: DeliveryRun) -> Bulk:
    return Bulk(api, run_events)


@pytest.fixture
def other_bulk(other_api: Api, run_events: DeliveryRun) -> Bulk:
    return Bulk(other_api, run_events)
