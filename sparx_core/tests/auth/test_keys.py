"""Keys over the API: made, used within their scopes, replaced, revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner, StatementLog

Watch = Callable[[], AbstractContextManager[None]]


def later(**delta: float) -> str:
    return (datetime.now(UTC) + timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def make_key(api: Api) -> Callable[..., Any]:
    """Makes a key with the tenant's first one and returns what the API answered."""

    def make(*scopes: str, **more: Any) -> Any:
        return api.post("/v1/keys", {"name": "made", "scopes": list(scopes), **more}).data

    return make


# -- made --------------------------------------------------------------------------------------


def test_made_key_is_shown_once_and_works(api: Api, make_key: Callable[..., Any]) -> None:
    made = make_key("read:core", "read:probe", expiresAt=later(hours=1))
    assert list(made) == [
        "id", "version", "name", "keyId", "last4", "scopes", "expiresAt", "revokedAt", "lastUsedAt",
        "replacedBy", "memberId", "visibility", "hiddenFields", "createdAt", "key",
    ]  # fmt: skip
    assert parse_key(made["key"]) is not None
    assert (made["keyId"], made["last4"]) == (made["key"][8:16], made["key"][-4:])
    assert (made["revokedAt"], made["lastUsedAt"], made["replacedBy"]) == (None, None, None)
    shown = api.get(f"/v1/keys/{made['id']}").data
    assert shown == {name: value for name, value in made.items() if name != "key"}
    me = api.with_key(made["key"]).get("/v1/me").data
    assert me["actor"] == {
        "type": "key",
        "id": made["id"],
        "name": "made",
        "scopes": ["read:core", "read:probe"],
    }


def test_secret_is_kept_nowhere(make_key: Callable[..., Any], owner: Owner) -> None:
    key = make_key("read:core")["key"]
    unkeyed = hashlib.sha256(key.encode()).hexdigest()
    for table in owner.tables():
        for (row,) in owner.rows(f"SELECT t::text FROM {table} t"):
            assert key[17:] not in row
            assert unkeyed not in row


def test_repeated_scope_is_kept_once(make_key: Callable[..., Any]) -> None:
    assert make_key("read:core", "read:core")["scopes"] == ["read:core"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"scopes": None}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"scopes": "read:core"}, "scopes"),
        ({"scopes": ["read:core"] * 101}, "scopes"),
        ({"scopes": ["read"]}, "scopes[0]"),
        ({"scopes": ["read:core", "READ:core"]}, "scopes[1]"),
        ({"scopes": ["read:core,write:core"]}, "scopes[0]"),
        ({"scopes": [7]}, "scopes[0]"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiresAt": "2999-01-01T00:00:00+02:00"}, "expiresAt"),
        ({"expiresAt": 4102444800}, "expiresAt"),
        ({"key": "sk_live_mine"}, "key"),
        ({"keyId": "12345678"}, "keyId"),
        ({"lastUsedAt": "2026-01-01T00:00:00Z"}, "lastUsedAt"),
        ({"id": "01a2007d-fd87-73b7-b820-b471a0e40afc"}, "id"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_values_are_named(
    api: Api, change: dict[str, Any], field: str, nothing_written: Watch
) -> None:
    with nothing_written():
        answer = api.post("/v1/keys", {"name": "x", "scopes": ["read:core"], **change})
    assert (answer.status, answer.error["code"]) == (422, "validation_error")
    assert [problem["field"] for problem in answer.error["details"]] == [field]


# -- used within their scopes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("GET", "/v1/probe/probes", "read:probe"),
        ("GET", "/v1/probe/probes/{id}", "read:probe"),
        ("POST", "/v1/probe/probes", "write:probe"),
        ("PATCH", "/v1/probe/probes/{id}", "write:probe"),
        ("DELETE", "/v1/probe/probes/{id}", "write:probe"),
        ("POST", "/v1/probe/probes/{id}/do", "write:probe"),
        ("POST", "/v1/probe/call", "write:probe"),
        ("GET", "/v1/keys", "read:core"),
        ("POST", "/v1/keys", "write:core"),
        ("GET", "/v1/modules", "read:core"),
        ("POST", "/v1/modules/addon/deactivate", "write:core"),
    ],
)
def test_missing_scope_is_refused_and_named(
    api: Api,
    make_key: Callable[..., Any],
    create_probe: Callable[..., Any],
    nothing_written: Watch,
    method: str,
    path: str,
    needed: str,
) -> None:
    probe = create_probe()
    every = {"read:probe", "write:probe", "read:core", "write:core", "read:addon", "write:addon"}
    weak = api.with_key(make_key(*sorted(every - {needed}))["key"])
    with nothing_written():
        answer = weak.request(method, path.format(id=probe["id"]), body=b"not even JSON")
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    assert answer.error["details"] == {"requiredScopes": [needed]}
    strong = api.with_key(make_key(needed)["key"])
    allowed = strong.request(method, path.format(id=probe["id"]), json={})
    assert allowed.status in (200, 422)  # the scope is enough to be heard


