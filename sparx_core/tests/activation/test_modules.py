"""Modules turned on and off: from the next request on, everywhere, and before anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest

from sparx_core.app import create_app
from sparx_core.errors import Conflict
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, DeliveryRun, Owner

from ..probe.declared import Control, Extra, Probe

Watch = Callable[[], AbstractContextManager[None]]


def states(api: Api) -> dict[str, str]:
    return {module["key"]: module["state"] for module in api.get("/v1/modules").data}


def events_of(owner: Owner, tenant: NewTenant) -> list[tuple[str, str]]:
    """Name and module of the activation events of a tenant, oldest first."""
    return owner.rows(
        "SELECT type, data ->> 'module' FROM core.events WHERE tenant_id = %s"
        " AND type LIKE 'module.%%' ORDER BY position",
        tenant.tenant_id,
    )


def test_list_shows_what_is_installed(api: Api) -> None:
    listed = api.get("/v1/modules").data
    ages = [datetime.now(UTC) - datetime.fromisoformat(one.pop("changedAt")) for one in listed]
    assert all(timedelta(0) <= age < timedelta(minutes=1) for age in ages)
    same = {"description": "", "version": "1.0.0", "state": "active", "archivedRows": 0,
            "progress": None, "restored": None}  # fmt: skip
    assert listed == [
        {"key": "probe", "title": "Probe", "requires": [], **same},
        {"key": "addon", "title": "Add-on", "requires": ["probe"], **same},
    ]
    for one in listed:
        alone = api.get(f"/v1/modules/{one['key']}").data
        del alone["changedAt"]
        assert alone == one
    assert api.get("/v1/me").data["modules"] == ["addon", "probe"]


@pytest.mark.modules
def test_activation_turns_on_what_is_required_first(
    api: Api, owner: Owner, tenant: NewTenant, control: Control
) -> None:
    assert states(api) == {"probe": "inactive", "addon": "inactive"}
    control.hooks_called.clear()
    answer = api.post("/v1/modules/addon/activate").data
    assert (answer["key"], answer["state"]) == ("addon", "active")
    assert states(api) == {"probe": "active", "addon": "active"}
    assert control.hooks_called == [("activate", "probe"), ("activate", "addon")]
    assert events_of(owner, tenant) == [
        ("module.activated", "probe"),
        ("module.activated", "addon"),
    ]


@pytest.mark.modules("probe")
def test_hooks_run_only_for_the_module(api: Api, control: Control) -> None:
    control.hooks_called.clear()
    api.post("/v1/modules/addon/activate")
    assert control.hooks_called == [("activate", "addon")]
    api.post("/v1/modules/addon/deactivate")
    assert control.hooks_called == [("activate", "addon"), ("deactivate", "addon")]


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
def test_again_changes_nothing(
    api: Api, control: Control, nothing_written: Watch, verb: str
) -> None:
    api.post(f"/v1/modules/addon/{verb}")
    control.hooks_called.clear()
    with nothing_written():
        assert api.post(f"/v1/modules/addon/{verb}").status == 200
    assert control.hooks_called == []


def test_dependants_block_deactivation(
    api: Api, control: Control, nothing_written: Watch, tenant: NewTenant
) -> None:
    control.hooks_called.clear()
    with nothing_written():
        answer = api.post("/v1/modules/probe/deactivate")
    assert (answer.status, answer.error["code"]) == (409, "conflict")
    assert answer.error["details"] == {"requiredBy": ["addon"]}
    assert "addon" in answer.error["message"]
    assert control.hooks_called == []
    api.post("/v1/modules/addon/deactivate")
    assert api.post("/v1/modules/probe/deactivate").status == 200
    assert states(api) == {"probe": "inactive", "addon": "inactive"}


@pytest.mark.modules("probe")
def test_change_holds_on_the_next_request_in_every_process(
    api: Api,
    installation: Runtime,
    tenant: NewTenant,
    create_probe: Callable[..., Any],
    activate: Callable[..., None],
    deactivate: Callable[..., None],
) -> None:
    other_process = Runtime.start(installation.settings, installation.registry)
    try:
        there = Api(create_app(other_process), tenant.api_key)
        probe = create_probe()
        path = f"/v1/probe/probes/{probe['id']}"
        assert there.get(path).status == 200
        deactivate("probe")
        assert there.get(path).error["code"] == "module_disabled"
        activate("probe")
        assert there.get(path).data == probe, "rows are as they were"
    finally:
        other_process.close()


def test_other_tenants_keep_their_modules(
    api: Api, other_api: Api, deactivate: Callable[..., None]
) -> None:
    deactivate("addon")
    assert states(other_api) == {"probe": "active", "addon": "active"}
    assert other_api.get("/v1/addon/extras").status == 200


@pytest.mark.parametrize(
    "key", ["core", "nonsense", "Probe", "probe%20", "%F0%9F%98%80", "a" * 300]
)
@pytest.mark.parametrize("verb", ["activate", "deactivate"])
def test_unknown_module(api: Api, nothing_written: Watch, key: str, verb: str) -> None:
    with nothing_written():
        answer = api.post(f"/v1/modules/{key}/{verb}")
    assert (answer.status, answer.error["code"]) == (404, "not_found")


# -- a module that is off reveals nothing --------------------------------------------------------


def masked(answer: Answer) -> bytes:
    request_id = json.loads(answer.body)["error"]["requestId"]
    return answer.body.replace(request_id.encode(), b"ID")


@pytest.mark.modules("probe")
def test_refused_before_anything_else(
    api: Api,
    create_probe: Callable[..., Any],
    deactivate: Callable[..., None],
    nothing_written: Watch,
) -> None:
    probe = create_probe()
    weak = api.with_key(api.post("/v1/keys", {"name": "w", "scopes": ["read:core"]}).data["key"])
    deactivate("probe")
    requests: list[tuple[str, str, bytes | None]] = [
        ("GET", "", None),
        ("GET", "?nonsense=1", None),
        ("GET", "?cursor=nonsense", None),
        ("GET", f"/{probe['id']}", None),
        ("GET", "/01a2007d-fd87-73b7-b820-b471a0e40afc", None),
        ("GET", "/nonsense", None),
        ("POST", "", b'{"name": "x"}'),
        ("POST", "", b'{"name": '),
        ("POST", "", b'{"unknown": 1}'),
        ("POST", "", b" " * 2_000_000),
        ("PATCH", f"/{probe['id']}", b'{"name": "x"}'),
        ("PATCH", "/nonsense", b'{"name": "x"}'),
        ("DELETE", f"/{probe['id']}", None),
        ("DELETE", "/nonsense", None),
        ("POST", f"/{probe['id']}/do", None),
    ]
    answers = set()
    with nothing_written():
        for client in (api, weak):
            for method, target, body in requests:
                path, _, query = target.partition("?")
                answer = client.request(method, f"/v1/probe/probes{path}", query=query, body=body)
                assert answer.status == 403
                answers.add(masked(answer))
    assert len(answers) == 1
    error = json.loads(answers.pop())["error"]
    assert (error["code"], error["details"]) == ("module_disabled", {"module": "probe"})


def test_operation_of_a_module_that_is_off_is_not_run(
    api: Api, control: Control, deactivate: Callable[..., None]
) -> None:
    called: list[int] = []
    control.call = lambda ctx: called.append(1)
    deactivate("addon")
    deactivate("probe")
    assert api.post("/v1/probe/call").error["code"] == "module_disabled"
    assert called == []


# -- hooks ---------------------------------------------------------------------------------------


@pytest.mark.modules
def test_activation_hook_writes_in_the_activating_transaction(
    api: Api, control: Control, owner: Owner, tenant: NewTenant
) -> None:
    control.hooks["activate", "probe"] = lambda ctx: ctx.insert(Probe(name="first"))
    assert api.post("/v1/modules/probe/activate").status == 200
    assert [probe["name"] for probe in api.get("/v1/probe/probes").data] == ["first"]


@pytest.mark.modules
def test_activation_hook_cannot_write_into_modules_that_are_off(
    api: Api, control: Control, nothing_written: Watch
) -> None:
    def write_too_early(ctx: Any) -> None:
        probe = ctx.insert(Probe(name="fine"))
        ctx.insert(Extra(probe=probe.id))
        ctx.flush()

    control.hooks["activate", "probe"] = write_too_early
    with nothing_written():
        assert api.post("/v1/modules/addon/activate").status == 500
    assert states(api) == {"probe": "inactive", "addon": "inactive"}


@pytest.mark.parametrize("verb", ["activate", "deactivate"])
def test_raising_hook_refuses(
    api: Api, control: Control, nothing_written: Watch, verb: str, deactivate: Callable[..., None]
) -> None:
    def refuse(ctx: Any) -> None:
        ctx.insert(Probe(name="must not stay"))
        ctx.flush()
        raise Conflict("Not now.")

    if verb == "activate":
        deactivate("addon")
    control.hooks[verb, "addon"] = refuse
    before = states(api)
    with nothing_written():
        answer = api.post(f"/v1/modules/addon/{verb}")
    assert (answer.status, answer.error["message"]) == (409, "Not now.")
    assert states(api) == before


@pytest.mark.modules
def test_hook_that_fails_halfway_takes_the_required_modules_back_with_it(
    api: Api, control: Control, nothing_written: Watch
) -> None:
    def fail(ctx: Any) -> None:
        raise RuntimeError("broken")

    control.hooks["activate", "addon"] = fail
    with nothing_written():
        assert api.post("/v1/modules/addon/activate").status == 500
    assert states(api) == {"probe": "inactive", "addon": "inactive"}


@pytest.mark.modules
def test_two_who_activate_at_once_agree(api: Api, owner: Owner, tenant: NewTenant) -> None:
    answers: list[int] = []
    threads = [
        Thread(target=lambda: answers.append(api.post("/v1/modules/addon/activate").status))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 200 in answers
    assert set(answers) <= {200, 409}
    assert states(api) == {"probe": "active", "addon": "active"}
    assert sorted(events_of(owner, tenant)) == [
        ("module.activated", "addon"),
        ("module.activated", "probe"),
    ]


# -- handlers rest -------------------------------------------------------------------------------


@pytest.mark.modules("probe")
def test_inactive_module_gets_no_deliveries(
    create_probe: Callable[..., Any], run_events: DeliveryRun, control: Control
) -> None:
    called: list[str] = []
    control.addon_reaction = lambda ctx, event: called.append("addon")
    create_probe()
    assert run_events() == 1
    assert len(control.seen) == 1
    assert called == []
