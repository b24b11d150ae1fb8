"""Versions: two editors do not overwrite each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

from ..probe.declared import probes

PROBES = "/v1/probe/probes"
Watch = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def path(create_probe: Callable[..., Any]) -> str:
    """Of a probe in its second version."""
    created = create_probe()
    return f"{PROBES}/{created['id']}"


@pytest.fixture
def stale(api: Api, path: str) -> int:
    """A version that the probe had."""
    version = int(api.get(path).data["version"])
    api.patch(path, {"name": "newer"})
    return version


def test_version_and_tag_go_up_together(api: Api) -> None:
    created = api.post(PROBES, {"name": "one"})
    assert (created.data["version"], created.headers["etag"]) == (1, '"1"')
    path = f"{PROBES}/{created.data['id']}"
    changed = api.patch(path, {"name": "two"})
    assert (changed.data["version"], changed.headers["etag"]) == (2, '"2"')
    assert api.get(path).headers["etag"] == '"2"'
    assert api.patch(path, {"name": "two"}).headers["etag"] == '"2"'
    acted = api.post(f"{path}/do", {})
    assert acted.headers["etag"] == f'"{acted.data["version"]}"'
    assert api.get(path, query="fields=name").headers["etag"] == '"2"'


@pytest.mark.parametrize("header", ['"1"', '"7", "1"', "*", " * ", '"1",', 'W/"9","1"'])
def test_precondition_that_holds(api: Api, path: str, header: str) -> None:
    assert api.get(path, headers={"If-Match": header}).status == 200
    answer = api.patch(path, {"name": "two"}, headers={"If-Match": header})
    assert (answer.status, answer.data["version"]) == (200, 2)


@pytest.mark.parametrize("header", ['"2"', 'W/"1"', '"01"', '"7", "8"', '""'])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
def test_precondition_that_does_not_hold(
    api: Api, path: str, nothing_written: Watch, method: str, header: str
) -> None:
    body = {"name": "two"} if method == "PATCH" else None
    where = f"{path}/do" if method == "POST" else path
    with nothing_written():
        answer = api.request(method, where, json=body, headers={"If-Match": header})
    assert (answer.status, answer.error["code"]) == (412, "precondition_failed")
    assert answer.error["details"] == {"version": 1}


@pytest.mark.parametrize("header", ["", " ", "1", '"1', '"1" "2"', '"1 "', "w/", '"1";'])
def test_what_is_no_precondition(api: Api, path: str, nothing_written: Watch, header: str) -> None:
    with nothing_written():
        answer = api.patch(path, {"name": "two"}, headers={"If-Match": header})
    assert (answer.status, answer.error["code"]) == (400, "bad_request")


def test_what_has_no_version_has_no_tag(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        created = api.post(PROBES, {"name": "x"}, headers={"If-Match": '"1"'})
        called = api.post("/v1/probe/call", {}, headers={"If-Match": '"1"'})
    assert (created.status, called.status) == (412, 412)
    assert api.post(PROBES, {"name": "x"}, headers={"If-Match": "*"}).status == 201


def test_stale_version_in_the_body(api: Api, path: str, stale: int, nothing_written: Watch) -> None:
    with nothing_written():
        changed = api.patch(path, {"name": "mine", "version": stale})
        acted = api.post(f"{path}/do", {"version": stale})
    for answer in (changed, acted):
        assert (answer.status, answer.error["code"]) == (409, "version_conflict")
        assert answer.error["details"] == {"version": stale + 1}
    assert api.patch(path, {"name": "mine", "version": stale + 1}).data["version"] == stale + 2


@pytest.mark.parametrize("version", [0, -1, "1", 1.5, None, True, 2**31])
def test_what_is_no_version(api: Api, path: str, nothing_written: Watch, version: Any) -> None:
    with nothing_written():
        answer = api.patch(path, {"name": 5, "version": version})
    assert answer.status == 422
    assert {one["field"] for one in answer.error["details"]} == {"name", "version"}


def test_version_of_a_new_row_is_not_the_client_s(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        answer = api.post(PROBES, {"name": "x", "version": 5})
    assert [one["field"] for one in answer.error["details"]] == ["version"]


def test_of_another_tenant_s_row_nothing_is_told(api: Api, other_api: Api, path: str) -> None:
    for header in ('"1"', '"2"', "*"):
        answer = other_api.patch(path, {"name": "x"}, headers={"If-Match": header})
        assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert other_api.patch(path, {"name": "x", "version": 9}).status == 404
    assert api.get(path).data["version"] == 1


def test_each_version_is_changed_once(api: Api, path: str) -> None:
    def edit(number: int) -> int:
        seen = api.get(path).headers["etag"]
        return api.patch(path, {"name": f"n{number}"}, headers={"If-Match": seen}).status

    with ThreadPoolExecutor(10) as threads:
        statuses = list(threads.map(edit, range(60)))
    assert set(statuses) <= {200, 412}
    assert api.get(path).data["version"] == 1 + statuses.count(200)


def test_a_version_that_is_demanded(api: Api, path: str, nothing_written: Watch) -> None:
    seal = f"{path}/seal"
    with nothing_written():
        silent = api.post(seal)
        stale = api.post(seal, {"version": 7})
    assert (silent.status, silent.error["code"]) == (428, "version_required")
    assert (stale.status, stale.error["code"]) == (409, "version_conflict")
    told = api.post(seal, {"version": 1})
    assert (told.status, told.data["code"]) == (200, "sealed")
    assert api.post(seal, headers={"If-Match": '"2"'}).status == 200


def test_a_scope_that_is_demanded(api: Api, path: str, nothing_written: Watch) -> None:
    key = {"name": "Writer", "scopes": ["read:probe", "write:probe"]}
    writer = api.with_key(api.post("/v1/keys", key).data["key"])
    with nothing_written():
        refused = writer.post(f"{path}/seal", {"version": 1})
    assert (refused.status, refused.error["code"]) == (403, "insufficient_scope")
    assert refused.error["details"] == {"requiredScopes": ["seal:probe"]}
    key["scopes"].append("seal:probe")
    sealer = api.with_key(api.post("/v1/keys", key).data["key"])
    assert sealer.post(f"{path}/seal", {"version": 1}).status == 200


def test_graphql_demands_a_version_as_well(api: Api, path: str, nothing_written: Watch) -> None:
    seal = 'mutation {{ probeProbesSeal(id: "{}"{}) {{ code }} }}'
    probe = path.rpartition("/")[2]
    with nothing_written():
        refused = api.post("/graphql", {"query": seal.format(probe, "")})
    assert refused.json["errors"][0]["extensions"]["code"] == "version_required"
    done = api.post("/graphql", {"query": seal.format(probe, ", version: 1")})
    assert done.json["data"] == {"probeProbesSeal": {"code": "sealed"}}, done.text


def test_a_version_is_demanded_of_rows_that_are_there() -> None:
    with pytest.raises(ValueError, match="changes no row that somebody has seen"):
        probes.demand("create", version=True)
