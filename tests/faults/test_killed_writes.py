"""kill -9 at every step of a write, then the same request again: one order, always."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.faults.conftest import MODULES
from tests.faults.modules.failpoints import STEPS
from tests.live.api import Answer, Api
from tests.live.installation import START_SECONDS, Installation
from tests.live.processes import children, until

pytestmark = pytest.mark.faults

#: What is true after one step is true before the next one; the long form takes both.
TRIED = [
    step
    for step in STEPS
    if os.environ.get("TEST_LONG_FAULTS") or step.startswith("before") or step == STEPS[-1]
]


def test_one_order_whenever_the_process_dies(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    path = os.pathsep.join([str(MODULES), *filter(None, [os.environ.get("PYTHONPATH")])])
    installation = install(
        SPARX_API_PROCESSES="1", SPARX_API_THREADS="2", PYTHONPATH=path, FAILPOINTS=str(tmp_path)
    )
    installation.migrate()
    api = installation.new_tenant("acme")
    server = installation.run(
        *("--config", "python:sparx_core.server.gunicorn_conf", "failpoints:create_app()"),
        module="gunicorn",
    )
    until(api.ready, START_SECONDS, "/ready answers 200")
    customer = api.new_customer("Buyer")

    promised: dict[str, str] = {}
    unanswered = 0
    for number, step in enumerate(TRIED):
        (before,) = children(server.pid)
        (tmp_path / step).touch()
        key = f"order-{number}"
        first = api.place(customer, number + 1, key)
        until(partial(_replaced, server.pid, before), 20, f"the process died at {step}")
        unanswered += first.status == 0
        again = _until_answered(api, customer, number + 1, key)
        assert again.status == 201, (step, again)
        if first.status == 201:
            assert again.data == first.data, step
        third = api.place(customer, number + 1, key)
        assert (third.status, third.data) == (201, again.data), step
        assert third.headers["idempotent-replayed"] == "true"
        promised[step] = again.data["id"]

    print(f"{len(TRIED)} deaths, {unanswered} requests without an answer")
    # The doorbell is rung beside the answer, which may be first.
    answered = 2 + sum("Doorbell" in step for step in TRIED)
    assert unanswered >= len(TRIED) - answered, "the process died too late to be noticed"
    assert not any(tmp_path.iterdir()), "a step was never taken"
    with installation.admin() as cursor:
        cursor.execute("SELECT id::text FROM crm.orders ORDER BY number")
        assert [row[0] for row in cursor.fetchall()] == list(promised.values())
        cursor.execute("SELECT aggregate_id::text FROM core.events WHERE type = 'order.created'")
        assert sorted(row[0] for row in cursor.fetchall()) == sorted(promised.values())


def _replaced(server: int, before: int) -> bool:
    living = children(server)
    return len(living) == 1 and living != [before]


def _until_answered(api: Api, customer: str, quantity: int, key: str) -> Answer:
    answers: list[Answer] = []

    def answered() -> bool:
        answers.append(api.place(customer, quantity, key))
        return answers[-1].status not in (0, 503)

    until(answered, 30, "the retry is answered")
    return answers[-1]
