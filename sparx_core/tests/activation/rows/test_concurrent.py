"""A module switched off and on, again and again, while requests go on."""

from __future__ import annotations

import time
from collections import Counter
from threading import Thread
from typing import Any

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import Rows

ROUNDS, CLIENTS = 12, 4


class Clients:
    """Threads that create, change nothing, and read, until they are told to stop."""

    def __init__(self, api: Api, installation: Runtime) -> None:
        self.api, self.installation = api, installation
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.created: set[str] = set()
        self.problems: list[str] = []
        self.running = True
        self.threads = [Thread(target=self._run, args=(number,)) for number in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.running = False
        for thread in self.threads:
            thread.join(30)

    def _run(self, number: int) -> None:
        turn = 0
        while self.running:
            turn += 1
            body = {"name": f"{number}.{turn}", "kind": "plain"}
            self._note("create", self.api.post("/v1/depot/crates", body), 201)
            self._note("list", self.api.get("/v1/depot/crates", query="kind=plain&take=5"), 200)
        self.installation.database.close()

    def _note(self, what: str, answer: Any, usual: int) -> None:
        self.statuses[what, answer.status] += 1
        if answer.status == 201:
            self.created.add(answer.data["id"])
        refused = answer.status == 403 and answer.error["code"] == "module_disabled"
        if answer.status != usual and not refused:
            self.problems.append(f"{answer.status} {answer.text}")


def test_no_request_fails_and_no_row_is_lost(
    api: Api, installation: Runtime, owner: Owner, rows: Rows, run_events: DeliveryRun
) -> None:
    clients = Clients(api, installation)
    worker_runs = True

    def work() -> None:
        while worker_runs:
            run_events.finish_modules()
            time.sleep(0.01)
        installation.database.close()

    worker = Thread(target=work)
    worker.start()
    answered: Counter[tuple[str, int]] = Counter()
    try:
        for turn in range(ROUNDS):
            verb = "activate" if turn % 2 else "deactivate"
            before = sum(clients.statuses.values())
            answer = api.post(f"/v1/modules/depot/{verb}")
            answered[verb, answer.status] += 1
            assert answer.status in (200, 409), answer.text
            if turn % 4 < 2:  # every other time in the middle of it
                wait_for(api, "active" if verb == "activate" else "inactive")
            while sum(clients.statuses.values()) < before + 20:
                time.sleep(0.01)
    finally:
        clients.stop()
        worker_runs = False
        worker.join(60)
    assert clients.problems == []
    assert clients.statuses["create", 201] > 20, clients.statuses
    assert clients.statuses["create", 403] > 20, clients.statuses
    run_events.make_due()
    run_events.finish_modules()
    if api.get("/v1/modules/depot").data["state"] != "active":
        assert api.post("/v1/modules/depot/activate").status == 200
        run_events.finish_modules()
    # Exactly what was promised: by id, by number, by count.
    stored = {
        row_id for (row_id,) in rows.run("SELECT id::text FROM depot.crates WHERE tenant_id = $T")
    }
    assert stored == clients.created
    assert api.get("/v1/depot/crates").meta["total"] == len(stored)
    assert api.get("/v1/depot/crates", query="kind=plain").meta["total"] == len(stored)
    numbers = rows.run("SELECT number FROM depot.crates WHERE tenant_id = $T ORDER BY number")
    assert [number for (number,) in numbers] == list(range(1, len(stored) + 1))
    assert rows.archived() == 0
    print(answered, clients.statuses)


def wait_for(api: Api, state: str) -> None:
    deadline = time.monotonic() + 30
    while (shown := api.get("/v1/modules/depot").data)["state"] != state:
        if shown["state"] in ("active", "inactive"):
            return  # the other way: it was refused, or taken back
        assert time.monotonic() < deadline, shown
        time.sleep(0.02)
