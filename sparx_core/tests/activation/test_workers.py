"""While a worker is at it: what is seen and refused, and what is left if it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.activation import handlers, writers
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from .switching import Create, Watch, at_work, post, state


@pytest.mark.modules("probe")
def test_while_rows_are_archived(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    nothing_written: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        create_probe(f"p{number}", notes=[{"text": "n"}])
    post(api, "probe", "deactivate")
    with at_work(monkeypatch, run_events, "archive_rows"):
        shown = api.get("/v1/modules/probe").data
        assert shown["state"] == "deactivating"
        progress = shown["progress"]
        assert (progress["rowsTotal"], progress["attempts"], progress["error"]) == (6, 1, None)
        assert 0 < progress["rowsDone"] <= 6
        with nothing_written():
            answer = api.post("/v1/modules/probe/activate")
            assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
            assert "right now" in answer.error["message"]
            answer = api.post("/v1/modules/probe/deactivate", {"purge": True})
            assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
            assert post(api, "probe", "deactivate")["state"] == "deactivating"
        assert api.get("/v1/probe/probes").error["code"] == "module_disabled"
    assert state(api, "probe") == "inactive"


@pytest.mark.modules("probe")
def test_while_rows_are_restored(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    nothing_written: Watch,
    deactivate: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create_probe()
    deactivate("probe")
    post(api, "probe", "activate")
    with at_work(monkeypatch, run_events, "restore_rows"):
        shown = api.get("/v1/modules/probe").data
        assert shown["state"] == "activating"
        assert shown["progress"] == {
            "rowsDone": 1, "rowsTotal": 1, "attempts": 1, "error": None
        }  # fmt: skip
        with nothing_written():
            answer = api.post("/v1/modules/probe/deactivate")
            assert (answer.status, answer.error["code"]) == (409, "invalid_transition")
            assert post(api, "probe", "activate")["state"] == "activating"
        assert api.get("/v1/probe/probes").error["code"] == "module_disabled"
    assert state(api, "probe") == "active"
    assert api.get("/v1/probe/probes").meta["total"] == 1


@pytest.mark.parametrize("verb", ["deactivate", "activate"])
@pytest.mark.modules("probe")
def test_a_worker_that_fails_leaves_everything_as_it_was(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    create_probe(notes=[{"text": "n"}])
    name = "archive_rows"
    if verb == "activate":
        post(api, "probe", "deactivate")
        run_events.finish_modules()
        name = "restore_rows"
    tables = ("probe.probes", "probe.notes", "core.archives", "core.activations")

    def rows() -> list[Any]:
        query = "SELECT x::text FROM {} x WHERE tenant_id = %s ORDER BY id"
        return [owner.rows(query.format(table), tenant.tenant_id) for table in tables]

    post(api, "probe", verb)
    before = rows()
    work = getattr(handlers, name)

    def fail(*arguments: Any) -> None:
        work(*arguments)
        raise RuntimeError("broken in the end")

    monkeypatch.setattr(handlers, name, fail)
    run_events.finish_modules()
    assert rows() == before
    assert api.get("/v1/modules/probe").data["progress"] == {
        "rowsDone": 0, "rowsTotal": 2, "attempts": 1, "error": "broken in the end"
    }  # fmt: skip
    monkeypatch.undo()
    run_events.make_due()
    run_events.finish_modules()
    assert state(api, "probe") == ("inactive" if verb == "deactivate" else "active")


@pytest.mark.modules("probe")
def test_workers_do_not_wait_for_one_another(
    api: Api,
    other_api: Api,
    create_probe: Create,
    installation: Runtime,
    run_events: DeliveryRun,
    monkeypatch: pytest.MonkeyPatch,
    owner: Owner,
) -> None:
    create_probe()
    create_probe(client=other_api)
    post(api, "probe", "deactivate")
    with at_work(monkeypatch, run_events, "archive_rows"):
        monkeypatch.undo()
        monkeypatch.setattr(writers, "PATIENCE_SECONDS", 1.0)
        post(other_api, "probe", "deactivate")
        second = DeliveryRun(installation, owner, run_events.tenants)
        second.finish_modules()
        second.close()
        assert state(other_api, "probe") == "inactive"
