"""Tenants as the operator makes and enters them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core import Context
from sparx_core.auth.models import ApiKey
from sparx_core.errors import Unauthorized
from sparx_core.runtime import Runtime
from sparx_core.tenants import (
    InvalidSlug,
    NewTenant,
    TenantError,
    TenantExists,
    TenantUnknown,
    UnknownModule,
    as_operator,
    create_tenant,
    list_tenants,
)
from sparx_core.testing import Api, Owner

from .probe.declared import Control, Probe

Watch = Callable[[], AbstractContextManager[None]]


def slug() -> str:
    return f"t{secrets.token_hex(6)}"


def test_made_with_a_key_and_modules(installation: Runtime, anonymous: Api) -> None:
    chosen = slug()
    made = create_tenant(installation, chosen, name="A Shop", modules=["addon"], currency="JPY")
    me = anonymous.with_key(made.api_key).get("/v1/me").data
    assert me["tenant"] == {
        "id": str(made.tenant_id),
        "slug": chosen,
        "name": "A Shop",
        "currency": "JPY",
        "livemode": True,
    }
    assert me["actor"]["scopes"] == ["*"]
    assert me["modules"] == ["addon", "probe"]
    (listed,) = [row for row in list_tenants(installation) if row.slug == chosen]
    assert (listed.tenant_id, listed.name, listed.currency) == (made.tenant_id, "A Shop", "JPY")
    assert sorted(listed.modules) == ["addon", "probe"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"slug": ""}, InvalidSlug),
        ({"slug": "a"}, InvalidSlug),
        ({"slug": "Shop"}, InvalidSlug),
        ({"slug": "1shop"}, InvalidSlug),
        ({"slug": "shop-"}, InvalidSlug),
        ({"slug": "-shop"}, InvalidSlug),
        ({"slug": "shop.one"}, InvalidSlug),
        ({"slug": "shöp"}, InvalidSlug),
        ({"slug": "shop\n"}, InvalidSlug),
        ({"slug": "s" * 64}, InvalidSlug),
        ({"modules": ["nonsense"]}, UnknownModule),
        ({"modules": ["probe", "core"]}, UnknownModule),
        ({"currency": "usd"}, TenantError),
        ({"currency": "XXX"}, TenantError),
    ],
)
def test_refused(
    installation: Runtime, nothing_written: Watch, options: dict[str, Any], error: type[Exception]
) -> None:
    with nothing_written(), pytest.raises(error):
        create_tenant(installation, **{"slug": slug(), **options})


def test_slug_is_taken_once(
    installation: Runtime, tenant: NewTenant, nothing_written: Watch
) -> None:
    with nothing_written(), pytest.raises(TenantExists, match=tenant.slug):
        create_tenant(installation, tenant.slug)


# -- the operator ----------------------------------------------------------------------------------


def test_operator_enters_by_the_door_and_leaves_no_key(
    installation: Runtime, tenant: NewTenant, api: Api, owner: Owner
) -> None:
    keys = owner.count("core.api_keys", tenant.tenant_id)
    with as_operator(installation, tenant.slug) as ctx:
        assert ctx.tenant.id == tenant.tenant_id
        assert ctx.actor.allows("write:core")
        ctx.insert(Probe(name="by the operator"))
    assert [probe["name"] for probe in api.get("/v1/probe/probes").data] == ["by the operator"]
    assert owner.count("core.api_keys", tenant.tenant_id) == keys
    assert owner.count("core.credentials", tenant.tenant_id) == keys


def test_operator_sees_one_tenant(
    installation: Runtime, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    with as_operator(installation, tenant.slug) as ctx:
        assert {row.tenant_id for row in ctx.all(ApiKey.select())} == {tenant.tenant_id}


def test_operators_command_that_fails_leaves_nothing(
    installation: Runtime, tenant: NewTenant, owner: Owner
) -> None:
    """Nothing but the record of the key that the command came in with."""

    def fail(ctx: Context) -> None:
        ctx.insert(Probe(name="lost"))
        ctx.flush()
        raise ZeroDivisionError

    before = owner.counts(tenant.tenant_id)
    with pytest.raises(ZeroDivisionError), as_operator(installation, tenant.slug) as ctx:
        fail(ctx)
    recorded = before.pop("core.audit_entries")
    after = owner.counts(tenant.tenant_id)
    assert after.pop("core.audit_entries") == recorded + 2
    assert after == before


def test_unknown_tenant(installation: Runtime, nothing_written: Watch) -> None:
    with nothing_written(), pytest.raises(TenantUnknown), as_operator(installation, "nobody"):
        pytest.fail("entered")


def test_no_key_enters_nothing(installation: Runtime) -> None:
    with pytest.raises(Unauthorized), installation.as_key(None):
        pytest.fail("entered")


def test_module_that_refuses_its_activation_refuses_the_tenant(
    installation: Runtime, control: Control, nothing_written: Watch
) -> None:
    def refuse(ctx: Any) -> None:
        raise RuntimeError("not today")

    control.hooks["activate", "addon"] = refuse
    chosen = slug()
    with nothing_written(), pytest.raises(RuntimeError, match="not today"):
        create_tenant(installation, chosen, modules=["addon"])
    control.reset()
    assert create_tenant(installation, chosen, modules=["addon"]).slug == chosen
