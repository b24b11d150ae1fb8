"""A sandbox is made on demand, once, and its keys say what they are."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest

from sparx_core.runtime import Runtime
from sparx_core.tenants import create_tenant, list_tenants
from sparx_core.testing import Api, DeliveryRun, Owner, TenantMaker

from .conftest import Pair

Nothing = Callable[[], AbstractContextManager[None]]


def scoped(api: Api, *scopes: str) -> Api:
    """The same API for a key with these scopes."""
    made = api.post("/v1/keys", {"name": "scoped", "scopes": list(scopes)})
    return api.with_key(made.data["key"])


def test_there_is_none_until_one_is_made(api: Api, nothing_written: Nothing) -> None:
    with nothing_written():
        for answer in (
            api.get("/v1/sandbox"),
            api.post("/v1/sandbox/keys"),
            api.post("/v1/sandbox/reset"),
        ):
            assert (answer.status, answer.error["code"]) == (404, "not_found")


def test_it_is_a_tenant_with_the_same_modules_and_another_kind_of_keys(
    api: Api, run_events: DeliveryRun, new_tenant: TenantMaker
) -> None:
    me = api.get("/v1/me").data
    made = api.post("/v1/sandbox").data
    assert made["key"].startswith("sk_test_")
    assert (made["state"], made["modules"], made["resetAt"]) == ("preparing", [], None)
    new_tenant.made.append(UUID(made["id"]))
    test = api.with_key(made["key"])
    assert test.get("/v1/probe/probes").error["code"] == "module_disabled"
    run_events()
    mine = test.get("/v1/me").data
    assert mine["modules"] == me["modules"]
    assert mine["tenant"] == {
        "id": made["id"],
        "slug": f"{me['tenant']['slug']}-sandbox",
        "name": f"{me['tenant']['name']} (sandbox)",
        "currency": me["tenant"]["currency"],
        "livemode": False,
    }
    assert me["tenant"]["livemode"] is True
    assert [one.get("/v1/tenant").data["livemode"] for one in (api, test)] == [True, False]
    shown = api.get("/v1/sandbox").data
    assert shown == test.get("/v1/sandbox").data
    assert (shown["state"], shown["modules"]) == ("ready", me["modules"])


def test_there_is_one_of_a_tenant_and_none_of_a_sandbox(
    pair: Pair, nothing_written: Nothing
) -> None:
    with nothing_written():
        for client in (pair.live, pair.test):
            answer = client.post("/v1/sandbox")
            assert (answer.status, answer.error["code"]) == (409, "conflict")


def test_a_request_that_is_repeated_makes_one(api: Api) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    first, again = (api.post("/v1/sandbox", {}, headers=headers) for _ in range(2))
    assert first.body == again.body
    assert first.data["key"].startswith("sk_test_")


def test_a_key_gets_no_scopes_that_its_maker_has_not(api: Api, nothing_written: Nothing) -> None:
    reader, writer = scoped(api, "read:core"), scoped(api, "write:core")
    with nothing_written():
        assert reader.post("/v1/sandbox").error["code"] == "insufficient_scope"
        for asked, code in ((["read:core"], "insufficient_scope"), (["*"], "insufficient_scope")):
            assert writer.post("/v1/sandbox", {"scopes": asked}).error["code"] == code
        for wrong in (["read:nothing"], [], "read:core"):
            assert writer.post("/v1/sandbox", {"scopes": wrong}).status == 422
        past = {"expiresAt": "2001-01-01T00:00:00Z"}
        assert api.post("/v1/sandbox", past).error["details"][0]["field"] == "expiresAt"
    made = writer.post("/v1/sandbox").data
    assert api.with_key(made["key"]).get("/v1/me").data["actor"]["scopes"] == ["write:core"]


def test_further_keys_are_made_from_the_live_tenant_and_revoked_in_the_sandbox(
    pair: Pair, owner: Owner
) -> None:
    asked = {"name": "CI", "scopes": ["read:core"], "expiresAt": "2099-01-01T00:00:00Z"}
    before = owner.count("core.api_keys", pair.live_id)
    made = pair.live.post("/v1/sandbox/keys", asked).data
    assert made["key"].startswith("sk_test_")
    assert {name: made[name] for name in asked} == asked
    client = pair.live.with_key(made["key"])
    actor = client.get("/v1/me").data["actor"]
    assert (actor["id"], actor["name"], actor["scopes"]) == (made["id"], "CI", ["read:core"])
    assert owner.count("core.api_keys", pair.live_id) == before
    assert pair.live.get(f"/v1/keys/{made['id']}").status == 404
    # It is in the audit log of the sandbox that somebody from the live side made it.
    entry = pair.test.get("/v1/audit", params={"resourceId": made["id"]}).data[0]
    assert (entry["action"], entry["actor"]["name"]) == ("created", "live tenant")
    assert pair.live.get("/v1/audit", params={"resourceId": made["id"]}).data == []
    assert pair.test.delete(f"/v1/keys/{made['id']}").status == 200
    assert client.get("/v1/me").status == 401


def test_keys_that_a_sandbox_makes_say_so(pair: Pair) -> None:
    made = pair.test.post("/v1/keys", {"name": "more", "scopes": ["*"]}).data
    rotated = pair.test.post(f"/v1/keys/{made['id']}/rotate").data
    for one in (made, rotated):
        assert one["key"].startswith("sk_test_")
        assert one["key"][8:16] == one["keyId"]


def test_a_key_is_of_the_kind_that_it_says(pair: Pair) -> None:
    from sparx_core.auth.keys import _checksum

    assert pair.test.key is not None
    assert pair.live.key is not None
    for key, kind in ((pair.test.key, "sk_live_"), (pair.live.key, "sk_test_")):
        body = kind + key[8:-6]
        assert pair.live.with_key(body + _checksum(body)).get("/v1/me").status == 401


@pytest.mark.modules
def test_somebody_else_may_have_its_name(
    installation: Runtime, anonymous: Api, new_tenant: TenantMaker
) -> None:
    tenant = new_tenant("a" * 50)
    taken = create_tenant(installation, f"{tenant.slug[:55]}-sandbox")
    made = anonymous.with_key(tenant.api_key).post("/v1/sandbox").data
    assert made["slug"] != taken.slug
    assert made["slug"].startswith(f"{'a' * 45}")
    assert "-sandbox-" in made["slug"]
    assert len(made["slug"]) <= 63
    assert taken.slug in {row.slug for row in list_tenants(installation)}
