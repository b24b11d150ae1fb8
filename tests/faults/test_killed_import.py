"""kill -9 of the worker in the middle of an import, and of its undoing: no row lost, none twice."""

from __future__ import annotations

import signal
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.live.api import Api
from tests.live.chance import Chance
from tests.live.installation import Installation
from tests.live.processes import until

pytestmark = pytest.mark.faults

ROWS, BAD, KILLS = 1_600, 8, 1


def file_of_customers() -> bytes:
    """Customers by number, of which every two-hundredth has no name."""
    lines = [
        f"{'' if number % (ROWS // BAD) == 7 else f'Customer {number}'},c{number}@example.com\n"
        for number in range(ROWS)
    ]
    return "".join(["name,email\n", *lines]).encode()


def start(api: Api, body: bytes) -> Any:
    """The job of an import, whose file is sent in one piece."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{api.port}/v1/crm/customers/import",
        data=body,
        headers={"Authorization": f"Bearer {api.key}", "Content-Type": "text/csv"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202
        path = answer.headers["Location"]
    return api.get(path).data


def kill_in_the_middle(installation: Installation, api: Api, job: Any, chance: Chance) -> int:
    """Let a worker go on for some steps and kill it; how many rows were done."""
    path = f"/v1/jobs/{job['id']}"
    done = api.get(path).data["rowsProcessed"]
    enough = done + chance.random.randrange(500, 1_000)
    worker = installation.worker()

    def is_far() -> bool:
        shown = api.get(path).data
        assert shown["state"] in ("queued", "running"), f"too fast for this test: {shown}"
        return bool(shown["rowsProcessed"] >= enough)

    until(is_far, 60, f"{enough} rows are done")
    assert worker.end(signal.SIGKILL) == -signal.SIGKILL
    return int(api.get(path).data["rowsProcessed"])


def finished(installation: Installation, api: Api, job: Any) -> Any:
    worker = installation.worker()
    path = f"/v1/jobs/{job['id']}"
    until(lambda: api.get(path).data["state"] not in ("queued", "running"), 90, "the job is over")
    assert worker.end() == 0
    return api.get(path).data


def test_a_killed_worker_leaves_an_import_at_the_end_of_a_step(
    install: Callable[..., Installation], chance: Chance
) -> None:
    installation = install()
    installation.migrate()
    installation.serve()
    api = installation.new_tenant("acme")
    before = api.get("/v1/crm/customers").body["meta"]["total"]

    job = start(api, file_of_customers())
    for _ in range(KILLS):
        done = kill_in_the_middle(installation, api, job, chance)
        print(f"killed after {done} rows")
        written = api.get("/v1/crm/customers?take=1").body["meta"]["total"] - before
        assert written == done - api.get(f"/v1/jobs/{job['id']}").data["rowsFailed"]
    shown = finished(installation, api, job)
    counts = [shown[name] for name in ("rowsProcessed", "rowsSucceeded", "rowsFailed")]
    assert counts == [ROWS, ROWS - BAD, BAD]
    lines = [one["line"] for one in api.get(f"/v1/jobs/{job['id']}/errors").data]
    assert lines == [number * (ROWS // BAD) + 7 + 2 for number in range(BAD)]
    with installation.admin() as cursor:
        cursor.execute(
            "SELECT count(*), count(DISTINCT email) FROM crm.customers WHERE email <> ''"
        )
        assert cursor.fetchone() == (ROWS - BAD, ROWS - BAD)
        cursor.execute("SELECT count(*) FROM core.events WHERE type = 'customer.created'")
        assert cursor.fetchone() == (ROWS - BAD,)

    undoing = api.post(f"/v1/jobs/{job['id']}/undo", None).data
    kill_in_the_middle(installation, api, undoing, chance)
    shown = finished(installation, api, undoing)
    assert (shown["rowsSucceeded"], shown["rowsFailed"]) == (ROWS - BAD, 0)
    assert api.get("/v1/crm/customers").body["meta"]["total"] == before
    assert api.get(f"/v1/jobs/{job['id']}").data["state"] == "undone"