def test_any_key_may_ask_who_it_is(api: Api, make_key: Callable[..., Any]) -> None:
    assert api.with_key(make_key("write:addon")["key"]).get("/v1/me").status == 200


@pytest.mark.parametrize("scope", ["read:nothing", "reed:core", "core:read"])
def test_scope_that_nothing_asks_for(api: Api, nothing_written: Watch, scope: str) -> None:
    with nothing_written():
        answer = api.post("/v1/keys", {"name": "typo", "scopes": ["read:core", scope]})
    assert answer.status == 422
    assert answer.error["details"] == [
        {"field": "scopes", "pointer": "/scopes", "message": f"There is no scope {scope}."}
    ]


# -- no escalation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scopes", [["*"], ["write:probe"], ["read:core", "write:probe"], ["read:core", "*"]]
)
def test_key_cannot_hand_out_what_it_does_not_have(
    api: Api, make_key: Callable[..., Any], nothing_written: Watch, scopes: list[str]
) -> None:
    weak = api.with_key(make_key("read:core", "write:core")["key"])
    with nothing_written():
        answer = weak.post("/v1/keys", {"name": "stronger", "scopes": scopes})
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    missing = [scope for scope in scopes if scope != "read:core"]
    assert answer.error["details"] == {"requiredScopes": missing}
    assert weak.post("/v1/keys", {"name": "same", "scopes": ["read:core"]}).status == 201


def test_key_cannot_rotate_a_stronger_one_into_its_hands(
    api: Api, make_key: Callable[..., Any], nothing_written: Watch
) -> None:
    first = api.get("/v1/me").data["actor"]["id"]
    weak = api.with_key(make_key("read:core", "write:core")["key"])
    with nothing_written():
        answer = weak.post(f"/v1/keys/{first}/rotate", {"overlapSeconds": 60})
    assert (answer.status, answer.error["code"]) == (403, "insufficient_scope")
    assert api.get("/v1/me").status == 200


# -- expiry, revocation, rotation ----------------------------------------------------------------


def test_key_works_until_it_expires(api: Api, make_key: Callable[..., Any], owner: Owner) -> None:
    made = make_key("read:core", expiresAt=later(hours=1))
    client = api.with_key(made["key"])
    assert client.get("/v1/me").status == 200
    owner.execute(
        "UPDATE core.api_keys SET expires_at = clock_timestamp() WHERE id = %s", made["id"]
    )
    assert client.get("/v1/me").status == 401


def test_revocation_holds_from_the_next_request_on(
    api: Api, make_key: Callable[..., Any], owner: Owner, tenant: NewTenant
) -> None:
    made = make_key("read:core")
    client = api.with_key(made["key"])
    assert client.get("/v1/me").status == 200
    assert api.delete(f"/v1/keys/{made['id']}").data == {"id": made["id"], "deleted": True}
    assert client.get("/v1/me").status == 401
    revoked_at = api.get(f"/v1/keys/{made['id']}").data["revokedAt"]
    assert revoked_at is not None
    assert api.delete(f"/v1/keys/{made['id']}").status == 200
    assert api.get(f"/v1/keys/{made['id']}").data["revokedAt"] == revoked_at
    events = "SELECT count(*) FROM core.events WHERE tenant_id = %s AND type = 'key.revoked'"
    assert owner.value(events, tenant.tenant_id) == 1


def test_key_can_revoke_itself(api: Api, make_key: Callable[..., Any]) -> None:
    made = make_key("read:core", "write:core")
    client = api.with_key(made["key"])
    assert client.delete(f"/v1/keys/{made['id']}").status == 200
    assert client.get("/v1/me").status == 401


def test_rotation_without_overlap(api: Api, make_key: Callable[..., Any]) -> None:
    old = make_key("read:core", "read:probe", expiresAt=later(days=30))
    new = api.post(f"/v1/keys/{old['id']}/rotate").data
    assert new["id"] != old["id"]
    for field in ("name", "scopes", "expiresAt"):
        assert new[field] == old[field]
    assert api.with_key(old["key"]).get("/v1/me").status == 401
    assert api.with_key(new["key"]).get("/v1/me").status == 200
    assert api.get(f"/v1/keys/{old['id']}").data["replacedBy"] == new["id"]


