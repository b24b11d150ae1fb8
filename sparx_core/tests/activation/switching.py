"""Modules on and off over the API, and what stands in the way of a worker or a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest

from sparx_core.activation import handlers
from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Extra, Probe

Watch = Callable[[], AbstractContextManager[None]]
Create = Callable[..., Any]


def post(api: Api, module: str, verb: str) -> Any:
    answer = api.post(f"/v1/modules/{module}/{verb}")
    assert answer.status == 200, answer.text
    return answer.data


def state(api: Api, module: str) -> str:
    return str(api.get(f"/v1/modules/{module}").data["state"])


def states(api: Api) -> dict[str, str]:
    return {module["key"]: module["state"] for module in api.get("/v1/modules").data}


def stated(owner: Owner, tenant: NewTenant) -> list[str]:
    """The events about modules since the tenant was made, oldest first."""
    found = owner.rows(
        "SELECT type || ' ' || (data ->> 'module') FROM core.events WHERE tenant_id = %s"
        " AND type LIKE 'module.%%' ORDER BY position",
        tenant.tenant_id,
    )
    return [told for (told,) in found]


def store_extra(api: Api, installation: Runtime, probe: Any) -> None:
    answer = api.post("/v1/modules/addon/activate")
    assert answer.status == 200
    with installation.as_key(parse_key(str(api.key))) as ctx:
        ctx.insert(Extra(probe=probe["id"]))
        ctx.finish()


@contextmanager
def at_work(monkeypatch: pytest.MonkeyPatch, run: DeliveryRun, name: str) -> Iterator[None]:
    """A worker that stops in the middle, having moved rows and told how many, and then goes on."""
    work = getattr(handlers, name)
    began, go_on = Signal(), Signal()

    def interrupted(*arguments: Any) -> Any:
        result = work(*arguments)
        began.set()
        assert go_on.wait(30)
        return result

    monkeypatch.setattr(handlers, name, interrupted)
    worker = Thread(target=run.finish_modules)
    worker.start()
    try:
        assert began.wait(30)
        yield
    finally:
        go_on.set()
        worker.join(30)
    assert not worker.is_alive()


@contextmanager
def under_way(installation: Runtime, api: Api) -> Iterator[Callable[[], None]]:
    """A request that was admitted, in another process; yields what lets it write and end."""
    admitted, end, ended = Signal(), Signal(), Signal()

    def request() -> None:
        with installation.as_key(parse_key(str(api.key))) as ctx:
            admitted.set()
            assert end.wait(30)
            ctx.insert(Probe(name="late"))
            ctx.finish()
        installation.database.close()
        ended.set()

    thread = Thread(target=request)
    thread.start()
    assert admitted.wait(30)

    def let_go() -> None:
        end.set()
        assert ended.wait(30)

    try:
        yield let_go
    finally:
        end.set()
        thread.join(30)
