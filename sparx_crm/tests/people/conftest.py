"""What tests of customers and accounts share."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest

from sparx_core.testing import Api, Owner


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """``at_once(20, call)``: what as many threads get that call at the same time."""

    def run(count: int, call: Callable[[int], Any]) -> list[Any]:
        answers: list[Any] = [None] * count
        ready = Barrier(count)

        def one(number: int) -> None:
            ready.wait()
            answers[number] = call(number)

        threads = [Thread(target=one, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    return run


@pytest.fixture
def facts(owner: Owner, tenant: Any) -> Callable[..., list[str]]:
    """``facts("customer")``: the events about customers that were stated, in order."""

    def found(noun: str) -> list[str]:
        rows = owner.rows(
            "SELECT type FROM core.events WHERE tenant_id = %s AND type LIKE %s ORDER BY position",
            tenant.tenant_id,
            f"{noun}.%",
        )
        return [str(kind).removeprefix(f"{noun}.") for (kind,) in rows]

    return found


@pytest.fixture
def create_account(api: Api) -> Callable[..., Any]:
    """Creates an account over the API and returns it."""

    def create(name: str = "Lindgren", client: Api | None = None, **more: Any) -> Any:
        answer = (client or api).post("/v1/crm/accounts", {"name": name, **more})
        assert answer.status == 201, answer.text
        return answer.data

    return create
