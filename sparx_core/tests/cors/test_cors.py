"""CORS: which answers a browser lets which pages read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import sparx_core.origins.allowed as allowed_module
from sparx_core.app import create_app
from sparx_core.auth.keys import new_key
from sparx_core.db.connection import Database
from sparx_core.errors import Unavailable
from sparx_core.origins.allowed import AllowedOrigins
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, StatementLog

MINE, THEIRS, NOBODYS = (f"https://{one}.example.com" for one in ("mine", "theirs", "nobody"))
EXPOSED = {
    *("ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "Idempotent-Replayed"),
    *("X-Request-Id", "Deprecation", "Sunset", "Link", "Location", "WWW-Authenticate"),
}


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every application of these tests asks anew."""
    monkeypatch.setattr(allowed_module, "REMEMBERED_SECONDS", 0.0)


@pytest.fixture
def pages(api: Api, other_api: Api, origins: Callable[[], None]) -> Api:
    """The API, for two tenants with an origin each."""
    assert api.post("/v1/origins", {"origin": MINE}).status == 201
    assert other_api.post("/v1/origins", {"origin": THEIRS}).status == 201
    return api


@pytest.fixture
def origins(api: Api, other_api: Api) -> Iterator[None]:
    """Leaves none behind: whether any tenant has an origin is asked of all of them."""
    yield
    for client in (api, other_api):
        for one in client.get("/v1/origins").data:
            assert client.delete(f"/v1/origins/{one['id']}").status == 200


def allowed(answer: Answer) -> str | None:
    """The origin whose pages may read an answer."""
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"].split(", ")
    found = answer.headers.get("Access-Control-Allow-Origin")
    assert found != "*"
    if found is None:
        assert not [one for one in answer.headers if one.lower().startswith("access-control-")]
    return found


def preflight(client: Api, origin: str, path: str = "/v1/me", method: str = "GET") -> Answer:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.with_key(None).request("OPTIONS", path, headers=asked)


def from_page(
    client: Api, origin: str, method: str = "GET", path: str = "/v1/me", **more: Any
) -> Answer:
    return client.request(method, path, headers={"Origin": origin}, **more)


def test_a_preflight_is_answered_for_an_origin_that_some_tenant_allows(pages: Api) -> None:
    for origin in (MINE, THEIRS):
        answer = preflight(pages, origin, "/v1/probe/probes", "PATCH")
        assert (answer.status, answer.body) == (204, b"")
        assert allowed(answer) == origin
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PATCH, DELETE"
        headers = set(answer.headers["Access-Control-Allow-Headers"].split(", "))
        assert headers >= {"Authorization", "Content-Type", "Idempotency-Key", "If-Match"}
        assert answer.headers["Access-Control-Max-Age"] == "600"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert allowed(preflight(pages, NOBODYS)) is None


NOT_QUITE = ["*", "null", "", "https://mine.example.com/", "https://MINE.example.com",
     "http://mine.example.com", "https://mine.example.com:8443", "https://evil.mine.example.com",
     "https://mine.example.com.evil.example", "https://mine.example.com\u00e4", "x" * 5000,
     "https://mine.example.com' OR '1'='1"]  # fmt: skip


def test_only_the_exact_origin_counts(pages: Api) -> None:
    for origin in NOT_QUITE:
        sent = origin.encode().decode("latin-1")
        assert allowed(preflight(pages, sent)) is None, origin
        assert allowed(from_page(pages, sent)) is None, origin


def test_an_answer_is_for_the_origins_of_the_key_s_tenant(pages: Api, other_api: Api) -> None:
    mine = from_page(pages, MINE)
    assert allowed(mine) == MINE
    assert set(mine.headers["Access-Control-Expose-Headers"].split(", ")) == EXPOSED
    assert allowed(from_page(other_api, THEIRS)) == THEIRS
    # The page of one tenant with the key of another: served, and hidden from the page.
    crossed = from_page(pages, THEIRS)
    assert crossed.status == 200
    assert allowed(crossed) is None
    assert allowed(from_page(other_api, MINE)) is None
    assert allowed(from_page(pages, NOBODYS)) is None
    assert allowed(pages.get("/v1/me")) is None


def test_the_first_request_of_a_key_in_a_process_is_no_exception(
    pages: Api, installation: Runtime, other_tenant: NewTenant
) -> None:
    from dataclasses import replace

    for origin, may in ((MINE, None), (THEIRS, THEIRS)):
        process = create_app(replace(installation))
        for path in ("/v1/me", "/v1/probe/probes", "/v1/probe/who", "/v1/openapi.json"):
            client = Api(process, other_tenant.api_key)
            answer = from_page(client, origin, path=path)
            assert answer.status == 200
            assert allowed(answer) == may, path


