"""Routes: those that a module writes by hand, and operations that take no values."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api

Watch = Callable[[], AbstractContextManager[None]]


def test_handwritten_route_is_in_the_caller_s_tenant(
    api: Api, other_api: Api, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    assert api.get("/v1/probe/who").text == tenant.slug
    assert other_api.get("/v1/probe/who").text == other_tenant.slug


def test_handwritten_route_is_the_root_of_a_host(api: Api, tenant: NewTenant) -> None:
    for host in ("probe.example.com", "PROBE.example.com:8000"):
        assert api.get("/", headers={"Host": host}).text == tenant.slug
        assert api.get("/v1/me", headers={"Host": host}).status == 200
    for host in ("probe", "example.com", "api.probe.example.com", "probe:x", ""):
        assert api.get("/", headers={"Host": host}).error["code"] == "not_found"


def test_handwritten_route_refuses_in_the_envelope(
    api: Api, anonymous: Api, deactivate: Callable[..., Any]
) -> None:
    assert anonymous.get("/v1/probe/who").error["code"] == "unauthorized"
    deactivate("addon")
    deactivate("probe")
    assert api.get("/v1/probe/who").error["code"] == "module_disabled"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b'{"name": "x"}', 422),
        (b"garbage", 400),
        (b" " * 3_000_000, 413),
    ],
)
def test_operation_without_values_looks_at_its_body(
    api: Api, create_probe: Callable[..., Any], body: bytes, status: int
) -> None:
    probe = create_probe()
    answer = api.request("DELETE", f"/v1/probe/probes/{probe['id']}", body=body)
    assert answer.status == status
    left = api.get(f"/v1/probe/probes/{probe['id']}").status
    assert left == (404 if status == 200 else 200)
