"""Rates over the API: who is counted, what is told, and that a refusal does nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.auth.keys import new_key
from sparx_core.links.tokens import new_token
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, StatementLog

from .conftest import Limited, RedisServer

PATH = "/v1/probe/probes"
Watch = Callable[[], AbstractContextManager[None]]
Count = Callable[[], AbstractContextManager[StatementLog]]


def refused(answer: Answer) -> bool:
    """Whether an answer is the whole of a 429, and not anything else that went wrong."""
    if answer.status != 429:
        assert answer.status in (200, 201, 401, 404), answer.text
        return False
    assert answer.error["code"] == "rate_limited"
    assert answer.error["requestId"] == answer.headers["X-Request-Id"]
    assert 1 <= int(answer.headers["Retry-After"]) <= 3600
    return True


def test_every_answer_to_a_key_tells_where_it_stands(limited: Limited, tenant: NewTenant) -> None:
    api = limited(key="5/hour", tenant="9/hour").with_key(tenant.api_key)
    first = api.get("/v1/me")
    # Whose key it is this process has learnt by this very request.
    assert first.headers["RateLimit-Policy"] == '"key";q=5;w=3600'
    second = api.post(PATH, {"name": "x"})
    assert second.status == 201
    assert second.headers["RateLimit-Policy"] == '"key";q=5;w=3600, "tenant";q=9;w=3600'
    left = [one.split(";")[1] for one in second.headers["RateLimit"].split(", ")]
    assert left == ["r=3", "r=8"]
    for wrong in (api.get("/v1/nothing"), api.post(PATH, {"x": 1}), api.get(f"{PATH}/none")):
        assert wrong.status in (404, 422)
        assert "RateLimit" in wrong.headers


def test_a_refused_request_does_nothing(
    limited: Limited, tenant: NewTenant, nothing_written: Watch, query_count: Count
) -> None:
    api = limited(key="2/hour").with_key(tenant.api_key)
    assert [api.post(PATH, {"name": "x"}).status for _ in range(2)] == [201, 201]
    with nothing_written(), query_count() as log:
        answer = api.post(PATH, {"name": "x"})
        listed = api.get(PATH)
    assert refused(answer)
    assert refused(listed)
    assert log.count == 0, "no transaction was opened"
    (name, rest, reset) = answer.headers["RateLimit"].split(";")
    assert (name, rest) == ('"key"', "r=0")
    assert reset == f"t={answer.headers['Retry-After']}"


def test_keys_are_counted_each_by_itself(
    limited: Limited, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    app = limited(key="3/hour")
    mine, other = app.with_key(tenant.api_key), app.with_key(other_tenant.api_key)
    assert [refused(mine.get("/v1/me")) for _ in range(4)] == [False, False, False, True]
    assert [refused(other.get("/v1/me")) for _ in range(4)] == [False, False, False, True]


def test_keys_of_a_tenant_share_its_rate(
    limited: Limited, api: Api, other_tenant: NewTenant
) -> None:
    def key() -> str:
        made = api.post("/v1/keys", {"name": "one", "scopes": ["*"]}).data
        return str(made["key"])

    app = limited(tenant="6/hour")
    keys = [app.with_key(key()) for _ in range(3)]
    for one in keys:
        assert one.get("/v1/me").status == 200, "the first request tells whose the key is"
    got = [refused(keys[number % 3].get("/v1/me")) for number in range(8)]
    assert got == [False] * 6 + [True] * 2
    assert app.with_key(other_tenant.api_key).get("/v1/me").status == 200


def test_who_knows_a_key_s_public_id_cannot_use_up_its_rate(
    limited: Limited, tenant: NewTenant
) -> None:
    app = limited(key="3/hour")
    public = tenant.api_key[:16]
    for _ in range(6):
        forged = new_key().text
        wrong = forged_like(public, forged)
        assert app.with_key(wrong).get("/v1/me").status == 401
    owner = app.with_key(tenant.api_key)
    assert [owner.get("/v1/me").status for _ in range(3)] == [200, 200, 200]


def forged_like(public: str, text: str) -> str:
    """A well-formed key with the public id of another."""
    from sparx_core.auth.keys import _checksum

    body = public + text[16:-6]
    return body + _checksum(body)


@pytest.mark.parametrize("key", [None, "sk_live_nonsense", ""])
def test_strangers_are_counted_by_address(limited: Limited, key: str | None) -> None:
    api = limited(address="3/hour").with_key(key)
    here = [refused(api.get("/v1/me")) for _ in range(5)]
    assert here == [False, False, False, True, True]
    assert not refused(from_address(api, "198.51.100.7"))


def from_address(api: Api, address: str, path: str = "/v1/me") -> Answer:
    """A request that a trusted proxy passes on."""
    return api.get(path, headers={"X-Forwarded-For": f"203.0.113.1, {address}"})


def test_strangers_cannot_choose_their_address(limited: Limited) -> None:
    api = limited(address="3/hour")
    got = [
        refused(api.get("/v1/me", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}))
        for n in range(5)
    ]
    assert got == [False, False, False, True, True]


def test_inventing_keys_is_not_free(
    limited: Limited, tenant: NewTenant, query_count: Count
) -> None:
    app = limited(key="100/hour", address="4/hour")
    known = app.with_key(tenant.api_key)
    assert known.get("/v1/me").status == 200
    got = [refused(app.with_key(new_key().text).get("/v1/me")) for _ in range(6)]
    assert got == [False] * 4 + [True] * 2
    with query_count() as log:
        assert refused(app.with_key(new_key().text).get("/v1/me"))
    assert log.count == 0
    assert known.get("/v1/me").status == 200, "a key that is known is not its neighbours'"


def test_a_revoked_key_is_a_stranger_s(limited: Limited, api: Api) -> None:
    made = api.post("/v1/keys", {"name": "brief", "scopes": ["*"]}).data
    app = limited(address="2/hour")
    brief = app.with_key(made["key"])
    assert brief.get("/v1/me").status == 200
    api.delete(f"/v1/keys/{made['id']}")
    assert [brief.get("/v1/me").status for _ in range(3)] == [401, 401, 401]
    assert refused(app.with_key(new_key().text).get("/v1/me")), "its address has used it up"


def test_guessing_links_is_not_free(limited: Limited, tenant: NewTenant) -> None:
    """Whatever key comes along, known or invented: where links are used nobody looks at keys."""
    app = limited(key="100/hour", address="4/hour")
    keys = [tenant.api_key, *(new_key().text for _ in range(5))]
    paths = (f"/v1/crm/public/quotes/{new_token().text}/pdf" for _ in keys)
    got = [refused(app.with_key(key).get(path)) for key, path in zip(keys, paths, strict=True)]
    assert got == [False] * 4 + [True] * 2


def test_handwritten_routes_are_limited_too(limited: Limited, tenant: NewTenant) -> None:
    api = limited(key="1/hour").with_key(tenant.api_key)
    assert api.get("/v1/probe/who").text == tenant.slug
    assert refused(api.get("/v1/probe/who"))


def test_probes_and_pages(limited: Limited) -> None:
    api = limited(address="2/hour")
    for path in ("/health", "/ready"):
        assert [api.get(path).status for _ in range(5)] == [200] * 5
    assert [api.get("/docs").status for _ in range(3)] == [200, 200, 429]


def test_off_is_off(limited: Limited, tenant: NewTenant) -> None:
    api = limited().with_key(tenant.api_key)
    answers = [api.get("/v1/me") for _ in range(20)]
    assert {one.status for one in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_processes_share_a_rate_through_redis(
    limited: Limited, tenant: NewTenant, redis: RedisServer, installation: Any
) -> None:
    both = [limited(key="40/hour", redis_url=redis.url).with_key(tenant.api_key) for _ in range(2)]
    got = [refused(both[number % 2].get("/v1/me")) for number in range(60)]
    assert got.count(False) == 40
    redis.kill()
    alone = limited(key="40/hour", redis_url=redis.url).with_key(tenant.api_key)
    assert [refused(alone.get("/v1/me")) for _ in range(50)].count(False) == 40
