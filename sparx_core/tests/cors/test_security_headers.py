"""What every answer of every route tells browsers and caches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from falcon.testing import simulate_request

from sparx_core.app import create_app
from sparx_core.registry import CORE_PATHS
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api

NOTHING = "default-src 'none'; frame-ancestors 'none'"
ID = "018f3c1e-0000-7000-8000-000000000000"


def requests_of(runtime: Runtime) -> Iterator[tuple[str, str]]:
    """Every method of every route, and what is no route."""
    for path in CORE_PATHS:
        yield "GET", path.replace("{module}", "core")
    for operation in runtime.registry.operations.values():
        yield operation.method, re.sub(r"\{[^}]*\}", ID, operation.path)
    for path, _ in runtime.registry.routes:
        yield "GET", path
    yield from (("GET", "/"), ("GET", "/v1/nothing"), ("PUT", "/v1/me"), ("OPTIONS", "/v1/me"))


@pytest.fixture(scope="module")
def routes(installation: Runtime) -> list[tuple[str, str]]:
    found = list(dict.fromkeys(requests_of(installation)))
    assert len(found) > 30
    return found


def test_every_route_answers_with_them(api: Api, routes: list[tuple[str, str]]) -> None:
    for method, path in routes:
        for client in (api, api.with_key(None)):
            answer = client.request(method, path)
            told = (method, path, answer.status, answer.headers)
            assert answer.headers["X-Content-Type-Options"] == "nosniff", told
            assert answer.headers["Referrer-Policy"] == "no-referrer", told
            assert "Strict-Transport-Security" not in answer.headers, told
            policy = answer.headers["Content-Security-Policy"]
            is_page = answer.status == 200 and path.startswith("/docs")
            assert (policy == NOTHING) is not is_page, told
            assert "default-src 'none'" in policy, told
            assert "frame-ancestors 'none'" in policy, told
            if path.startswith("/v1/"):
                assert answer.headers["Vary"] == "Authorization, Origin", told
            if client.key is not None:
                assert answer.headers["Cache-Control"] == "no-store", told


def test_over_https_browsers_are_told_to_stay(
    api: Api, tenant: NewTenant, routes: list[tuple[str, str]]
) -> None:
    for method, path in routes:
        answer = simulate_request(api.app, method, path, protocol="https")
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", (method, path)


def test_what_fails_has_them_too(installation: Runtime, api: Api, control: Any) -> None:
    def fail(ctx: Any) -> None:
        raise RuntimeError("a defect")

    control.call = fail
    answer = api.post("/v1/probe/call")
    assert answer.status == 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == NOTHING
    assert answer.headers["Cache-Control"] == "no-store"


def test_pages_load_their_style_and_nothing_else(anonymous: Api) -> None:
    page = anonymous.get("/docs/reference/core")
    policy = page.headers["Content-Security-Policy"]
    assert "style-src 'self'" in policy
    assert "script-src" not in policy
    assert not re.search(r"<script|\son\w+=|style=|javascript:", page.text)
    links = re.findall(r'<link [^>]*href="([^"]+)"', page.text)
    assert links == ["/docs/style.css"]
    assert anonymous.get(links[0]).status == 200
    again = anonymous.get(
        "/docs", headers={"If-None-Match": anonymous.get("/docs").headers["ETag"]}
    )
    assert again.status == 304
    assert again.headers["X-Content-Type-Options"] == "nosniff"


def test_headers_are_those_of_each_application(installation: Runtime) -> None:
    """Nothing is kept from one request to the next."""
    app = create_app(installation)
    first = simulate_request(app, "GET", "/health", protocol="https")
    second = simulate_request(app, "GET", "/health")
    assert "Strict-Transport-Security" in first.headers
    assert "Strict-Transport-Security" not in second.headers
