"""On the way: what is seen, asked and refused while a worker has not come yet, or is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest

from sparx_core.activation import handlers, writers
from sparx_core.auth.keys import parse_key
from sparx_core.errors import Conflict
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import Control, Extra, Probe

Watch = Callable[[], AbstractContextManager[None]]
Create = Callable[..., Any]
BEGINNING = {"rowsDone": 0, "rowsTotal": None, "attempts": 0, "error": None}


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


# -- the gates ---------------------------------------------------------------------------------


@pytest.mark.modules("probe")
def test_every_gate_is_closed_at_once_and_until_the_end(
    api: Api,
    create_probe: Create,
    run_events: DeliveryRun,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    probe = create_probe()
    called: list[str] = []
    control.call = lambda ctx: called.append("operation")
    control.reaction = lambda ctx, event: called.append("handler")

    def closed() -> None:
        assert api.get("/v1/probe/probes").error["code"] == "module_disabled"
        assert api.get(f"/v1/probe/probes/{probe['id']}").error["code"] == "module_disabled"
        assert api.post("/v1/probe/call").error["code"] == "module_disabled"
        assert api.get("/v1/probe/who").error["code"] == "module_disabled"
        assert api.get("/v1/me").data["modules"] == []

    shown = post(api, "probe", "deactivate")
    assert (shown["state"], shown["progress"]) == ("deactivating", BEGINNING)
    closed()
    assert owner.count("probe.probes", tenant.tenant_id) == 1, "the worker has not come yet"
    run_events()
    assert run_events.states() == {"skipped": 1, "done": 1}
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["progress"], shown["archivedRows"]) == ("inactive", None, 1)
    closed()
    assert owner.count("probe.probes", tenant.tenant_id) == 0

    shown = post(api, "probe", "activate")
    assert (shown["state"], shown["progress"]) == ("activating", BEGINNING)
    closed()
    run_events()
    assert state(api, "probe") == "active"
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe
    assert called == [], "nobody reacts to what happened before"
    assert stated(owner, tenant) == [
        "module.activated probe",
        "module.stopped probe",
        "module.deactivated probe",
        "module.recalled probe",
        "module.activated probe",
    ]


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
@pytest.mark.modules("probe")
def test_again_on_the_way_changes_nothing(
    api: Api,
    create_probe: Create,
    control: Control,
    nothing_written: Watch,
    run_events: DeliveryRun,
    verb: str,
) -> None:
    create_probe()
    post(api, "probe", "deactivate")
    if verb == "activate":
        run_events()
        post(api, "probe", "activate")
    control.hooks_called.clear()
    with nothing_written():
        assert post(api, "probe", verb)["state"] == f"{verb.removesuffix('e')}ing"
    assert control.hooks_called == []


def test_unknown_module_is_not_found(api: Api) -> None:
    for key in ("core", "nonsense", "%F0%9F%98%80"):
        assert api.get(f"/v1/modules/{key}").status == 404


# -- changed one's mind ------------------------------------------------------------------------


@pytest.mark.modules("probe")
def test_activated_before_the_worker_came(
    api: Api,
    create_probe: Create,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
    run_events: DeliveryRun,
) -> None:
    probe = create_probe()
    control.hooks_called.clear()
    post(api, "probe", "deactivate")
    assert post(api, "probe", "activate")["state"] == "active"
    assert control.hooks_called == [("deactivate", "probe"), ("activate", "probe")]
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe
    run_events()
    assert state(api, "probe") == "active"
    assert owner.count("probe.probes", tenant.tenant_id) == 1
    assert owner.count("core.archives", tenant.tenant_id) == 0
    # And once more in earnest: what was left over does not stand in the way.
    post(api, "probe", "deactivate")
    run_events()
    assert state(api, "probe") == "inactive"


@pytest.mark.modules("probe")
def test_deactivated_before_the_worker_came(
    api: Api,
    create_probe: Create,
    control: Control,
    owner: Owner,
    tenant: NewTenant,
    run_events: DeliveryRun,
    activate: Callable[..., None],
) -> None:
    probe = create_probe()
    post(api, "probe", "deactivate")
    run_events()
    post(api, "probe", "activate")
    control.hooks_called.clear()
    shown = post(api, "probe", "deactivate")
    assert (shown["state"], shown["archivedRows"]) == ("inactive", 1)
    run_events()
    assert state(api, "probe") == "inactive"
    assert control.hooks_called == [], "it was not on"
    assert stated(owner, tenant)[-2:] == ["module.deactivated probe", "module.recalled probe"]
    activate("probe")
    assert api.get(f"/v1/probe/probes/{probe['id']}").data == probe


# -- while a worker is at it -------------------------------------------------------------------


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


# -- modules that require one another ----------------------------------------------------------


def test_both_go_and_come_in_the_order_of_their_references(
    api: Api,
    create_probe: Create,
    installation: Runtime,
    control: Control,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    store_extra(api, installation, create_probe())
    assert api.post("/v1/modules/probe/deactivate").error["details"] == {"requiredBy": ["addon"]}
    assert post(api, "addon", "deactivate")["state"] == "deactivating"
    assert post(api, "probe", "deactivate")["state"] == "deactivating"
    run_events()
    assert states(api) == {"probe": "inactive", "addon": "inactive"}
    control.hooks_called.clear()
    assert post(api, "addon", "activate")["state"] == "activating"
    assert states(api) == {"probe": "activating", "addon": "activating"}
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}
    assert control.hooks_called == [("activate", "probe"), ("activate", "addon")]
    assert owner.count("addon.extras", tenant.tenant_id) == 1


def test_the_second_waits_whoever_comes_first(
    api: Api, create_probe: Create, installation: Runtime, run_events: DeliveryRun, owner: Owner
) -> None:
    """Two workers take the deliveries in the other order."""
    store_extra(api, installation, create_probe())

    def deliver(handler: str, module: str) -> None:
        ((tenant, delivery),) = owner.rows(
            "SELECT d.tenant_id, d.id FROM core.deliveries d JOIN core.activations a"
            " ON a.tenant_id = d.tenant_id AND a.id = d.aggregate_id"
            " WHERE d.tenant_id = ANY(%s) AND d.handler = %s AND a.module = %s"
            " AND d.state = 'pending'",
            run_events.tenants, handler, module,
        )  # fmt: skip
        run_events.dispatcher.deliver([f"{tenant}/{delivery}"])

    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    deliver("core.archive_module", "probe")
    shown = api.get("/v1/modules/probe").data
    assert shown["state"] == "deactivating"
    assert shown["progress"]["error"] == "addon must be put away first"
    run_events()
    assert states(api) == {"probe": "inactive", "addon": "inactive"}, "at once, and not in a while"
    post(api, "addon", "activate")
    deliver("core.restore_module", "addon")
    shown = api.get("/v1/modules/addon").data
    assert shown["progress"]["error"] == "probe must be active first"
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}


def test_one_without_rows_waits_for_those_of_the_other(
    api: Api, create_probe: Create, run_events: DeliveryRun, control: Control
) -> None:
    create_probe()
    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    run_events()
    control.hooks_called.clear()
    assert post(api, "addon", "activate")["state"] == "activating"
    # It was asked for: what it requires may not go off meanwhile.
    answer = api.post("/v1/modules/probe/deactivate")
    assert (answer.status, answer.error["details"]) == (409, {"requiredBy": ["addon"]})
    assert control.hooks_called == []
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}


def test_deactivation_of_what_is_required_is_taken_back(
    api: Api, create_probe: Create, run_events: DeliveryRun
) -> None:
    create_probe()
    post(api, "addon", "deactivate")
    post(api, "probe", "deactivate")
    assert post(api, "addon", "activate")["state"] == "active"
    run_events()
    assert states(api) == {"probe": "active", "addon": "active"}
    assert api.get("/v1/probe/probes").meta["total"] == 1


# -- hooks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [Conflict("Not now."), RuntimeError("Not now.")])
@pytest.mark.modules("probe")
def test_hook_that_fails_after_restoring_is_called_again(
    api: Api,
    create_probe: Create,
    control: Control,
    run_events: DeliveryRun,
    deactivate: Callable[..., None],
    error: Exception,
) -> None:
    probe = create_probe()
    deactivate("probe")

    def refuse(ctx: Any) -> None:
        assert ctx.get(Probe, probe["id"]).name == "one", "the rows are back"
        ctx.insert(Probe(name="must not stay"))
        ctx.flush()
        raise error

    control.hooks["activate", "probe"] = refuse
    post(api, "probe", "activate")
    run_events()
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["archivedRows"]) == ("activating", 1)
    assert shown["progress"]["error"] == "sparx_activate of probe: Not now."
    assert run_events.states()["retry"] == 1, "even what no client could mend by itself"
    control.hooks["activate", "probe"] = lambda ctx: ctx.insert(Probe(name="first"))
    run_events.make_due()
    run_events()
    assert state(api, "probe") == "active"
    assert [one["name"] for one in api.get("/v1/probe/probes").data] == ["first", "one"]


@pytest.mark.modules("probe")
def test_deactivation_hook_may_take_the_rows_away_itself(
    api: Api, create_probe: Create, control: Control, run_events: DeliveryRun
) -> None:
    create_probe()
    control.hooks["deactivate", "probe"] = lambda ctx: ctx.run(Probe.delete())
    assert post(api, "probe", "deactivate")["state"] == "inactive"
    run_events()
    assert api.get("/v1/modules/probe").data["archivedRows"] == 0


# -- requests that are under way ---------------------------------------------------------------


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


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.modules("probe")
def test_the_worker_waits_for_requests_that_are_under_way(
    api: Api,
    installation: Runtime,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
    activate: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
) -> None:
    for _ in range(rows):
        create_probe()
    with under_way(installation, api) as let_go:
        after = post(api, "probe", "deactivate")["state"]
        assert after == ("deactivating" if rows else "inactive")
        monkeypatch.setattr(writers, "PATIENCE_SECONDS", 0.2)
        run_events.finish_modules()
        assert run_events.states().get("retry") == 1, "it does not wait for ever"
        monkeypatch.undo()
        run_events.make_due()
        worker = Thread(target=run_events.finish_modules)
        worker.start()
        worker.join(0.5)
        assert worker.is_alive()
        let_go()
        worker.join(30)
    # What it wrote is archived with the rest: nothing is left in the tables.
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    shown = api.get("/v1/modules/probe").data
    assert (shown["state"], shown["archivedRows"]) == ("inactive", rows + 1)
    activate("probe")
    assert api.get("/v1/probe/probes").meta["total"] == rows + 1


@pytest.mark.modules("probe")
def test_the_worker_waits_anew_if_the_module_was_on_meanwhile(
    api: Api,
    installation: Runtime,
    create_probe: Create,
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    create_probe()
    worker = Thread(target=run_events.finish_modules)
    with under_way(installation, api) as first_ends:
        post(api, "probe", "deactivate")
        worker.start()
        worker.join(0.3)
        assert post(api, "probe", "activate")["state"] == "active"
        with under_way(installation, api) as second_ends:
            post(api, "probe", "deactivate")
            first_ends()
            worker.join(0.5)
            assert worker.is_alive(), "the second was not there when it began to wait"
            # And it keeps nobody from changing their mind once more.
            assert post(api, "probe", "activate")["state"] == "active"
            assert post(api, "probe", "deactivate")["state"] == "deactivating"
            second_ends()
            worker.join(30)
    assert state(api, "probe") == "inactive"
    assert owner.count("probe.probes", tenant.tenant_id) == 0
    assert api.get("/v1/modules/probe").data["archivedRows"] == 3


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