def test_rotation_with_overlap(api: Api, make_key: Callable[..., Any], owner: Owner) -> None:
    old = make_key("read:core")
    new = api.post(f"/v1/keys/{old['id']}/rotate", {"overlapSeconds": 604_800}).data
    for key in (old, new):
        assert api.with_key(key["key"]).get("/v1/me").status == 200
    remaining = owner.value(
        "SELECT extract(epoch FROM expires_at - now())::float FROM core.api_keys WHERE id = %s",
        old["id"],
    )
    assert 604_700 < remaining <= 604_800
    assert new["expiresAt"] is None
    owner.execute("UPDATE core.api_keys SET expires_at = now() WHERE id = %s", old["id"])
    assert api.with_key(old["key"]).get("/v1/me").status == 401
    assert api.with_key(new["key"]).get("/v1/me").status == 200


def test_overlap_does_not_prolong_a_key(api: Api, make_key: Callable[..., Any]) -> None:
    ends = later(minutes=5)
    old = make_key("read:core", expiresAt=ends)
    api.post(f"/v1/keys/{old['id']}/rotate", {"overlapSeconds": 3600})
    assert api.get(f"/v1/keys/{old['id']}").data["expiresAt"] == ends


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_dead_key_is_not_rotated_back_to_life(
    api: Api, make_key: Callable[..., Any], owner: Owner, nothing_written: Watch, column: str
) -> None:
    old = make_key("read:core")
    owner.execute(f"UPDATE core.api_keys SET {column} = now() WHERE id = %s", old["id"])
    with nothing_written():
        answer = api.post(f"/v1/keys/{old['id']}/rotate")
    assert (answer.status, answer.error["code"]) == (409, "conflict")


def test_key_is_replaced_once(
    api: Api, make_key: Callable[..., Any], nothing_written: Watch
) -> None:
    old = make_key("read:core")
    new = api.post(f"/v1/keys/{old['id']}/rotate", {"overlapSeconds": 60}).data
    with nothing_written():
        answer = api.post(f"/v1/keys/{old['id']}/rotate", {"overlapSeconds": 60})
    assert (answer.status, answer.error["code"]) == (409, "conflict")
    assert api.get(f"/v1/keys/{old['id']}").data["replacedBy"] == new["id"]


def test_key_does_not_begin_expired(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        answer = api.post(
            "/v1/keys",
            {"name": "late", "scopes": ["read:core"], "expiresAt": later(seconds=-1)},
        )
    assert answer.status == 422
    assert answer.error["details"] == [
        {"field": "expiresAt", "pointer": "/expiresAt", "message": "Must be in the future."}
    ]


@pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "60", None, True])
def test_overlap_is_at_most_seven_days(
    api: Api, make_key: Callable[..., Any], nothing_written: Watch, seconds: Any
) -> None:
    old = make_key("read:core")
    with nothing_written():
        answer = api.post(f"/v1/keys/{old['id']}/rotate", {"overlapSeconds": seconds})
    assert answer.status == 422
    assert answer.error["details"][0]["field"] == "overlapSeconds"


def test_keys_of_others_do_not_exist(
    api: Api, other_api: Api, make_key: Callable[..., Any], nothing_written: Watch
) -> None:
    made = make_key("read:core")
    with nothing_written():
        for request in (
            lambda: other_api.get(f"/v1/keys/{made['id']}"),
            lambda: other_api.delete(f"/v1/keys/{made['id']}"),
            lambda: other_api.post(f"/v1/keys/{made['id']}/rotate"),
        ):
            answer = request()
            assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert made["id"] not in other_api.get("/v1/keys").text
    assert api.with_key(made["key"]).get("/v1/me").status == 200


# -- last used -----------------------------------------------------------------------------------


def test_use_is_noted_off_the_path_of_the_request(
    api: Api,
    make_key: Callable[..., Any],
    installation: Runtime,
    query_count: Callable[[], AbstractContextManager[StatementLog]],
) -> None:
    made = make_key("read:core")
    client = api.with_key(made["key"])
    client.get("/v1/me")
    with query_count() as log:
        assert client.get("/v1/me").status == 200
    assert log.count <= 2, log.statements  # BEGIN with authenticate; COMMIT
    assert not any("UPDATE" in sql or "touch" in sql for sql in log.statements)
    assert api.get(f"/v1/keys/{made['id']}").data["lastUsedAt"] is None
    installation.key_usage.flush()
    noted = api.get(f"/v1/keys/{made['id']}").data["lastUsedAt"]
    assert datetime.now(UTC) - datetime.fromisoformat(noted) < timedelta(minutes=1)


def test_late_note_does_not_turn_back_the_clock(
    make_key: Callable[..., Any], api: Api, installation: Runtime, owner: Owner
) -> None:
    made = make_key("read:core")
    api.with_key(made["key"]).get("/v1/me")
    owner.execute("UPDATE core.api_keys SET last_used_at = '2999-01-01Z' WHERE id = %s", made["id"])
    installation.key_usage.flush()
    assert api.get(f"/v1/keys/{made['id']}").data["lastUsedAt"] == "2999-01-01T00:00:00Z"
