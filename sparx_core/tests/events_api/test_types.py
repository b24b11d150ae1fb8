"""The catalogue: what each type of event tells, and that what is told is so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from sparx_core.deprecation.declared import Deprecated
from sparx_core.events.patterns import wants
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner

from ..probe.declared import ProbeCreated
from .conftest import PROBES, TYPES, get


def problems(schema: Any, value: Any) -> list[str]:
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{list(one.path)}: {one.message}" for one in validator.iter_errors(value)]


def test_types_are_those_of_active_modules(
    api: Api,
    installation: Runtime,
    key_for: Callable[..., Api],
    deactivate: Callable[..., None],
) -> None:
    registry = installation.registry
    for client in (api, key_for("write:probe")):
        found = client.get(TYPES).data
        assert [one["type"] for one in found] == list(registry.events)
    assert [one["type"] for one in get(api, TYPES, module="probe").data] == [
        "probe.created", "probe.updated", "probe.deleted"
    ]  # fmt: skip
    assert get(api, TYPES, module="nothing").data == []
    deactivate("addon")
    deactivate("probe")
    left = api.get(TYPES).data
    assert {one["module"] for one in left} == {"core"}
    assert get(api, TYPES, module="probe").data == []
    assert api.get(TYPES, query="x=1").error["details"] == {"parameter": "x"}
    assert api.with_key(None).get(TYPES).status == 401


def test_a_type_says_all_of_it(api: Api) -> None:
    found = {one["type"]: one for one in api.get(TYPES).data}
    created = found["probe.created"]
    assert {name: created[name] for name in created if name not in ("schema", "example")} == {
        "type": "probe.created",
        "version": 1,
        "module": "probe",
        "resource": "probe.probes",
        "public": True,
        "description": "A probe was created.",
        "deprecated": None,
    }
    assert found["job.queued"]["public"] is False
    assert list(created["example"]) == [
        "id", "version", "number", "name", "code", "parentId", "content", "notes", "createdAt"
    ]  # fmt: skip


def test_examples_fit_their_schemas_and_nothing_else_does(api: Api) -> None:
    for one in api.get(TYPES).data:
        assert problems(one["schema"], one["example"]) == [], one["type"]
        first = next(iter(one["example"]))
        assert problems(one["schema"], {**one["example"], first: []}) != [], one["type"]


def test_one_that_goes_away_says_so(
    api: Api, installation: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = Deprecated(since=date(2026, 11, 1), sunset=date(2027, 6, 1), replacement="probe.made")
    monkeypatch.setattr(ProbeCreated, "deprecated", going)
    from sparx_core.events import catalogue as served

    served._types.cache_clear()
    (created,) = [one for one in api.get(TYPES).data if one["type"] == "probe.created"]
    served._types.cache_clear()
    assert created["deprecated"] == {
        "since": "2026-11-01", "sunset": "2027-06-01", "replacement": "probe.made"
    }  # fmt: skip


def test_what_is_emitted_fits_its_schema(
    api: Api,
    create_probe: Callable[..., Any],
    activate: Callable[..., None],
    deactivate: Callable[..., None],
    run_events: DeliveryRun,
    owner: Owner,
    tenant: NewTenant,
) -> None:
    """Keys, origins, modules, jobs and probes: every type that this suite can make happen."""
    key = api.post("/v1/keys", {"name": "some", "scopes": ["read:core"]}).data
    rotated = api.post(f"/v1/keys/{key['id']}/rotate").data
    api.delete(f"/v1/keys/{rotated['id']}")
    origin = api.post("/v1/origins", {"origin": "https://shop.example.com"}).data
    api.delete(f"/v1/origins/{origin['id']}")
    probe = create_probe("one", notes=[{"text": "a"}], content={"a": 1.5})
    api.patch(f"{PROBES}/{probe['id']}", {"name": "ONE", "code": "x", "parentId": probe["id"]})
    api.patch(f"{PROBES}/{probe['id']}", {"name": "ONE", "parentId": None})
    api.delete(f"{PROBES}/{create_probe('two')['id']}")
    api.post("/v1/probe/extras", {"probeId": probe["id"]})
    api.request("POST", "/v1/probe/probes/export", body=b"{}")
    run_events()
    deactivate("addon")
    deactivate("probe")
    activate("probe")

    stored = owner.rows(
        "SELECT type, event_version, data FROM core.events WHERE tenant_id = %s", tenant.tenant_id
    )
    types = {one["type"]: one for one in api.get(TYPES).data}
    checked = set()
    for type_, version, data in stored:
        assert version == types[type_]["version"]
        assert problems(types[type_]["schema"], data) == [], type_
        checked.add(type_)
    assert checked >= {
        "key.created", "key.rotated", "key.revoked", "origin.allowed", "origin.removed",
        "probe.created", "probe.updated", "probe.deleted", "module.activated",
        "module.deactivated", "module.stopped", "module.recalled", "job.queued", "job.finished",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "wanted"),
    [
        (["*"], True), (["order.created"], True), (["order.*"], True), (["order.created.*"], False),
        (["orders.*"], False), (["ord.*"], False), (["order.updated", "order.*"], True),
        ([], False),
    ],
)  # fmt: skip
def test_patterns_mean_the_same_here_and_in_the_database(
    owner: Owner, patterns: list[str], wanted: bool
) -> None:
    assert wants(patterns, "order.created") is wanted
    sql = "SELECT core.wants_event(%s::text[], 'order.created')"
    assert owner.value(sql, patterns) is wanted