def test_refusals_can_be_read_by_those_who_may_read_answers(
    pages: Api, other_api: Api, control: Any
) -> None:
    def fail(ctx: Any) -> None:
        raise RuntimeError("a defect")

    control.call = fail
    path = "/v1/probe/probes"
    refusals = [("POST", path, 422), ("GET", f"{path}/none", 404), ("PUT", path, 405),
                ("GET", "/v1/nothing", 404), ("POST", "/v1/probe/call", 500)]  # fmt: skip
    for method, where, status in refusals:
        body = {"x": 1} if status == 422 else None
        answer = from_page(pages, MINE, method, where, json=body)
        assert answer.status == status
        assert allowed(answer) == MINE, where
        assert allowed(from_page(pages, THEIRS, method, where, json=body)) is None


def test_who_has_no_valid_key_may_read_why(pages: Api) -> None:
    for key in (None, "nonsense", new_key().text):
        stranger = pages.with_key(key)
        for origin in (MINE, THEIRS):  # nothing in it is anybody's
            answer = from_page(stranger, origin)
            assert answer.status == 401
            assert allowed(answer) == origin
        assert allowed(from_page(stranger, NOBODYS)) is None


def test_a_rate_limit_can_be_read(pages: Api, installation: Runtime, tenant: NewTenant) -> None:
    from dataclasses import replace

    from sparx_core.limits.rate import Rate

    settings = replace(
        installation.settings, rate_limit_key=Rate(1, 3600), rate_limit_address=Rate(9, 3600),
        api_processes=1,
    )  # fmt: skip
    client = Api(create_app(replace(installation, settings=settings)), tenant.api_key)
    assert allowed(from_page(client, MINE)) == MINE
    refused = from_page(client, MINE)
    assert refused.status == 429
    assert allowed(refused) == MINE
    assert allowed(from_page(client, THEIRS)) is None
    # Preflights have no key: their address counts.
    assert [preflight(client, MINE).status for _ in range(10)] == [204] * 9 + [429]


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_graphql_is_shared_as_the_rest_of_the_api_is(pages: Api, path: str) -> None:
    assert allowed(preflight(pages, MINE, path, "POST")) == MINE
    asked = {"query": "{ __typename }"}
    assert allowed(from_page(pages, MINE, "POST", path, json=asked)) == MINE
    assert allowed(from_page(pages, THEIRS, "POST", path, json=asked)) is None


def test_a_removed_origin_is_closed(pages: Api) -> None:
    (one,) = pages.get("/v1/origins").data
    assert allowed(from_page(pages, MINE)) == MINE
    pages.delete(f"/v1/origins/{one['id']}")
    assert allowed(from_page(pages, MINE)) is None
    assert allowed(preflight(pages, MINE)) is None


def test_what_is_not_the_api_s_is_not_shared(pages: Api) -> None:
    for path in ("/health", "/docs", "/docs/style.css", "/nothing"):
        answer = from_page(pages, MINE, path=path)
        assert "Access-Control-Allow-Origin" not in answer.headers
    plain = pages.request("OPTIONS", "/v1/me", headers={"Origin": MINE})
    assert "GET" in plain.headers["Allow"]
    assert allowed(plain) == MINE, "an OPTIONS that is no preflight is a request like others"


# -- what is remembered ------------------------------------------------------------------------


@pytest.fixture
def asking(installation: Runtime, pages: Api, monkeypatch: pytest.MonkeyPatch) -> AllowedOrigins:
    monkeypatch.setattr(allowed_module, "REMEMBERED_SECONDS", 60.0)
    return AllowedOrigins(installation.database)


def test_an_answer_is_remembered_for_a_while(
    asking: AllowedOrigins, tenant: NewTenant, query_count: Callable[[], Any]
) -> None:
    log: StatementLog
    assert not asking.allows("https://prepares.example.com", None)
    with query_count() as log:
        for _ in range(3):
            assert asking.allows(MINE, tenant.slug)
            assert not asking.allows(NOBODYS, tenant.slug)
            assert asking.allows(THEIRS, None)
            assert not asking.allows("nonsense", None)
    assert log.count == 3


def test_answers_do_not_fill_the_memory(
    asking: AllowedOrigins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowed_module, "MAX_REMEMBERED", 5)
    for number in range(20):
        assert not asking.allows(f"https://{number}.example.com", None)
    assert len(asking._answers) == 5


def test_without_the_database_only_what_is_remembered_counts(
    asking: AllowedOrigins, tenant: NewTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asking.allows(MINE, tenant.slug)
    monkeypatch.setattr(allowed_module, "REMEMBERED_SECONDS", 0.0)
    assert asking.allows(MINE, tenant.slug, ask=False)
    assert not asking.allows(THEIRS, None, ask=False)

    def gone(self: Database, statement: str, parameters: Any = ()) -> Any:
        raise Unavailable

    monkeypatch.setattr(Database, "call", gone)
    assert asking.allows(MINE, tenant.slug)
    assert not asking.allows(THEIRS, None)
