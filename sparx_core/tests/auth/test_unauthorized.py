"""Without a valid key there is one answer, whatever is wrong and whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.auth.keys import _checksum, new_key
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, Owner, StatementLog

REASONS = [
    "missing",
    "empty",
    "other scheme",
    "not a key",
    "wrong checksum",
    "unknown",
    "wrong secret",
    "revoked",
    "expired",
    "deleted",
]


@pytest.fixture
def refused(api: Api, tenant: NewTenant, owner: Owner) -> Callable[[str], str | None]:
    """The Authorization header of a key that is refused for a reason."""

    def made(**change: Any) -> str:
        answer = api.post("/v1/keys", {"name": "short-lived", "scopes": ["*"]}).data
        if change:
            owner.execute(
                "UPDATE core.api_keys SET {} = now() - interval '1 ms' WHERE id = %s".format(
                    change["column"]
                ),
                answer["id"],
            )
        return str(answer["key"])

    def build(reason: str) -> str | None:
        if reason == "missing":
            return None
        key = tenant.api_key
        if reason == "wrong secret":
            body = key[:17] + new_key().text[17:-6]
            key = body + _checksum(body)
        elif reason == "unknown":
            key = new_key().text
        elif reason == "wrong checksum":
            key = key[:-1] + ("0" if key[-1] != "0" else "1")
        elif reason == "expired":
            key = made(column="expires_at")
        elif reason == "revoked":
            key = made(column="revoked_at")
        elif reason == "deleted":
            key = made()
            owner.execute("DELETE FROM core.api_keys WHERE key_id = %s", key[8:16])
        elif reason == "not a key":
            key = "let-me-in"
        elif reason == "empty":
            key = ""
        return f"{'Basic' if reason == 'other scheme' else 'Bearer'} {key}"

    return build


def without_request_id(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    """The answer byte by byte, without what must differ."""
    request_id = answer.headers["X-Request-Id"]
    assert json.loads(answer.body)["error"]["requestId"] == request_id
    headers = {name.lower(): value for name, value in answer.headers.items()}
    del headers["x-request-id"]
    return answer.status, answer.body.replace(request_id.encode(), b"ID"), headers


@pytest.mark.parametrize("reason", REASONS)
def test_one_answer_for_every_reason_and_every_request(
    reason: str,
    anonymous: Api,
    api: Api,
    refused: Callable[[str], str | None],
    create_probe: Callable[..., Any],
    nothing_written: Callable[[], AbstractContextManager[None]],
) -> None:
    probe = create_probe()
    header = refused(reason)
    headers = {} if header is None else {"Authorization": header}
    expected = without_request_id(anonymous.get("/v1/me"))
    assert expected[0] == 401
    assert json.loads(expected[1])["error"]["code"] == "unauthorized"
    assert expected[2]["www-authenticate"] == "Bearer"
    requests: list[tuple[str, str, bytes | None]] = [
        ("GET", "/v1/me", None),
        ("GET", "/v1/probe/probes", None),
        ("GET", "/v1/probe/probes?nonsense=1", None),
        ("GET", f"/v1/probe/probes/{probe['id']}", None),
        ("GET", "/v1/probe/probes/nonsense", None),
        ("POST", "/v1/probe/probes", b'{"name": "x"}'),
        ("POST", "/v1/probe/probes", b'{"name": '),
        ("POST", "/v1/probe/probes", b" " * 2_000_000),
        ("PATCH", f"/v1/probe/probes/{probe['id']}", b'{"name": "x"}'),
        ("DELETE", f"/v1/probe/probes/{probe['id']}", None),
        ("POST", f"/v1/probe/probes/{probe['id']}/do", None),
        ("GET", "/v1/keys", None),
        ("POST", "/v1/keys", b'{"name": "x", "scopes": ["*"]}'),
        ("POST", "/v1/modules/probe/deactivate", None),
    ]
    with nothing_written():
        for method, target, body in requests:
            path, _, query = target.partition("?")
            answer = anonymous.request(method, path, query=query, body=body, headers=headers)
            assert without_request_id(answer) == expected, (method, target)


@pytest.mark.parametrize("reason", ["missing", "empty", "not a key", "wrong checksum"])
def test_what_cannot_be_a_key_costs_no_query(
    reason: str,
    anonymous: Api,
    refused: Callable[[str], str | None],
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    header = refused(reason)
    with query_count() as log:
        anonymous.get("/v1/me", headers={} if header is None else {"Authorization": header})
    assert log.count == 0
